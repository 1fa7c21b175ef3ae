"""Judges the graded cells of one submission, each on the snapshot of its place.

Forking a copy and burying it costs more than most cells' tests. So a copy in which cells have passed is asked for
the next cell, too. What passes there has passed. Whatever else becomes of it counts for nothing: the cell is judged in
a copy of its own, as what the cells before have left in the process may be the reason.

Two things make a second look necessary. What a cell needs may be defined only further down: then the cell is judged
once more on the notebook's end, and the better counts. And what is judged may take down more than itself, the
snapshots of all other cells included: then the submission is run again, for the cells that are not judged yet.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from proctor.criteria import Broken
from proctor.judge import judge_cell, judge_if_passing, undecided
from proctor.outcome import CellReport, Outcome
from proctor.session.clock import Allowance, Budget
from proctor.session.copies import Copy, CopySide

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from proctor.criteria import Criteria
    from proctor.run import Exam
    from proctor.sandbox.peer import Peer
    from proctor.session.session import Session

SECOND_CELL = Allowance(cpu=2, wall=12)
"""What a call may take in a copy that is not its cell's own. Over it, nothing is lost but that time."""

FURTHER_DOWN = "Your notebook defines what this cell needs only further down; it was judged with that."
SPENT = "The time limit of the whole notebook was reached before this cell could be judged."


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
        # A snapshot, and its copy in which all that was judged has passed.
        self._proven: tuple[Peer, Copy] | None = None

    def judge(self, taken: Mapping[str, Peer | Broken], session: Session, followed: Container[str]) -> bool:
        """Judge the cells that are not judged yet; return whether all are.

        Args:
            taken: the snapshot for each graded cell, by grade_id.
            session: where to take another one, at the notebook's end.
            followed: the grade_ids below which the student has code.
        """
        try:
            return self._judge_all(taken, session, followed)
        finally:
            self._part_with_copy()

    def _judge_all(
        self, taken: Mapping[str, Peer | Broken], session: Session, followed: Container[str]
    ) -> bool:
        end: Peer | Broken | None = None
        for grade_id, snapshot in taken.items():
            if grade_id in self.reports:
                continue
            report = self._report(grade_id, snapshot)
            if _misses_something(report) and grade_id in followed:
                end = end or session.snapshot()
                report = max(report, self._seen_later(grade_id, end), key=_points)
            if not self._stands(report, session):
                return False
        return True

    def give_up(self, words: str) -> None:
        """Report all cells that are not judged as dead, for a reason in words."""
        for grade_id in self._cells:
            self.reports.setdefault(grade_id, undecided(self._exam.cases[grade_id], Outcome.DIED, words))

    def _report(self, grade_id: str, snapshot: Peer | Broken) -> CellReport:
        case, begun = self._exam.cases[grade_id], time.monotonic()
        if isinstance(snapshot, Broken):
            return undecided(case, snapshot.outcome, str(snapshot))
        if self._budget.over():
            return undecided(case, Outcome.TIME, SPENT)
        report = self._passing(case, snapshot) or self._judged(case, snapshot)
        self._budget.spend(Allowance(0, time.monotonic() - begun))
        return report

    def _passing(self, case: type[Criteria], snapshot: Peer) -> CellReport | None:
        """Judge a cell where others have passed before; None if there is no such copy, or not all passes."""
        if self._proven is None or self._proven[0] is not snapshot:
            return None
        (_, copy), self._proven = self._proven, None
        limit = self._exam.bounds.call
        call = Allowance(min(SECOND_CELL.cpu, limit.cpu), min(SECOND_CELL.wall, limit.wall))
        with self._side(snapshot, call, copy) as side:
            report = judge_if_passing(case, side)
            self._keep_copy(report, snapshot, side)
        return report

    def _judged(self, case: type[Criteria], snapshot: Peer) -> CellReport:
        """Judge a cell in a copy of its own."""
        exam = self._exam
        self._part_with_copy()
        with self._side(snapshot, exam.bounds.call) as side:
            report = judge_cell(case, side, diagnose=exam.diagnose, reference=exam.reference)
            self._keep_copy(report, snapshot, side)
        return report

    def _keep_copy(self, report: CellReport | None, snapshot: Peer, side: CopySide) -> None:
        """Keep a copy for the next cell if this one got all of its points."""
        if report and report.points == report.worth and (copy := side.keep()):
            self._proven = snapshot, copy

    def _side(self, snapshot: Peer, call: Allowance, copy: Copy | None = None) -> CopySide:
        return CopySide(snapshot, call, self._exam.bounds.graded_cell, copy)

    def _part_with_copy(self) -> None:
        if self._proven is not None:
            self._proven[1].close()
            self._proven = None

    def _seen_later(self, grade_id: str, end: Peer | Broken) -> CellReport:
        report = self._report(grade_id, end)
        return with_remark(report, FURTHER_DOWN) if report.points else report

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


def _points(report: CellReport) -> float:
    return report.points


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
