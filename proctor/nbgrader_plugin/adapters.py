"""Adapters of `nbgrader autograde`, `generate_feedback` and `release_feedback`, and of formgrader's buttons for them.

Each calls :mod:`proctor.batch`.
"""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbgrader.converters
from loky import cpu_count
from nbgrader.converters import NbGraderException
from nbgrader.exchange.default import ExchangeReleaseFeedback

from proctor.batch.grading import grade
from proctor.batch.pages import ALONG, write_pages
from proctor.batch.plan import Course, RunOptions
from proctor.batch.results import Progress
from proctor.batch.workers import local_pool
from proctor.course import Exercise
from proctor.errors import CannotGrade, WorkersUnavailable
from proctor.grading.settings import Grading
from proctor.nbgrader_plugin.late_plugin import LatePlugin

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def _told(log: Any) -> Iterator[None]:
    """Turn what stops the block into nbgrader's error, and log it for the person who asked, without a traceback."""
    try:
        yield
    except (CannotGrade, WorkersUnavailable) as reason:
        log.error(str(reason))  # noqa: TRY400  - no traceback
        raise NbGraderException(str(reason)) from None


class Autograde(nbgrader.converters.Autograde):
    """Adapter that has the settings of nbgrader's Autograde, and grades our way."""

    def start(self) -> None:
        """Grade (called by `nbgrader autograde` and by the formgrader).

        Raises:
            NbGraderException: nothing could be graded, or somebody could not; the log says who and why.
        """
        # A flag of nbgrader's command line switches its own executing step off.
        execute = self.config.Execute.get("enabled", True)
        options = RunOptions(notebooks=self.coursedir.notebook_id, force=self.force, execute=execute)
        course, progress = self.course(), Progress()
        found = course.exercise.students(self.coursedir.submitted_directory)
        workers = max(1, min(cpu_count(), len(found)))
        with _told(self.log):
            grade(course, options, partial(local_pool, workers, Path(self.coursedir.root)), progress)
        for one in progress.graded:
            self.log.info("%s: %g of %g points", one.student, one.points, one.worth)
            for words in one.look:
                self.log.warning("%s: %s", one.student, words)
        if progress.failed:
            for student, why in progress.failed.items():
                self.log.error("%s was not graded: %s", student, why)
            raise NbGraderException(f"{len(progress.failed)} could not be graded; see above.")

    def course(self) -> Course:
        """Return what is to be graded, by these settings."""
        name = self.coursedir.assignment_id
        return Course(
            exercise=Exercise(name, self.coursedir, Grading(config=self.config).tests_directory),
            config=self.config,
            penalty_rule=LatePlugin(self),
            permissions=int(str(self.permissions), 8),
            create=self.create_student,
            own=frozenset(self.exclude_overwriting.get(name, ())),
            before=self._before,
            after=self._after,
        )

    def _before(self, notebooks: list[str]) -> None:
        self.notebooks = notebooks
        self.run_pre_convert_hook()

    def _after(self, notebooks: list[str]) -> None:
        self.notebooks = notebooks
        self.run_post_convert_hook()


class GenerateFeedback(nbgrader.converters.GenerateFeedback):
    """Adapter that has the settings of nbgrader's GenerateFeedback, and writes our pages."""

    def start(self) -> None:
        """Write pages (called by `nbgrader generate_feedback` and by the formgrader).

        Raises:
            NbGraderException: somebody has none; the log says who and why.
        """
        exercise = Exercise(self.coursedir.assignment_id, self.coursedir)
        permissions = int(str(self.permissions), 8)
        with _told(self.log):
            found = write_pages(exercise, cpu_count(), force=self.force, permissions=permissions)
        self.log.info("%d pages written, %d were current", len(found.written), len(found.current))
        for student, why in found.failed.items():
            self.log.error("%s has no page: %s", student, why)
        if found.failed:
            raise NbGraderException(f"{len(found.failed)} have no page; see above.")


class ReleaseFeedback(ExchangeReleaseFeedback):
    """nbgrader's step for those who handed in through its exchange; the others are left out, in words.

    It finds a student's page by the secret that the exchange gave to the submission; stock nbgrader ends in a
    traceback at the first submission that has none.
    """

    def copy_files(self) -> None:
        """Release the pages (called by `nbgrader release_feedback` and by the formgrader)."""
        exercise = Exercise(self.coursedir.assignment_id, self.coursedir)
        students = exercise.students(self.coursedir.feedback_directory)
        # Those without the files that the exchange puts there.
        lacking = [
            each for each in students if not all((exercise.page(each) / name).is_file() for name in ALONG)
        ]
        if lacking:
            shown = ", ".join(lacking[:8]) + (f" and {len(lacking) - 8} more" if len(lacking) > 8 else "")
            self.log.warning(
                "Not released, since it was not handed in through nbgrader's exchange: %s. "
                "`proctor return` brings feedback back to a platform.",
                shown,
            )
        before: Any = self.coursedir.student_id_exclude
        self.coursedir.student_id_exclude = ",".join([*filter(None, [before]), *lacking])
        try:
            super().copy_files()
        finally:
            self.coursedir.student_id_exclude = before
