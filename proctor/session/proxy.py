"""The student's objects as a hidden test sees them.

Whatever is done to a :class:`Proxy` is done to the object that it stands for: calls, attributes, operators, iteration,
`with`, `isinstance`. What cannot be done to the object raises there, as the student's exception.
"""

from __future__ import annotations

import inspect
from functools import lru_cache
from types import FunctionType, GeneratorType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LENGTH = 10_000_000
"""Length that an object may say it has: `list` makes room for so many."""
SHOWN = frozenset(("__name__", "__qualname__", "__dict__", "__annotations__", "__bases__", "__wrapped__"))
"""Attributes with two underscores that are asked for; others NumPy and unittest probe for."""
RESULTS: dict[str, type | tuple[type, ...]] = {
    "__len__": int,
    "__bool__": bool,
    "__hash__": int,
    "__str__": str,
    "__repr__": str,
    "__format__": str,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__contains__": bool,
    "__array__": np.ndarray,
    "__instancecheck__": bool,
    "__subclasscheck__": bool,
    "__exit__": bool,
}
"""Types of what comes, where Python insists on one."""
BASES: dict[str, type] = {
    **{
        kind.__name__: kind
        for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type)
    },
    "function": FunctionType,
    "generator": GeneratorType,
}


KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD,
)
"""Kinds of parameters, by their number."""


class Type(NamedTuple):
    """A type of the student's.

    Attributes:
        name: of the type.
        methods: the names that are methods of every object of it.
        fixed: which attributes are not plain (None: any may be).
        face: the class of the proxies of its objects.
        truth: whether an object of it may be false.
    """

    name: str
    methods: frozenset[str]
    fixed: frozenset[str] | None
    face: type[Proxy]
    truth: bool = True


def _operation(name: str) -> Callable[..., Any]:
    def operate(self: Proxy, *args: Any) -> Any:
        return self._operate(name, *args)

    operate.__name__ = name
    return operate


