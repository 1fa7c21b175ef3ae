"""Grade all submissions that are new, many at a time, and save the grades in the gradebook.

The same as `nbgrader autograde`, with the submissions spread over the cores of this machine or of a Dask
cluster. It can be stopped at any time; the same command goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joblib import cpu_count
from nbgrader.api import Gradebook
from nbgrader.apps import AutogradeApp

from proctor.batch.cluster import cluster_crew
from proctor.batch.display import Bar, print_summary
from proctor.batch.grading import grade
from proctor.batch.plan import Wish
from proctor.batch.results import Tally
from proctor.batch.workers import local_crew
from proctor.course import course_folder
from proctor.errors import UserError, WorkersUnavailable
from proctor.nbgrader_plugin.autograde import course_of

if TYPE_CHECKING:
    import argparse
    from types import FrameType

    from proctor.batch.plan import Course


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("exercise", help="the assignment, such as exercise4")
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder [default: this one]")
    parser.add_argument("--student", nargs="+", default=[], metavar="S", help="grade only these")
    parser.add_argument("--force", action="store_true", help="grade also what has been graded before")
    parser.add_argument("--dry-run", action="store_true", help="show whose grade would change; write nothing")
    parser.add_argument("--jobs", type=int, metavar="N", help="workers [default: one for each core]")
    parser.add_argument("--json", action="store_true", help="print the result as JSON; see docs/commands.md")
    parser.add_argument(
        "--cluster", metavar="ADDRESS", help="use a Dask cluster, such as tcp://scheduler:8786"
    )


def run(args: argparse.Namespace) -> int:
    """Grade; returns 0 if all were graded, 1 if some need the teaching assistant, 130 after Ctrl-C."""
    begun = time.monotonic()
    if args.jobs is not None and args.jobs < 1:
        raise UserError(f"--jobs {args.jobs}: at least one worker is needed.")
    if args.jobs is not None and args.cluster:
        raise UserError("--jobs is for this machine; a cluster has as many workers as it has.")
    course, wish, tally = _course(args), _wish(args), Tally()
    with Bar(args.exercise) as bar, stopped_by_signals():
        ended = _grade(course, wish, _crew(args), tally, bar)
    if args.json:
        known = {"version": 1, "assignment": args.exercise, "dry_run": args.dry_run}
        print(json.dumps(known | tally.as_dict(), indent=1, ensure_ascii=False))
    elif tally.total:
        print_summary(tally, time.monotonic() - begun, rehearsal=args.dry_run)
    return ended if ended is not None else tally.status


def load_course(course: Path, *, verbose: bool = False) -> AutogradeApp:
    """Go into a course and load its configuration the way nbgrader does.

    Raises:
        UserError: it is no course.
    """
    os.chdir(course_folder(course))
    app = AutogradeApp(raise_config_file_errors=True)
    app.initialize(["--log-level=WARN" if verbose else "--log-level=CRITICAL"])
    return app


def open_course(course: Path, exercise: str, *, verbose: bool = False) -> AutogradeApp:
    """Load a course for one of its exercises.

    Raises:
        UserError: it is no course, or its gradebook does not know the exercise.
    """
    app = load_course(course, verbose=verbose)
    app.coursedir.assignment_id = exercise
    _refuse_unknown(app.coursedir)
    return app


def _course(args: argparse.Namespace) -> Course:
    """Prepare the grading, and refuse what cannot be graded."""
    course = course_of(open_course(args.course, args.exercise, verbose=args.verbose))
    for student in args.student:
        folder = course.exercise.submitted(student)
        if not folder.is_dir():
            raise UserError(f"--student {student}: there is no submission in {folder}.")
    return course


def _wish(args: argparse.Namespace) -> Wish:
    crowding = 1.0 if args.cluster else (args.jobs or cpu_count()) / cpu_count()
    return Wish(
        frozenset(args.student), force=args.force, rehearsal=args.dry_run, crowding=max(1.0, crowding)
    )


def _crew(args: argparse.Namespace) -> Any:
    """Return what opens the workers."""
    if args.cluster:
        return partial(cluster_crew, args.cluster)
    return partial(local_crew, args.jobs or cpu_count(), Path.cwd())


def _refuse_unknown(directory: Any) -> None:
    """Refuse an assignment that the gradebook does not know."""
    name = directory.assignment_id
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        known = [assignment.name for assignment in gradebook.assignments]
    if name not in known:
        among = f" (it knows {', '.join(known)})" if known else ""
        raise UserError(
            f"The gradebook does not know {name}{among}. `nbgrader generate_assignment {name}` tells it."
        )


def _grade(course: Course, wish: Wish, open_crew: Any, tally: Tally, bar: Bar) -> int | None:
    """Grade; returns an exit status if that ended early, with the reason on stderr."""
    try:
        grade(course, wish, open_crew, tally, bar.show)
    except KeyboardInterrupt:
        return _ended_early(130, f"Stopped with {tally.total - tally.done} still to grade; nothing is lost.")
    except WorkersUnavailable as error:
        if not tally.graded:
            raise
        return _ended_early(1, str(error))
    return None


def _ended_early(status: int, reason: str) -> int:
    print(f"proctor grade: {reason} The same command goes on.", file=sys.stderr)
    return status


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
