"""The student's objects and exceptions as a hidden test sees them.

Whatever is done to a :class:`Proxy` is done to the object that it stands for: calls, attributes, operators, iteration,
`with`, `isinstance`. What cannot be done to the object raises there, as the student's exception: of its own type, where
it is one of Python's. So `with self.assertRaises(ValueError)` holds for a `ValueError` of the student's, which is a
:class:`~proctor.criteria.StudentError` as well.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from proctor.agent.described import BASES, MAX_FIELDS, MAX_TEXT, MAX_TOLD, builtin_error
from proctor.agent.frames import FormatError
from proctor.agent.operations import CONTENT, OPERATIONS
from proctor.criteria import StudentError
from proctor.criteria.assertions import Opaque
from proctor.errors import CannotCross
from proctor.submission.sanitize import without_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_ELEMENTS = 1_000
"""Objects of a set or dict that is compared with one of the test's: their hashes can be chosen to be equal."""
MAX_LENGTH = 10_000_000
"""Length that an object may say it has: `list` allocates space for so many."""
SHOWN = frozenset(
    f"__{name}__"
    for name in (
        "name", "qualname", "dict", "annotations", "bases", "mro", "flags", "abstractmethods", "code", "wrapped",
        "dataclass_fields",
    )
)  # fmt: skip
"""Attributes with two underscores that are asked for; others NumPy and unittest probe for."""
RESULTS: dict[str, type] = {
    **{f"__{kind.__name__}__": kind for kind in (bool, int, float, complex, str)},
    **dict.fromkeys(("__repr__", "__format__"), str),
    **dict.fromkeys(("__len__", "__hash__"), int),
    **dict.fromkeys(("__contains__", "__instancecheck__", "__subclasscheck__", "__exit__"), bool),
    "__array__": np.ndarray,
}
"""Types of what comes, where Python insists on one."""
COMPARISONS = frozenset(f"__{name}__" for name in ("eq", "ne", "lt", "le", "gt", "ge"))
UNEQUAL = {"__eq__": False, "__ne__": True}
"""Answers of an object that is no plain value."""
NEVER = (KeyboardInterrupt, GeneratorExit, StopIteration, StopAsyncIteration)
"""Exceptions that stop programs, or the test's own loops, and not criteria."""
MAX_NAMES = 20


class Type(NamedTuple):
    """A type of the student's."""

    methods: frozenset[str]  # names that are methods of every object of it
    fixed: frozenset[str] | None  # attributes that are not plain (None: any may be)
    face: type[Proxy]  # class of the proxies of its objects
    truth: bool = True  # an object of it may be false
    base: str | None = None  # the type of Python's that it is derived from


def _operation(name: str) -> Callable[..., Any]:
    def operate(self: Proxy, *args: Any) -> Any:
        return self._operate(name, *args)

    operate.__name__ = name
    return operate


def _comparison(name: str) -> Callable[..., Any]:
    """Return a comparison. With a value of the test's, an object is compared by its content, or is no such value.

    Asked itself, it would be told what is expected, and could say that it equals anything.
    """

    def compare(self: Proxy, other: Any) -> Any:
        if isinstance(other, Proxy) or self._link.own_equality:
            return self._operate(name, other)
        content = self._content(other)
        if content is not NotImplemented:
            return OPERATIONS[name](content, other)
        if name not in UNEQUAL:
            raise unjudged(f"an object of the class {type(self).__name__} in the place of a value")
        return UNEQUAL[name]

    compare.__name__ = name
    return compare


class Proxy(Opaque):
    """A student's object, class or method as a hidden test sees it.

    Args:
        link: carries requests, a :class:`proctor.session.proxies.Link`.
        ref: number of the object.
        kind: its type.
        name: of a method of it that is meant, if one is.
    """

    __slots__ = ("_kind", "_link", "_methods", "_name", "_ref")
    __array_ufunc__ = None
    """An array leaves an operator to the proxy beside it."""

    def __init__(self, link: Any, ref: int, kind: Type, name: str | None = None) -> None:
        values = {"_link": link, "_ref": ref, "_kind": kind, "_name": name, "_methods": kind.methods}
        for slot, value in values.items():
            object.__setattr__(self, slot, value)

    def _operate(self, operator: str, *args: Any) -> Any:
        value = self._link.operate(self._ref, self._name, operator, args)
        if not isinstance(value, RESULTS.get(operator, object)):
            raise unjudged(f"an invalid result of {operator}")
        return value

    def _content(self, like: Any) -> Any:
        """Return the content of an object that is to be compared with a plain value; NotImplemented if it has none."""
        if isinstance(like, np.ndarray):
            return self.__array__()
        base = BASES.get(self._kind.base or "")
        if base is None or base not in CONTENT:
            return NotImplemented
        content = self._operate("content")
        if isinstance(content, Proxy) and base in (set, frozenset, dict):  # each object in it is asked
            content = base(islice(content.items() if base is dict else content, MAX_ELEMENTS))
        if type(content) is not base:
            raise unjudged(f"a {base.__name__} that is none")
        return content

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in SHOWN:
            raise AttributeError(name)
        if name == "__dataclass_fields__":
            return dataclass_fields(self._link.get(self._ref, name, self._name))
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

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        raise CannotCross("a class of its own that is derived from one of the notebook's")

    def __bool__(self) -> bool:
        return bool(self._operate("__bool__")) if self._kind.truth else True

    def __len__(self) -> int:
        length = self._operate("__len__")
        if not 0 <= length <= MAX_LENGTH:
            raise unjudged(f"a length that is negative, or above {MAX_LENGTH:,}")
        return int(length)

    def __iter__(self) -> Any:
        iterator = self._operate("__iter__")
        if not isinstance(iterator, Proxy):
            raise unjudged("an invalid iterator")
        return iterator

    def __await__(self) -> Proxy:
        """A coroutine runs to its end on its side once it is awaited here, and is done."""
        return self

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


