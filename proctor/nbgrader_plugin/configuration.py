"""`configure(c)`: all that nbgrader_config.py needs, beside its settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.apps.generateassignmentapp
import nbgrader.apps.generatefeedbackapp
import nbgrader.apps.generatesolutionapp
import nbgrader.converters
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, IncludeHeaderFooter, LockCells

from proctor.nbgrader_plugin.assignment import GENERATING, GenerateAssignment, GenerateSolution, PlainLinks
from proctor.nbgrader_plugin.autograde import Autograde
from proctor.nbgrader_plugin.feedback import GenerateFeedback, ReleaseFeedback
from proctor.nbgrader_plugin.formgrader import sandbox_files
from proctor.nbgrader_plugin.late import LatePolicy

ADAPTERS = {
    "Autograde": (Autograde, nbgrader.apps.autogradeapp),
    "GenerateAssignment": (GenerateAssignment, nbgrader.apps.generateassignmentapp),
    "GenerateSolution": (GenerateSolution, nbgrader.apps.generatesolutionapp),
    "GenerateFeedback": (GenerateFeedback, nbgrader.apps.generatefeedbackapp),
}
"""Our classes, by the name that nbgrader gives its own, and the command that uses them."""


def configure(c: Any, config_file: str | Path) -> None:
    """Make nbgrader grade our way in a course (called by nbgrader_config.py, before its settings).

    Args:
        c: Jupyter's configuration.
        config_file: the course's nbgrader_config.py, `__file__` in it; its folder is the course.
    """
    given = Path(config_file).resolve()
    course = given if given.is_dir() else given.parent
    # nbgrader looks for alembic on the PATH, where it is not when .venv/bin/nbgrader is called by its path.
    programs, path = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)
    if not path.startswith(programs + os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, path])
    c.CourseDirectory.root = str(course)
    # An environment inside the course must not make the course visible in the sandbox.
    c.Sandbox.hide = [str(course)]
    install()
    c.ExchangeFactory.release_feedback = ReleaseFeedback
    # Nothing of the hidden tests is released. Cells can be added when submissions are in.
    c.GenerateAssignment.preprocessors = GENERATING
    # The solution is not run: it is committed without outputs, and shown without the references to hidden tests.
    c.GenerateSolution.preprocessors = [
        PlainLinks,
        IncludeHeaderFooter,
        LockCells,
        ClearOutput,
        ClearHiddenTests,
    ]
    c.AssignLatePenalties.plugin_class = LatePolicy
    c.LatePolicy.course = str(course)
    # Formgrader shows what students wrote: sanitized, and with formulas that need no script.
    c.HTMLExporter.preprocessors = ["proctor.nbgrader_plugin.formgrader.Sanitize"]
    c.HTMLExporter.filters = {
        "markdown2html": "proctor.nbgrader_plugin.formgrader.markdown2html",
        "highlight_code": "proctor.nbgrader_plugin.formgrader.highlight_code",
    }
    sandbox_files()


def install() -> None:
    """Put our classes in the place of nbgrader's, for its commands and for formgrader: no setting does that."""
    for name, (adapter, command) in ADAPTERS.items():
        for module in (nbgrader.converters, nbgrader.apps.api, command):
            setattr(module, name, adapter)
