"""The course that a command works on, arguments of many commands, and the signals that end one."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.course import course_folder
from proctor.errors import UserError
from proctor.gradebook.facts import known_students, read_facts

if TYPE_CHECKING:
    import argparse
    from types import FrameType


def add_exercise(parser: argparse.ArgumentParser) -> None:
    """Let a command have an exercise, and its course."""
    parser.add_argument("exercise", help="the assignment, such as exercise4")
    add_course(parser)


def add_course(parser: argparse.ArgumentParser) -> None:
    """Let a command have a course."""
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder [default: this one]")


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Let a command have workers; :func:`refuse_no_worker` looks at how many."""
    parser.add_argument("--jobs", type=int, metavar="N", help="workers [default: one for each core]")


def refuse_no_worker(jobs: int | None) -> None:
    """Refuse a number of workers that does nothing."""
    if jobs is not None and jobs < 1:
        raise UserError(f"--jobs {jobs}: at least one worker is needed.")


def print_json(**data: object) -> None:
    """Print a command's result as docs/commands.md describes it."""
    print(json.dumps({"version": 1, **data}, indent=1, ensure_ascii=False))


def load_course(course: Path, *, verbose: bool = False) -> Any:
    """Go into a course and load its configuration the way nbgrader does."""
    from proctor.nbgrader_plugin.application import read_course

    os.chdir(course_folder(course))
    return read_course(["--log-level=WARN" if verbose else "--log-level=CRITICAL"])


def open_course(course: Path, exercise: str, *, verbose: bool = False) -> Any:
    """Load a course for one of its exercises, which its gradebook has to know."""
    app = load_course(course, verbose=verbose)
    app.coursedir.assignment_id = exercise
    refuse_unknown(app.coursedir, exercise)
    return app


def refuse_unknown(directory: Any, name: str) -> None:
    """Refuse an exercise that the gradebook does not know, by a UserError that says which ones it knows."""
    known = read_facts(directory.db_url, name).assignments
    if name not in known:
        among = f" (it knows {', '.join(known)})" if known else ""
        raise UserError(
            f"The gradebook does not know {name}{among}. `nbgrader generate_assignment {name}` tells it."
        )


def doubt(directory: Any, student: str) -> str:
    """Return why an id may be misspelt, or "": the course knows others, and not this one."""
    folders = Path(directory.root, directory.submitted_directory).glob("*/")
    known = {path.name for path in folders} | known_students(directory.db_url)
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
