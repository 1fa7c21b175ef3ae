"""Judges the graded cells of one submission, each on the snapshot that stands for its place.

Forking a worker and burying it costs more than most cells' tests. So a worker in which cells have passed is asked for
the next cell, too. What passes there has passed. Whatever else becomes of it counts for nothing: the cell is judged in
a worker of its own, as what the cells before have left in the process may be the reason.

Two things make a second look necessary. What a cell needs may be defined only further down: then the cell is judged
once more on the notebook's end, and the better counts. And what is judged may take down more than itself, the
snapshots of all other cells included: then the submission is run again, for the cells that are not judged yet.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from proctor.clock import Allowance, Budget
from proctor.criteria import Broken
from proctor.jailside import SnapshotSide, Worker
from proctor.judge import judge_cell, judge_if_passing, undecided
from proctor.listener import Listener, Peer, new_password
from proctor.outcome import CellReport, Outcome

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from types import TracebackType

    from nbformat import NotebookNode

    from proctor.criteria import Criteria
    from proctor.kernel import StudentKernel
    from proctor.run import Exam

CONNECTING = 30.0
"""Seconds in which a snapshot has to connect; it needs some milliseconds, on a busy machine seconds."""

SECOND_CELL = Allowance(cpu=2, wall=12)
"""What a call may take in a worker that is not its cell's own. Over it, nothing is lost but that time."""

FURTHER_DOWN = "Your notebook defines what this cell needs only further down; it was judged with that."
SPENT = "The time limit of the whole notebook was reached before this cell could be judged."


class Snapshots:
    """Takes the snapshots of one kernel; leaving the `with` block kills them all."""

    def __init__(self, kernel: StudentKernel, listener: Listener, socket_inside: str) -> None:
        self.kernel, self.listener = kernel, listener
        self._socket, self._peers = socket_inside, list[Peer]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._peers:
            self._peers.pop().close()

    def take(self) -> Peer | Broken:
        """Freeze a copy of the kernel as it is now; Broken if it does not answer."""
        password = new_password()
        execution = self.kernel.fork_snapshot(self._socket, password)
        if execution.ended is not None:
            return Broken(execution.ended, "The notebook's kernel does not answer any more.")
        try:
            peer = self.listener.accept(CONNECTING, password)
        except Broken as broken:
            return broken
        self._peers.append(peer)
        return peer


