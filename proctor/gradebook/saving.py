"""Saving of one graded submission: the rows that stock nbgrader writes for the same grades, in one transaction.

One thing differs on purpose: a manual score that a person has decided stays decided as long as the automatic one
is the same. nbgrader asks for a new review after each grading.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import and_, insert, select, update
from sqlalchemy.orm import load_only

from proctor.errors import GraderError
from proctor.gradebook.lateness import set_penalties
from proctor.gradebook.score import Score

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from proctor.gradebook.book import Book
    from proctor.gradebook.lateness import PenaltyRule
    from proctor.gradebook.marks import Marks

OWN_COLUMNS = load_only(
    SubmittedAssignment.timestamp, SubmittedAssignment.extension, SubmittedAssignment.student_id
)
"""nbgrader's models add up all scores of a submission whenever one is read, unless they are told what is wanted."""


AGAIN = "run `nbgrader generate_assignment` again"


@dataclass(frozen=True)
class GradedSubmission:
    """A graded submission, as far as the gradebook is concerned.

    Attributes:
        assignment, student: whose it is.
        notebooks: the marks of each notebook, by its name.
        handed_in: when, in UTC without a zone; None where nothing says so.
    """

    assignment: str
    student: str
    notebooks: Mapping[str, Marks] = field(default_factory=dict)
    handed_in: dt.datetime | None = None


def save(book: Book, graded: GradedSubmission, rule: PenaltyRule, *, create: bool = True) -> dict[str, Score]:
    """Save a graded submission.

    Args:
        book: the gradebook.
        graded: what to save.
        rule: counts the penalty of a late notebook.
        create: whether a student whom the gradebook does not know is added.

    Returns:
        The former score of each cell that was graded.

    Raises:
        GraderError: the gradebook does not know the assignment, a graded cell, or the student.
    """
    before: dict[str, Score] = {}
    with book.transaction() as session:
        assignment = session.scalars(
            select(Assignment)
            .filter_by(name=graded.assignment)
            .options(load_only(Assignment.name, Assignment.duedate))
        ).one_or_none()
        if assignment is None:
            raise GraderError(f"No assignment with ID {graded.assignment!r} exists in the gradebook.")
        _save_student(session, graded.student, create=create)
        submission, notebooks = _submission(session, assignment, graded)
        for name, marks in graded.notebooks.items():
            before |= _save_scores(session, notebooks[name], marks)
            _save_comments(session, notebooks[name], marks)
        session.flush()
        set_penalties(book, submission, list(graded.notebooks), rule)
    return before


def _save_student(session: Any, student: str, *, create: bool) -> None:
    if session.get(Student, student) is not None:
        return
    if not create:
        raise GraderError(f"No student with ID {student!r} exists in the gradebook.")
    session.add(Student(id=student))
    session.flush()


def _submission(session: Any, assignment: Any, graded: GradedSubmission) -> tuple[Any, dict[str, Any]]:
    """Return a student's row of an assignment, with the time of handing in where that is known, and of its notebooks."""
    place = {"assignment_id": assignment.id, "student_id": graded.student}
    found = session.scalars(select(SubmittedAssignment).filter_by(**place).options(OWN_COLUMNS)).one_or_none()
    is_new = found is None
    if found is None:
        found = SubmittedAssignment(**place)
        session.add(found)
        session.flush()
    if graded.handed_in is not None:
        found.timestamp = graded.handed_in
    own = and_(SubmittedNotebook.notebook_id == Notebook.id, SubmittedNotebook.assignment_id == found.id)
    query = select(Notebook.name, Notebook.id, SubmittedNotebook).outerjoin(SubmittedNotebook, own)
    query = query.where(Notebook.assignment_id == assignment.id)
    rows = session.execute(query.options(load_only(SubmittedNotebook.notebook_id))).all()
    notebooks = {
        name: notebook or _new_notebook(session, found, number)
        for name, number, notebook in rows
        if is_new or name in graded.notebooks
    }
    if unknown := graded.notebooks.keys() - notebooks.keys():
        raise GraderError(f"The gradebook does not know the notebook {min(unknown)!r}: {AGAIN}.")
    return found, notebooks


def _new_notebook(session: Any, submission: Any, number: str) -> Any:
    """Add a submission's row of a notebook, with a row for each of its cells: an object for each would take long."""
    added = SubmittedNotebook(assignment_id=submission.id, notebook_id=number)
    session.add(added)
    session.flush()
    cells = session.execute(select(BaseCell.id, BaseCell.type).where(BaseCell.notebook_id == number)).all()
    for row, without in ((Grade, "SolutionCell"), (Comment, "GradeCell")):
        if rows := [{"cell_id": cell, "notebook_id": added.id} for cell, kind in cells if kind != without]:
            session.execute(insert(row), rows)
    return added


def _save_scores(session: Any, notebook: Any, marks: Marks) -> dict[str, Score]:
    """Save the scores of graded cells; returns what they were."""
    columns = (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)
    grades = _rows(session, notebook, marks.scores, Grade.id, *columns)
    changed = []
    for name, score in marks.scores.items():
        number, automatic, manual, _, waits = grades[name]
        decided = not waits and score is not None and score == automatic
        review = not decided and (manual is not None or score is None)
        if (score, review) != (automatic, waits):
            changed.append({"id": number, "auto_score": score, "needs_manual_grade": review})
    if changed:
        session.execute(update(Grade), changed)
    return {name: Score(*grades[name][1:4]) for name in marks.scores}


def _save_comments(session: Any, notebook: Any, marks: Marks) -> None:
    comments = _rows(session, notebook, marks.comments, Comment.id, Comment.auto_comment)
    changed = [
        {"id": comments[name][0], "auto_comment": words}
        for name, words in marks.comments.items()
        if words != comments[name][1]
    ]
    if changed:
        session.execute(update(Comment), changed)


def _rows(session: Any, notebook: Any, cells: Iterable[str], *columns: Any) -> dict[str, Any]:
    """Return columns of a notebook's grades or comments by the name of the cell: an object for each would take long.

    Raises:
        GraderError: one of the cells that are asked for has no row.
    """
    kind = columns[0].class_
    query = select(BaseCell.name, *columns).join(kind, kind.cell_id == BaseCell.id)
    found = {name: row for name, *row in session.execute(query.where(kind.notebook_id == notebook.id))}
    for name in cells:
        if name not in found:
            raise GraderError(_unknown(name))
    return found


def _unknown(cell: str) -> str:
    return f"The gradebook does not know the cell {cell!r} of the release: {AGAIN}."
