"""Mutants of a solution cell, the cells that depend on it, and copies of the process in which they run."""

from __future__ import annotations

import time

import nbformat
import pytest

from proctor.authoring.forks import in_copy
from proctor.authoring.mutants import cells_to_rerun, mutants, without_markers
from tests.proctor.support.orphans import adopted_orphans
from tests.proctor.support.own_courses import answer, code, graded

SOURCE = '''GIVEN = 1


def last(x):
    """Return the last entry."""
    ### BEGIN SOLUTION
    return -x[0] + x[2]
    ### END SOLUTION
'''


def test_only_the_solution_is_changed() -> None:
    """Between the markers a sign, an index and an operator change, and None is returned last; what is given stays."""
    found = list(mutants("cell", SOURCE))
    assert [mutant.what for mutant in found][-1] == "last: returns None"
    assert all("GIVEN = 1" in mutant.source and "the last entry" in mutant.source for mutant in found)
    changed = {mutant.what.removeprefix("last: ") for mutant in found}
    assert {"return x[0] + x[2]", "return -x[1] + x[2]", "return -x[0] - x[2]"} <= changed
    assert len({mutant.source for mutant in found}) == len(found)


def test_a_cell_without_markers_is_all_solution() -> None:
    """So nbgrader takes it, too."""
    assert without_markers("a = 1\nb = 2") == ("a = 1\nb = 2", {1, 2})
    assert "a = 2" in {mutant.source for mutant in mutants("cell", "a = 1")}


def test_cells_that_use_what_has_changed_run_again() -> None:
    """Directly or by way of another; a cell that only shows something, or is graded, does not."""
    cells = [
        code("before", "a = f"),
        answer("part", "def f(): pass"),
        code("uses", "b = f()"),
        code("other", "c = 1"),
        code("uses-that", "d = b + c"),
        code("prints", "print(f())"),
        graded("graded", 1, "e = f()"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    found = cells_to_rerun(notebook.cells, "part", "def f(): pass", lambda source: source)
    assert [cell.id for cell in found] == ["uses", "uses-that"]


@pytest.mark.parametrize(
    ("work", "answer"),
    [
        (lambda: [1, "two"], [1, "two"]),
        (lambda: 1 / 0, None),
        (lambda: time.sleep(60), None),
        (lambda: exec("import os; os._exit(3)"), None),
    ],
    ids=["ends", "raises", "hangs", "exits"],
)
def test_a_copy_answers_or_is_gone(work: object, answer: object, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever happens in it, it ends within its time, and leaves no process behind."""
    with adopted_orphans() as left:
        assert in_copy(work, 2 if answer else 0.3) == answer
        assert left() == []
    capfd.readouterr()


def test_a_copy_changes_nothing_here() -> None:
    """What it appends to a list is not there afterwards."""
    seen: list[int] = []
    assert in_copy(lambda: seen.append(1) or len(seen), 2) == 1
    assert seen == []
