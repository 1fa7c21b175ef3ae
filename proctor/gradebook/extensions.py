"""Extensions of the due date that were granted to single students: `extensions.json` in the course's folder.

An object of student, or student/assignment, and the time until which they may hand in:

    {"ada": "2027-01-22T23:59:00+01:00", "alan/exercise4": "2027-02-01T12:00:00+01:00"}
"""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from typing import TYPE_CHECKING

from proctor.course import write_whole
from proctor.errors import ExtensionsError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "extensions.json"


def until(course: Path, student: str, assignment: str) -> dt.datetime | None:
    """Return until when a student may hand in an assignment, where that was granted; one for the assignment goes first.

    Raises:
        ExtensionsError: the file is damaged.
    """
    granted = load(course)
    return granted.get(f"{student}/{assignment}") or granted.get(student)


def load(course: Path) -> dict[str, dt.datetime]:
    """Return all extensions of a course.

    Raises:
        ExtensionsError: the file is damaged.
    """
    path = course / NAME
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ExtensionsError(f"{path} is damaged ({error}): write it again with `proctor extend`.") from None


def grant(course: Path, whom: str, time: dt.datetime | None) -> None:
    """Write an extension, or take it back.

    Args:
        course: the course's folder.
        whom: a student, or student/assignment.
        time: until when, with a time zone; None takes it back.

    Raises:
        ExtensionsError: the file is damaged.
    """
    granted = dict(load(course))
    granted.pop(whom, None)
    if time is not None:
        granted[whom] = time
    written = {name: each.isoformat() for name, each in sorted(granted.items())}
    write_whole(course / NAME, json.dumps(written, indent=1, ensure_ascii=False) + "\n")


def forget(course: Path, student: str, *, delete: bool = True) -> bool:
    """Remove a student's extensions; returns whether there are any."""
    mine = [whom for whom in load(course) if whom.partition("/")[0] == student]
    if delete:
        for whom in mine:
            grant(course, whom, None)
    return bool(mine)


@lru_cache(maxsize=4)
def _read(path: Path, _written: int) -> dict[str, dt.datetime]:
    data = json.loads(path.read_text(encoding="utf-8"))
    found = {str(whom): dt.datetime.fromisoformat(time) for whom, time in data.items()}
    for whom, time in found.items():
        if time.tzinfo is None:
            raise ValueError(f"the time of {whom} has no time zone")
    return found
