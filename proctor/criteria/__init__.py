"""The interface of hidden tests: a base class with points and checks, outcomes, and the errors of student code.

- `criteria`: :class:`Criteria`, from which a hidden test class derives, and what it can meet.
- `faults`: what student code does to a hidden test.
- `outcome`: how a criterion ended, as verdicts of criteria and reports of cells.
- `assertions`: unittest's assertions, on values of students.
- `plots`: figures of students.
- `marks`: what makes a method a criterion, with its points.
- `arrays`: checks of arrays, of which the first that breaks is said.
- `comparison`: where and how an array differs from the expected one, in words: by `magnitudes`, `orders` and `places`.
- `closeness`: which numbers count as equal.
"""

from proctor.criteria.closeness import TOLERANCE
from proctor.criteria.criteria import Criteria
from proctor.criteria.decorators import cases, points
from proctor.criteria.faults import Broken, CriterionFailed, Fault, NoAttribute, NotFound, StudentError
from proctor.criteria.outcome import CellReport, Check, Outcome, Verdict

__all__ = [
    "TOLERANCE",
    "Broken",
    "CellReport",
    "Check",
    "Criteria",
    "CriterionFailed",
    "Fault",
    "NoAttribute",
    "NotFound",
    "Outcome",
    "StudentError",
    "Verdict",
    "cases",
    "points",
]
