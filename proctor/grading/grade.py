"""Grading of one notebook: what nbgrader's Autograde, our commands and the tests have in common."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError, SubmissionRefused
from proctor.feedback.reports import reports_of, show_report
from proctor.grading.diagnosis import offered
from proctor.grading.execute import Run, run_submission
from proctor.grading.judge_cell import load_tests, undecided
from proctor.grading.judge_cells import Exam
from proctor.grading.missing import explained, ran
from proctor.grading.settings import Grading
from proctor.sandbox.settings import Sandbox
from proctor.session.session import Session
from proctor.submission import fingerprints
from proctor.submission.sanitize import clean_outputs

if TYPE_CHECKING:
    from pathlib import Path

    from traitlets.config import Config

__all__ = ["grade_notebook", "reports_of", "show_report"]


@cache
def _hidden_tests(folder: Path, _fingerprint: str, seed: int) -> dict[str, Any]:
    """Load an exercise's hidden tests; once for each process, and again when they have changed."""
    offered.cache_clear()  # the diagnosis belongs to the tests that it was loaded with
    return load_tests(folder, seed)


def grade_notebook(notebook: Any, folder: Path, tests: Path, config: Config | None = None) -> None:
    """Run and judge a sanitised notebook; its cells get their outputs, changed in place.

    Args:
        notebook: as :mod:`proctor.submission` returns it.
        folder: the submission's files; a copy of them goes into the sandbox.
        tests: the folder of the exercise's hidden tests.
        config: Jupyter's configuration, with the sandbox's settings.

    The notebook's metadata get an entry `proctor`: whether a sandbox was used, the seconds that it took, what
    was noticed, in words, and the fingerprint of the hidden tests.

    Raises:
        GraderError: the grader is at fault.
    """
    begun, sandbox = time.monotonic(), Sandbox(config=config)
    settings = Grading(config=config)
    bounds = settings.bounds(sandbox.effective_limits.output)
    fingerprint = fingerprints.of_folder(tests)
    exam = Exam(_hidden_tests(tests, fingerprint, settings.seed), bounds, *offered(tests))
    _refuse_untested(notebook, exam, tests)
    facts = notebook.metadata.setdefault("proctor", {})
    run = _run(notebook, folder, exam, sandbox)
    if _met_death(notebook, run):
        # Whether the student's code or somebody outside has killed it shows when it runs again.
        run = _run(notebook, folder, exam, sandbox)
    clean_outputs(notebook)
    reports = explained(run.reports, ran(notebook))
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in reports and cell.metadata.nbgrader.get("grade"):
            show_report(cell, reports[name])
    if not sandbox.enabled:
        facts["notices"] = [*facts.get("notices", []), sandbox.describe()]
    facts["sandboxed"] = sandbox.enabled
    facts["fingerprint"] = facts.get("fingerprint", {}) | {"tests": fingerprint}
    facts["cpu_seconds"] = round(run.cpu_seconds, 3)
    facts["wall_seconds"] = round(time.monotonic() - begun, 3)


def _run(notebook: Any, folder: Path, exam: Exam, sandbox: Sandbox) -> Run:
    """Run a submission, or report for each graded cell why it cannot be run."""
    reason = notebook.metadata.proctor.get("unreadable")
    if not reason:
        try:
            return run_submission(
                notebook, lambda displays: Session(folder, sandbox, exam.bounds, displays), exam
            )
        except SubmissionRefused as refusal:
            reason = str(refusal)
    return Run({name: undecided(case, Outcome.UNREADABLE, reason) for name, case in exam.cases.items()})


def _met_death(notebook: Any, run: Run) -> bool:
    """Return whether a process died, in a cell or while it was judged."""
    judged = [verdict.outcome for report in run.reports.values() for verdict in report.verdicts]
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return Outcome.DIED in judged or any(output.get("ename") == Outcome.DIED.value for output in outputs)


def _refuse_untested(notebook: Any, exam: Exam, tests: Path) -> None:
    """Refuse to grade where points and hidden tests do not agree: it would cost students, not us."""
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        if not data.get("grade") or cell.cell_type != "code":
            continue
        case = exam.cases.get(data["grade_id"])
        if case is None:
            raise GraderError(f"{tests} has no test class for the graded cell {data['grade_id']!r}.")
        worth = undecided(case, Outcome.UNREADABLE, "").worth
        if worth != float(data["points"]):
            raise GraderError(
                f"{data['grade_id']}: the cell is worth {data['points']} points, its criteria {worth}."
            )
