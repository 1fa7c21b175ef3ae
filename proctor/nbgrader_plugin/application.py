"""A course's configuration as nbgrader's commands read it, without what they import to do their work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_core.application import JupyterApp
from nbgrader.coursedir import CourseDirectory
from traitlets import Instance, Unicode
from traitlets.config.application import Application, catch_config_error

from proctor.batch.plan import Course
from proctor.course import CONFIG, SETTINGS_ONLY, Exercise
from proctor.grading.settings import Grading
from proctor.nbgrader_plugin.late_plugin import LatePlugin

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMER = (
    "NbGrader", "NbGraderConfig", "BasicConfig", "BaseNbGraderApp", "BaseApp", "TransferApp", "Exchange",
)  # fmt: skip
"""Sections that may hold settings under a former name, which nbgrader's own applications translate."""
STEPS = ("Autograde", "BaseConverter", "BaseNbConvertApp")
"""Sections of what an adapter of ours has by inheritance: hooks, permissions, students to create."""


class CourseApp(JupyterApp):
    """Application that reads Jupyter's configuration, and that of the course in the current folder."""

    name = "nbgrader"
    config_file_name = Unicode(Path(CONFIG).stem)
    coursedir = Instance(CourseDirectory, allow_none=True)

    @catch_config_error
    def initialize(self, argv: Any = None) -> None:
        """Read the configuration; as with nbgrader, the course's files can be imported by it."""
        sys.path.insert(0, str(Path.cwd()))
        super().initialize(argv)
        self.coursedir = CourseDirectory(parent=self)

    def load_config_file(self, *args: Any, **options: Any) -> None:
        """Read Jupyter's configuration, then the course's."""
        super().load_config_file(*args, **options)
        Application.load_config_file(self, CONFIG, str(Path.cwd()))


def read_course(arguments: Sequence[str]) -> Any:
    """Return an application for the course in the current folder, with its configuration and `coursedir`.

    The arguments are those of the command line, as nbgrader's commands take them.
    """
    token = SETTINGS_ONLY.set(True)
    try:
        app = CourseApp(raise_config_file_errors=True)
        app.initialize(list(arguments))
        if any(section in app.config for section in FORMER):
            from nbgrader.apps import AutogradeApp

            app = AutogradeApp(raise_config_file_errors=True)
            app.initialize(list(arguments))
        return app
    finally:
        SETTINGS_ONLY.reset(token)


def course_of(app: Any) -> Course:
    """Return what an application for a course would grade."""
    if any(section in app.config for section in STEPS):
        from proctor.nbgrader_plugin.adapters import Autograde

        return Autograde(coursedir=app.coursedir, parent=app).course()
    directory = app.coursedir
    return Course(
        exercise=Exercise(directory.assignment_id, directory, Grading(config=app.config).tests_directory),
        config=app.config,
        penalty_rule=LatePlugin(app),
        permissions=0o664 if directory.groupshared else 0o444,
    )
