"""`nbgrader autograde` and the formgrader's button: a door to :mod:`proctor.batch.grading`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import nbgrader.converters
from joblib import cpu_count
from nbgrader.converters import NbGraderException

from proctor.batch.grading import grade
from proctor.batch.plan import Course, Wish
from proctor.batch.results import Progress
from proctor.batch.workers import local_pool
from proctor.course import Exercise
from proctor.errors import CannotGrade, WorkersUnavailable
from proctor.grading.settings import Grading
from proctor.nbgrader_plugin.late_plugin import Plugin


class Autograde(nbgrader.converters.Autograde):
    """Adapter that has the settings of nbgrader's Autograde, and grades our way."""

    def start(self) -> None:
        """Grade (called by `nbgrader autograde` and by the formgrader).

        Raises:
            NbGraderException: nothing could be graded, or somebody could not; the log says who and why.
        """
        # A flag of nbgrader's command line switches its own executing step off.
        execute = self.config.Execute.get("enabled", True)
        wish = Wish(notebooks=self.coursedir.notebook_id, force=self.force, execute=execute)
        course, progress = self.course(), Progress()
        found = course.exercise.students(self.coursedir.submitted_directory)
        workers = max(1, min(cpu_count(), len(found)))
        try:
            grade(course, wish, partial(local_pool, workers, Path(self.coursedir.root)), progress)
        except (CannotGrade, WorkersUnavailable) as reason:
            self.log.error(str(reason))  # noqa: TRY400  - it is for the person who asked, without a traceback
            raise NbGraderException(str(reason)) from None
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
            price=Plugin(self),
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
