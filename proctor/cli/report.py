"""Write a page about a graded class: points, students, criteria, mistakes, notes from grading, similar submissions.

The page is one HTML file that needs no network. Students are numbers in it unless --names is given. The gradebook
and the graded notebooks are only read.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.cli.course import add_exercise, refuse_unknown
from proctor.course import Exercise, open_course, write_whole
from proctor.errors import UserError
from proctor.report.gathering import gather
from proctor.report.page import page

if TYPE_CHECKING:
    import argparse

    from proctor.report.gathering import Classroom


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add_exercise(parser)
    parser.add_argument("--to", type=Path, metavar="FILE", help="where to [default: reports/EXERCISE.html]")
    parser.add_argument("--names", action="store_true", help="call students by their names")


def run(args: argparse.Namespace) -> int:
    """Write the report; returns 0."""
    exercise = Exercise(args.exercise, open_course(args.course))
    path = args.to or exercise.root / "reports" / f"{args.exercise}.html"
    if path.is_dir():
        raise UserError(f"--to {path} is a folder; name a file, such as {path / args.exercise}.html.")
    refuse_unknown(exercise.directory, args.exercise)
    classroom = gather(exercise.directory, args.exercise)
    images = exercise.released
    now = dt.datetime.now().astimezone()
    text = page(classroom, now, names=args.names, images=images if images.is_dir() else None)
    write_whole(path, text)
    count = len(classroom.submissions)
    print(f"{path}: {count} {'submission' if count == 1 else 'submissions'}")
    if classroom.troubles:
        print(f"{len(classroom.troubles)} could not be read; the page says why, below “CPU time”.")
    if ungraded := _ungraded(exercise, classroom):
        print(f"Handed in, but not graded and not in it: {', '.join(ungraded)}")
    return 0


def _ungraded(exercise: Exercise, classroom: Classroom) -> list[str]:
    """Return who has handed in and has no graded notebook."""
    handed_in = exercise.students(exercise.directory.submitted_directory)
    return sorted(
        set(handed_in) - {each.student for each in classroom.submissions} - {*dict(classroom.troubles)}
    )
