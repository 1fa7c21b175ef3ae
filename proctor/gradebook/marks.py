"""Scores and comments of a graded notebook for the gradebook; read in the worker, where the notebook is open anyway."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from proctor.errors import GraderError
from proctor.feedback.reports import reports_of
from proctor.submission.fingerprints import checksum

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proctor.criteria.outcome import CellReport

NO_RESPONSE = "No response."
"""nbgrader's comment on a solution cell that is as it was handed out."""


@dataclass(frozen=True)
class Marks:
    """Marks of one graded notebook for the gradebook.

    Attributes:
        scores: the automatic score of each graded cell; None where a person decides.
        comments: the automatic comment on each solution and task cell; None where there is none.
        worth: what all graded cells could earn, by tests and by hand.
        look: why somebody should have a look at it, in words.
    """

    scores: Mapping[str, float | None] = field(default_factory=dict)
    comments: Mapping[str, str | None] = field(default_factory=dict)
    worth: float = 0.0
    look: tuple[str, ...] = ()


def marks_of(notebook: Any) -> Marks:
    """Read the marks of a graded notebook.

    Raises:
        GraderError: a graded code cell has no verdict.
    """
    reports = reports_of(notebook)
    scores: dict[str, float | None] = {}
    comments: dict[str, str | None] = {}
    worth = 0.0
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        name = data.get("grade_id")
        if data.get("grade"):
            scores[name] = _score(cell, reports.get(name))
        if data.get("solution"):
            comments[name] = NO_RESPONSE if _unchanged(cell) else None
        if data.get("task"):
            comments[name] = None
        if data.get("grade") or data.get("task"):
            worth += float(data.get("points", 0))
    return Marks(scores, comments, worth, _look(notebook))


def _score(cell: Any, report: CellReport | None) -> float | None:
    """Return the automatic score of a graded cell: nbgrader's rules, but for tests, where only a verdict counts."""
    if cell.metadata.nbgrader.get("solution"):
        return 0.0 if _unchanged(cell) else None
    if cell.cell_type != "code":
        return None
    if report is None:
        raise GraderError(
            f"The graded cell {cell.metadata.nbgrader['grade_id']!r} has no verdict: it was not judged. "
            "(--no-execute is for exercises that a person grades.)"
        )
    return float(report.points)


def _unchanged(cell: Any) -> bool:
    return bool(cell.metadata.nbgrader.get("checksum") == checksum(cell))


def _look(notebook: Any) -> tuple[str, ...]:
    look: dict[str, None] = {}
    for report in reports_of(notebook).values():
        strange = {verdict.outcome.value for verdict in report.verdicts if verdict.outcome.strange}
        look |= dict.fromkeys(sorted(strange))
    return tuple(look | dict.fromkeys(notebook.metadata.get("proctor", {}).get("notices", [])))
