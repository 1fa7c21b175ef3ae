"""The course that a command works on, and the signals that end it."""

from __future__ import annotations

import contextlib
import difflib
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.course import course_folder
from proctor.errors import UserError
from proctor.gradebook.facts import read_facts
from proctor.nbgrader_plugin.application import read_course

if TYPE_CHECKING:
    from types import FrameType


def load_course(course: Path, *, verbose: bool = False) -> Any:
    """Go into a course and load its configuration the way nbgrader does.

    Raises:
        UserError: it is no course.
    """
    os.chdir(course_folder(course))
    return read_course(["--log-level=WARN" if verbose else "--log-level=CRITICAL"])


def open_course(course: Path, exercise: str, *, verbose: bool = False) -> Any:
    """Load a course for one of its exercises.

    Raises:
        UserError: it is no course, or its gradebook does not know the exercise.
    """
    app = load_course(course, verbose=verbose)
    app.coursedir.assignment_id = exercise
    refuse_unknown(app.coursedir, exercise)
    return app


def refuse_unknown(directory: Any, name: str) -> None:
    """Refuse an exercise that the gradebook does not know.

    Raises:
        UserError: it does not know it; says which ones it knows.
    """
    known = read_facts(directory.db_url, name).assignments
    if name not in known:
        among = f" (it knows {', '.join(known)})" if known else ""
        raise UserError(
            f"The gradebook does not know {name}{among}. `nbgrader generate_assignment {name}` tells it."
        )


def doubt(directory: Any, student: str) -> str:
    """Return why an id may be misspelt, or "": the course knows others, and not this one."""
    folders = Path(directory.root, directory.submitted_directory).glob("*/")
    known = {path.name for path in folders} | read_facts(directory.db_url, "").students
    if not known or student in known:
        return ""
    alike = difflib.get_close_matches(student, known, 1)
    return f"{student} is new to this course{f', which knows {alike[0]}' if alike else ''}: is the id right?"


@contextlib.contextmanager
def stopped_by_signals() -> Any:
    """Treat a request to end, and the end of the terminal, like Ctrl-C; the second one is too late."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
