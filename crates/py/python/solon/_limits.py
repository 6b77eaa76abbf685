"""What an evaluation may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What an evaluation may use, the reading of its input's objects included; `None` leaves the engine's default. What
    reaches a limit raises `SolonError` with the code `eval_limit_error`.

    >>> import solon
    >>> policy = solon.Policy("package app\\nmany := count(numbers.range(1, 100000))")
    >>> query = policy.query("[x | some x in numbers.range(1, 100000)]", limits=solon.Limits(instructions=1000))
    >>> try:
    ...     query.evaluate()
    ... except solon.SolonError as error:
    ...     print(error.code)
    eval_limit_error
    """

    timeout: float | None = None
    """Seconds."""
    instructions: int | None = None
    """Steps: turns of loops, calls and documents."""
    memory: int | None = None
    """Bytes of an evaluation. Objects that stand in several places of an input count in each."""
    value_size: int | None = None
    """Bytes of one string or collection that a builtin makes."""
    depth: int | None = None
    """How deep rules may call one another."""
    result_size: int | None = None
    """Bytes of an answer, roughly as many as its JSON has."""
