"""Surroundings that a hidden test gives to the student's code: patched functions of Python's; warnings are noted."""

import builtins
import contextlib
import warnings

PATCHED = ("input", "print", "open")
"""Functions of Python's whose patch in a test holds for the student's code, too."""
MAX_WARNINGS, MAX_WARNING = 100, 600
"""Warnings that are told of a request; characters of each."""


@contextlib.contextmanager
def patched(functions, namespace):
    """Let Python's functions be others while the block runs, also where IPython has wrapped one for the notebook."""
    places = [(vars(builtins), name) for name in functions if name in PATCHED]
    places += [(namespace, name) for python, name in places if _wraps(namespace.get(name), python[name])]
    kept = [place[name] for place, name in places]
    try:
        for place, name in places:
            place[name] = functions[name]
        yield
    finally:
        for (place, name), function in zip(places, kept, strict=True):
            place[name] = function


def _wraps(value, function):
    return getattr(value, "__wrapped__", None) is function


@contextlib.contextmanager
def noted_warnings(told):
    """Add to a list the warnings of the block: the names of its type and of that's bases, and its text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            for each in caught[:MAX_WARNINGS]:
                lineage = [base.__name__ for base in each.category.__mro__]
                told.append([lineage, str(each.message)[:MAX_WARNING]])
