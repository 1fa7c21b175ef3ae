"""Traits of a type of the student's, told to the grader with the first object of it."""

from types import FunctionType, GeneratorType

import numpy as np

MAX_METHODS = 200
BASES = {
    **{
        kind: kind.__name__
        for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type)
    },
    FunctionType: "function",
    GeneratorType: "generator",
}
"""Types of which an object is said to be an instance, too."""


def describe(kind):
    """Return a type's name, its methods, its attributes that are not plain, and what else its objects can do."""
    name = f"{kind.__name__} of dtype object" if kind is np.ndarray else kind.__name__
    traits = {
        "call": has_method(kind, "__call__"),
        "truth": has_method(kind, "__bool__") or has_method(kind, "__len__"),
        "base": next((BASES[base] for base in kind.__mro__ if base in BASES), None),
    }
    return [name, methods_of(kind), fixed_of(kind), traits]


def has_method(kind, name):
    """Return whether objects of a class have a method: the class may have one of its own."""
    return any(name in vars(base) for base in kind.__mro__)


def fixed_of(kind):
    """Return the names that are more than plain attributes of a class's objects; None if any name may be.

    Setting a plain attribute cannot fail, and changes no other.
    """
    bases = kind.__mro__[:-1]
    own = ("__setattr__", "__getattribute__", "__slots__", "__delattr__", "__getattr__")
    if kind.__dictoffset__ == 0 or any(name in vars(base) for base in bases for name in own):
        return None
    return sorted(
        {name for base in bases for name, value in vars(base).items() if hasattr(type(value), "__set__")}
    )


def methods_of(kind):
    """Return the names of a class's methods, as far as no object can have something else under the name.

    Left out is what one of the class's own functions names as an attribute: it may be what it sets.
    """
    if any(name in vars(base) for base in kind.__mro__[:-1] for name in ("__getattribute__", "__slots__")):
        return []
    functions = {
        name: value
        for base in reversed(kind.__mro__[:-1])
        for name, value in vars(base).items()
        if isinstance(value, FunctionType) or not name.startswith("__")
    }
    named = {
        word
        for value in functions.values()
        if isinstance(value, FunctionType)
        for word in value.__code__.co_names
    }
    return [
        name
        for name, value in functions.items()
        if isinstance(value, FunctionType) and not name.startswith("__") and name not in named
    ][:MAX_METHODS]
