"""Judging of a submission's graded cells, each in copies of it that are forked where the cell stands.

Forking a copy and ending it takes longer than most cells' tests. So a copy in which cells have passed is asked for
the next cell, too. What passes there has passed. Whatever else becomes of it counts for nothing: the cell is judged in
a copy of its own, as what the cells before have left in the process may be the reason.

Two things make a second look necessary. What a cell needs may be defined only further down: then the cell is judged
once more at the notebook's end, and the better counts. And what is judged may end more than its own process, the whole
sandbox included: then the submission is run again, for the cells that are not judged yet.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from proctor.criteria.outcome import CellReport, Outcome
from proctor.grading.judge_cell import judge_cell, judge_if_passing, undecided
from proctor.session.clock import Allowance, Bounds, Budget
from proctor.session.copies import Copy, CopySide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from proctor.criteria import Criteria
    from proctor.grading.cell_tests import CellTests
    from proctor.grading.judge_cell import Diagnosis, Side
    from proctor.session.session import Execution, Session

SECOND_CELL = Allowance(cpu=2, wall=12)
"""Time of a call in a copy that is not its cell's own. Over it, nothing is lost but that time."""

FURTHER_DOWN = "Your notebook defines what this cell needs only further down; it was judged with that."
SPENT = "The time limit of the whole notebook was reached before this cell could be judged."


@dataclass(frozen=True)
class Exam:
    """Hidden tests and limits by which a submission is judged.

    Attributes:
        cases: the test classes, by the grade_id of their cells.
        bounds: what a submission may take.
        diagnose: names mistakes.
        reference: the solution.
        inside: the graded cells that hold their own tests, by grade_id.
    """

    cases: Mapping[str, type[Criteria]]
    bounds: Bounds = Bounds()
    diagnose: Diagnosis | None = None
    reference: Side | None = None
    inside: Mapping[str, CellTests] = field(default_factory=dict)

    @property
    def needs(self) -> tuple[str, ...]:
        """The names that the hidden tests ask a notebook for."""
        return tuple(dict.fromkeys(name for case in self.cases.values() for name in case.needs))


