"""Penalties for late work: they are saved with a grade, and counted again when a date or the policy changes.

A penalty follows from what the gradebook holds (when a submission came, when it was due, its points) and from the
course's policy. So it needs no fingerprint: whoever wants to know whether one still stands counts it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from nbgrader.api import Assignment, Grade, Notebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proctor.gradebook.book import Book

ROUNDING = 1e-6


@dataclass(frozen=True)
class Late:
    """A notebook that came late, as nbgrader's plugins see it."""

    assignment: str
    notebook: str
    student: str
    score: float
    seconds: float


class PenaltyRule(Protocol):
    """Rule for the penalty of a late notebook: `nbgrader_plugin.late_policy`, or another plugin of nbgrader's."""

    def __call__(self, book: Book, late: Late) -> float | None:
        """Return the points to take away; None for no penalty."""


@dataclass(frozen=True)
class Penalties:
    """The penalties of a student's submission, before and after they were counted again."""

    before: float
    after: float


def set_penalties(book: Book, submission: Any, notebooks: Iterable[str], rule: PenaltyRule) -> None:
    """Set the penalties of a submission's notebooks (within a transaction)."""
    if submission.total_seconds_late <= 0:
        former = SubmittedNotebook.late_submission_penalty.is_not(None)
        own = SubmittedNotebook.assignment_id == submission.id
        book.session.execute(
            update(SubmittedNotebook).where(own, former).values(late_submission_penalty=None)
        )
        return
    for notebook, name, score in _notebooks(book.session, [submission.id]):
        if name in notebooks:
            notebook.late_submission_penalty = _penalty(book, submission, name, score, rule)


def outdated(book: Book, assignment: str, rule: PenaltyRule) -> dict[str, Penalties]:
    """Return the penalties that no longer follow from the policy, the due date and the extensions."""
    with book.transaction(save=False) as session:
        return _updated(book, session, assignment, None, rule)


def update_penalties(book: Book, assignment: str, student: str, rule: PenaltyRule) -> Penalties | None:
    """Count a student's penalties again, and save them; None if they stay."""
    with book.transaction() as session:
        return _updated(book, session, assignment, student, rule).get(student)


def _updated(
    book: Book, session: Any, assignment: str, student: str | None, rule: PenaltyRule
) -> dict[str, Penalties]:
    query = select(SubmittedAssignment).join(Assignment).where(Assignment.name == assignment)
    if student is not None:
        query = query.where(SubmittedAssignment.student_id == student)
    query = query.options(joinedload(SubmittedAssignment.assignment))
    submissions = {one.id: one for one in session.scalars(query)}
    sums: dict[str, list[float]] = {}
    with session.no_autoflush:
        for notebook, name, score in _notebooks(session, list(submissions) if student else None):
            submission = submissions.get(notebook.assignment_id)
            if submission is None:
                continue
            before = notebook.late_submission_penalty
            after = _penalty(book, submission, name, score, rule)
            if abs((before or 0) - (after or 0)) > ROUNDING:
                notebook.late_submission_penalty = after
                total = sums.setdefault(submission.student_id, [0.0, 0.0])
                total[0] += before or 0
                total[1] += after or 0
    return {one: Penalties(*total) for one, total in sums.items()}


def _penalty(book: Book, submission: Any, notebook: str, score: float, rule: PenaltyRule) -> float | None:
    """Return a notebook's penalty, never less than nothing nor more than its points."""
    seconds = submission.total_seconds_late
    if seconds <= 0:
        return None
    late = Late(submission.assignment.name, notebook, submission.student_id, score, seconds)
    penalty = rule(book, late)
    return None if penalty is None else min(max(penalty, 0), score)


def _notebooks(session: Any, submissions: list[str] | None) -> list[tuple[Any, str, float]]:
    """Return notebooks that were handed in, each with its name and its points."""
    query = (
        select(SubmittedNotebook, Notebook.name, func.coalesce(func.sum(Grade.score), 0.0))
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .outerjoin(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .group_by(SubmittedNotebook.id, Notebook.name)
    )
    if submissions is not None:
        query = query.where(SubmittedNotebook.assignment_id.in_(submissions))
    return [(notebook, name, score) for notebook, name, score in session.execute(query)]
