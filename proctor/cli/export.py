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
from proctor.cli.course import add_exercise, open_course
from proctor.course import Exercise, course_lock
from proctor.errors import UserError
from proctor.gradebook.book import open_book
from proctor.gradebook.class_points import Points, points_of
from proctor.lms import tables
from proctor.lms.platform import CommentedNotebook, Exported, Platform, Request
from proctor.lms.platforms import PLATFORMS
from proctor.lms.results import people, results
from proctor.lms.roster import people_in, read_roster
from proctor.lms.spreadsheet import Table, parse_table, read_table
from proctor.lms.stage import write_export
from proctor.nbgrader_plugin.application import course_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from proctor.submission.record import Origin

CHOICES = (*(name for name, each in PLATFORMS.items() if each.upload), "csv")
TEMPLATE = (
    "what the platform wants back filled in: Moodle's grading worksheet, Canvas's gradebook export, StudOn's status.csv "
    "(or the download that it came in)"
)
ONLY = {"criteria": ("csv",), "column": ("canvas", "blackboard"), "passing": ("ilias",)}
"""Options that are not for each platform, and for which they are."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    add_exercise(parser)
    add = parser.add_argument
    add("--platform", choices=CHOICES, required=True, help="csv is nbgrader's own table, grades only")
    add("--criteria", action="store_true", help="csv: also the points of each graded cell and criterion")
    add("--template", type=Path, metavar="FILE", help=TEMPLATE)
    add("--roster", type=Path, metavar="TABLE", help="for students who were not collected; see collect")
    add("--to", type=Path, metavar="FOLDER", help="default: exports/EXERCISE-PLATFORM")
    add("--column", default="", help="Canvas, Blackboard: the assignment's name there, if it is another one")
    add("--passing", type=float, metavar="POINTS", help="ILIAS: the status is passed from here on")
    add("--partial", action="store_true", help="go on without those for whom something is missing")


def run(args: argparse.Namespace) -> int:
    """Write the folder; returns 0, or 1 if somebody is not in it."""
    for name, platforms in ONLY.items():
        if getattr(args, name) and args.platform not in platforms:
            raise UserError(f"--{name} is for --platform {' or '.join(platforms)}")
    template = _template(args)
    roster = read_roster(args.roster) if args.roster else None
    target = args.to.resolve() if args.to else None
    app = open_course(args.course, args.exercise)
    exercise = Exercise(args.exercise, app.coursedir)
    args.to = target or exercise.root / "exports" / f"{args.exercise}-{args.platform}"
    with course_lock(exercise.root, "proctor return"):
        return _return(args, exercise, people(exercise, args.platform, roster), _stale(app), template)


def _return(
    args: argparse.Namespace,
    exercise: Exercise,
    handed_in: dict[str, Origin],
    stale: dict[str, str],
    template: Table | None,
) -> int:
    """Write the folder, while nobody else changes the course."""
    if not handed_in:
        raise UserError(f"nobody has handed in {args.exercise}: submitted/ is empty")
    found, missing = results(exercise, handed_in, stale, feedback=args.platform != "csv")
    if args.platform != "csv":
        old = [student for student in outdated(exercise) if student in handed_in]
        missing = dict.fromkeys(old, "has feedback from before the last review") | missing
        missing |= {each.student: _stranger(args) for each in found if each.origin.platform != args.platform}
    ready = [each for each in found if each.student not in missing]
    others = _others(PLATFORMS.get(args.platform), template, handed_in)
    if args.platform == "csv":
        exported = Exported(tables.files(exercise, criteria=args.criteria))
    else:
        request = Request(ready, args.exercise, template, args.column, args.passing, _graded(exercise))
        exported = PLATFORMS[args.platform].export(request)
    missing |= exported.problems
    if missing and not args.partial:
        raise UserError(
            f"nothing was written, for {len(missing)} of {len(handed_in)}: {_listed(missing)}. {_advice(args, missing)}"
        )
    paths = write_export(args.to, exported.files)
    _print(args, paths, len(handed_in) - len(missing), missing)
    if others:
        print(f"No submission here, and left as they are in the template: {_some(others, '; ')}")
    return 1 if missing else 0


def _others(platform: Platform | None, template: Table | None, handed_in: dict[str, Origin]) -> list[str]:
    """Return who is in the template and has not handed in."""
    if platform is None or template is None:
        return []
    here = {platform.identify(origin) for origin in handed_in.values()}
    return [each.full_name for each in people_in(template) if platform.identify(each) not in here]


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


def _graded(exercise: Exercise) -> Callable[[str], CommentedNotebook]:
    """Return a function that finds a student's graded notebook and the comments in it.

    It reads the gradebook once, for the whole class, and only if it is called.
    """

    @cache
    def everybody() -> dict[str, dict[str, Points]]:
        with open_book(exercise.directory.db_url, exercise.directory.course_id) as book:
            return points_of(book, exercise.name)

    def find(student: str) -> CommentedNotebook:
        path = min(exercise.graded(student).glob("*.ipynb"))
        points = everybody().get(student, {}).get(path.stem, Points())
        return CommentedNotebook(path, {cell: text for cell, text in points.comments.items() if text})

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
    return f"{helps[:1].upper()}{helps[1:]}{' may help; ' * bool(steps)}--partial goes on without them"


def _listed(missing: dict[str, str]) -> str:
    """Return in words for whom what is missing, each reason once."""
    parts = []
    for reason in dict.fromkeys(missing[student] for student in sorted(missing)):
        first, *more = sorted(student for student, each in missing.items() if each == reason)
        parts.append(f"{reason}: {_some([first, *more], ', ')}" if more else f"{first} {reason}")
    return "; ".join(parts)


def _some(names: list[str], separator: str, most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more


def _print(args: argparse.Namespace, paths: list[Path], count: int, missing: dict[str, str]) -> None:
    print(*paths, sep="\n")
    print(f"{count} students of {args.exercise}.")
    if args.platform in PLATFORMS:
        print(PLATFORMS[args.platform].upload)
    if missing:
        print("Not in it:")
        for student, reason in sorted(missing.items()):
            print(f"  {student} {reason}")
