"""Runs a submission from its first cell to its last, and judges its graded cells.

The student's cells run in the kernel, in order. Where graded cells stand, a frozen copy of the kernel is kept.
When the last cell has run, each graded cell is judged in copies of the copy that stands for its place. So a
graded cell sees the notebook as it was there, and no later cell sees what it was judged on.

A cell that takes the kernel down with it (a crash, or a loop that no interrupt reaches) is left out, and the
others run again in a new kernel. So they do where the judging of one cell has taken the kernel down.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbformat.v4 import new_output

from proctor.clock import Allowance, Budget, cpu_seconds
from proctor.judge import undecided as undecided  # noqa: PLC0414  - offered on to the modules above
from proctor.judging import Judging, Snapshots
from proctor.kernel import Execution, StudentKernel
from proctor.listener import Listener
from proctor.outcome import CellReport, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode

    from proctor.criteria import Broken, Criteria
    from proctor.judge import Diagnosis, Side
    from proctor.listener import Peer

SAVED = re.compile(r"\s*%%(?:writefile|file)\s+(?:-a\s+|--append\s+)?[\"']?([\w./-]+\.py)[\"']?\s*(?:\n|$)")

WORDS = {
    Outcome.TIME: "This cell reached its time limit and was stopped.",
    Outcome.DIED: "This cell ended the kernel{cause}. The other cells were run without it.",
}
LOST = "The kernel could not be kept alive."
SPENT = "The time limit of the whole notebook was reached before this cell. It was not run."


@dataclass(frozen=True)
class Bounds:
    """What a submission may use up: time, bytes of output, kernels.

    Attributes:
        start: for a kernel to be ready.
        cell: for one of the student's cells.
        call: for one call by a hidden test.
        graded_cell: for all the calls of one graded cell.
        submission: for all of the student's cells, in all the kernels that it took.
        cell_output: bytes of output of one cell.
        output: bytes of output of all cells together.
        restarts: how often a submission may take its kernel down.
    """

    start: Allowance = Allowance(cpu=60, wall=360)
    cell: Allowance = Allowance(cpu=20, wall=120)
    call: Allowance = Allowance(cpu=10, wall=60)
    graded_cell: Allowance = Allowance(cpu=20, wall=120)
    submission: Allowance = Allowance(cpu=150, wall=900)
    cell_output: int = 2_000_000
    output: int = 8_000_000
    restarts: int = 20


@dataclass(frozen=True)
class Room:
    """Where a kernel runs: its manager, and the wall's socket as each side names it."""

    manager: KernelManager
    socket: str
    socket_inside: str
    launch: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """What came of a submission: a report for each graded cell, and the CPU time in seconds of its last kernel."""

    reports: dict[str, CellReport]
    cpu_seconds: float = 0.0


@dataclass
class Spent:
    """What a submission's kernels have used up: the time, and the cells that took one of them down."""

    budget: Budget
    left_out: dict[int, Execution] = field(default_factory=dict)


@dataclass(frozen=True)
class Exam:
    """What a submission is judged by."""

    cases: Mapping[str, type[Criteria]]
    bounds: Bounds = Bounds()
    diagnose: Diagnosis | None = None
    reference: Side | None = None


def run_submission(
    notebook: NotebookNode, room: Callable[[], AbstractContextManager[Room]], exam: Exam
) -> Run:
    """Run a sanitised notebook, fill in the outputs of the student's cells, and judge the graded ones.

    Args:
        notebook: changed in place; its graded cells are those with a `grade_id` that the exam knows.
        room: opens a fresh room for a kernel.
        exam: the hidden tests and bounds.
    """
    spent = Spent(Budget(exam.bounds.submission))
    graded = _graded(notebook, exam)
    judging = Judging(notebook, saved_files(notebook), exam, graded.values())
    for _ in range(exam.bounds.restarts + 1):
        with contextlib.ExitStack() as stack:
            place = stack.enter_context(room())
            listener = stack.enter_context(Listener(place.socket))
            kernel = stack.enter_context(StudentKernel(place.manager, exam.bounds, **place.launch))
            snapshots = stack.enter_context(Snapshots(kernel, listener, place.socket_inside))
            taken = _run_cells(notebook, spent, snapshots, graded)
            if taken is not None and judging.judge(taken, snapshots, _followed_by_code(notebook, graded)):
                return Run(judging.reports, cpu_seconds(kernel.pid))
    judging.give_up(LOST)
    return Run(judging.reports)


def saved_files(notebook: NotebookNode) -> list[str]:
    """List the Python files, inside the notebook's folder, that its cells save with %%writefile, latest first."""
    found = [SAVED.match(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
    paths = [match[1].removeprefix("./") for match in found if match]
    inside = [path for path in paths if not path.startswith("/") and ".." not in path.split("/")]
    return list(dict.fromkeys(reversed(inside)))


def _graded(notebook: NotebookNode, exam: Exam) -> dict[int, str]:
    """Map the indices of graded cells to their grade_ids."""
    graded = {}
    for index, cell in enumerate(notebook.cells):
        data = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and data.get("grade") and data.get("grade_id") in exam.cases:
            graded[index] = data["grade_id"]
    return graded


def _followed_by_code(notebook: NotebookNode, graded: Mapping[int, str]) -> set[str]:
    """Return the grade_ids of the graded cells below which the student has code."""
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    last = max((index for index in code if index not in graded), default=-1)
    return {grade_id for index, grade_id in graded.items() if index < last}


def _run_cells(
    notebook: NotebookNode, spent: Spent, snapshots: Snapshots, graded: Mapping[int, str]
) -> dict[str, Peer | Broken] | None:
    """Run all cells; return the snapshot for each graded cell, or None if a cell took the kernel down."""
    taken: dict[str, Peer | Broken] = {}
    current = None
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if index in graded:
            current = current or snapshots.take()
            taken[graded[index]] = current
            continue
        current = None
        if index in spent.left_out:
            _show(cell, spent.left_out[index])
            continue
        if spent.budget.over():
            cell.outputs = [_in_words(Outcome.TIME, SPENT)]
            continue
        execution = snapshots.kernel.run(cell.source)
        spent.budget.spend(execution.used)
        _show(cell, execution)
        if execution.fatal:
            spent.left_out[index] = execution
            return None
    return taken


def _show(cell: NotebookNode, execution: Execution) -> None:
    """Put a cell's outputs into the notebook, with a line in words if a limit ended it."""
    cell.outputs = list(execution.outputs)
    if execution.ended is not None:
        cause = f" ({execution.cause})" if execution.cause else ""
        cell.outputs.append(_in_words(execution.ended, WORDS[execution.ended].format(cause=cause)))


def _in_words(outcome: Outcome, words: str) -> NotebookNode:
    output: NotebookNode = new_output("error", ename=outcome.value, evalue=words, traceback=[words])
    return output
