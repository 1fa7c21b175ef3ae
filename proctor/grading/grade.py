"""Grading of one notebook: what nbgrader's Autograde, our commands and the tests have in common."""

from __future__ import annotations

import time
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError, SubmissionRefused
from proctor.feedback.reports import reports_of, show_report
from proctor.grading.cell_tests import CellTests
from proctor.grading.diagnosis import offered
from proctor.grading.execute import Run, run_submission
from proctor.grading.judge_cell import load_tests, undecided
from proctor.grading.judge_cells import Exam
from proctor.grading.missing import doubled, explained, ran, written_beside
from proctor.grading.own_tests import holds_tests
from proctor.grading.settings import Grading
from proctor.sandbox.settings import Sandbox
from proctor.session.session import Session
from proctor.submission import fingerprints
from proctor.submission.fingerprints import checksum
from proctor.submission.sanitize import clean_outputs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from traitlets.config import Config

__all__ = ["grade_notebook", "reports_of", "show_report"]

NO_SOURCES: Mapping[str, str] = MappingProxyType({})


@cache
def _hidden_tests(folder: Path, _fingerprint: str, seed: int) -> dict[str, Any]:
    """Load an exercise's test classes, if there are any; once for each process, and again when they have changed."""
    offered.cache_clear()  # the diagnosis belongs to the tests that it was loaded with
    return load_tests(folder, seed) if any(folder.glob("test_*.py")) else {}


def grade_notebook(
    notebook: Any,
    folder: Path,
    tests: Path,
    config: Config | None = None,
    sources: Mapping[str, str] = NO_SOURCES,
) -> None:
    """Run and judge a sanitised notebook; its cells get their outputs, changed in place.

    Args:
        notebook: as :mod:`proctor.submission` returns it.
        folder: the submission's files; a copy of them goes into the sandbox.
        tests: the folder of the exercise's hidden tests.
        config: Jupyter's configuration, with the sandbox's settings.
        sources: the notebook's graded cells with their hidden tests, by grade_id, as the gradebook keeps them. What
            has no test class is judged by them.

    The notebook's metadata get an entry `proctor`: whether a sandbox was used, the seconds that it took, what
    was noticed, in words, and the fingerprint of the hidden tests.

    Raises:
        GraderError: the grader is at fault.
    """
    begun, sandbox = time.monotonic(), Sandbox(config=config)
    settings = Grading(config=config)
    bounds = settings.bounds(sandbox.effective_limits.output)
    fingerprint = fingerprints.of_folder(tests)
    cases = _hidden_tests(tests, fingerprint, settings.seed)
    inside = _own_tests(notebook, cases, tests, sources)
    exam = Exam(cases, bounds, *offered(tests), inside)
    _refuse_other_points(notebook, exam)
    facts = notebook.metadata.setdefault("proctor", {})
    run = _run(notebook, folder, exam, sandbox)
    if _met_death(notebook, run):
        # Whether the student's code or somebody outside has killed it shows when it runs again.
        run = _run(notebook, folder, exam, sandbox)
    clean_outputs(notebook)
    codes = ran(notebook)
    reports = explained(run.reports, codes)
    needs = {
        name: cases[name].needs
        for name, report in reports.items()
        if name in cases and report.points < report.worth
    }
    said = doubled(codes, chain.from_iterable(needs.values())) + written_beside(folder, reports, needs)
    if not sandbox.enabled:
        said.append(sandbox.describe())
    if said:
        facts["notices"] = [*facts.get("notices", []), *said]
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in reports and cell.metadata.nbgrader.get("grade"):
            show_report(cell, reports[name])
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
    judged = {name: undecided(case, Outcome.UNREADABLE, reason) for name, case in exam.cases.items()}
    inside = {name: tests.undecided(Outcome.UNREADABLE, reason) for name, tests in exam.inside.items()}
    return Run(judged | inside)


def _met_death(notebook: Any, run: Run) -> bool:
    """Return whether a process died, in a cell or while it was judged."""
    judged = [verdict.outcome for report in run.reports.values() for verdict in report.verdicts]
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return Outcome.DIED in judged or any(output.get("ename") == Outcome.DIED.value for output in outputs)


def _own_tests(
    notebook: Any, cases: Mapping[str, Any], tests: Path, sources: Mapping[str, str]
) -> dict[str, CellTests]:
    """Return the graded cells that hold their own tests, after putting the hidden ones back into the notebook.

    Raises:
        GraderError: a graded cell has neither a test class nor tests of its own: it would cost students, or
            give them points for nothing.
    """
    inside = {}
    for cell in _graded_code(notebook):
        name, points = cell.metadata.nbgrader["grade_id"], float(cell.metadata.nbgrader["points"])
        if name in cases:
            continue
        source = sources.get(name, "")
        if not holds_tests(source):
            raise GraderError(
                f"{tests} has no test class for the graded cell {name!r}, and the cell has no tests of its own."
            )
        inside[name] = CellTests.of(name, points, source, cell.source)
        cell.source = source
        cell.metadata.nbgrader["checksum"] = checksum(cell)
    return inside


def _refuse_other_points(notebook: Any, exam: Exam) -> None:
    """Refuse to grade where points and hidden tests do not agree: it would cost students, not us."""
    for cell in _graded_code(notebook):
        data = cell.metadata.nbgrader
        case = exam.cases.get(data["grade_id"])
        if case is None:
            continue
        worth = undecided(case, Outcome.UNREADABLE, "").worth
        if worth != float(data["points"]):
            raise GraderError(
                f"{data['grade_id']}: the cell is worth {data['points']} points, its criteria {worth:g}."
            )


def _graded_code(notebook: Any) -> list[Any]:
    """List the code cells that are graded by tests; what students write in, a person grades."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and (data := cell.metadata.get("nbgrader", {})).get("grade")
        and not data.get("solution")
    ]
