"""One command at a time grades a course: a lock that a killed process cannot leave behind."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE = ".proctor"
"""The course's folder of what our commands note for each other."""


class CourseBusy(Exception):  # noqa: N818  - a state of the course, not a defect
    """Another command is grading the course; says which."""


@contextlib.contextmanager
def course_lock(course: Path, command: str) -> Iterator[None]:
    """Hold the course's lock as long as the block lasts.

    The system gives the lock back when the process ends, however it ends.

    Args:
        course: the course's folder.
        command: what is being done, for the message to whoever comes second.

    Raises:
        CourseBusy: another command holds the lock.
    """
    path = course / STATE / "lock"
    path.parent.mkdir(exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip() or "another command"
            raise CourseBusy(
                f"{course} is being graded right now, by {holder}. Nothing was done; wait until that has ended."
            ) from None
        file.truncate()
        file.write(f"{command} (process {os.getpid()}, since {dt.datetime.now():%H:%M})\n")  # noqa: DTZ005
        file.flush()
        yield
        file.truncate(0)
