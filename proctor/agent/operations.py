"""Operations on a student's object that have a syntax of their own: `len(it)`, `it[0]`, `it + 1`, `with it`, ...

Each is a function of the object and the operands; mirrored ones have the object on the right.
"""

import builtins
import inspect
import operator


def _mirrored(function):
    return lambda right, left: function(left, right)


def _exit(manager, kind, text):
    """Leave a `with` block, by an exception if a kind is given; return whether the manager swallows it."""
    error = None
    if kind is not None:
        found = getattr(builtins, kind, None)
        error = (found if isinstance(found, type) and issubclass(found, BaseException) else Exception)(text)
    return bool(type(manager).__exit__(manager, type(error) if error else None, error, None))


def _array(value):
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind == "O":
        raise TypeError(f"{type(value).__name__!r} object is not an array of numbers")
    return array


def _signature(value):
    """Return the parameters of a function: name, kind, and a list of the default if there is one."""
    empty = inspect.Parameter.empty
    return [
        [each.name, int(each.kind), [] if each.default is empty else [each.default]]
        for each in inspect.signature(value).parameters.values()
    ]


BINARY = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "matmul": operator.matmul,
    "truediv": operator.truediv, "floordiv": operator.floordiv, "mod": operator.mod, "divmod": divmod,
    "pow": pow, "lshift": operator.lshift, "rshift": operator.rshift,
    "and": operator.and_, "or": operator.or_, "xor": operator.xor,
}  # fmt: skip

OPERATIONS = {
    **{f"__{name}__": function for name, function in BINARY.items()},
    **{f"__r{name}__": _mirrored(function) for name, function in BINARY.items()},
    **{
        f"__i{name}__": getattr(operator, f"i{name}")
        for name in BINARY if name != "divmod"
    },
    **{f"__{name}__": getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{f"__{name}__": getattr(operator, name) for name in ("neg", "pos", "invert", "contains")},
    **{
        f"__{function.__name__}__": function
        for function in (len, iter, next, bool, str, repr, hash, abs, round, int, float, complex, reversed, format)
    },
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__delattr__": delattr,
    "__enter__": lambda manager: type(manager).__enter__(manager),
    "__exit__": _exit,
    "__array__": _array,
    "__signature__": _signature,
    "__instancecheck__": lambda kind, value: isinstance(value, kind),
    "__subclasscheck__": lambda kind, other: issubclass(other, kind),
}  # fmt: skip
"""By the name of the special method."""
