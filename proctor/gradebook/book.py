"""The gradebook, open for a whole run: nbgrader's own models, one connection, explicit transactions.

nbgrader's steps open the gradebook anew each time, eight times for a notebook, and commit after each cell: a
process that is killed in between leaves half of a student's grades behind.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import make_url, select

from proctor.gradebook.database import open_gradebook
from proctor.gradebook.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterator


class Book:
    """An open gradebook.

    Args:
        db_url: where it is.
        course_id: the course's name in it.

    Attributes:
        url: where it is.
        nbgrader: the same as nbgrader's object, for plugins that ask it.
    """

    def __init__(self, db_url: str, course_id: str) -> None:
        self.url = db_url
        self.nbgrader = open_gradebook(db_url, course_id)

    @property
    def session(self) -> Any:
        """The session of this thread."""
        return self.nbgrader.db()

    @contextlib.contextmanager
    def transaction(self, *, save: bool = True) -> Iterator[Any]:
        """Save what the block does with the session as a whole, or nothing of it; without `save`, nothing at all."""
        try:
            yield self.session
            if save:
                self.session.commit()
        finally:
            self.nbgrader.db.remove()

    def scores(self, assignment: str, student: str) -> dict[str, Score]:
        """Return the score of each graded cell of a student; nothing if there is no submission."""
        query = (
            select(BaseCell.name, Grade.auto_score, Grade.manual_score, Grade.extra_credit)
            .join(Grade, Grade.cell_id == BaseCell.id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == assignment, SubmittedAssignment.student_id == student)
        )
        with self.transaction(save=False) as session:
            return {name: Score(auto, manual, extra) for name, auto, manual, extra in session.execute(query)}

    def close(self) -> None:
        """Close the connection; what no transaction has saved is not saved."""
        self.nbgrader.close()


@contextlib.contextmanager
def open_book(db_url: str, course_id: str) -> Iterator[Book]:
    """Open a gradebook as long as the block lasts."""
    book = Book(db_url, course_id)
    try:
        yield book
    finally:
        book.close()


def shown(db_url: str) -> str:
    """Return a gradebook's URL as it may be shown: without the password that a server's may hold."""
    return make_url(db_url).render_as_string(hide_password=True)
