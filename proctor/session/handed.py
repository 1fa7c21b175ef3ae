"""Objects of a hidden test, handed to the student's code, that cannot cross by value: functions, iterators, others.

The student's code sees a :class:`proctor.agent.callbacks.Callback`, and each use of one is asked for here. A function
of Python's or NumPy's crosses by its name, and the member of an enumeration by its class's name and its own.
"""

from __future__ import annotations

import builtins
import cmath
import enum
import inspect
import io
import math
import operator
from collections.abc import Iterator
from functools import cached_property, lru_cache, partial
from types import CodeType, CoroutineType, FrameType, GetSetDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, cast
from unittest import TestCase

import numpy as np

from proctor.agent.frames import pack
from proctor.agent.kinds import MUTABLE, WRITERS
from proctor.agent.operations import OPERATIONS
from proctor.criteria import Broken, Fault
from proctor.errors import CannotCross

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from proctor.agent.values import Reader, Writer

IS_HEAP_TYPE = 1 << 9
"""Flag of a type that is written in Python, and of none of Python's own."""
MAX_ARGUMENT = 2**24
"""Product of the whole numbers that a callback is given: a test may make an array of that shape."""
MAX_ENTRIES = 1_000_000
"""Entries of a list, or the like, of the test's own kind that the student's code may change: it could double it."""
MAX_AXES = 32
"""Entries of an array of whole numbers that may be meant as a shape."""
MODULES = (builtins, math, cmath, operator, np)
REFUSED = (ModuleType, CoroutineType, CodeType, FrameType, TestCase)
OPEN_FILES = (io.FileIO, io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom)
OPERATORS = OPERATIONS.keys() - {
    "__next__", "__delattr__", "__format__", "__array__", "__signature__", "__instancecheck__", "__subclasscheck__",
}  # fmt: skip
"""Special methods of an object that the student's code may use."""
OF_BUILTINS = frozenset(
    f"__{name}__"
    for name in (
        "len", "iter", "reversed", "getitem", "setitem", "delitem", "contains", "eq", "ne", "lt", "le", "gt", "ge",
        "add", "str", "repr", "hash", "bool", "int", "float", "enter", "exit",
    )
)  # fmt: skip
"""Those of them that may be Python's own: its others make values of any size."""
MAX_DOC = 1_000
OURS = (AssertionError, CannotCross, NameError, ImportError, SyntaxError)
"""Exceptions of a function of the test's that no argument brings about."""


class Handed:
    """The objects that a criterion has handed in, by number.

    `failure` is an exception of the test's own that the student's code met, but that is not for it.
    """

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self.failure: BaseException | None = None

    def refer(self, value: Any) -> list[Any]:
        """Return the form of an object; CannotCross if there is none."""
        if isinstance(value, enum.Enum):
            return ["e", type(value).__name__, value.name]
        if module := _home(value):
            return ["g", module, value.__name__]
        if isinstance(value, OPEN_FILES):
            raise CannotCross("an open file")
        if isinstance(value, REFUSED):
            raise CannotCross(f"{type(value).__name__} {getattr(value, '__name__', '')}".strip())
        if type(value) in WRITERS or isinstance(value, np.ndarray):
            raise CannotCross(f"a value ({type(value).__name__}) that is too large, or holds objects")
        number = self._numbers.setdefault(id(value), len(self.objects))
        if number == len(self.objects):
            self.objects.append(value)
        return ["o", number, _traits(value)]

    def resolve(self, number: Any) -> Any:
        """Return an object that comes back; LookupError if there is none."""
        if type(number) is not int or number < 0:
            raise LookupError
        return self.objects[number]

    def use(self, asked: Any, reader: Reader, writer: Writer, record: Callable[..., Any]) -> bytes:
        """Return the answer to the student's code that uses an object; `record` is told of each call that is made."""
        held: Any = None
        try:
            number, name, *forms = asked
            args, kwargs = reader.read_all(forms)
            held = self.resolve(number)
            if not isinstance(args, tuple) or not isinstance(kwargs, dict):
                return error_frame("TypeError", "no such call")
            if name == "__getattr__":
                return pack({"value": writer.write(_field(held, *args))}, writer.body)
            if name == "__setattr__":
                _set_field(held, *args)
                return pack({"value": None})
            method = _method(held, name)
            is_full = isinstance(held, MUTABLE) and len(held) > MAX_ENTRIES
            if is_full or _largest([args, list(kwargs.values())], is_shape=name != "__call__") > MAX_ARGUMENT:
                return error_frame("MemoryError", "the object, or an argument, is too large")
            record(number, name, (*args, *kwargs.values()))
            return pack({"value": writer.write(method(*args, **kwargs))}, writer.body)
        except Broken:
            raise
        except Exception as error:  # noqa: BLE001  - whatever goes wrong here, the student's code asked for it
            if isinstance(error, OURS) and not isinstance(error, Fault):
                self.failure = error
            # Python names a method with its class, which is the test's own business.
            text = str(error).replace(f"{type(held).__qualname__}.", "")
            return error_frame(getattr(error, "kind", None) or _nearest_builtin(type(error)), text)


