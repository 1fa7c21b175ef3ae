"""One connection to the gradebook for a whole run, and one transaction for all that belongs together.

nbgrader's steps open the gradebook anew each time, eight times for a notebook, and commit after each cell.
A process that is killed in between leaves half of a student's grades behind. Within :func:`one_gradebook`
they share a connection, and nothing is there for others until :meth:`OneGradebook.transaction` ends well.
"""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import autograde
from nbgrader.preprocessors import latesubmissions, saveautogrades
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session, scoped_session, sessionmaker

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS: tuple[Any, ...] = (autograde, saveautogrades, latesubmissions)
"""The modules of nbgrader that write grades; each has imported the name `Gradebook`."""


class HeldSession(Session):
    """A session whose commits wait for the end of the transaction."""

    def commit(self) -> None:
        """Send what has changed to the database, for this connection only."""
        self.flush()

    def commit_all(self) -> None:
        """Make all of it last."""
        super().commit()


class OneGradebook(Gradebook):
    """A gradebook that stays open when a step of nbgrader closes it."""

    def __init__(self, db_url: str, course_id: str) -> None:
        super().__init__(db_url, course_id)
        self.db.remove()
        held = sessionmaker(autoflush=True, bind=self.engine, future=True, class_=HeldSession)
        self.db: Any = scoped_session(held)
        self._found: dict[tuple[Any, ...], dict[str, Any]] = {}

    def close(self) -> None:
        """Keep the connection, but read afresh what the next step asks for."""
        self.db.expire_all()
        self._found.clear()

    def find_grade(self, grade_cell: str, *place: str) -> Any:
        """Find a grade, as nbgrader does; one query finds all of a notebook's, which are asked for in a row."""
        return self._all_of(Grade, place).get(grade_cell) or super().find_grade(grade_cell, *place)

    def find_comment(self, solution_cell: str, *place: str) -> Any:
        """Find a comment, likewise."""
        return self._all_of(Comment, place).get(solution_cell) or super().find_comment(solution_cell, *place)

    def _all_of(self, kind: Any, place: tuple[str, ...]) -> dict[str, Any]:
        """Return all grades or comments of a notebook, an assignment, a student, by the name of the cell."""
        if (kind, *place) not in self._found:
            notebook, assignment, student = place
            query = (
                self.db.query(BaseCell.name, kind)
                .join(kind, BaseCell.id == kind.cell_id)
                .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
                .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
                .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
                .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
                .filter(Notebook.name == notebook, Assignment.name == assignment)
                .filter(SubmittedAssignment.student_id == student)
            )
            self._found[kind, *place] = dict(query.all())
        return self._found[kind, *place]

    def really_close(self) -> None:
        """Close the connection, without saving what no transaction has saved."""
        super().close()

    def scores(self, assignment: str, student: str) -> dict[str, tuple[float | None, float | None]]:
        """Return the automatic and the manual score of each graded cell of a student; nothing if there is none."""
        try:
            notebooks = self.find_submission(assignment, student).notebooks
        except MissingEntry:
            return {}
        return {
            grade.name: (grade.auto_score, grade.manual_score)
            for notebook in notebooks
            for grade in notebook.grades
        }

    @contextlib.contextmanager
    def transaction(self, *, save: bool = True) -> Iterator[None]:
        """Save what the block does as a whole, or nothing of it; without `save`, nothing in any case."""
        try:
            yield
            if save:
                self.db().commit_all()
        finally:
            self.db.remove()
            self._found.clear()


@contextlib.contextmanager
def one_gradebook(db_url: str, course_id: str) -> Iterator[OneGradebook]:
    """Let nbgrader's steps use one and the same gradebook as long as the block lasts."""
    gradebook = OneGradebook(db_url, course_id)
    for module in USERS:
        module.Gradebook = lambda *_args, **_kwargs: gradebook
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", SAWarning
            )  # about how nbgrader adds a submission, in stock as well
            yield gradebook
    finally:
        for module in USERS:
            module.Gradebook = Gradebook
        gradebook.really_close()
