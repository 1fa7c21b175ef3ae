"""Write a page about a graded class: points, students, criteria, mistakes, notes from grading, similar submissions.

The page is one HTML file that needs no network. Students are numbers in it unless --names is given. The gradebook
and the graded notebooks are only read.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.cli.course import refuse_unknown
from proctor.course import Exercise, open_course, write_whole
from proctor.errors import UserError
from proctor.report.gathering import gather
from proctor.report.page import page

if TYPE_CHECKING:
    import argparse

    from nbgrader.coursedir import CourseDirectory

    from proctor.report.gathering import Classroom

FOLDER = "reports"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("exercise", help="the assignment, such as exercise4")
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder [default: this one]")
    parser.add_argument("--to", type=Path, metavar="FILE", help="where to [default: reports/EXERCISE.html]")
    parser.add_argument("--names", action="store_true", help="call students by their names")


def run(args: argparse.Namespace) -> int:
    """Write the report; returns 0."""
    course = open_course(args.course)
    path = args.to or Path(course.root) / FOLDER / f"{args.exercise}.html"
    if path.is_dir():
        raise UserError(f"--to {path} is a folder; name a file, such as {path / args.exercise}.html.")
    refuse_unknown(course, args.exercise)
    classroom = gather(course, args.exercise)
    images = Exercise(args.exercise, course).released
    now = dt.datetime.now().astimezone()
    text = page(classroom, now, names=args.names, images=images if images.is_dir() else None)
    write_whole(path, text)
    count = len(classroom.submissions)
    print(f"{path}: {count} {'submission' if count == 1 else 'submissions'}")
    if classroom.troubles:
        print(f"{len(classroom.troubles)} could not be read; the page says why, below “CPU time”.")
    ungraded = _ungraded(course, args.exercise, classroom)
    if ungraded:
        print(f"Handed in, but not graded and not in it: {', '.join(ungraded)}")
    return 0


def _ungraded(course: CourseDirectory, exercise: str, classroom: Classroom) -> list[str]:
    """Return who has handed in and has no graded notebook."""
    handed_in = Exercise(exercise, course).students(course.submitted_directory)
    graded = {each.student for each in classroom.submissions} | {student for student, _ in classroom.troubles}
    return sorted(set(handed_in) - graded)