class Judging:
    """The judging of one submission, over as many sessions as it takes.

    Attributes:
        reports: what stands, by grade_id.
    """

    def __init__(self, exam: Exam, cells: Iterable[str]) -> None:
        self.reports: dict[str, CellReport] = {}
        self._exam, self._cells = exam, tuple(cells)
        self._budget = Budget(exam.bounds.submission)
        self._suspects: set[str] = set()
        self._proven: Copy | None = None  # in which all that was judged at this place has passed

    def judge(self, grade_id: str, session: Session) -> bool:
        """Judge a cell at its place, unless it is judged; return whether the session is good for more."""
        if grade_id in self.reports:
            return True
        return self._stands(self._report(grade_id, session), session)

    def judge_again(self, grade_ids: Iterable[str], session: Session) -> bool:
        """Judge once more, at the notebook's end, what some cells missed; return whether all was judged."""
        for grade_id in grade_ids:
            report = self.reports.get(grade_id)
            if report is None or not _misses_something(report):
                continue
            later = self._report(grade_id, session)
            if later.points > report.points:
                self.reports[grade_id] = with_remark(later, FURTHER_DOWN)
            if not session.alive():
                break
        self.leave_place()
        return all(grade_id in self.reports for grade_id in self._cells)

    @property
    def needs(self) -> tuple[str, ...]:
        """The names that the hidden tests ask a notebook for."""
        return self._exam.needs

    def has_own_tests(self, grade_id: str) -> bool:
        """Return whether a graded cell holds its tests itself."""
        return grade_id in self._exam.inside

    def keep_own_tests(self, grade_id: str, execution: Execution) -> None:
        """Take what the tests in a graded cell have come to, if it has any; when it runs again, the last time counts."""
        if grade_id in self._exam.inside:
            self.reports[grade_id] = self._exam.inside[grade_id].report(execution)

    def remark(self, grade_id: str, sentence: str) -> None:
        """Tell the student something at a cell that is judged; costs nothing."""
        report = self.reports[grade_id]
        if sentence not in report.verdicts[0].remarks:
            self.reports[grade_id] = with_remark(report, sentence)

    def leave_place(self) -> None:
        """Part with the copy of a place: the next cell is about to run."""
        if self._proven is not None:
            self._proven.close()
            self._proven = None

    def give_up(self, words: str) -> None:
        """Report all cells that are not judged as dead, for a reason in words."""
        for grade_id in self._cells:
            self.reports.setdefault(grade_id, undecided(self._exam.cases[grade_id], Outcome.DIED, words))
        for grade_id, tests in self._exam.inside.items():
            self.reports.setdefault(grade_id, tests.undecided(Outcome.DIED, words))

    def _report(self, grade_id: str, session: Session) -> CellReport:
        case, begun = self._exam.cases[grade_id], time.monotonic()
        if self._budget.over():
            return undecided(case, Outcome.TIME, SPENT)
        report = self._passing(case, session) or self._judged(case, session)
        self._budget.spend(Allowance(0, time.monotonic() - begun))
        return report

    def _passing(self, case: type[Criteria], session: Session) -> CellReport | None:
        """Judge a cell where others have passed before; None if there is no such copy, or not all passes."""
        if self._proven is None:
            return None
        copy, self._proven = self._proven, None
        limit = self._exam.bounds.call
        call = Allowance(min(SECOND_CELL.cpu, limit.cpu), min(SECOND_CELL.wall, limit.wall))
        with self._side(session, call, copy) as side:
            report = judge_if_passing(case, side)
            self._keep_copy(report, side)
        return report

    def _judged(self, case: type[Criteria], session: Session) -> CellReport:
        """Judge a cell in a copy of its own."""
        exam = self._exam
        self.leave_place()
        with self._side(session, exam.bounds.call) as side:
            report = judge_cell(case, side, diagnose=exam.diagnose, reference=exam.reference)
            self._keep_copy(report, side)
        return report

    def _keep_copy(self, report: CellReport | None, side: CopySide) -> None:
        """Keep a copy for the next cell if this one got all of its points."""
        if report and report.points == report.worth:
            self._proven = side.keep()

    def _side(self, session: Session, call: Allowance, copy: Copy | None = None) -> CopySide:
        return CopySide(session, call, self._exam.bounds.graded_cell, copy)

    def _stands(self, report: CellReport, session: Session) -> bool:
        """Keep a report unless the sandbox died meanwhile and this cell may have been the victim only.

        A cell at which it dies for the second time is the one that kills it.
        """
        dead = not session.alive()
        if dead and _died(report) and report.grade_id not in self._suspects:
            self._suspects.add(report.grade_id)
            return False
        self.reports[report.grade_id] = _with_cause(report, session.cause_of_death()) if dead else report
        return not dead


def with_remark(report: CellReport, remark: str) -> CellReport:
    """Return a report with a remark at its first criterion."""
    first, *others = report.verdicts
    first = replace(first, remarks=(*first.remarks, remark))
    return replace(report, verdicts=(first, *others))


def _died(report: CellReport) -> bool:
    return any(verdict.outcome is Outcome.DIED for verdict in report.verdicts)


def _misses_something(report: CellReport) -> bool:
    """Return whether something was not there, or only begun, where the graded cell stands."""
    missing = (Outcome.NOT_FOUND, Outcome.UNFINISHED)
    return any(verdict.outcome in missing for verdict in report.verdicts)


def _with_cause(report: CellReport, cause: str) -> CellReport:
    """Return a report that says, in the verdicts of the cell that was judged, of what its process died."""
    outcome = Outcome.MEMORY if cause == "memory limit" else Outcome.DIED
    verdicts = [
        replace(verdict, outcome=outcome, hint=f"{verdict.hint} ({cause})" if cause else verdict.hint)
        if verdict.outcome is Outcome.DIED
        else verdict
        for verdict in report.verdicts
    ]
    return replace(report, verdicts=tuple(verdicts))
