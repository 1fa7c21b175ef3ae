"""Operations on a student's object that have a syntax of their own: `len(it)`, `it[0]`, `it + 1`, `with it`, ...

Each is a function of the object and the operands; mirrored ones have the object on the right.
"""

import asyncio
import inspect
import operator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .described import builtin_error


def _mirrored(function):
    return lambda right, left: function(left, right)


def _exit(manager, kind, text):
    """Leave a `with` block, by an exception if a kind is given; return whether the manager swallows it."""
    error = None if kind is None else (builtin_error(kind, BaseException) or Exception)(text)
    return bool(type(manager).__exit__(manager, error and type(error), error, None))


def _array(value):
    array = np.asarray(value)
    if array.dtype.kind == "O":
        raise TypeError(f"{type(value).__name__!r} object is not an array of numbers")
    return array


def finished(coroutine):
    """Return the result of a coroutine, which is run to its end in a thread: here a loop may be running already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def _next(iterator):
    """Return the next value of an iterator; a coroutine has none but its result."""
    if inspect.iscoroutine(iterator):
        raise StopIteration(finished(iterator))
    return next(iterator)


def _signature(value):
    """Return the parameters of a function: name, kind, and a list of the default if there is one."""
    empty = inspect.Parameter.empty
    return [
        [each.name, int(each.kind), [] if each.default is empty else [each.default]]
        for each in inspect.signature(value).parameters.values()
    ]


def _content(value):
    """Return the content of an object of a subclass of Python's types, whatever methods the subclass has of its own."""
    return next(CONTENT[kind](value) for kind in type(value).__mro__ if kind in CONTENT)


CONTENT = {
    **{kind: getattr(kind, f"__{kind.__name__}__") for kind in (int, float, complex, bytes, str)},
    **{kind: lambda value, kind=kind: kind(kind.__iter__(value)) for kind in (list, tuple, set, frozenset)},
    dict: lambda value: dict(dict.items(value)),
}
BINARY = {
    **{name: getattr(operator, f"__{name}__") for name in (
        "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "lshift", "rshift", "and", "or", "xor",
    )},
    "divmod": divmod,
    "pow": pow,
}  # fmt: skip
SAME = (
    "eq", "ne", "lt", "le", "gt", "ge", "neg", "pos", "invert", "contains", "getitem", "setitem", "delitem",
)  # fmt: skip
CALLED = (len, iter, next, bool, str, repr, hash, abs, round, int, float, complex, reversed, format)

OPERATIONS = {
    **{f"__{name}__": function for name, function in BINARY.items()},
    **{f"__r{name}__": _mirrored(function) for name, function in BINARY.items()},
    **{f"__i{name}__": getattr(operator, f"__i{name}__") for name in BINARY if name != "divmod"},
    **{f"__{name}__": getattr(operator, f"__{name}__") for name in SAME},
    **{f"__{function.__name__}__": function for function in CALLED},
    "__next__": _next,
    "__delattr__": delattr,
    "__enter__": lambda manager: type(manager).__enter__(manager),
    "__exit__": _exit,
    "__array__": _array,
    "__signature__": _signature,
    "content": _content,
    "__instancecheck__": lambda kind, value: isinstance(value, kind),
    "__subclasscheck__": lambda kind, other: issubclass(other, kind),
}
"""By the name of the special method."""