class Link(Protocol):
    """Connection to the student's side, as a proxy uses it; see :class:`proctor.session.proxies.Link`."""

    def call(self, ref: int, name: str | None, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """Call an object, or a method of it."""

    def operate(self, ref: int, name: str | None, operator: str, args: tuple[Any, ...]) -> Any:
        """Return the result of an operator."""

    def advance(self, ref: int, name: str | None) -> Any:
        """Return the next value of an iterator."""

    def get(self, ref: int, name: str, of: str | None = None) -> Any:
        """Return an attribute."""

    def set(self, ref: int, name: str, value: Any, *, plain: bool) -> None:
        """Set an attribute."""

    def name_of(self, proxy: Proxy) -> str:
        """Return the name under which a class was found."""

    def unjudged(self, what: str) -> Exception:
        """Return the error of a value that is not fit to be judged."""


class Proxy:
    """A student's object, class or method as a hidden test sees it."""

    __slots__ = ("_kind", "_link", "_methods", "_name", "_ref")
    __array_ufunc__ = None
    """An array leaves an operator to the proxy beside it."""

    def __init__(self, link: Link, ref: int, kind: Type, name: str | None = None) -> None:
        values = {"_link": link, "_ref": ref, "_kind": kind, "_name": name, "_methods": kind.methods}
        for slot, value in values.items():
            object.__setattr__(self, slot, value)

    @property
    def _type_name(self) -> str:
        """The name of its type."""
        return str(self._kind.name)

    def _operate(self, operator: str, *args: Any) -> Any:
        value = self._link.operate(self._ref, self._name, operator, args)
        if not isinstance(value, RESULTS.get(operator, object)):
            raise self._link.unjudged(f"a result of {operator} that is none")
        return value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in SHOWN:
            raise AttributeError(name)
        if name in self._methods:
            return METHOD.face(self._link, self._ref, METHOD, name)
        return self._link.get(self._ref, name, self._name)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, "_methods", self._methods - {name})
        plain = self._kind.fixed is not None and name not in self._kind.fixed
        self._link.set(self._ref, name, value, plain=plain)

    def __deepcopy__(self, memo: dict[int, Any]) -> Proxy:
        """A copy stands for the same object: what is on the other side cannot be copied from here."""
        return self

    def __bool__(self) -> bool:
        return bool(self._operate("__bool__")) if self._kind.truth else True

    def __len__(self) -> int:
        length = self._operate("__len__")
        if not 0 <= length <= MAX_LENGTH:
            raise self._link.unjudged(f"a length that is negative, or above {MAX_LENGTH:,}")
        return int(length)

    def __iter__(self) -> Any:
        iterator = self._operate("__iter__")
        if not isinstance(iterator, Proxy):
            raise self._link.unjudged("an iterator that is none")
        return iterator

    def __next__(self) -> Any:
        return self._link.advance(self._ref, self._name)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        told = (getattr(error, "kind", None) or kind.__name__, str(error)) if kind else (None, "")
        return bool(self._operate("__exit__", *told))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # noqa: FBT001  - NumPy's signature
        return np.asarray(self._operate("__array__"), dtype=dtype)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, Proxy) and self._operate("__instancecheck__", value)

    def __subclasscheck__(self, kind: object) -> bool:
        if isinstance(kind, Proxy):
            return bool(self._operate("__subclasscheck__", kind))
        return self._link.name_of(self) in getattr(kind, "lineage", ())

    __eq__, __ne__ = _operation("__eq__"), _operation("__ne__")
    __lt__, __le__ = _operation("__lt__"), _operation("__le__")
    __gt__, __ge__ = _operation("__gt__"), _operation("__ge__")
    __hash__ = _operation("__hash__")
    __str__, __repr__ = _operation("__str__"), _operation("__repr__")
    __format__ = _operation("__format__")
    __int__, __float__, __complex__ = (_operation(f"__{name}__") for name in ("int", "float", "complex"))
    __contains__, __reversed__ = _operation("__contains__"), _operation("__reversed__")
    __getitem__, __setitem__ = _operation("__getitem__"), _operation("__setitem__")
    __delitem__, __delattr__ = _operation("__delitem__"), _operation("__delattr__")
    __enter__ = _operation("__enter__")
    __neg__, __pos__, __invert__ = _operation("__neg__"), _operation("__pos__"), _operation("__invert__")
    __abs__, __round__ = _operation("__abs__"), _operation("__round__")


BINARY = (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow", "lshift", "rshift", "and", "or", "xor",
)  # fmt: skip
for _name in BINARY:
    setattr(Proxy, f"__{_name}__", _operation(f"__{_name}__"))
    setattr(Proxy, f"__r{_name}__", _operation(f"__r{_name}__"))


class CallableProxy(Proxy):
    """A student's function, class or method, or an object that can be called."""

    __slots__ = ()

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call it on the student's side."""
        return self._link.call(self._ref, self._name, args, named)

    @property
    def __signature__(self) -> inspect.Signature:
        """Its parameters, for `inspect.signature`."""
        try:
            parameters = [
                inspect.Parameter(
                    name,
                    KINDS[kind],
                    default=default[0] if default else inspect.Parameter.empty,
                )
                for name, kind, default in self._operate("__signature__")
            ]
            return inspect.Signature(parameters)
        except (TypeError, ValueError, IndexError):
            raise self._link.unjudged("a signature that is none") from None


@lru_cache(maxsize=256)
def face(name: str, *, call: bool, base: str | None) -> type[Proxy]:
    """Return the class of the proxies of a type: its name and docstring are those of the student's.

    Args:
        name: of the type.
        call: whether its objects can be called.
        base: the type of Python's that it is derived from, as `isinstance` is to tell, or None.
    """
    shown: dict[str, Any] = {
        "__slots__": (),
        "__doc__": property(lambda self: self._link.get(self._ref, "__doc__", self._name)),
    }
    if base in BASES:
        shown["__class__"] = property(lambda _self: BASES[base])
    return type(name, (CallableProxy if call else Proxy,), shown)


METHOD = Type("method", frozenset(), None, face("method", call=True, base=None), truth=False)
OBJECT = Type("object", frozenset(), None, face("object", call=True, base=None))
