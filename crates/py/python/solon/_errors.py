"""What goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

_Fields = tuple[str, str, "str | None", "int | None", "int | None", "str | None", "str | None"]


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong."""

    code: str
    """OPA's code, such as `rego_parse_error`; `invalid_input` and the like for what OPA does not know. Empty where there is
    none, as for a file that is not there."""
    message: str
    """What is wrong."""
    file: str | None = None
    """The module's name; empty for the query. `None` if it is at no place."""
    row: int | None = None
    """The line, from 1."""
    column: int | None = None
    """The character in the line, from 1."""
    line: str | None = None
    """The line's text."""
    hint: str | None = None
    """How to mend it, where that can be said."""


class SolonError(Exception):
    """Why there is no policy, query or answer. An error is never an answer: treat it as a denial.

    `issues` is everything that is wrong; `code`, `message`, `file`, `row` and `column` are the first issue's. Where a
    Python function raised, its exception is the `__cause__`.

    >>> import solon
    >>> try:
    ...     solon.Policy({"a.rego": "package a\\np if x"})
    ... except solon.SolonError as error:
    ...     print(error)
    ...     print(error.code, error.file, error.row, error.column)
    a.rego:2: rego_unsafe_var_error: var x is unsafe
    rego_unsafe_var_error a.rego 2 6
    """

    def __init__(self, text: str, issues: tuple[Issue, ...] = ()) -> None:
        super().__init__(text, issues)
        self.issues = issues or (Issue("", text),)

    @classmethod
    def _of(cls, text: str, issues: list[_Fields]) -> SolonError:
        return cls(text, tuple(Issue(*fields) for fields in issues))

    def __str__(self) -> str:
        return str(self.args[0])

    @property
    def code(self) -> str:
        """The first issue's code."""
        return self.issues[0].code

    @property
    def message(self) -> str:
        """The first issue's message."""
        return self.issues[0].message

    @property
    def file(self) -> str | None:
        """The first issue's file."""
        return self.issues[0].file

    @property
    def row(self) -> int | None:
        """The first issue's row."""
        return self.issues[0].row

    @property
    def column(self) -> int | None:
        """The first issue's column."""
        return self.issues[0].column
