"""Exceptions of the student's code as a hidden test sees them: of their own type, where it is one of Python's.

So `with self.assertRaises(ValueError)` holds for a `ValueError` of the student's, which is a
:class:`~proctor.criteria.StudentError` as well.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from proctor.agent.described import MAX_TEXT, builtin_error
from proctor.agent.frames import FormatError
from proctor.criteria import StudentError

VAGUE = (None, BaseException, Exception, KeyboardInterrupt, GeneratorExit)
"""No exceptions of Python's to be told by, or such as stop programs, not criteria."""
MAX_NAMES = 20


def unjudged(what: str) -> StudentError:
    """Return the error of a value that is not fit to be judged."""
    return StudentError("a value that cannot be judged", what)


def student_error(data: Any) -> StudentError:
    """Build the error that a student's side described, trusting nothing of the description."""
    if not isinstance(data, dict):
        raise FormatError("an error that is none")
    lines, bases = data.get("where"), data.get("bases")
    bases = bases[:MAX_NAMES] if isinstance(bases, list) else []
    where = "\n".join(clip(line, 200) for line in lines[:4]) if isinstance(lines, list) else ""
    lineage = tuple(clip(name, 80) for name in (data.get("kind"), *bases))
    error = raised_class(lineage)(lineage[0], clip(data.get("text"), MAX_TEXT), where)
    attributes = data.get("attributes")
    if isinstance(attributes, dict):
        error.attributes = dict(list(attributes.items())[:MAX_NAMES])
    return error


def raised_class(lineage: tuple[str, ...]) -> type[StudentError]:
    """Return the class for an exception whose type and bases have these names, nearest first."""
    known = (builtin_error(name, BaseException) for name in lineage)
    builtin = next((kind for kind in known if kind not in VAGUE), None)
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
        except TypeError:
            continue
        return found
    return StudentError


def clip(text: Any, length: int) -> str:
    """Return printable text of at most `length` characters, whatever came."""
    return "".join(c if c.isprintable() else " " for c in str(text)[:length]).strip()
