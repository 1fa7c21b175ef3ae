"""Writing of submissions into `submitted/`, and of exports: all files are first written beside the place; then all move.

Whatever stops it half way, the next one finds: what was moved aside is put back before anything else happens.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from nbgrader.utils import parse_utc

from proctor.course import course_lock, exercise_of
from proctor.errors import CollectError, CourseBusy, ExportError
from proctor.submission import folders
from proctor.submission.handed_in import STAMP
from proctor.submission.record import REPLACED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proctor.lms.pick_files import Choice

SCRATCH = ".collecting"
"""Below `submitted/`: so that moving into place is a rename, and hidden from nbgrader's patterns."""
WRITING = ".writing-"
"""Beginning of the name of the folder in which an export is written, in the one that it is for."""


class Stage:
    """Submissions of one assignment that are written into a course; `with` it, `put` them, `commit`.

    Attributes:
        new, changed, same: the students whose submission is new, replaces one, or is there already.
        kept: the students who have another submission, which this one does not replace, with the reason.
    """

    def __init__(self, course: Path, assignment: str, *, force: bool = False, dry: bool = False) -> None:
        self.course, self.assignment, self.force, self.dry = course, assignment, force, dry
        self.submitted = exercise_of(course, assignment).all_submitted
        self.scratch = self.submitted / SCRATCH
        self.new: list[str] = []
        self.changed: list[str] = []
        self.same: list[str] = []
        self.kept: dict[str, str] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if not self.dry:
            try:
                self._open.enter_context(course_lock(self.course, "proctor collect"))
            except CourseBusy as error:
                raise CollectError(str(error)) from None
            self.submitted.mkdir(exist_ok=True)
            self._open.callback(self._tidy)
            self._tidy()
            (self.scratch / "new").mkdir(parents=True)
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def put(self, student: str, choice: Choice, time: dt.datetime | None) -> None:
        """Add a student's submission, handed in at a time (UTC; None where nothing says when)."""
        there = self._place(student)
        if there.is_symlink() or (there.exists() and not there.is_dir()):
            raise CollectError(f"{there} is not a folder; move it away.")
        if there.exists():
            same, before = _same(there, choice), _handed_in(there)
            if same and (time is None or time.replace(microsecond=0) == before):
                self.same.append(student)
                return
            reason = "" if self.force or (same and before is None) else _not_newer(before, time)
            if reason:
                self.kept[student] = reason
                return
        (self.changed if there.exists() else self.new).append(student)
        if not self.dry:
            _write(self.scratch / "new" / student, choice, time)

    def commit(self, finish: Callable[[], None]) -> None:
        """Move all of it into place and `finish`; if anything fails, everything is put back.

        What was replaced is kept in `.proctor/replaced`, to be put back by hand.
        """
        if self.dry:
            return
        done: list[str] = []
        try:
            for student in [*self.new, *self.changed]:
                done.append(student)
                self._swap(student)
            finish()
        except BaseException:
            for student in done:
                self._put_back(student)
            raise

    def _place(self, student: str) -> Path:
        return self.submitted / student / self.assignment

    def _aside(self, student: str) -> Path:
        return self.scratch / "old" / self.assignment / student

    def _swap(self, student: str) -> None:
        place, aside = self._place(student), self._aside(student)
        if place.exists():
            aside.parent.mkdir(parents=True, exist_ok=True)
            place.rename(aside)
        place.parent.mkdir(exist_ok=True)
        (self.scratch / "new" / student).rename(place)

    def _put_back(self, student: str) -> None:
        place, aside = self._place(student), self._aside(student)
        if student in self.new or aside.exists():
            folders.remove(place)
            with contextlib.suppress(OSError):
                place.parent.rmdir()
        if aside.exists():
            place.parent.mkdir(exist_ok=True)
            aside.rename(place)

    def _tidy(self) -> None:
        """Leave nothing beside the submissions: here, or of a collect that was killed.

        What had been moved aside goes back if its place is empty, else among what was replaced.
        """
        folders.remove(self.scratch / "new")
        now = dt.datetime.now(tz=dt.UTC).strftime("%Y-%m-%dT%H%M%S.%fZ")
        for aside in sorted((self.scratch / "old").glob("*/*")):
            place = self.submitted / aside.name / aside.parent.name
            if place.exists():
                place = self.course / REPLACED / aside.name / aside.parent.name / now
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(aside, place)
        folders.remove(self.scratch)


def _write(folder: Path, choice: Choice, time: dt.datetime | None) -> None:
    """Write a submission; its files are as old as it is, for autograding believes no time before theirs."""
    for name, content in choice.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if time is not None:
            os.utime(path, (time.timestamp(), time.timestamp()))
    if time is not None:  # as nbgrader writes it
        stamp = f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f} UTC\n"
        (folder / STAMP).write_text(stamp, encoding="utf-8")


def _same(there: Path, choice: Choice) -> bool:
    """Return whether exactly these files are there already."""
    present = {path.relative_to(there) for path in folders.files(there)} - {Path(STAMP)}
    return (
        present == {Path(name) for name in choice.files}
        and not any((there / name).is_symlink() for name in present)
        and all((there / name).read_bytes() == content for name, content in choice.files.items())
    )


def _not_newer(before: dt.datetime | None, time: dt.datetime | None) -> str:
    """Return why a submission does not take the place of one that was handed in before; "" if it does."""
    if before is None or time is None:
        return "another submission is there, and nothing says which is later"
    if time.replace(microsecond=0) == before:
        return f"another one of the same time is there, {before:%Y-%m-%d %H:%M} UTC: is the table of times an old one?"
    if time <= before:
        return f"a later one is there, of {before:%Y-%m-%d %H:%M} UTC"
    return ""


def _handed_in(there: Path) -> dt.datetime | None:
    try:
        time = parse_utc((there / STAMP).read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None
    return time.replace(tzinfo=dt.UTC, microsecond=0) if time else None


def write_export(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, which is made: all of them are ready before the first is put in place.

    The caller holds the course's lock: what an export that was killed left in the folder is removed.

    Raises:
        ExportError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{WRITING}*"):
            folders.remove(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=WRITING) as scratch:
            for name, content in files.items():
                (Path(scratch) / name).write_bytes(content)
            return [(Path(scratch) / name).replace(folder / name) for name in files]
    except OSError as error:
        raise ExportError(f"{folder} cannot be written ({error.strerror}).") from None
