"""Graded cells share a copy as long as all is well; nothing that one leaves there costs the next one a point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from proctor.criteria import Criteria, points
from proctor.criteria.outcome import Check, Outcome
from proctor.grading.execute import run_submission
from proctor.grading.judge_cells import Exam
from proctor.sandbox.settings import Sandbox
from proctor.session.clock import Allowance, Bounds
from proctor.session.session import Session
from tests.proctor.support.sandboxes import NUMPY_ONLY

if TYPE_CHECKING:
    from pathlib import Path

    from proctor.criteria.outcome import CellReport

BOUNDS = Bounds(call=Allowance(0.5, 10), graded_cell=Allowance(3, 30))


class Asked(Criteria):
    """What the student's class answers, and in which process."""

    __test__ = False
    needs = ("Student",)
    where: ClassVar[dict[str, list[int]]] = {}

    @points(1)
    def test_answer(self) -> None:
        """The answer is one."""
        student: Any = self.Student()  # type: ignore[attr-defined]
        self.where.setdefault(self.grade_id, []).append(student.where())
        if student.answer(self.grade_id) != 1:
            self.fail_with(Check.VALUES, "It is not one.")


def cell(name: str) -> type[Criteria]:
    """Return the test class of a graded cell."""
    return type(name, (Asked,), {"grade_id": name, "test_answer": Asked.test_answer, "__doc__": name})


CELLS = {name: cell(name) for name in ("first", "second", "third")}


@pytest.fixture(autouse=True)
def _forget() -> None:
    Asked.where.clear()


def graded(body: str, folder: Path) -> dict[str, CellReport]:
    """Run a notebook with a student's class and three graded cells."""
    source = (
        f"import os\ncalls = []\nclass Student:\n    def where(self): return os.getpid()\n"
        f"    def answer(self, cell):\n        calls.append(cell)\n        {body}\n"
    )
    cells = [new_code_cell(source)]
    for name in CELLS:
        data = {"grade": True, "grade_id": name, "solution": False, "locked": True, "points": 1}
        cells.append(new_code_cell("", metadata={"nbgrader": data}))
    notebook = new_notebook(cells=cells)
    return run_submission(
        notebook,
        lambda displays: Session(folder, Sandbox(**NUMPY_ONLY), BOUNDS, displays),
        Exam(CELLS, BOUNDS),
    ).reports


def ends(reports: dict[str, CellReport]) -> list[Outcome]:
    """Return how each cell ended."""
    return [reports[name].verdicts[0].outcome for name in CELLS]


def test_right_answers_share_a_copy(tmp_path: Path) -> None:
    """What passes everywhere is asked in one process."""
    assert ends(graded("return 1", tmp_path)) == [Outcome.PASSED] * 3
    assert [len(processes) for processes in Asked.where.values()] == [1, 1, 1]
    assert len({process for processes in Asked.where.values() for process in processes}) == 1


def test_what_a_cell_leaves_costs_the_next_nothing(tmp_path: Path) -> None:
    """A class that is right in a fresh process only gets all points."""
    assert ends(graded("return len(calls)", tmp_path)) == [Outcome.PASSED] * 3
    for name in ("second", "third"):
        shared, own = Asked.where[name]
        assert shared != own


def test_a_mistake_is_judged_in_a_process_of_its_own(tmp_path: Path) -> None:
    """It costs its cell; the next one does not follow it in its process."""
    assert ends(graded("return 2 if cell == 'second' else 1", tmp_path)) == [
        Outcome.PASSED, Outcome.FAILED, Outcome.PASSED,
    ]  # fmt: skip
    (first,), (shared, own), (third,) = Asked.where.values()
    assert shared == first
    assert len({first, own, third}) == 3


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("while cell == 'second': pass\n        return 1", Outcome.TIME),
        ("if cell == 'second': os._exit(0)\n        return 1", Outcome.DIED),
        ("return 1 if cell != 'second' else [].pop()", Outcome.ERROR),
    ],
)
def test_what_breaks_costs_its_own_cell(body: str, outcome: Outcome, tmp_path: Path) -> None:
    """A hang, an exit and an exception in a shared process end in words, and the third cell is judged."""
    assert ends(graded(body, tmp_path)) == [Outcome.PASSED, outcome, Outcome.PASSED]


def test_a_limit_holds_in_a_shared_copy(tmp_path: Path) -> None:
    """A call that takes longer than a call may is not let off because another cell was judged before it."""
    body = "import time; end = time.process_time() + 1.5 * (cell == 'second')\n"
    body += "        while time.process_time() < end: pass\n        return 1"
    assert ends(graded(body, tmp_path)) == [Outcome.PASSED, Outcome.TIME, Outcome.PASSED]


def test_a_remark_is_not_lost(tmp_path: Path) -> None:
    """What is to be said of a right answer is said, of whichever cell."""

    class Remarked(Asked):
        """Third."""

        grade_id = "third"

        @points(1)
        def test_answer(self) -> None:
            """The answer is one."""
            super().test_answer()
            self.remarks.append("A remark.")

    cells, CELLS["third"] = CELLS["third"], Remarked
    try:
        reports = graded("return 1", tmp_path)
    finally:
        CELLS["third"] = cells
    assert reports["third"].points == 1
    assert reports["third"].verdicts[0].remarks == ("A remark.",)
