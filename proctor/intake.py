"""How submissions come into nbgrader's Autograde: by what is on disk, never by what a link or a student says.

nbgrader finds submissions by globbing for notebooks, copies what lies beside them with shutil, and believes a
`timestamp.txt`. So a student whose notebook has another name is left out of the gradebook, a link leads
anywhere, a pipe waits for ever, and a late student is as early as he writes. nbgrader has no setting for any
of this: `install` puts a subclass in the place of its class, for the command line and the formgrader alike.
"""

from __future__ import annotations

import datetime as dt
import glob
import os
import stat
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.apps.generateassignmentapp
import nbgrader.converters
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files, parse_utc

from proctor.jail.bwrap import find_bwrap
from proctor.jail.errors import JailUnavailable
from proctor.jail.nurseries import nurseries
from proctor.jail.settings import JailSettings
from proctor.jail.submission import COURSE_MARK, entries
from proctor.lms import CollectError, record
from proctor.lock import CourseBusy, course_lock
from proctor.staging import StagedAssignment, StagedAutograde

ROOM = 0.75
"""Share of the jail's limits that what lies beside a notebook may take."""

STAMP = "timestamp.txt"
AGREEMENT = dt.timedelta(minutes=1)
"""How much earlier than the notebook itself a timestamp may claim to be."""


class CarefulCopy(BaseConverter):
    """Copies what lies beside a submitted notebook; stands between nbgrader's Autograde and its base."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy the regular files of a submission (Autograde calls it before it converts the notebooks)."""
        source = Path(self._format_source(assignment_id, student_id))
        target = Path(self._format_dest(assignment_id, student_id))
        given = self._given(assignment_id)
        limits = JailSettings.of(self.config).effective_limits
        # The given files come on top, and all of them have to go into the jail.
        room, files = int(limits.submission * ROOM), int(limits.submission_files * ROOM)
        target.mkdir(parents=True, exist_ok=True)
        for name, reason, content in entries(source):
            if content is None:
                self.log.warning("%s: %s was left out: it is %s", student_id, name, reason)
                continue
            with content:
                size = os.fstat(content.fileno()).st_size
                if name in (STAMP, COURSE_MARK) or self._ignored(name):  # both are the grader's to write
                    continue
                if size > room or files == 0:
                    self.log.warning("%s: %s was left out: the submission is too large", student_id, name)
                    continue
                if _in_the_way(Path(name), given):
                    self.log.warning("%s: %s was left out: a given file has its place", student_id, name)
                    continue
                data = content.read(size)
            room, files = room - len(data), files - 1
            _write(target / name, data)
        stamp = self.coursedir.get_existing_timestamp(str(source))
        if stamp is not None:
            _write(target / STAMP, f"{stamp:%Y-%m-%d %H:%M:%S.%f} UTC\n".encode())

    def _given(self, assignment_id: str) -> list[Path]:
        """List the files that nbgrader copies over a submission, relative to it."""
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment_id)
        found = find_all_files(source, [*self.coursedir.ignore, "*.ipynb"])
        return [Path(path).relative_to(source) for path in found]

    def _ignored(self, name: str) -> bool:
        patterns = [*self.coursedir.ignore, "*.ipynb"]
        return any(fnmatch(part, pattern) for part in Path(name).parts for pattern in patterns)


