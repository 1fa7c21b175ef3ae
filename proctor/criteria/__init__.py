"""The interface of hidden tests: a base class with points and checks, outcomes, and the errors of student code.

- `criteria`: :class:`Criteria`, from which a hidden test class derives, and what it can meet.
- `outcome`: how a criterion ended, as verdicts of criteria and reports of cells.
- `comparison`: where and how an array differs from the expected one, in words.
"""

from proctor.criteria.criteria import (
    TOLERANCE,
    Broken,
    Criteria,
    CriterionFailed,
    Fault,
    NotFound,
    StudentError,
    points,
)
from proctor.criteria.outcome import CellReport, Outcome, Rung, Verdict

__all__ = [
    "TOLERANCE",
    "Broken",
    "CellReport",
    "Criteria",
    "CriterionFailed",
    "Fault",
    "NotFound",
    "Outcome",
    "Rung",
    "StudentError",
    "Verdict",
    "points",
]
