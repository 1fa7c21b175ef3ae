"""Item analysis: how many of a class passed each criterion, and whether it tells strong from weak.

The discrimination is the corrected item-total correlation: the correlation, over the students, of a criterion (passed
or not) with the points of everything else (S. Henrysson: Correction of item-total correlations in item analysis,
Psychometrika 28, 1963). Without the correction a criterion would correlate with itself. Around each value stands the
95 % interval of R. A. Fisher's transformation: in a small class it is wide, and says so.

It is computed over the students who have begun the cell: who has left out half of the exercise says nothing about
a criterion, and would make all of them look as if they told strong from weak well.

A value is given only if at least FEW of them passed and FEW did not; below LOW it is called poor (R. L.
Ebel, D. A. Frisbie: Essentials of Educational Measurement, 1991, for indices of discrimination), which is marked
only in classes of at least ENOUGH. An easy criterion need not discriminate.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from proctor.criteria.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from proctor.criteria.outcome import CellReport, Verdict
    from proctor.report.gathering import Classroom, Submission

FEW = 5
ENOUGH = 20
LOW = 0.2
NORMAL_95 = 1.959964


@dataclass(frozen=True)
class Discrimination:
    """A correlation from -1 to 1, with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Item:
    """A criterion in a class.

    Attributes:
        cell: the grade_id of its graded cell.
        criterion: its name there.
        sentence: what was asked.
        worth: its points.
        outcomes: how it ended, for how many.
        discrimination: None where there is none to see; `why_not` says why.
        why_not: a few words, or "".
        students: how many it is about.
        begun: how many of them have begun its cell.
    """

    cell: str
    criterion: str
    sentence: str
    worth: float
    outcomes: Counter[Outcome]
    discrimination: Discrimination | None
    why_not: str
    students: int
    begun: int

    @property
    def rate(self) -> float:
        """The share of students who passed."""
        return self.outcomes[Outcome.PASSED] / self.students

    @property
    def discriminates_badly(self) -> bool:
        """Return whether the criterion should be looked at: it tells strong from weak badly, in a class large enough."""
        return self.begun >= ENOUGH and self.discrimination is not None and self.discrimination.value < LOW

    @property
    def lost(self) -> float:
        """The points that wrong answers cost here, on average; what was not done is not counted."""
        failed = sum(count for outcome, count in self.outcomes.items() if wrong(outcome))
        return self.worth * failed / self.students


def wrong(outcome: Outcome) -> bool:
    """Return whether someone has tried and not passed; who waits for another criterion is counted there."""
    return outcome.tried and outcome is not Outcome.PASSED


def begun(reports: Iterable[CellReport]) -> bool:
    """Return whether a student has tried any of these cells."""
    return any(verdict.outcome.tried for report in reports for verdict in report.verdicts)


def readable(submission: Submission) -> bool:
    """Return whether anything could be judged: a file that is no notebook says nothing about its author."""
    return any(
        verdict.outcome is not Outcome.UNREADABLE
        for report in submission.reports.values()
        for verdict in report.verdicts
    )


def items(classroom: Classroom) -> list[Item]:
    """Return how each criterion did, in the order of the notebook, over all submissions that can be read."""
    known = [submission for submission in classroom.submissions if readable(submission)]
    found: dict[tuple[str, str], list[tuple[Submission, Verdict]]] = {}
    for cell in classroom.worth:
        for submission in known:
            report = submission.reports.get(cell)
            for verdict in report.verdicts if report else ():
                found.setdefault((cell, verdict.criterion), []).append((submission, verdict))
    return [_item(cell, seen) for (cell, _), seen in found.items()]


def _item(cell: str, seen: Sequence[tuple[Submission, Verdict]]) -> Item:
    verdict = seen[0][1]
    tried = [(submission, each) for submission, each in seen if begun([submission.reports[cell]])]
    passed = np.array([each.outcome is Outcome.PASSED for _, each in tried], bool)
    rest = np.array([_rest(submission, cell, each) for submission, each in tried])
    discrimination, why_not = discriminate(passed, rest)
    outcomes = Counter(each.outcome for _, each in seen)
    return Item(
        cell,
        verdict.criterion,
        verdict.sentence,
        verdict.worth,
        outcomes,
        discrimination,
        why_not,
        len(seen),
        len(tried),
    )


def _rest(submission: Submission, cell: str, verdict: Verdict) -> float:
    """Return the points of everything but one criterion; its cell's other criteria count as they were judged.

    Points that were given by hand belong to a cell, not to a criterion: in other cells they count.
    """
    marks: Mapping[str, float] = submission.marks.cells
    return submission.marks.points - marks.get(cell, 0.0) + submission.reports[cell].points - verdict.points


def discriminate(passed: NDArray[np.bool_], rest: NDArray[np.float64]) -> tuple[Discrimination | None, str]:
    """Return the correlation of passing with the points of everything else, or None and why there is none.

    Args:
        passed: for each student, shape (n,).
        rest: points of everything else, shape (n,).
    """
    count, yes = len(passed), int(passed.sum())
    if count == 0:
        return None, "nobody tried"
    if yes == count:
        return None, "all who tried passed"
    if yes == 0:
        return None, "nobody passed"
    if min(yes, count - yes) < FEW:
        return None, f"only {count - yes} failed" if yes > count - yes else f"only {yes} passed"
    # Points are decimal fractions whose sums differ in the last digit.
    if np.ptp(rest) < 1e-9:
        return None, "all else was equal"
    value = float(np.corrcoef(passed.astype(float), rest)[0, 1])
    reach = NORMAL_95 / np.sqrt(count - 3)
    middle = np.arctanh(np.clip(value, -0.999999, 0.999999))
    return Discrimination(value, float(np.tanh(middle - reach)), float(np.tanh(middle + reach))), ""


def misconceptions(classroom: Classroom) -> list[tuple[str, list[tuple[str, Verdict]], int]]:
    """Return each recognised mistake with an example of where it shows (cell and verdict), and how many made it.

    Each student counts once for a mistake, in however many cells it shows. The most frequent come first.
    """
    seen: dict[str, dict[tuple[str, str], Verdict]] = {}
    students: Counter[str] = Counter()
    for submission in classroom.submissions:
        made = set()
        for cell, report in submission.reports.items():
            for verdict in report.verdicts:
                if verdict.misconception:
                    made.add(verdict.misconception)
                    seen.setdefault(verdict.misconception, {})[cell, verdict.criterion] = verdict
        students.update(made)
    order = sorted(students, key=lambda name: (-students[name], name))
    return [
        (name, [(cell, verdict) for (cell, _), verdict in seen[name].items()], students[name])
        for name in order
    ]
