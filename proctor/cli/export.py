"""Write what a learning platform takes back: the grades as its own table, the feedback as its own zip.

Points are the gradebook's, with manual scores and after penalties for lateness.
"""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.batch.pages import outdated
from proctor.batch.survey import states as states_of
from proctor.cli.course import open_course
from proctor.course import course_lock
from proctor.errors import UserError
from proctor.gradebook.book import open_book
from proctor.gradebook.class_points import Points, points_of
from proctor.lms import tables
from proctor.lms.export import write_export
from proctor.lms.platform import Exported, Graded, Request
from proctor.lms.platforms import PLATFORMS
from proctor.lms.results import Course, results
from proctor.lms.roster import people_in, read_roster
from proctor.lms.spreadsheet import Table, parse_table, read_table
from proctor.nbgrader_plugin.application import course_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from proctor.lms.platform import Result
    from proctor.submission.record import Origin

CHOICES = (*(name for name, each in PLATFORMS.items() if each.upload), "csv")
ONLY = {"criteria": ("csv",), "column": ("canvas", "blackboard"), "passing": ("ilias",)}
"""Options that are not for each platform, and for which they are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("exercise", help="the assignment, such as exercise4")
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder [default: this one]")
    parser.add_argument(
        "--platform", choices=CHOICES, required=True, help="csv is nbgrader's own table, grades only"
    )
    parser.add_argument(
        "--criteria", action="store_true", help="csv: also the points of each graded cell and criterion"
    )
    parser.add_argument(
        "--template", type=Path, metavar="FILE",
        help="what the platform wants back filled in: Moodle's grading worksheet, Canvas's gradebook export, StudOn's "
        "status.csv (or the download that it came in)",
    )  # fmt: skip
    parser.add_argument(
        "--roster", type=Path, metavar="TABLE", help="for students who were not collected; see collect"
    )
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="default: exports/EXERCISE-PLATFORM")
    parser.add_argument(
        "--column", default="", help="Canvas, Blackboard: the assignment's name there, if it is another one"
    )
    parser.add_argument(
        "--passing", type=float, metavar="POINTS", help="ILIAS: the status is passed from here on"
    )
    parser.add_argument(
        "--partial", action="store_true", help="go on without those for whom something is missing"
    )


def run(args: argparse.Namespace) -> int:
    """Write the folder; returns 0, or 1 if somebody is not in it."""
    for name, platforms in ONLY.items():
        if getattr(args, name) and args.platform not in platforms:
            raise UserError(f"--{name} is for --platform {' or '.join(platforms)}")
    template = _template(args)
    roster = read_roster(args.roster) if args.roster else None
    target = args.to.resolve() if args.to else None
    app = open_course(args.course, args.exercise)
    course = Course(Path.cwd(), args.exercise, app.coursedir.db_url, app.coursedir.course_id)
    args.to = target or course.folder / "exports" / f"{args.exercise}-{args.platform}"
    with course_lock(course.folder, "proctor return"):
        return _return(args, course, course.people(args.platform, roster), _stale(app), template)


def _return(
    args: argparse.Namespace,
    course: Course,
    people: dict[str, Origin],
    stale: dict[str, str],
    template: Table | None,
) -> int:
    """Write the folder, while nobody else changes the course."""
    if not people:
        raise UserError(f"nobody has handed in {args.exercise}: submitted/ is empty")
    found, missing = results(course, people, stale, feedback=args.platform != "csv")
    if args.platform != "csv":
        old = dict.fromkeys(outdated(course.exercise), "has feedback from before the last review")
        missing = {student: old[student] for student in old if student in people} | missing
        missing |= {each.student: _stranger(args) for each in found if each.origin.platform != args.platform}
    ready = [each for each in found if each.student not in missing]
    others = _others(template, people)
    exported = _export(args, course, ready, template)
    missing |= exported.problems
    if missing and not args.partial:
        raise UserError(
            f"nothing was written, for {len(missing)} of {len(people)}: {_listed(missing)}. {_advice(args, missing)}"
        )
    paths = write_export(args.to, exported.files)
    _print(args, paths, len(people) - len(missing), missing)
    if others:
        print(f"No submission here, and left as they are in the template: {_some(others, '; ')}")
    return 1 if missing else 0


def _others(template: Table | None, people: dict[str, Origin]) -> list[str]:
    """Return who is in the template and has not handed in."""
    numbers = {origin.platform_id for origin in people.values()}
    listed = people_in(template) if template is not None else []
    return [each.name or f"{each.first} {each.last}" for each in listed if each.platform_id not in numbers]


def _export(
    args: argparse.Namespace, course: Course, ready: list[Result], template: Table | None
) -> Exported:
    """Return the files for the platform, and who cannot be in them, with the reason."""
    if args.platform == "csv":
        return Exported(tables.files(course, criteria=args.criteria))
    request = Request(ready, args.exercise, template, args.column, args.passing, _graded(course))
    return PLATFORMS[args.platform].export(request)


def _template(args: argparse.Namespace) -> Table | None:
    """Read the template; StudOn's may be in the download that it came in."""
    path = args.template
    if path is None:
        return None
    try:
        if not zipfile.is_zipfile(path) or path.suffix.casefold() != ".zip":
            return read_table(path)
        required = PLATFORMS[args.platform].required if args.platform in PLATFORMS else ""
        if required:
            raise UserError(f"{path} is a zip: give {required} as --template")
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.rpartition("/")[2] == "status.csv"]
            if len(names) != 1 or archive.getinfo(names[0]).file_size > 2**26:
                raise UserError(f"{path} has no status.csv in it")
            return parse_table(archive.read(names[0]), names[0])
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(str(error)) from None


