"""`nbgrader generate_feedback` and `nbgrader release_feedback`, and the formgrader's buttons for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbgrader.converters
from joblib import cpu_count
from nbgrader.converters import NbGraderException
from nbgrader.exchange.default import ExchangeReleaseFeedback

from proctor.batch.pages import ALONG, write_pages
from proctor.course import Exercise
from proctor.errors import CannotGrade

if TYPE_CHECKING:
    from pathlib import Path


class GenerateFeedback(nbgrader.converters.GenerateFeedback):
    """Adapter that has the settings of nbgrader's GenerateFeedback, and writes our pages."""

    def start(self) -> None:
        """Write pages (called by `nbgrader generate_feedback` and by the formgrader).

        Raises:
            NbGraderException: somebody has none; the log says who and why.
        """
        exercise = Exercise(self.coursedir.assignment_id, self.coursedir)
        permissions = int(str(self.permissions), 8)
        try:
            found = write_pages(exercise, cpu_count(), force=self.force, permissions=permissions)
        except CannotGrade as reason:
            self.log.error(str(reason))  # noqa: TRY400  - it is for the person who asked, without a traceback
            raise NbGraderException(str(reason)) from None
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
        step = self.coursedir.feedback_directory
        students = exercise.students(step)
        lacking = [student for student in students if not _came_by_exchange(exercise.page(student))]
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


def _came_by_exchange(page: Path) -> bool:
    return all((page / name).is_file() for name in ALONG)