class Judging:
    """The judging of one submission, over as many kernels as it takes.

    Attributes:
        reports: what stands, by grade_id.
    """

    def __init__(
        self, _notebook: NotebookNode, files: Sequence[str], exam: Exam, cells: Iterable[str]
    ) -> None:
        self.reports: dict[str, CellReport] = {}
        self._exam, self._files, self._cells = exam, files, tuple(cells)
        self._budget = Budget(exam.bounds.submission)
        self._suspects: set[str] = set()
        # A snapshot, and its worker in which all that was judged has passed.
        self._proven: tuple[Peer, Worker] | None = None

    def judge(
        self, taken: Mapping[str, Peer | Broken], snapshots: Snapshots, followed: Container[str]
    ) -> bool:
        """Judge the cells that are not judged yet; say whether all are.

        Args:
            taken: the snapshot for each graded cell, by grade_id.
            snapshots: where to take another one, at the notebook's end.
            followed: the grade_ids below which the student has code.
        """
        try:
            return self._judge_all(taken, snapshots, followed)
        finally:
            self._part_with_worker()

    def _judge_all(
        self, taken: Mapping[str, Peer | Broken], snapshots: Snapshots, followed: Container[str]
    ) -> bool:
        end: Peer | Broken | None = None
        for grade_id, snapshot in taken.items():
            if grade_id in self.reports:
                continue
            report = self._report(grade_id, snapshot, snapshots.listener)
            if _misses_something(report) and grade_id in followed:
                end = end or snapshots.take()
                report = max(report, self._seen_later(grade_id, end, snapshots.listener), key=_points)
            if not self._stands(report, snapshots.kernel):
                return False
        return True

    def give_up(self, words: str) -> None:
        """Report all cells that are not judged as dead, for a reason in words."""
        for grade_id in self._cells:
            self.reports.setdefault(grade_id, undecided(self._exam.cases[grade_id], Outcome.DIED, words))

    def _report(self, grade_id: str, snapshot: Peer | Broken, listener: Listener) -> CellReport:
        case, begun = self._exam.cases[grade_id], time.monotonic()
        if isinstance(snapshot, Broken):
            return undecided(case, snapshot.outcome, str(snapshot))
        if self._budget.over():
            return undecided(case, Outcome.TIME, SPENT)
        report = self._passing(case, snapshot, listener) or self._judged(case, snapshot, listener)
        self._budget.spend(Allowance(0, time.monotonic() - begun))
        return report

    def _passing(self, case: type[Criteria], snapshot: Peer, listener: Listener) -> CellReport | None:
        """Judge a cell where others have passed before; None if there is no such worker, or not all passes."""
        if self._proven is None or self._proven[0] is not snapshot:
            return None
        (_, worker), self._proven = self._proven, None
        limit = self._exam.bounds.call
        call = Allowance(min(SECOND_CELL.cpu, limit.cpu), min(SECOND_CELL.wall, limit.wall))
        with self._side(snapshot, listener, call, worker) as side:
            report = judge_if_passing(case, side)
            self._keep_worker(report, snapshot, side)
        return report

    def _judged(self, case: type[Criteria], snapshot: Peer, listener: Listener) -> CellReport:
        """Judge a cell in a worker of its own."""
        exam = self._exam
        self._part_with_worker()
        with self._side(snapshot, listener, exam.bounds.call) as side:
            report = judge_cell(case, side, diagnose=exam.diagnose, reference=exam.reference)
            self._keep_worker(report, snapshot, side)
        return report

    def _keep_worker(self, report: CellReport | None, snapshot: Peer, side: SnapshotSide) -> None:
        """Keep a worker for the next cell if this one got all of its points."""
        if report and report.points == report.worth and (worker := side.keep()):
            self._proven = snapshot, worker

    def _side(
        self, snapshot: Peer, listener: Listener, call: Allowance, worker: Worker | None = None
    ) -> SnapshotSide:
        cell = self._exam.bounds.graded_cell
        return SnapshotSide(snapshot, listener, self._files, call, cell, worker=worker)

    def _part_with_worker(self) -> None:
        if self._proven is not None:
            self._proven[1].close()
            self._proven = None

    def _seen_later(self, grade_id: str, end: Peer | Broken, listener: Listener) -> CellReport:
        report = self._report(grade_id, end, listener)
        if not report.points:
            return report
        first, *others = report.verdicts
        first = replace(first, remarks=(*first.remarks, FURTHER_DOWN))
        return replace(report, verdicts=(first, *others))

    def _stands(self, report: CellReport, kernel: StudentKernel) -> bool:
        """Keep a report unless the kernel died meanwhile and this cell may have been the victim only.

        A cell at which it dies for the second time is the one that kills it.
        """
        dead = not kernel.alive()
        if dead and _died(report) and report.grade_id not in self._suspects:
            self._suspects.add(report.grade_id)
            return False
        self.reports[report.grade_id] = _with_cause(report, kernel.cause_of_death()) if dead else report
        return not dead


def _points(report: CellReport) -> float:
    return report.points


def _died(report: CellReport) -> bool:
    return any(verdict.outcome is Outcome.DIED for verdict in report.verdicts)


def _misses_something(report: CellReport) -> bool:
    """Say whether something was not there, or only begun, where the graded cell stands."""
    missing = (Outcome.NOT_FOUND, Outcome.UNFINISHED)
    return any(verdict.outcome in missing for verdict in report.verdicts)


def _with_cause(report: CellReport, cause: str) -> CellReport:
    """Say of what a kernel died, in the verdicts of the cell that was judged."""
    outcome = Outcome.MEMORY if cause == "memory limit" else Outcome.DIED
    verdicts = [
        replace(verdict, outcome=outcome, hint=f"{verdict.hint} ({cause})" if cause else verdict.hint)
        if verdict.outcome is Outcome.DIED
        else verdict
        for verdict in report.verdicts
    ]
    return replace(report, verdicts=tuple(verdicts))