class CarefulAutograde(StagedAutograde, CarefulCopy):
    """nbgrader's Autograde, which looks for every submission and trusts no link and no student's clock."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._collected: dict[str, dt.datetime] = {}
        if self.coursedir is not None:
            self.coursedir.get_existing_timestamp = self.timestamp

    def start(self) -> None:
        """Grade; refuse to where there is no jail, before anything is touched."""
        jail = JailSettings.of(self.config)
        if jail.jailed:
            try:
                find_bwrap(jail.bwrap)
            except JailUnavailable as reason:
                raise self._refusal(f"Nothing was graded. {reason}") from None
        try:
            with course_lock(Path(self.coursedir.root), f"the grading of {self.coursedir.assignment_id}"):
                self.sweep()
                try:
                    super().start()
                finally:
                    nurseries().close()  # the formgrader's server goes on for days, and should not carry it along
                    self.sweep()
        except CourseBusy as busy:
            raise self._refusal(str(busy)) from None

    def _refusal(self, reason: str) -> NbGraderException:
        """Tell why nothing is done: nbgrader's command ends with whatever it is given, without a word of its own."""
        self.log.error(reason)
        return NbGraderException(reason)

    def init_notebooks(self) -> None:
        """List the submissions, with the notebooks that each should have (called when Autograde starts)."""
        self._collected = self._times()
        pattern = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        names = [name for name in self._expected() if fnmatch(name, self.coursedir.notebook_id)]
        found = sorted(map(Path, glob.glob(pattern)))  # noqa: PTH207  an absolute pattern, which Path does not take
        folders = [path for path in found if path.is_dir() and not path.is_symlink()]
        if not names or not folders:
            super().init_notebooks()  # fails, and says what to do
            return
        self.assignments = {str(path): [str(path / f"{name}.ipynb") for name in names] for path in folders}

    def timestamp(self, path: str) -> dt.datetime | None:
        """Return when a submission was handed in, in UTC without a zone, or None where nothing says so.

        A submitted `timestamp.txt` that claims a time before the notebook was last written is not believed,
        unless `proctor collect` wrote it: the platform's time stays when a course is copied and its files are new.
        """
        folder = Path(path)
        if Path(self.coursedir.root) / self.coursedir.submitted_directory not in folder.parents:
            found: dt.datetime | None = CourseDirectory.get_existing_timestamp(self.coursedir, path)
            return found
        written = [time for file in folder.glob("*.ipynb") if (time := _written(file)) is not None]
        claimed = self._claimed(folder / STAMP)
        if claimed is None or not written or claimed >= max(written) - AGREEMENT:
            return claimed
        if claimed == self._collected.get(folder.parent.name):
            return claimed
        self.log.warning(
            "%s claims %s, but the notebook was written at %s", folder / STAMP, claimed, max(written)
        )
        return max(written)

    def _expected(self) -> list[str]:
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                notebooks = gradebook.find_assignment(self.coursedir.assignment_id).notebooks
            except MissingEntry:
                return []
            return [notebook.name for notebook in notebooks]

    def _times(self) -> dict[str, dt.datetime]:
        """Return when the platform says that each student handed in, in UTC without a zone."""
        try:
            known = record.load(Path(self.coursedir.root), self.coursedir.assignment_id)
        except CollectError as damaged:
            raise self._refusal(f"Nothing was graded. {damaged}") from None
        return {student: parse_utc(origin.time) for student, origin in known.items() if origin.time}

    def _claimed(self, path: Path) -> dt.datetime | None:
        if _written(path) is None or path.stat().st_size > 200:
            return None
        try:
            claimed: dt.datetime | None = parse_utc(path.read_text(encoding="utf-8").strip())
        except (ValueError, OverflowError):
            self.log.warning("%s holds no time, and is ignored", path)
            return None
        return claimed


def install() -> None:
    """Make nbgrader's command line and formgrader use our classes (called by nbgrader_config.py)."""
    for module in (nbgrader.converters, nbgrader.apps.autogradeapp, nbgrader.apps.api):
        module.Autograde = CarefulAutograde
    for module in (nbgrader.converters, nbgrader.apps.generateassignmentapp, nbgrader.apps.api):
        module.GenerateAssignment = StagedAssignment


def _in_the_way(path: Path, given: list[Path]) -> bool:
    """Say whether a student's file stands where a given one needs a folder, or the other way round."""
    return any(path in other.parents or other in path.parents for other in given)


def _write(path: Path, data: bytes) -> None:
    """Write a file, whatever its mode was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def _written(path: Path) -> dt.datetime | None:
    """Return when a regular file was last written, in UTC without a zone; None for links and other things."""
    try:
        status = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC).replace(tzinfo=None)
