"""`configure(c)`: all that nbgrader_config.py needs, beside its settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from proctor.course import SETTINGS_ONLY


def configure(c: Any, config_file: str | Path) -> None:
    """Make nbgrader grade our way in a course (nbgrader_config.py calls it, before or after its settings)."""
    given = Path(config_file).resolve()
    course = given if given.is_dir() else given.parent
    # nbgrader looks for alembic on the PATH, where it is not when .venv/bin/nbgrader is called by its path.
    programs, path = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)
    if not path.startswith(programs + os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, path])
    c.CourseDirectory.root = str(course)
    # An environment inside the course must not make the course visible in the sandbox.
    c.Sandbox.hide = [str(course)]
    if "plugin_class" not in c.AssignLatePenalties:  # a course may have its own
        c.AssignLatePenalties.plugin_class = "proctor.nbgrader_plugin.late_policy.LatePolicy"
    c.LatePolicy.course = str(course)
    if not SETTINGS_ONLY.get():
        try:
            from proctor.nbgrader_plugin.replacement import replace_steps
        except ImportError as error:
            # Jupyter would log this and go on with nbgrader's defaults: student code without a sandbox.
            sys.exit(f"nbgrader_config.py: {error}. Nothing was graded. Is the environment complete?")
        replace_steps(c)
