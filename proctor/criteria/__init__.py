"""The interface of hidden tests: a base class with points and checks, outcomes, and the errors of student code.

- `criteria`: :class:`Criteria`, from which a hidden test class derives, and what it can meet.
- `decorators`: `points` makes a method a criterion, `cases` several.
- `faults`: what student code does to a hidden test.
- `outcome`: how a criterion ended, as verdicts of criteria and reports of cells.
- `assertions`: unittest's assertions, on values of students.
- `arrays`: checks of arrays; the first that fails ends the criterion.
- `comparison`: where and how an array differs from the expected one, in words.
- `magnitudes`, `misplaced`, `wrong_places`: all entries differ alike, right entries stand elsewhere, some are wrong.
- `closeness`: which numbers count as equal.
- `plots`: figures of students.
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
