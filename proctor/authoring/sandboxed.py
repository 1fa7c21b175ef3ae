"""The solution, graded as a submission is: in a sandbox, with the course's limits."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from proctor.authoring.master import copy_files
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError, SandboxUnavailable
from proctor.grading.grade import grade_notebook, reports_of
from proctor.grading.settings import Grading
from proctor.submission import parse, restore

if TYPE_CHECKING:
    from traitlets.config import Config

    from proctor.authoring.findings import Checked
    from proctor.authoring.master import Master
    from proctor.course import Exercise


def check_in_sandbox(
    checked: Checked, exercise: Exercise, master: Master, config: Config | None = None
) -> None:
    """Grade the solution in a sandbox, and add what differs from the run without one.

    Where the machine can build no sandbox, that is said; it does not stop the release.
    """
    skip = Grading(config=config).skip_demonstrations
    submitted = parse(nbformat.writes(master.solved()).encode(), master.name)
    notebook, _ = restore(submitted, master.released(), skip=skip)
    notebook.metadata["proctor"] = {}
    with tempfile.TemporaryDirectory(prefix="check-") as scratch:
        folder = copy_files(exercise, Path(scratch) / exercise.name)
        try:
            sources = {name: cell.source for name, cell in master.graded.items()}
            grade_notebook(notebook, folder, exercise.tests, config, sources)
        except SandboxUnavailable as reason:
            checked.add("", f"The solution was not tried in a sandbox: {reason}", serious=False)
            return
        except GraderError as fault:
            checked.add("", f"In a sandbox: {fault}")
            return
    checked.seconds["in a sandbox"] = notebook.metadata.proctor["wall_seconds"]
    for name, report in reports_of(notebook).items():
        lost = next((each for each in report.verdicts if each.outcome is not Outcome.PASSED), None)
        if lost:
            checked.add(name, f"In a sandbox the solution does not pass “{lost.sentence}”: {lost.hint}")
