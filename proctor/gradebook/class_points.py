"""The points and comments that count, as the gradebook has them now; read for a whole class at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

if TYPE_CHECKING:
    from proctor.gradebook.book import Book

WAITING, UNANSWERED = "not graded yet", "not answered"
"""Of a cell that a person grades: who has not done so, and where there is nothing to grade."""


@dataclass
class Points:
    """Points that count in one notebook of a student.

    Attributes:
        late_penalty: the points that are taken away.
        cells: the points of each graded cell, and what it can earn.
        comments: what a person has written on each solution and task cell, if anything; nbgrader's automatic "No
            response." is nobody's comment.
        unjudged: the graded cells whose points nobody has given yet, and why, in words.
    """

    late_penalty: float = 0.0
    cells: dict[str, tuple[float, float]] = field(default_factory=dict)
    comments: dict[str, str | None] = field(default_factory=dict)
    unjudged: dict[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The points in all, after the penalty."""
        return sum(points for points, _ in self.cells.values()) - self.late_penalty

    @property
    def max_score(self) -> float:
        """The points that can be achieved."""
        return sum(most for _, most in self.cells.values())


def points_of(book: Book, assignment: str) -> dict[str, dict[str, Points]]:
    """Return the points of everybody who has handed in, by student and notebook."""
    found: dict[str, dict[str, Points]] = {}
    place = (SubmittedAssignment.student_id, Notebook.name)
    with book.transaction(save=False) as session:
        for student, notebook, penalty in session.execute(
            _notebooks(assignment, *place, SubmittedNotebook.late_submission_penalty)
        ):
            found.setdefault(student, {})[notebook] = Points(penalty or 0.0)
        scores = (Grade.score, Grade.max_score, Grade.auto_score, Grade.manual_score)
        query = _notebooks(assignment, *place, BaseCell.name, *scores)
        query = query.join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        for student, notebook, cell, score, most, automatic, manual in session.execute(
            query.join(BaseCell, BaseCell.id == Grade.cell_id)
        ):
            points = found[student][notebook]
            points.cells[cell] = (score, most)
            if manual is None and not automatic:
                points.unjudged[cell] = WAITING if automatic is None else UNANSWERED
        query = _notebooks(assignment, *place, BaseCell.name, Comment.manual_comment)
        query = query.join(Comment, Comment.notebook_id == SubmittedNotebook.id)
        for student, notebook, cell, words in session.execute(
            query.join(BaseCell, BaseCell.id == Comment.cell_id)
        ):
            found[student][notebook].comments[cell] = words
    return found


def _notebooks(assignment: str, *columns: Any) -> Any:
    """Return a query over the notebooks that were handed in for an assignment."""
    return (
        select(*columns)
        .select_from(SubmittedNotebook)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(Assignment.name == assignment)
    )
