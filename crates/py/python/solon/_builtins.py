"""Python functions that policies can call."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable
from decimal import Decimal
from typing import Any

_SCALARS: dict[Any, str] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    Decimal: "number",
    None: "null",
    type(None): "null",
    list: "array[any]",
    tuple: "array[any]",
    dict: "object[any: any]",
    set: "set[any]",
    frozenset: "set[any]",
}


class Builtin:
    """A function that policies can call, from the decorator `builtin`. It can be called from Python as before."""

    def __init__(self, function: Callable[..., Any], name: str, signature: str, pure: bool) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.name = name
        self.signature = signature
        self.pure = pure

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<solon.Builtin {self.name}{self.signature}>"

    def __reduce__(self) -> Any:
        module = sys.modules.get(getattr(self, "__module__", ""))
        name = str(getattr(self, "__qualname__", ""))
        found: Any = module
        for step in name.split("."):
            found = getattr(found, step, None)
        if found is self:
            return name
        return Builtin, (self.function, self.name, self.signature, self.pure)


def builtin(
    name: str, signature: str | None = None, *, pure: bool = False
) -> Callable[[Callable[..., Any]], Builtin]:
    """Makes a function one that policies can call under a name; give it to `Policy(..., builtins=[...])`.

    `signature` is for example `"(user: string, age: number) -> boolean"`; if there is none it follows from the
    annotations, of which those that say nothing to policies are `any`. The compiler checks calls against it, and so does
    each call: an argument or a result of another type ends the evaluation, such as the `None` of a function that forgot
    to return. A result that may be undefined is annotated `bool | types.EllipsisType`. `pure` says that the result depends on the arguments alone, so that
    calls may be moved and left out; otherwise equal calls of one evaluation are made once.

    A policy keeps its functions, in a way that Python's garbage collector does not see: one that keeps the policy in its
    turn, such as a method of an object that has it, keeps both for ever. Let it have a `weakref`.

    Arguments are what `Query.evaluate` gives; the result may be what it takes, and `...` for undefined. An exception
    ends the evaluation: it is the `__cause__` of the `SolonError`.

    >>> import solon
    >>> @solon.builtin("office.is_open", pure=True)
    ... def is_open(hour: int) -> bool:
    ...     return 9 <= hour < 17
    >>> is_open
    <solon.Builtin office.is_open(number) -> boolean>
    >>> policy = solon.Policy("package app\\nallow if office.is_open(input.hour)", builtins=[is_open])
    >>> policy.query("data.app.allow").allows({"hour": 10})
    True
    """

    def decorate(function: Callable[..., Any]) -> Builtin:
        return Builtin(function, name, signature if signature is not None else _signature(function), pure)

    return decorate


def _signature(function: Callable[..., Any]) -> str:
    hints = typing.get_type_hints(function)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    names = [parameter.name for parameter in parameters if parameter.kind in positional]
    arguments = ", ".join(_notation(hints.get(name, Any)) for name in names)
    return f"({arguments}) -> {_notation(hints.get('return', Any))}"


def _notation(hint: Any) -> str:
    """A type in the notation of signatures; what has none there is `any`."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        # Undefined is no type.
        members = [_notation(arg) for arg in args if arg not in (Ellipsis, types.EllipsisType)]
        return "any" if "any" in members else " | ".join(dict.fromkeys(members))
    if origin in (list, collections.abc.Sequence) and len(args) == 1:
        return f"array[{_notation(args[0])}]"
    if origin in (set, frozenset) and len(args) == 1:
        return f"set[{_notation(args[0])}]"
    if origin in (dict, collections.abc.Mapping) and len(args) == 2:
        return f"object[{_notation(args[0])}: {_notation(args[1])}]"
    return "any"
