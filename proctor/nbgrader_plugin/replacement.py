"""Replacement of nbgrader's own steps by ours, in a process that runs nbgrader's commands or the formgrader."""

from __future__ import annotations

from typing import Any

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.apps.generateassignmentapp
import nbgrader.apps.generatefeedbackapp
import nbgrader.apps.generatesolutionapp
import nbgrader.converters
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, IncludeHeaderFooter, LockCells

from proctor.nbgrader_plugin.adapters import Autograde, GenerateFeedback, ReleaseFeedback
from proctor.nbgrader_plugin.formgrader import add_pages, sandbox_files
from proctor.nbgrader_plugin.generate_assignment import (
    GENERATING,
    GenerateAssignment,
    GenerateSolution,
    PlainLinks,
)

ADAPTERS = {
    "Autograde": (Autograde, nbgrader.apps.autogradeapp),
    "GenerateAssignment": (GenerateAssignment, nbgrader.apps.generateassignmentapp),
    "GenerateSolution": (GenerateSolution, nbgrader.apps.generatesolutionapp),
    "GenerateFeedback": (GenerateFeedback, nbgrader.apps.generatefeedbackapp),
}
"""Our classes, by the name that nbgrader gives its own, and the command that uses them."""

SOLVING = [PlainLinks, IncludeHeaderFooter, LockCells, ClearOutput, ClearHiddenTests]
"""The steps of generate_solution: the solution is not run, and is shown without the references to hidden tests."""


def replace_steps(c: Any) -> None:
    """Put our steps in the place of nbgrader's, by Jupyter's configuration where that has a setting for it."""
    install()
    c.ExchangeFactory.release_feedback = ReleaseFeedback
    # A course that has chosen its own steps keeps them.
    for generator, steps in ((c.GenerateAssignment, GENERATING), (c.GenerateSolution, SOLVING)):
        if "preprocessors" not in generator:
            generator.preprocessors = steps
    # Formgrader shows what students wrote: sanitized, and with formulas that need no script.
    shown = "proctor.nbgrader_plugin.formgrader."
    c.HTMLExporter.preprocessors = [f"{shown}Sanitize"]
    c.HTMLExporter.filters = {name: shown + name for name in ("markdown2html", "highlight_code")}
    sandbox_files()
    add_pages()


def install() -> None:
    """Put our classes in the place of nbgrader's, for its commands and for formgrader: no setting does that."""
    for name, (adapter, command) in ADAPTERS.items():
        for module in (nbgrader.converters, nbgrader.apps.api, command):
            setattr(module, name, adapter)