def _home(value: Any) -> str:
    """Return the name of the module where the student's side finds a function, too, or ""."""
    name = getattr(value, "__name__", None)
    if not callable(value) or not isinstance(name, str) or isinstance(value, type):
        return ""
    return next((module.__name__ for module in MODULES if getattr(module, name, None) is value), "")


def _traits(value: Any) -> dict[str, Any]:
    """Return what the student's side can do with an object, besides calling its methods."""
    if inspect.isroutine(value) or isinstance(value, type):
        return _call_traits(value)
    kind: Any = type(value)
    traits: dict[str, Any] = {}
    if operators := _operators(kind):
        traits["operators"] = operators
    if callable(value):  # a mock is an iterator, too
        traits |= _call_traits(value)
    elif isinstance(value, Iterator):
        traits["next"] = True
    fields = [name for name, held in getattr(value, "__dict__", {}).items() if _is_field(name, held)]
    if fields := [*fields, *_fields(kind)]:
        traits["fields"] = fields
    return traits


def _call_traits(value: Any) -> dict[str, Any]:
    traits: dict[str, Any] = {"call": True, "parameters": _parameters(value)}
    for name, text in (("name", getattr(value, "__name__", None)), ("doc", getattr(value, "__doc__", None))):
        if isinstance(text, str):
            traits[name] = text[:MAX_DOC]
    return traits


@lru_cache(maxsize=256)
def _operators(kind: type) -> list[str]:
    """Return the special methods that a type has, from itself or its bases, for the student's code."""
    found: dict[str, bool] = {}
    for base in kind.__mro__[:-1]:
        allowed = OF_BUILTINS if base.__module__ in ("builtins", "collections", "_io") else OPERATORS
        for name in OPERATORS & vars(base).keys():
            found.setdefault(name, name in allowed and vars(base)[name] is not None)
    return sorted(name for name, use in found.items() if use)


@lru_cache(maxsize=256)
def _fields(kind: type) -> list[str]:
    """Return the attributes that a type has for its objects: properties, slots, and what is no method."""
    ours = [base for base in kind.__mro__ if base.__flags__ & IS_HEAP_TYPE]
    held = {name: value for base in ours for name, value in vars(base).items()}
    return [name for name, value in held.items() if _is_field(name, value) and not _is_bound(value)]


def _is_bound(value: Any) -> bool:
    """Return whether a class's attribute is something else for its objects, such as a class method."""
    if isinstance(value, GetSetDescriptorType):  # a part of a type that is written in C
        return True
    return hasattr(type(value), "__get__") and not (
        isinstance(value, cached_property) or inspect.isdatadescriptor(value)
    )


def _is_field(name: str, value: Any) -> bool:
    return not name.startswith("_") and not callable(value) and not isinstance(value, REFUSED)


def _parameters(function: Any) -> list[list[Any]] | None:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[each.name, int(each.kind), each.default is not inspect.Parameter.empty] for each in parameters]


def _field(held: Any, name: Any) -> Any:
    value = getattr(held, name)
    if not _is_field(name, value):
        raise AttributeError(name)
    return value


def _set_field(held: Any, name: Any, value: Any) -> None:
    """Set an attribute of an object; AttributeError for what counts calls, and for the name of a method."""
    if name.startswith("_") or callable(held) or callable(getattr(type(held), name, None)):
        raise AttributeError(f"{name} cannot be set")
    setattr(held, name, value)


def _nearest_builtin(kind: type) -> str:
    """Return the name of the first of an exception's classes that is Python's."""
    return next(base.__name__ for base in kind.__mro__ if base.__module__ == "builtins")


def _method(held: Any, name: Any) -> Callable[..., Any]:
    """Return the method of an object that the student's code may call."""
    if name == "__call__" and callable(held):
        return cast("Callable[..., Any]", held)
    kind: Any = type(held)
    if name in _operators(kind):
        return partial(OPERATIONS[name], held)
    if not isinstance(name, str) or (
        name.startswith("_") and not (name == "__next__" and isinstance(held, Iterator))
    ):
        raise AttributeError(f"no method {name}")
    return cast("Callable[..., Any]", getattr(held, name))


def error_frame(kind: str, text: object) -> bytes:
    """Return the answer that an object of the test's raises an exception."""
    return pack({"kind": kind, "error": str(text)[:200]})


def _largest(values: Iterable[Any], *, is_shape: bool) -> int:
    """Return the largest product of whole numbers that may be meant as a shape.

    The arguments of a function of the test's are numbers each by itself; those in a list or tuple stand together.
    """
    largest = product = 1
    for value in values:
        if isinstance(value, int | np.integer):
            product = min(product * max(1, abs(int(value))), MAX_ARGUMENT + 1)
        elif isinstance(value, list | tuple):
            largest = max(largest, _largest(value, is_shape=is_shape))
        elif (
            is_shape and isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.size <= MAX_AXES
        ):
            largest = max(largest, _largest(value.ravel(), is_shape=True))
    return max(largest, product)
