"""Execution of a submission from its first cell to its last, with the judging of its graded cells.

The student's cells run in a session, in order. A graded cell is judged where it stands, in copies of the session, so
that it sees the notebook as it is there, and leaves nothing behind.

A cell that ends its process (by a crash, or by a loop that no interrupt reaches) is left out, and the others run again
in a new session. So they do where the judging of one cell has ended the sandbox. Demonstrations are skipped.

A graded cell with tests of its own is run like the student's cells, and what it shows is its verdict.

A cell that is saved to a file (`%%writefile`) defines nothing in a notebook. It is graded like a plain cell: what it
saves is run, too, in the notebook's names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from proctor.criteria.outcome import CellReport, Outcome
from proctor.grading.judge_cells import Exam, Judging
from proctor.session.clock import Budget, cpu_seconds
from proctor.session.session import Execution
from proctor.submission.sanitize import new_output

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nbformat import NotebookNode

    from proctor.session.outputs import Displays
    from proctor.session.session import Session

SAVED = re.compile(
    r"^[ \t]*(?:%%[ \t]*(?:write)?file|%writefile)\b[ \t]*(?P<more>(?:-a|--append)\b)?(?P<path>.*)",
    re.MULTILINE | re.IGNORECASE,
)
"""A line that is meant to save its cell to a file, whatever stands above it and whatever path behind."""
CELL_MAGIC = re.compile(r"^[ \t]*%%.*", re.MULTILINE)
MAX_PIECES = 5
"""Cells above, text included, in which the pieces of a file may be to which a cell adds another one."""

WORDS = {
    Outcome.TIME: "This cell reached its time limit and was stopped.",
    Outcome.DIED: "This cell ended the process it ran in{cause}. The other cells were run without it.",
}
LOST = "The process of the notebook could not be kept alive."
SPENT = "The time limit of the whole notebook was reached before this cell. It was not run."
SKIPPED = "Not run while grading: the cell only shows something, and was not changed.\n"
LACKS = (
    "The file that this cell saves will not run alone in a later exercise: it uses {names}, which only your notebook "
    "has. Which import is missing in the cell?"
)


@dataclass(frozen=True)
class Run:
    """Result of a submission: a report for each graded cell, and the CPU time in seconds of its last session."""

    reports: dict[str, CellReport]
    cpu_seconds: float = 0.0


@dataclass
class Spent:
    """Use of a submission's sessions: the time, and the cells that ended one of them."""

    budget: Budget
    left_out: dict[int, Execution] = field(default_factory=dict)


def run_submission(notebook: NotebookNode, open_session: Callable[[Displays], Session], exam: Exam) -> Run:
    """Run a sanitised notebook, fill in the outputs of the student's cells, and judge the graded ones.

    Args:
        notebook: changed in place; its graded cells are those with a `grade_id` that the exam knows.
        open_session: returns a fresh session, to be entered.
        exam: the hidden tests and bounds.
    """
    spent = Spent(Budget(exam.bounds.submission))
    graded = _graded(notebook, exam)
    judging = Judging(exam, graded.values())
    for _ in range(exam.bounds.restarts + 1):
        with open_session({}) as session:
            done = _run_cells(notebook, spent, session, judging, graded)
            if done and judging.judge_again(_followed_by_code(notebook, graded), session):
                return Run(judging.reports, cpu_seconds(session.pid))
    judging.give_up(LOST)
    return Run(judging.reports)


def saved_body(source: str) -> str | None:
    """Return the code of a cell that is saved to a file, each line where it stands; None for one that is not."""
    return CELL_MAGIC.sub("#", SAVED.sub("#", source)) if SAVED.search(source) else None


def _saved(notebook: NotebookNode, index: int) -> str | None:
    """Return what a cell saves to a file, or None; what it adds (`-a`) comes behind what cells above have saved."""
    found = SAVED.search(notebook.cells[index].source)
    pieces = [saved_body(notebook.cells[index].source)]
    for cell in reversed(notebook.cells[max(0, index - MAX_PIECES) : index]):
        above = SAVED.search(cell.source) if cell.cell_type == "code" else None
        if found and found["more"] and above and above["path"].strip() == found["path"].strip():
            found, pieces = above, [saved_body(cell.source), *pieces]
    return "\n".join(filter(None, pieces)) or None


def _grade_id(cell: NotebookNode) -> str:
    """Return the name of a graded cell, "" for any other."""
    data = cell.metadata.get("nbgrader", {})
    return str(data.get("grade_id", "")) if data.get("grade") else ""


def _graded(notebook: NotebookNode, exam: Exam) -> dict[int, str]:
    """Map the indices of graded cells with a test class to their grade_ids."""
    graded = {index: _grade_id(cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    return {index: name for index, name in graded.items() if name in exam.cases}


def _followed_by_code(notebook: NotebookNode, graded: Mapping[int, str]) -> list[str]:
    """Return the grade_ids of the graded cells below which the student has code."""
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    last = max((index for index in code if index not in graded), default=-1)
    return [grade_id for index, grade_id in graded.items() if index < last]


def _run_cells(
    notebook: NotebookNode, spent: Spent, session: Session, judging: Judging, graded: Mapping[int, str]
) -> bool:
    """Run all cells, and judge the graded ones; return whether the session is still good at the end."""
    lacking = ""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if index in graded:
            if not judging.judge(graded[index], session):
                return False
            if lacking:
                judging.remark(graded[index], lacking)
                lacking = ""
            continue
        judging.leave_place()
        execution = _run_cell(notebook, index, spent, session, judging)
        if execution is None:
            continue
        judging.keep_own_tests(_grade_id(cell), execution)
        if execution.fatal:
            spent.left_out[index] = replace(execution, fatal=False)
            return False
        if execution.lacks:
            lacking = LACKS.format(names=", ".join(f"`{name}`" for name in execution.lacks))
    return True


def _run_cell(
    notebook: NotebookNode, index: int, spent: Spent, session: Session, judging: Judging
) -> Execution | None:
    """Run one cell and show what it displays; return None if it only shows something."""
    cell = notebook.cells[index]
    if cell.metadata.get("proctor", {}).get("skip"):
        cell.outputs = [new_output("stream", name="stdout", text=SKIPPED)]
        return None
    if index in spent.left_out:
        _show(cell, spent.left_out[index])
        return spent.left_out[index]
    if spent.budget.over():
        cell.outputs = [_in_words(Outcome.TIME, SPENT)]
        return Execution(ended=Outcome.TIME)
    tests = judging.has_own_tests(_grade_id(cell))
    execution = session.run(cell.source, _saved(notebook, index), judging.needs, tests=tests)
    spent.budget.spend(execution.used)
    _show(cell, execution)
    return execution


def _show(cell: NotebookNode, execution: Execution) -> None:
    """Put a cell's outputs into the notebook, with a line in words if a limit ended it."""
    cell.outputs = list(execution.outputs)
    if execution.ended is not None:
        cause = f" ({execution.cause})" if execution.cause else ""
        cell.outputs.append(_in_words(execution.ended, WORDS[execution.ended].format(cause=cause)))


def _in_words(outcome: Outcome, words: str) -> NotebookNode:
    output: NotebookNode = new_output("error", ename=outcome.value, evalue=words, traceback=[words])
    return output
