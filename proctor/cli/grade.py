"""Grade all submissions that are new, many at a time, and save the grades in the gradebook.

The same as `nbgrader autograde`, with the submissions spread over the cores of this machine or of a Dask
cluster. It can be stopped at any time; the same command goes on.
"""

from __future__ import annotations

import contextlib
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.batch.grading import grade
from proctor.batch.plan import RunOptions
from proctor.batch.results import Progress
from proctor.cli.course import (
    add_exercise,
    add_jobs,
    open_course,
    print_json,
    refuse_no_worker,
    stopped_by_signals,
)
from proctor.errors import UserError, WorkersUnavailable
from proctor.nbgrader_plugin.application import course_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from proctor.batch.plan import Course


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add_exercise(parser)
    add = parser.add_argument
    add("--student", nargs="+", default=[], metavar="S", help="grade only these")
    add("--force", action="store_true", help="grade also what has been graded before")
    add("--dry-run", action="store_true", help="show whose grade would change; write nothing")
    add_jobs(parser)
    add("--json", action="store_true", help="print the result as JSON; see docs/commands.md")
    add("--cluster", metavar="ADDRESS", help="use a Dask cluster, such as tcp://scheduler:8786")


def run(args: argparse.Namespace) -> int:
    """Grade; returns 0 if all were graded, 1 if some need the teaching assistant, 130 after Ctrl-C."""
    begun = time.monotonic()
    refuse_no_worker(args.jobs)
    if args.jobs is not None and args.cluster:
        raise UserError("--jobs is for this machine; a cluster has as many workers as it has.")
    course, options, progress = _course(args), _run_options(args), Progress()
    with _bar(args.exercise) as show, stopped_by_signals():
        ended = _grade(course, options, partial(_open_pool, args), progress, show)
    if args.json:
        print_json(assignment=args.exercise, dry_run=args.dry_run, **progress.as_dict())
    elif progress.total:
        from proctor.batch.display import print_summary

        print_summary(progress, time.monotonic() - begun, rehearsal=args.dry_run)
    return ended if ended is not None else progress.status


@contextlib.contextmanager
def _bar(exercise: str) -> Iterator[Callable[[Progress], None]]:
    """Show a progress bar where stderr is a terminal; yields what brings it up to date."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from proctor.batch.display import Bar

    with Bar(exercise) as bar:
        yield bar.show


def _course(args: argparse.Namespace) -> Course:
    """Prepare the grading, and refuse what cannot be graded."""
    course = course_of(open_course(args.course, args.exercise, verbose=args.verbose))
    for student in args.student:
        folder = course.exercise.submitted(student)
        if not folder.is_dir():
            raise UserError(f"--student {student}: there is no submission in {folder}.")
    return course


def _run_options(args: argparse.Namespace) -> RunOptions:
    crowding = max(1.0, args.jobs / _cores()) if args.jobs else 1.0
    return RunOptions(frozenset(args.student), force=args.force, rehearsal=args.dry_run, crowding=crowding)


def _cores() -> int:
    """Return how many cores this process may use."""
    from loky import cpu_count

    return int(cpu_count())


def _open_pool(args: argparse.Namespace, longest: float) -> Any:
    """Open the workers (called once there is something to grade)."""
    if args.cluster:
        from proctor.batch.cluster import cluster_pool

        return cluster_pool(args.cluster, longest)
    from proctor.batch.workers import local_pool

    return local_pool(args.jobs or _cores(), Path.cwd(), longest=longest)


def _grade(
    course: Course, options: RunOptions, open_pool: Any, progress: Progress, show: Callable[[Progress], None]
) -> int | None:
    """Grade; returns an exit status if that ended early, with the reason on stderr."""
    try:
        grade(course, options, open_pool, progress, show)
    except KeyboardInterrupt:
        status = 130
        reason = f"Stopped with {progress.total - progress.done} still to grade; nothing is lost."
    except WorkersUnavailable as error:
        if not progress.graded:
            raise
        status, reason = 1, str(error)
    else:
        return None
    print(f"proctor grade: {reason} The same command goes on.", file=sys.stderr)
    return status
