from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any, Callable, Literal, TypedDict, final, overload

from ._builtins import Builtin
from ._errors import SolonError
from ._explanations import Explanation
from ._limits import Limits

__all__ = ["Admission", "Manifest", "manifests", "Policy", "Query", "QuerySet"]

_Syntax = Literal["detect", "v0", "v1"]
_Shape = Literal["object", "admission", "gatekeeper"]
_Path = str | PathLike[str]

class _Location(TypedDict):
    row: int
    col: int

class _Expression(TypedDict):
    value: Any
    text: str
    location: _Location

class _Result(TypedDict):
    expressions: list[_Expression]
    bindings: dict[str, Any]

class _Annotation(TypedDict):
    path: str
    scope: str
    file: str | None
    row: int | None
    fields: dict[str, Any]

@final
class Policy:
    def __new__(
        cls,
        modules: str | Mapping[str, str] | None = None,
        *,
        data: Any = None,
        builtins: Sequence[Builtin] = (),
        capabilities: bytes | Mapping[str, Any] | None = None,
        deny: Sequence[str] = (),
        syntax: _Syntax = "detect",
        strict: bool = False,
    ) -> Policy: ...
    @staticmethod
    def from_files(
        *paths: _Path,
        bundles: Sequence[_Path] = (),
        ignore: Sequence[str] = (),
        builtins: Sequence[Builtin] = (),
        capabilities: bytes | Mapping[str, Any] | None = None,
        deny: Sequence[str] = (),
        syntax: _Syntax = "detect",
        strict: bool = False,
    ) -> Policy: ...
    def query(
        self,
        text: str,
        *,
        package: str = "",
        imports: Sequence[str] = (),
        limits: Limits | None = None,
        strict_builtin_errors: bool = False,
        sets: bool = False,
        decimals: bool = False,
        print: Callable[[str, str], object] | None = None,
        allow_hosts: Sequence[str] = (),
    ) -> Query: ...
    def query_set(
        self,
        texts: Sequence[str],
        *,
        limits: Limits | None = None,
        strict_builtin_errors: bool = False,
        sets: bool = False,
        decimals: bool = False,
        print: Callable[[str, str], object] | None = None,
        allow_hosts: Sequence[str] = (),
    ) -> QuerySet: ...
    def with_data(self, data: Any) -> Policy: ...
    def patch_data(self, path: Sequence[str], value: Any) -> Policy: ...
    @property
    def data(self) -> Any: ...
    @property
    def modules(self) -> list[str]: ...
    @property
    def entrypoints(self) -> list[str]: ...
    @property
    def annotations(self) -> list[_Annotation]: ...
    @property
    def notes(self) -> list[str]: ...
    def save(self) -> bytes: ...
    @staticmethod
    def load(saved: bytes, builtins: Sequence[Builtin] = ()) -> Policy: ...

@final
class Query:
    def evaluate(self, input: Any = ..., default: Any = None) -> Any: ...
    def allows(self, input: Any = ...) -> bool: ...
    def results(self, input: Any = ...) -> list[_Result]: ...
    def explain(self, input: Any = ..., default: Any = None) -> Explanation: ...
    @overload
    def evaluate_many(
        self,
        inputs: Iterable[Any],
        *,
        threads: int | None = None,
        default: Any = None,
        errors: Literal["raise"] = "raise",
    ) -> list[Any]: ...
    @overload
    def evaluate_many(
        self,
        inputs: Iterable[Any],
        *,
        threads: int | None = None,
        default: Any = None,
        errors: Literal["return"],
    ) -> list[Any | SolonError]: ...
    def with_policy(self, policy: Policy) -> Query: ...
    @property
    def text(self) -> str: ...
    @property
    def policy(self) -> Policy: ...

@final
class QuerySet:
    @overload
    def evaluate(self, input: Any = ..., default: Any = None, *, errors: Literal["raise"] = "raise") -> list[Any]: ...
    @overload
    def evaluate(
        self, input: Any = ..., default: Any = None, *, errors: Literal["return"]
    ) -> list[Any | SolonError]: ...
    @property
    def texts(self) -> list[str]: ...
    @property
    def policy(self) -> Policy: ...
    def __len__(self) -> int: ...

@final
class Manifest:
    @property
    def object(self) -> Any: ...
    @property
    def file(self) -> str: ...
    @property
    def api_version(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    def position(self, path: Sequence[str | int]) -> tuple[int, int]: ...
    def input(self, shape: _Shape = "object", parameters: Any = None) -> Any: ...

@final
class Admission:
    def __new__(
        cls,
        rules: Sequence[tuple[Policy, str] | tuple[Policy, str, _Shape]] = (),
        templates: Sequence[str | bytes] = (),
        constraints: Sequence[str | bytes] = (),
    ) -> Admission: ...
    def review(self, review: Any) -> Any: ...

def manifests(text: str | bytes, file: str = "") -> list[Manifest]: ...
