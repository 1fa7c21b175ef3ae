"""Commands under another clock, as if the machine's had been set: what they ask for, and what their files get."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.proctor.support import commands, small_course

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86_400
START = """
import datetime, time
honest, date_time, shift = time.time, datetime.datetime, {seconds}
class Kind(type):
    def __instancecheck__(cls, value):
        return isinstance(value, date_time)
class Shifted(date_time, metaclass=Kind):
    __slots__ = ()
    def __new__(cls, *args, **named):
        return date_time(*args, **named)
    @classmethod
    def now(cls, tz=None):
        return date_time.now(tz) + datetime.timedelta(seconds=shift)
    @classmethod
    def utcnow(cls):
        return date_time.utcnow() + datetime.timedelta(seconds=shift)
time.time = lambda: honest() + shift
time.time_ns = lambda: int(1e9 * time.time())
datetime.datetime = Shifted
"""
"""Run by each Python of a command first, workers included."""


def run(course: Path, days: float, *command: str) -> subprocess.CompletedProcess[str]:
    """Run nbgrader or proctor in a course, on a machine whose clock is some days ahead, or behind if negative."""
    first = START.format(seconds=days * DAY)
    site = course.parent / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(first)
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH", "")]))
    with files_written(course, days):
        return commands.run(course, *command, first=first, **small_course.environment(PYTHONPATH=path))


@contextmanager
def files_written(course: Path, days: float) -> Iterator[None]:
    """Give files of a course that are written in the block the time of a clock that is some days ahead."""
    before, begun = _times(course), time.time_ns() - 10**8  # a file gets the time of the last tick
    yield
    for file, written in _times(course).items():
        if (
            before.get(file) != written and begun <= written <= time.time_ns()
        ):  # else it was given another time
            shifted = written + int(days * DAY * 10**9)
            os.utime(file, ns=(shifted, shifted), follow_symlinks=False)


def _times(course: Path) -> dict[Path, int]:
    return {file: file.lstat().st_mtime_ns for file in course.rglob("*")}
