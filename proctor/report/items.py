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
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from proctor.criteria.outcome import Verdict
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
    """A criterion of a graded cell in a class of so many students, of whom so many have begun the cell.

    Attributes:
        outcomes: how it ended, for how many.
        discrimination: None where there is none to see; `why_not` says why, in a few words.
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


def begun(verdicts: Iterable[Verdict]) -> bool:
    """Return whether a student has tried anything of what these verdicts are on."""
    return any(verdict.outcome.tried for verdict in verdicts)


def readable(submission: Submission) -> bool:
    """Return whether anything could be judged: a file that is no notebook says nothing about its author."""
    return any(verdict.outcome is not Outcome.UNREADABLE for _, verdict in submission.verdicts)


def items(classroom: Classroom) -> list[Item]:
    """Return how each criterion did, in the order of the notebook, over all submissions that can be read."""
    known = list(filter(readable, classroom.submissions))
    found: dict[tuple[str, str], list[tuple[Submission, Verdict]]] = {}
    for cell in classroom.worth:
        for submission in known:
            for verdict in submission.reports[cell].verdicts if cell in submission.reports else ():
                found.setdefault((cell, verdict.criterion), []).append((submission, verdict))
    return [_item(cell, seen) for (cell, _), seen in found.items()]


def _item(cell: str, seen: Sequence[tuple[Submission, Verdict]]) -> Item:
    verdict = seen[0][1]
    tried = [(submission, each) for submission, each in seen if begun(submission.reports[cell].verdicts)]
    passed = np.array([each.outcome is Outcome.PASSED for _, each in tried], bool)
    rest = np.array([_rest(submission, cell, each) for submission, each in tried])
    facts = (verdict.criterion, verdict.sentence, verdict.worth, Counter(each.outcome for _, each in seen))
    return Item(cell, *facts, *discriminate(passed, rest), len(seen), len(tried))


def _rest(submission: Submission, cell: str, verdict: Verdict) -> float:
    """Return the points of everything but one criterion; its cell's other criteria count as they were judged.

    Points that were given by hand belong to a cell, not to a criterion: in other cells they count.
    """
    others = submission.scores.points - submission.scores.cells.get(cell, 0.0)
    return others + submission.reports[cell].points - verdict.points


def discriminate(passed: NDArray[np.bool_], rest: NDArray[np.float64]) -> tuple[Discrimination | None, str]:
    """Return the correlation of passing with the points of everything else, or None and why there is none.

    Both have shape (n,), for n students.
    """
    count, yes = len(passed), int(passed.sum())
    no = count - yes
    reasons = (
        (count == 0, "nobody tried"),
        (no == 0, "all who tried passed"),
        (yes == 0, "nobody passed"),
        (min(yes, no) < FEW, f"only {no} failed" if yes > no else f"only {yes} passed"),
        # Points are decimal fractions whose sums differ in the last digit.
        (count > 0 and np.ptp(rest) < 1e-9, "all else was equal"),
    )
    if why_not := next((words for holds, words in reasons if holds), ""):
        return None, why_not
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
        made = [(cell, verdict) for cell, verdict in submission.verdicts if verdict.misconception]
        for cell, verdict in made:
            seen.setdefault(verdict.misconception, {})[cell, verdict.criterion] = verdict
        students.update({verdict.misconception for _, verdict in made})
    order = sorted(students.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        (name, [(cell, verdict) for (cell, _), verdict in seen[name].items()], count) for name, count in order
    ]
