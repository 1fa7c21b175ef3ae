"""Write what a learning platform takes back: the grades as its own table, the feedback as its own zip.

Points are the gradebook's, with manual scores and after penalties for lateness.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import Gradebook, MissingEntry

from proctor.batch.grading import states as states_of
from proctor.batch.plan import CannotGrade
from proctor.collect import CollectError
from proctor.collect.roster import people_in, read_roster
from proctor.commands import Refusal
from proctor.commands.grade import open_course
from proctor.nbgrader_plugin.autograde import course_of
from proctor.spreadsheet import Table, TableError, parse_table, read_table
from proctor.upload import UploadError, canvas, grades, ilias, moodle
from proctor.upload.parcel import write_parcel
from proctor.upload.results import Course, Result, results

if TYPE_CHECKING:
    import argparse

    from proctor.collect.record import Origin

PLATFORMS = ("moodle", "ilias", "canvas", "csv")
TEMPLATES = {
    "moodle": "Moodle's grading worksheet (assignment > Download grading worksheet)",
    "canvas": "Canvas's gradebook export (Grades > Export)",
}
UPLOADS = {
    "moodle": "grades.csv: assignment > Upload grading worksheet; feedback.zip: > Upload multiple feedback files",
    "ilias": "feedback.zip: exercise > Submissions and Grades > Multi-Feedback; on StudOn it brings the marks too",
    "canvas": "grades.csv: Grades > Import; feedback.zip: the assignment's page > Upload Submissions",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("exercise", help="the assignment, such as exercise4")
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder [default: this one]")
    parser.add_argument(
        "--platform", choices=PLATFORMS, required=True, help="csv is nbgrader's own table, grades only"
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
        "--column", default="", help="Canvas: the assignment's name there, if it is another one"
    )
    parser.add_argument(
        "--passing", type=float, metavar="POINTS", help="ILIAS: the status is passed from here on"
    )
    parser.add_argument(
        "--partial", action="store_true", help="go on without those for whom something is missing"
    )


def run(args: argparse.Namespace) -> int:
    """Write the folder; returns 0, or 1 if somebody is not in it."""
    template = _template(args)
    roster_path = args.roster.resolve() if args.roster else None
    target = args.to.resolve() if args.to else None
    app = open_course(args.course, args.exercise)
    course = Course(Path.cwd(), args.exercise, app.coursedir.db_url, app.coursedir.course_id)
    target = target or course.folder / "exports" / f"{args.exercise}-{args.platform}"
    try:
        roster = read_roster(roster_path) if roster_path else None
        people = course.people(args.platform, roster)
        if not people:
            raise Refusal(f"nobody has handed in {args.exercise}: submitted/ is empty")
        found, missing = results(course, people, _stale(app), feedback=args.platform != "csv")
        if args.platform != "csv":
            missing |= {
                each.student: _stranger(args) for each in found if each.origin.platform != args.platform
            }
        ready = [each for each in found if each.student not in missing]
        others = _others(template, people)
        files, problems = _parcel(args, course, ready, template)
        missing |= problems
        if missing and not args.partial:
            raise Refusal(
                f"nothing was written, for {len(missing)} of {len(people)}: {_listed(missing)}. {_advice(args, missing)}"
            )
        paths = write_parcel(target, files)
    except (CollectError, UploadError) as error:
        raise Refusal(str(error)) from None
    _print(args, paths, len(people) - len(missing), missing)
    if others:
        print(f"No submission here, and left as they are in the template: {_some(others, '; ')}")
    return 1 if missing else 0


def _others(template: Table | None, people: dict[str, Origin]) -> list[str]:
    """Return who is in the template and has not handed in."""
    numbers = {origin.platform_id for origin in people.values()}
    listed = people_in(template) if template is not None else []
    return [each.name or f"{each.first} {each.last}" for each in listed if each.platform_id not in numbers]


def _parcel(
    args: argparse.Namespace, course: Course, ready: list[Result], template: Table | None
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the files for the platform, and who cannot be in them, with the reason."""
    if args.platform == "csv":
        return {"grades.csv": grades.grades(course)}, {}
    if args.platform == "ilias":
        status, problems = ilias.grades(ready, template, args.passing)
        able = [each for each in ready if each.student not in problems]
        return {"status.csv": status, "feedback.zip": ilias.feedback(able, args.exercise, status)}, problems
    if template is None:
        raise Refusal(f"give {TEMPLATES[args.platform]} as --template")
    if args.platform == "moodle":
        table, problems = moodle.grades(ready, template)
        able = [each for each in ready if each.student not in problems]
        return {"grades.csv": table, "feedback.zip": moodle.feedback(able)}, problems
    table, problems = canvas.grades(ready, template, args.exercise, args.column)
    able = [each for each in ready if each.student not in problems]
    files, unnamed = canvas.feedback(able, {each.student: _graded(course, each.student) for each in able})
    return {"grades.csv": table, "feedback.zip": files}, problems | unnamed


def _template(args: argparse.Namespace) -> Table | None:
    """Read the template; StudOn's may be in the download that it came in."""
    path = args.template
    if path is None:
        return None
    try:
        if not zipfile.is_zipfile(path) or path.suffix.casefold() != ".zip":
            return read_table(path)
        if args.platform in TEMPLATES:
            raise Refusal(f"{path} is a zip: give {TEMPLATES[args.platform]} as --template")
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.rpartition("/")[2] == "status.csv"]
            if len(names) != 1 or archive.getinfo(names[0]).file_size > 2**26:
                raise Refusal(f"{path} has no status.csv in it")
            return parse_table(archive.read(names[0]), names[0])
    except (TableError, zipfile.BadZipFile, OSError) as error:
        raise Refusal(str(error)) from None


def _stale(app: Any) -> dict[str, str]:
    """Return whose grade is out of date, and why."""
    try:
        states = states_of(course_of(app))
    except CannotGrade as error:
        raise Refusal(str(error)) from None
    return {student: reason for student, reason in states.items() if reason}


def _graded(course: Course, student: str) -> canvas.Graded:
    """Find a student's graded notebook and the comments on it."""
    notebook = min((course.folder / "autograded" / student / course.assignment).glob("*.ipynb"))
    with Gradebook(course.database, course.course_id) as gradebook:
        try:
            found = gradebook.find_submission_notebook(notebook.stem, course.assignment, student).comments
            comments = {each.name: each.comment for each in found if each.comment}
        except MissingEntry:
            comments = {}
    return canvas.Graded(notebook, comments)


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
    """Say for whom what is missing, each reason once."""
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
    if args.platform in UPLOADS:
        print(UPLOADS[args.platform])
    if missing:
        print("Not in it:")
        for student, reason in sorted(missing.items()):
            print(f"  {student} {reason}")
