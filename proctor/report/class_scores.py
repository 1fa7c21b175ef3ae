"""Scores of a class, as the gradebook has them; it is opened so that it cannot be written to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from nbgrader import api
from sqlalchemy import create_engine, make_url, select
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    import datetime as dt


WORTH: Any = (
    select(api.GradeCell.name, api.GradeCell.max_score)
    .join(api.Notebook, api.GradeCell.notebook_id == api.Notebook.id)
    .join(api.Assignment, api.Notebook.assignment_id == api.Assignment.id)
)
GRADES: Any = (
    select(
        api.Student.id.label("student"), api.Student.first_name, api.Student.last_name,
        api.SubmittedNotebook.id.label("notebook"), api.SubmittedNotebook.late_submission_penalty,
        api.SubmittedAssignment.timestamp, api.GradeCell.name.label("cell"), api.Grade.score.label("score"),
        api.Grade.manual_score, api.Grade.needs_manual_grade,
    )
    .select_from(api.Grade)
    .join(api.GradeCell, api.Grade.cell_id == api.GradeCell.id)
    .join(api.SubmittedNotebook, api.Grade.notebook_id == api.SubmittedNotebook.id)
    .join(api.SubmittedAssignment, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
    .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
    .join(api.Student, api.SubmittedAssignment.student_id == api.Student.id)
)  # fmt: skip


@dataclass
class StudentScores:
    """Entries of the gradebook about one submission.

    `cells` has the points in each graded cell, of which those given by hand go before the automatic ones; `open` are the
    cells that wait for someone to look. The time is in UTC without a zone; None where nothing says when.
    """

    name: str = ""
    cells: dict[str, float] = field(default_factory=dict)
    by_hand: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    penalty: float = 0.0
    time: dt.datetime | None = None

    @property
    def points(self) -> float:
        """The points of all cells; what lateness costs is not taken away."""
        return sum(self.cells.values())


def read_scores(url: str, assignment: str) -> tuple[dict[str, float], dict[str, StudentScores], int]:
    """Return the cells' points, the scores of each student who handed in, and how many students there are."""
    engine = create_engine(_read_only(url))
    named = api.Assignment.name == assignment
    try:
        with Session(engine) as session:
            worth = {row.name: row.max_score for row in session.execute(WORTH.where(named))}
            rows = session.execute(GRADES.where(named)).all()
            students = len(session.execute(select(api.Student.id)).all())
    finally:
        engine.dispose()
    scores: dict[str, StudentScores] = defaultdict(StudentScores)
    penalties: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        own = scores[row.student]
        own.name = " ".join(filter(None, (row.first_name, row.last_name)))
        own.time = row.timestamp
        own.cells[row.cell] = float(row.score or 0.0)
        if row.manual_score is not None:
            own.by_hand.add(row.cell)
        if row.needs_manual_grade:
            own.open.add(row.cell)
        penalties[row.student][row.notebook] = float(row.late_submission_penalty or 0.0)
    for student, by_notebook in penalties.items():
        scores[student].penalty = sum(by_notebook.values())
    return worth, dict(scores), students


def _read_only(url: str) -> str:
    """Return a database's URL so that SQLite refuses to write to it, or to make it."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or not parts.database:
        return url
    return f"sqlite:///file:{quote(parts.database)}?mode=ro&uri=true"
