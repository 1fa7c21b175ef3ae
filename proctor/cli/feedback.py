"""Write a page of feedback for each student, many at a time.

Pages that were made from the grades as they are now are left alone. It can be stopped at any time; the same command
goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loky import cpu_count

from proctor.batch.pages import write_pages
from proctor.cli.course import add_exercise, add_jobs, open_course, refuse_no_worker, stopped_by_signals
from proctor.course import Exercise
from proctor.errors import UserError
from proctor.nbgrader_plugin.adapters import GenerateFeedback

if TYPE_CHECKING:
    import argparse

    from proctor.batch.pages import Written

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add_exercise(parser)
    parser.add_argument("--student", metavar="S", default="*", help="write only this one's page")
    parser.add_argument("--force", action="store_true", help="write also pages that are up to date")
    add_jobs(parser)


def run(args: argparse.Namespace) -> int:
    """Write the pages; returns 0 if everybody who is graded has one, else 1."""
    refuse_no_worker(args.jobs)
    app = open_course(args.course, args.exercise)
    exercise = Exercise(args.exercise, app.coursedir)
    app.coursedir.student_id = args.student
    if args.student != "*" and not exercise.graded(args.student).is_dir():
        raise UserError(f"--student {args.student}: nothing is graded in {exercise.graded(args.student)}.")
    permissions = int(str(GenerateFeedback(coursedir=app.coursedir, parent=app).permissions), 8)
    with stopped_by_signals():
        found = write_pages(exercise, args.jobs or cpu_count(), force=args.force, permissions=permissions)
    _print(found, exercise)
    return 1 if found.failed else 0


def _print(found: Written, exercise: Exercise) -> None:
    print(f"{len(found.written):5}  pages written")
    print(f"{len(found.current):5}  up to date, skipped")
    if found.failed:
        print(f"{len(found.failed):5}  without a page: these need you, not the student")
        for student, reason in list(found.failed.items())[:SHOWN]:
            print(f"         {student}: {reason}")
    print(f"They are in {exercise.page('STUDENT')}.")
