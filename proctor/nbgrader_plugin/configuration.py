"""`configure(c)`: all that nbgrader_config.py needs, beside its settings."""

from __future__ import annotations

import os
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import Any

SETTINGS_ONLY = ContextVar("SETTINGS_ONLY", default=False)
"""Whether the configuration is read by a command of ours, which uses none of nbgrader's steps."""


def configure(c: Any, course: Path) -> None:
    """Make nbgrader grade our way in a course (called by nbgrader_config.py, before its settings).

    Args:
        c: Jupyter's configuration.
        course: the course's folder.
    """
    # nbgrader looks for alembic on the PATH, where it is not when .venv/bin/nbgrader is called by its path.
    os.environ["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    )
    c.CourseDirectory.root = str(course)
    # An environment inside the course must not make the course visible in the sandbox.
    c.Sandbox.hide = [str(course)]
    c.AssignLatePenalties.plugin_class = "proctor.nbgrader_plugin.late.LatePolicy"
    c.LatePolicy.course = str(course)
    if not SETTINGS_ONLY.get():
        from proctor.nbgrader_plugin.replacement import replace_steps  # noqa: PLC0415  - all of nbgrader: a second

        replace_steps(c)
