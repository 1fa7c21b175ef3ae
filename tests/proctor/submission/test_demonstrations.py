"""Cells that only show something are marked when a submission is restored, so that grading leaves them out."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from proctor.batch.grade_job import restored
from proctor.batch.job import Ungraded
from proctor.grading.settings import Grading
from proctor.submission.intake import Submitted
from proctor.submission.restoring import DEMONSTRATION

SHOWS = "plot(data)"
SOLVED = {"grade_id": "answer", "solution": True, "grade": False, "locked": False, "schema_version": 3}


def release() -> Any:
    """Make a release with a demonstration, a solution cell that has its tag by mistake, and another cell."""
    tag = [DEMONSTRATION]
    cells = [
        new_code_cell(SHOWS, id="shows", metadata={"tags": tag}),
        new_code_cell("x = None", id="answer", metadata={"tags": tag, "nbgrader": SOLVED}),
        new_code_cell("import numpy", id="import"),
    ]
    return new_notebook(cells=cells)


def skipped(*sources: str, skip: bool = True) -> list[str]:
    """Return the sources of a student's cells that are left out; the second cell is the solution."""
    handed_in = release()
    handed_in.cells = [new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    handed_in.cells[1].metadata["nbgrader"] = SOLVED
    content = nbformat.writes(handed_in).encode()
    ungraded = Ungraded(Submitted(content, "", "", ""), nbformat.writes(release()))
    cells = restored("a.ipynb", ungraded, skip=skip).cells
    return [cell.source for cell in cells if cell.metadata.get("proctor", {}).get("skip")]


@pytest.mark.parametrize("source", [SHOWS, f"{SHOWS}\n"])
def test_an_unchanged_demonstration_is_left_out(source: str) -> None:
    """The cell's text decides, where the student's editor has lost the tag, too; nothing else is left out."""
    assert skipped(source, "x = 1", "import numpy") == [source]


def test_what_a_student_has_changed_is_run() -> None:
    """A changed demonstration may define what the student needs; a solution cell is never one."""
    assert skipped("plot(other_data)", "x = None", "import numpy") == []


@pytest.mark.parametrize(
    ("own", "left_out"),
    [("show(data)", []), ("data", []), ("x.data", [SHOWS]), ("'data'", [SHOWS]), ("numpy.ones(3)", [SHOWS])],
)
def test_what_a_cell_of_the_student_may_need_is_run(own: str, left_out: list[str]) -> None:
    """A cell that was added uses a name that only the demonstration has."""
    assert skipped(SHOWS, "x = 1", "import numpy", own) == left_out


def test_the_setting_runs_all_cells() -> None:
    """By the setting, which is on by default, nothing is left out."""
    assert skipped(SHOWS, "x = 1", skip=False) == []
    assert Grading().skip_demonstrations
