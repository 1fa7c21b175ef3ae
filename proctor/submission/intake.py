"""Reading of a submission from the disk: by what is there, never by what a link or a student says.

Links are not followed, a pipe is not waited for, and a forged `timestamp.txt` makes nobody early: the time at which the
notebook was written counts, if it is later.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import stat
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.utils import find_all_files, parse_utc

from proctor import submission
from proctor.errors import UnreadableError
from proctor.sandbox.packing import COURSE_MARK, entries
from proctor.submission import record

if TYPE_CHECKING:
    from collections.abc import Collection

    from proctor.course import Exercise

STAMP = "timestamp.txt"
GRADERS = (STAMP, COURSE_MARK)
"""Files that are the grader's to write."""
AGREEMENT = dt.timedelta(minutes=1)
"""Time by which a timestamp may be earlier than the notebook itself."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submitted:
    """A submitted notebook as it lies on the disk: the file's bytes, or None and the reason, in words for the student.

    The notice is what else is to be said about it; by the fingerprint it is known again.
    """

    content: bytes | None
    reason: str
    notice: str
    fingerprint: str


def read_notebook(path: Path, release: Any, known: Collection[str] = ()) -> Submitted:
    """Read a submitted notebook's bytes; of several, or under another name, as `submission.look_for` decides."""
    found, notice = submission.look_for(path, release, known)
    content, reason = None, ""
    try:
        content = submission.content(found)
    except UnreadableError as error:
        reason = str(error)
    return Submitted(content, reason, notice, submission.fingerprint_of(content or reason.encode()))


@dataclass(frozen=True)
class Clock:
    """Times at which submissions of an exercise were handed in, in UTC without a zone."""

    exercise: Exercise

    def handed_in(self, student: str) -> dt.datetime | None:
        """Return when a student handed in, or None where nothing says so.

        A `timestamp.txt` that claims a time before the notebook was last written is not believed, unless
        `proctor collect` wrote it: the platform's time stays when a course is copied and its files are new.
        """
        folder = self.exercise.submitted(student)
        written = [time for file in folder.glob("*.ipynb") if (time := _written(file)) is not None]
        claimed = _claimed(folder / STAMP)
        if claimed is None or not written or claimed >= max(written) - AGREEMENT:
            return claimed
        if claimed == self._collected.get(student):
            return claimed
        log.warning("%s claims %s, but the notebook was written at %s", folder / STAMP, claimed, max(written))
        return max(written)

    @cached_property
    def _collected(self) -> dict[str, dt.datetime]:
        """Return the time at which each student handed in, as the platform says it.

        Raises:
            CollectError: the record of what was collected is damaged.
        """
        known = record.load(self.exercise.root, self.exercise.name)
        return {student: parse_utc(origin.time) for student, origin in known.items() if origin.time}

    def check(self) -> None:
        """Read the record of what was collected (see `_collected` for what it raises)."""
        _ = self._collected


def copy_files(
    exercise: Exercise, student: str, target: Path, given: Collection[Path], room: tuple[int, int]
) -> None:
    """Copy the regular files beside a student's notebook to a target, as far as they fit.

    Those that are given are copied over it. There is room for so many bytes together, and for so many files.
    """
    size, count = room
    for name, reason, opened in entries(exercise.submitted(student)):
        if opened is None:
            log.warning("%s: %s was left out: it is %s", student, name, reason)
            continue
        path = Path(name)
        with opened:
            length = os.fstat(opened.fileno()).st_size
            if name in GRADERS or _ignored(path, exercise):
                continue
            full = length > size or count == 0
            # A student's file may stand where a given one needs a folder, or the other way round.
            if full or any(path in other.parents or other in path.parents for other in given):
                why = "the submission is too large" if full else "a given file has its place"
                log.warning("%s: %s was left out: %s", student, path, why)
                continue
            data = opened.read(length)
        size, count = size - len(data), count - 1
        write_file(target / path, data)


def given_files(exercise: Exercise) -> dict[Path, bytes]:
    """Read the files that are copied over each submission, by their paths in it."""
    found = map(Path, find_all_files(str(exercise.given), list(exercise.ignored)))
    return {path.relative_to(exercise.given): path.read_bytes() for path in found}


def write_file(path: Path, data: bytes) -> None:
    """Write a file, whatever its mode was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with path.open("xb") as file:
        file.write(data)


def _ignored(path: Path, exercise: Exercise) -> bool:
    return any(fnmatch(part, pattern) for part in path.parts for pattern in exercise.ignored)


def _claimed(path: Path) -> dt.datetime | None:
    if _written(path) is None or path.stat().st_size > 200:
        return None
    try:
        claimed: dt.datetime | None = parse_utc(path.read_text(encoding="utf-8").strip())
    except (ValueError, OverflowError):
        log.warning("%s holds no time, and is ignored", path)
        return None
    return claimed


def _written(path: Path) -> dt.datetime | None:
    """Return when a regular file was last written, in UTC without a zone; None for links and other things."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC).replace(tzinfo=None)