def _stale(app: Any) -> dict[str, str]:
    """Return whose grade is out of date, and why."""
    return {student: reason for student, reason in states_of(course_of(app)).items() if reason}


def _graded(course: Course) -> Callable[[str], Graded]:
    """Return a function that finds a student's graded notebook and the comments in it.

    It reads the gradebook once, for the whole class, and only if it is called.
    """

    @cache
    def everybody() -> dict[str, dict[str, Points]]:
        with open_book(course.database, course.course_id) as book:
            return points_of(book, course.assignment)

    def find(student: str) -> Graded:
        path = min(course.exercise.graded(student).glob("*.ipynb"))
        points = everybody().get(student, {}).get(path.stem, Points())
        return Graded(path, {cell: text for cell, text in points.comments.items() if text})

    return find


def _stranger(args: argparse.Namespace) -> str:
    return f"was not collected from {args.platform}"


def _advice(args: argparse.Namespace, missing: dict[str, str]) -> str:
    reasons = set(missing.values())
    ungraded = any("grade" in reason for reason in reasons)
    pageless = any("feedback" in reason for reason in reasons)
    steps = [f"`proctor grade {args.exercise}`"] * ungraded
    steps += [f"`proctor feedback {args.exercise}`"] * (ungraded or pageless)
    steps += ["another --platform, or a --roster with their platform_id"] * (_stranger(args) in reasons)
    helps = " and ".join(steps)
    return (f"{helps[0].upper()}{helps[1:]} may help; " if steps else "") + "--partial goes on without them"


def _listed(missing: dict[str, str]) -> str:
    """Return in words for whom what is missing, each reason once."""
    parts = []
    for reason in dict.fromkeys(missing[student] for student in sorted(missing)):
        students = sorted(student for student, each in missing.items() if each == reason)
        several = f"{reason}: {_some(students, ', ')}"
        parts.append(several if len(students) > 1 else f"{students[0]} {reason}")
    return "; ".join(parts)


def _some(names: list[str], separator: str, most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more


def _print(args: argparse.Namespace, paths: list[Path], count: int, missing: dict[str, str]) -> None:
    for path in paths:
        print(path)
    print(f"{count} students of {args.exercise}.")
    if args.platform in PLATFORMS:
        print(PLATFORMS[args.platform].upload)
    if missing:
        print("Not in it:")
        for student, reason in sorted(missing.items()):
            print(f"  {student} {reason}")
