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
RAISES = "raises-exception"
"""The tag of a cell that may raise something."""


@dataclass
class Judged:
    """Result of a run.

    Attributes:
        reports: the graded cells' reports, by grade_id.
        faults: by grade_id, the criterion that is at fault itself, and what is wrong with it.
        uncrossed: the faults of values that cannot cross into a sandbox, as `grade_id.criterion`.
        raised: what a cell raised, by the cell's name: where it was not allowed to by its tag `raises-exception`.
        seconds: CPU time of each cell, by the cell's name; a graded one is judged.
    """

    reports: dict[str, CellReport] = field(default_factory=dict)
    faults: dict[str, tuple[str, str]] = field(default_factory=dict)
    uncrossed: list[str] = field(default_factory=list)
    raised: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def ended(self, *outcomes: Outcome) -> list[str]:
        """Return the criteria that ended in one of these ways, as `grade_id.criterion`."""
        verdicts = [(name, each) for name, report in self.reports.items() for each in report.verdicts]
        return [f"{name}.{each.criterion}" for name, each in verdicts if each.outcome in outcomes]

    def passing(self) -> dict[str, bool]:
        """Return which criteria were judged, and whether they pass."""
        passed = set(self.ended(Outcome.PASSED))
        return {name: name in passed for name in self.ended(*Outcome)}


class LiveNotebook:
    """The names of a notebook that is run in a folder, and what judges them.

    There can be one in a process: it takes the place of `__main__`. The hidden test classes are by grade_id; other
    graded cells are judged by their own assertions.
    """

    def __init__(self, notebook: Any, folder: str, cases: Mapping[str, type[Criteria]]) -> None:
        graded = [number for number, cell in enumerate(notebook.cells, 1) if is_graded(cell)]
        self.cells, self.cases = list(notebook.cells[: max(graded, default=None)]), cases
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
                elif (error := self.run_cell(cell.source)) and RAISES not in cell.metadata.get("tags", []):
                    judged.raised[name] = error
        for cell in filter(is_graded, self.cells):
            report = judged.reports.get(cell.metadata.nbgrader.grade_id)
            if report and any(each.outcome is not Outcome.PASSED for each in report.verdicts):
                self.judge(cell, judged)
        return judged

    def run_cell(self, source: str) -> str:
        """Run source; return what it raised, in a line, or ""."""
        return _line(self._result(source))

    def judge(self, cell: Any, judged: Judged, reference: Side | None = None) -> None:
        """Judge a graded cell on the names as they are, and add what is said of it.

        The reference is the solution, which tells whether the test or the answer is at fault where a test raises.
        """
        name = cell.metadata.nbgrader.grade_id
        if name not in self.cases:
            if holds_tests(cell.source):
                judged.reports[name] = self._by_assertions(cell)
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
            judged.reports |= explained({name: report}, cells)

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
        lacks = "no hidden test class in a test_*.py has this grade_id, and the cell has no tests of its own."
        return f"{name}: {lacks}{there}"

    def _by_assertions(self, cell: Any) -> CellReport:
        """Judge a cell as nbgrader does: all points unless it raises, or as many as its last line says."""
        result, data = self._result(cell.source), cell.metadata.nbgrader
        worth, name = float(data.points), data.grade_id
        said = result.result
        earned = said if isinstance(said, int | float) and said is not True else worth
        error = _line(result)
        if not error and earned >= worth:
            verdict = Verdict(CRITERION, SENTENCE, Outcome.PASSED, worth)
        else:
            hint = error or f"{earned:g} of {worth:g} points"
            verdict = Verdict(CRITERION, SENTENCE, Outcome.FAILED, worth, Check.RUNS, hint)
        return CellReport(name, name, (verdict,))

    def _result(self, source: str) -> Any:
        shells.prepare_cell()
        return self._shell.run_cell(source, store_history=True)


def is_graded(cell: Any) -> bool:
    """Return whether a cell is graded by tests that are there: nbgrader makes some when it generates."""
    data = cell.metadata.get("nbgrader", {})
    tests = cell.cell_type == "code" and data.get("grade") and not data.get("solution")
    return bool(tests and not AUTOTEST.search(cell.source))


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
