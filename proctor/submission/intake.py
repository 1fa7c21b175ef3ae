"""Reading of a submission's files from the disk: links are not followed, and a pipe is not waited for."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.utils import find_all_files

from proctor import submission
from proctor.errors import UnreadableError
from proctor.sandbox.packing import COURSE_MARK, entries
from proctor.submission.handed_in import STAMP

if TYPE_CHECKING:
    from collections.abc import Collection

    from proctor.course import Exercise

GRADERS = (STAMP, COURSE_MARK)
"""Files that are the grader's to write."""

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


def copy_files(
    exercise: Exercise, student: str, target: Path, given: Collection[Path], most: tuple[int, int]
) -> None:
    """Copy the regular files beside a student's notebook to a target, within limits.

    Those that are given are copied over it. At most so many bytes together are copied, and so many files.
    """
    size, count = most
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
