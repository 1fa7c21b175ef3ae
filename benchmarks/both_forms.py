"""Judging of right answers in both forms: as they are run, and with each part saved by `%%writefile`, in a sandbox."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from nbformat.v4 import new_notebook

from proctor.grading.execute import LACKS, run_submission, saved_body
from proctor.grading.judge_cells import Exam
from proctor.sandbox.fork_server import fork_servers
from proctor.sandbox.settings import Sandbox
from proctor.session.session import Session
from tests.exercise4.mistakes.solution import PARTS, SOURCE, grade_id
from tests.proctor.support.judging import DIAGNOSE, HIDDEN, REFERENCE
from tests.specimens.bank import right_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nbformat import NotebookNode

    from proctor.criteria.outcome import CellReport, Outcome
    from tests.specimens.build import Submission

WILL_NOT_RUN = LACKS.partition("{names}")[0]
"""Beginning of the only remark that a saved answer may have and a run one may not."""


class Ending(NamedTuple):
    """End of a criterion, with the remarks on it."""

    outcome: Outcome
    remarks: tuple[str, ...]


def saved(submission: Submission) -> Submission:
    """Return a submission with each part saved to the file that the text names."""
    for part, path in PARTS.items():
        cell = submission.cell(part)
        if saved_body(cell.source) is None:
            cell.source = f"%%writefile {path}\n{cell.source}"
    return submission


@contextmanager
def workplace() -> Iterator[Path]:
    """Lay out what a student has beside the notebook, as far as the parts need it."""
    with TemporaryDirectory() as name:
        shutil.copytree(
            SOURCE / "src", Path(name) / "src", ignore=shutil.ignore_patterns("see", "__pycache__")
        )
        yield Path(name)


def judged(submission: Submission, folder: Path) -> dict[str, CellReport]:
    """Run a student's own cells in a sandbox, and judge all graded cells at their places between them."""
    exam = Exam(HIDDEN, diagnose=DIAGNOSE, reference=REFERENCE)
    own = submission.own_cells()
    cells: list[NotebookNode] = [
        cell for cell in submission.notebook.cells if cell in own or grade_id(cell) in HIDDEN
    ]
    notebook = new_notebook(cells=cells)
    return run_submission(
        notebook, lambda shown: Session(folder, Sandbox(), exam.bounds, shown), exam
    ).reports


def endings(reports: dict[str, CellReport]) -> dict[str, Ending]:
    """Return how each criterion ended, without what is said of files that will not run alone."""
    return {
        f"{name}.{verdict.criterion}": Ending(
            verdict.outcome, tuple(text for text in verdict.remarks if not text.startswith(WILL_NOT_RUN))
        )
        for name, report in reports.items()
        for verdict in report.verdicts
    }


def differing(name: str, folder: Path) -> str:
    """Return where the two forms of a right answer of the bank end differently, or ""."""
    answer = right_answers()[name]
    run, kept = (
        endings(judged(submission, folder))
        for submission in (answer.submission(), saved(answer.submission()))
    )
    odd = [criterion for criterion, ending in run.items() if kept[criterion] != ending]
    return (
        f"{name} differs when it is saved in {', '.join(odd)}: {[kept[each] for each in odd]}" if odd else ""
    )


def all_differing(names: list[str]) -> list[str]:
    """Return :func:`differing` of some right answers, two at a time; no process is left behind."""
    try:
        with workplace() as folder, ThreadPoolExecutor(2) as pool:
            return [text for text in pool.map(lambda name: differing(name, folder), names) if text]
    finally:
        fork_servers().close()
