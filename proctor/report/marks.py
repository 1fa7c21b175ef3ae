"""The points of a class, as the gradebook has them; it is opened so that it cannot be written to."""

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


@dataclass
class Marks:
    """Entries of the gradebook about one submission.

    Attributes:
        name: the student's name, or "" if the gradebook has none.
        cells: the points in each graded cell; those given by hand go before the automatic ones.
        by_hand: the cells that have points given by hand.
        open: the cells that wait for someone to look.
        penalty: points taken away for lateness.
        time: when it was handed in, in UTC without a zone; None where nothing says so.
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


def read_marks(url: str, assignment: str) -> tuple[dict[str, float], dict[str, Marks], int]:
    """Return the cells' points, the marks of each student who handed in, and how many students there are."""
    engine = create_engine(_read_only(url))
    try:
        with Session(engine) as session:
            worth = {row.name: row.max_score for row in session.execute(_worth(assignment))}
            rows = session.execute(_grades(assignment)).all()
            students = len(session.execute(select(api.Student.id)).all())
    finally:
        engine.dispose()
    marks: dict[str, Marks] = defaultdict(Marks)
    penalties: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        mark = marks[row.student]
        mark.name = " ".join(filter(None, (row.first_name, row.last_name)))
        mark.time = row.timestamp
        mark.cells[row.cell] = float(row.score or 0.0)
        mark.by_hand |= {row.cell} if row.manual_score is not None else set()
        mark.open |= {row.cell} if row.needs_manual_grade else set()
        penalties[row.student][row.notebook] = float(row.late_submission_penalty or 0.0)
    for student, by_notebook in penalties.items():
        marks[student].penalty = sum(by_notebook.values())
    return worth, dict(marks), students


def _read_only(url: str) -> str:
    """Return a database's URL so that SQLite refuses to write to it, or to make it."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or not parts.database:
        return url
    return f"sqlite:///file:{quote(parts.database)}?mode=ro&uri=true"


def _worth(assignment: str) -> Any:
    cell = api.GradeCell
    return (
        select(cell.name, cell.max_score)
        .join(api.Notebook, cell.notebook_id == api.Notebook.id)
        .join(api.Assignment, api.Notebook.assignment_id == api.Assignment.id)
        .where(api.Assignment.name == assignment)
    )


def _grades(assignment: str) -> Any:
    grade, notebook, handed_in = api.Grade, api.SubmittedNotebook, api.SubmittedAssignment
    return (
        select(
            api.Student.id.label("student"),
            api.Student.first_name,
            api.Student.last_name,
            notebook.id.label("notebook"),
            notebook.late_submission_penalty,
            handed_in.timestamp,
            api.GradeCell.name.label("cell"),
            grade.score.label("score"),
            grade.manual_score,
            grade.needs_manual_grade,
        )
        .select_from(grade)
        .join(api.GradeCell, grade.cell_id == api.GradeCell.id)
        .join(notebook, grade.notebook_id == notebook.id)
        .join(handed_in, notebook.assignment_id == handed_in.id)
        .join(api.Assignment, handed_in.assignment_id == api.Assignment.id)
        .join(api.Student, handed_in.student_id == api.Student.id)
        .where(api.Assignment.name == assignment)
    )