for _name in OPERATIONS.keys() - vars(Proxy).keys() - {"__signature__", "content"}:
    setattr(Proxy, _name, (_comparison if _name in COMPARISONS else _operation)(_name))


class CallableProxy(Proxy):
    """A student's function, class or method, or an object that can be called."""

    __slots__ = ()

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call it on the student's side."""
        return self._link.call(self._ref, self._name, args, named)

    @property
    def __signature__(self) -> inspect.Signature:
        """Its parameters, for `inspect.signature`."""
        empty = inspect.Parameter.empty
        try:
            return inspect.Signature(
                [
                    inspect.Parameter(name, kind, default=default[0] if default else empty)
                    for name, kind, default in self._operate("__signature__")
                ]
            )
        except (TypeError, ValueError, IndexError):
            raise unjudged("an invalid signature") from None


@dataclass
class _OneField:
    field: Any


def dataclass_fields(names: Any) -> dict[str, Any]:
    """Return what the functions of `dataclasses` look for: a field of each name."""
    if not isinstance(names, dict | tuple):
        raise unjudged("invalid fields")
    fields = {}
    for name in (clip(each, 80) for each in list(names)[:MAX_FIELDS]):
        fields[name] = field = copy.copy(_OneField.__dataclass_fields__["field"])
        field.name = name
    return fields


@lru_cache(maxsize=256)
def face(name: str, *, call: bool, base: str | None, fields: tuple[str, ...] = ()) -> type[Proxy]:
    """Return the class of the proxies of a type: its name and docstring are those of the student's.

    Its objects can be called, or not; `isinstance` is to tell that they are of a base, a type of Python's, if any; a
    dataclass has fields.
    """
    shown: dict[str, Any] = {
        "__slots__": (),
        "__doc__": property(lambda self: self._link.get(self._ref, "__doc__", self._name)),
    }
    if fields:
        shown["__dataclass_fields__"] = dataclass_fields(fields)
    if base in BASES:
        shown["__class__"] = property(lambda _self: BASES[base])
    return type(name, (CallableProxy if call else Proxy,), shown)


METHOD = Type(frozenset(), None, face("method", call=True, base=None), truth=False)
OBJECT = Type(frozenset(), None, face("object", call=True, base=None))


def unjudged(what: str) -> StudentError:
    """Return the error of a value that is not fit to be judged."""
    return StudentError("a value that cannot be judged", what)


def student_error(data: Any) -> StudentError:
    """Build the error that a student's side described, trusting nothing of the description."""
    if not isinstance(data, dict):
        raise FormatError("an invalid error")
    lines, bases = data.get("where"), data.get("bases")
    bases = bases[:MAX_NAMES] if isinstance(bases, list) else []
    where = "\n".join(clip(line, 200) for line in lines[:MAX_TOLD]) if isinstance(lines, list) else ""
    lineage = tuple(clip(name, 80) for name in (data.get("kind"), *bases))
    error = raised_class(lineage)(lineage[0], without_prefix(clip(data.get("text"), MAX_TEXT)), where)
    attributes = data.get("attributes")
    if isinstance(attributes, dict):
        error.attributes = dict(list(attributes.items())[:MAX_NAMES])
    return error


def raised_class(lineage: tuple[str, ...]) -> type[StudentError]:
    """Return the class for an exception whose type and bases have these names, nearest first."""
    known = (builtin_error(name, BaseException) for name in lineage)
    builtin = next((kind for kind in known if kind not in (None, BaseException, Exception, *NEVER)), None)
    nearest = _with_base(builtin) if builtin else StudentError
    if lineage[0] == getattr(builtin, "__name__", ""):
        return nearest
    return type(nearest.__name__, (nearest,), {"lineage": lineage})


@cache
def _with_base(kind: type[BaseException]) -> type[StudentError]:
    """Return a StudentError that is an exception of Python's, too, or of the nearest type that takes one text."""
    for base in kind.__mro__:
        try:
            found = type(StudentError.__name__, (StudentError, base), {})
            found("kind", "text")
        except (TypeError, ValueError):
            continue
        return found
    return StudentError


def clip(text: Any, length: int) -> str:
    """Return printable text of at most `length` characters, whatever came."""
    return "".join(c if c.isprintable() else " " for c in str(text)[:length]).strip()
