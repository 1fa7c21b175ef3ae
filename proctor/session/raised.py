"""Exceptions of the student's code as a hidden test sees them: of their own type, where it is one of Python's.

So `with self.assertRaises(ValueError)` holds for a `ValueError` of the student's, which is a
:class:`~proctor.criteria.StudentError` as well.
"""

from __future__ import annotations

import builtins
from functools import cache
from typing import Any

from proctor.agent.errors import MAX_TEXT
from proctor.agent.frames import FormatError
from proctor.criteria import StudentError

NEVER = (KeyboardInterrupt, GeneratorExit, StopIteration, StopAsyncIteration)
"""Exceptions that stop programs, or the test's own loops, and not criteria."""
MAX_NAMES = 20


def student_error(data: Any) -> StudentError:
    """Build the error that a student's side described, trusting nothing of the description."""
    if not isinstance(data, dict):
        raise FormatError("an error that is none")
    lines, bases = data.get("where"), data.get("bases")
    bases = bases[:MAX_NAMES] if isinstance(bases, list) else []
    where = "\n".join(clip(line, 200) for line in lines[:4]) if isinstance(lines, list) else ""
    kind, text = clip(data.get("kind"), 80), clip(data.get("text"), MAX_TEXT)
    error = raised_class((kind, *(clip(name, 80) for name in bases)))(kind, text, where)
    attributes = data.get("attributes")
    if isinstance(attributes, dict):
        error.attributes = dict(list(attributes.items())[:MAX_NAMES])
    return error


def raised_class(lineage: tuple[str, ...]) -> type[StudentError]:
    """Return the class for an exception whose type and bases have these names, nearest first."""
    builtin = next((kind for name in lineage if (kind := _builtin(name))), None)
    nearest = _with_base(builtin.__name__) if builtin else StudentError
    if lineage[0] == getattr(builtin, "__name__", ""):
        return nearest
    return type(nearest.__name__, (nearest,), {"lineage": lineage})


def _builtin(name: str) -> type[BaseException] | None:
    kind = getattr(builtins, name, None) if name.isidentifier() else None
    is_error = isinstance(kind, type) and issubclass(kind, BaseException)
    return kind if is_error and kind not in (BaseException, Exception, *NEVER) else None


@cache
def _with_base(name: str) -> type[StudentError]:
    """Return a StudentError that is an exception of Python's, too, or of the nearest type that takes one text."""
    for base in getattr(builtins, name).__mro__:
        try:
            found = type(StudentError.__name__, (StudentError, base), {})
            found("kind", "text")
        except (TypeError, ValueError):
            continue
        return found
    return StudentError


def clip(text: Any, length: int) -> str:
    """Return printable text of at most `length` characters, whatever came."""
    line = "".join(c if c.isprintable() else " " for c in str(text)[:length])
    return line.strip()
