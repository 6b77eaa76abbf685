"""How a decision came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FiredRule:
    """A rule, or an `else` branch of one, that had an answer: its body held, and its value was defined."""

    path: str
    """The constant part of its path, such as `data.app.deny`."""
    file: str | None
    """The module's name."""
    row: int | None
    """The line, from 1."""
    column: int | None
    """The character in the line, from 1."""
    is_default: bool
    """Whether it is a default, taken because no other rule had an answer."""
    is_else: bool
    """Whether it is an `else` branch."""
    annotations: list[dict[str, Any]]
    """What annotations say of it, each as in `Policy.annotations`: its own, then those of its document, its package and the
    packages above."""

    @property
    def title(self) -> str | None:
        """The title of its own annotation."""
        titles = (found["fields"].get("title") for found in self.annotations if found["scope"] == "rule")
        return next(titles, None)


@dataclass(frozen=True)
class Explanation:
    """What `Query.explain` gives."""

    value: Any
    """What `Query.evaluate` gives."""
    rules: list[FiredRule]
    """The rules that had answers, in order of files and places. What the evaluation had no need for is not there."""
    instructions: int
    """The steps that it took, as `Limits.instructions` counts them."""
    seconds: float
    """How long it took, the reading of the input included."""
