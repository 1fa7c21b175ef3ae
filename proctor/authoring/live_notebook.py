"""A notebook that runs in this very process, and is judged there: for the course's own code, never a student's."""

from __future__ import annotations

import re
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from proctor.agent import shell as shells
from proctor.agent.streams import Display
from proctor.authoring.master import cell_name
from proctor.criteria.outcome import CellReport, Check, Outcome, Verdict
from proctor.errors import CannotCross, GraderError
from proctor.grading.cell_tests import CRITERION, SENTENCE
from proctor.grading.judge_cell import LocalSide, criteria, judge_criteria, title
from proctor.grading.missing import Ran, explained, nearest
from proctor.grading.own_tests import holds_tests
from proctor.session.proxies import loopback
from proctor.submission.restoring import is_demonstration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proctor.criteria import Criteria
    from proctor.grading.judge_cell import Side

AUTOTEST = re.compile(r"^### (HASHED )?AUTOTEST\b", re.MULTILINE)
"""A line for which nbgrader writes tests when it generates a release."""


@dataclass
class Judged:
    """Result of a run.

    Attributes:
        reports: the graded cells' reports, by grade_id, as :meth:`CellReport.as_dict` returns them.
        faults: by grade_id, the criterion that is at fault itself, and what is wrong with it.
        uncrossed: the faults that are the wall's, as `grade_id.criterion`.
        raised: what a cell raised, by the cell's name: where it was not allowed to by its tag `raises-exception`.
        seconds: CPU time of each cell, by the cell's name; a graded one is judged.
    """

    reports: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)
    uncrossed: list[str] = field(default_factory=list)
    raised: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class LiveNotebook:
    """The names of a notebook, and what judges them.

    There can be one in a process: it takes the place of `__main__`.

    Args:
        notebook: what is run.
        folder: where.
        cases: the hidden test classes, by grade_id. Other graded cells are judged by their own assertions.
    """

    def __init__(self, notebook: Any, folder: str, cases: Mapping[str, type[Criteria]]) -> None:
        self.cells, self.cases = _until_last_graded(notebook.cells), cases
        self._shell = shells.build(Display())
        shells.settle(self._shell, folder)

    def run(self) -> Judged:
        """Run the cells in order, and judge each graded one where it stands; at the end once more what lost points.

        Demonstrations are left out, as they are when submissions are graded.
        """
        judged = Judged()
        for number, cell in enumerate(self.cells, 1):
            if cell.cell_type != "code" or is_demonstration(cell):
                continue
            name = cell_name(number, cell)
            with _timed(judged.seconds, name):
                if is_graded(cell):
                    self.judge(cell, judged)
                elif (error := self.run_cell(cell.source)) and "raises-exception" not in _tags(cell):
                    judged.raised[name] = error
        for cell in self.cells:
            if is_graded(cell) and _lost(judged.reports.get(cell.metadata.nbgrader.grade_id)):
                self.judge(cell, judged)
        return judged

    def run_cell(self, source: str) -> str:
        """Run source; return what it raised, in a line, or ""."""
        return _line(self._result(source))

    def judge(self, cell: Any, judged: Judged, reference: Side | None = None) -> None:
        """Judge a graded cell on the names as they are.

        Args:
            cell: which one.
            judged: what is said of it is added here.
            reference: the solution, which tells whether the test or the answer is at fault where a test stumbles.
        """
        data = cell.metadata.nbgrader
        name = data.grade_id
        if name not in self.cases:
            if holds_tests(cell.source):
                judged.reports[name] = self._by_assertions(cell).as_dict()
            else:
                judged.faults[name] = (CRITERION, self._untested(name))
            return
        done, case = [], self.cases[name]
        try:
            link = loopback(self.names, self._shell.display_formatter.figures)
            for verdict, _ in judge_criteria(case, LocalSide(link), reference):
                done.append(verdict)
        except GraderError as fault:
            judged.faults[name] = (criteria(case)[len(done)], str(fault))
            if isinstance(fault, CannotCross):
                judged.uncrossed.append(f"{name}.{criteria(case)[len(done)]}")
        else:
            report = CellReport(name, title(case), tuple(done))
            cells = [Ran(each.source) for each in self.cells if each.cell_type == "code"]
            judged.reports[name] = explained({name: report}, cells)[name].as_dict()

    @property
    def names(self) -> dict[str, Any]:
        """The notebook's names."""
        found: dict[str, Any] = self._shell.user_ns
        return found

    def transform(self, source: str) -> str:
        """Return source with IPython's magics as plain Python."""
        return str(self._shell.transform_cell(source))

    def _untested(self, name: str) -> str:
        near = nearest(name, self.cases)
        there = f" There is one with {near!r}." if near else ""
        return (
            f"{name}: no hidden test class in a test_*.py has this grade_id, and the cell has no tests of its own."
            f"{there}"
        )

    def _by_assertions(self, cell: Any) -> CellReport:
        """Judge a cell as nbgrader does: all points unless it raises, or as many as its last line says."""
        result, data = self._result(cell.source), cell.metadata.nbgrader
        worth, name = float(data.points), data.grade_id
        earned = (
            result.result if isinstance(result.result, int | float) and result.result is not True else worth
        )
        if error := _line(result):
            outcome, hint = Outcome.FAILED, error
        else:
            outcome, hint = (
                (Outcome.PASSED if earned >= worth else Outcome.FAILED),
                f"{earned:g} of {worth:g} points",
            )
        check = None if outcome is Outcome.PASSED else Check.RUNS
        verdict = Verdict(CRITERION, SENTENCE, outcome, worth, check, "" if check is None else hint)
        return CellReport(name, name, (verdict,))

    def _result(self, source: str) -> Any:
        shells.prepare_cell()
        return self._shell.run_cell(source, store_history=True)


def is_graded(cell: Any) -> bool:
    """Return whether a cell is graded by tests that are there: nbgrader makes some when it generates."""
    data = cell.metadata.get("nbgrader", {})
    tests = cell.cell_type == "code" and data.get("grade") and not data.get("solution")
    return bool(tests and not AUTOTEST.search(cell.source))


def _until_last_graded(cells: list[Any]) -> list[Any]:
    graded = [index for index, cell in enumerate(cells) if is_graded(cell)]
    return list(cells[: graded[-1] + 1]) if graded else list(cells)


def _tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _lost(report: Any) -> bool:
    return bool(report) and any(each["outcome"] != Outcome.PASSED.name for each in report["verdicts"])


def _line(result: Any) -> str:
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return ""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begun = time.process_time()
    try:
        yield
    finally:
        sys.stdout.flush()
        seconds[name] = round(time.process_time() - begun, 3)
