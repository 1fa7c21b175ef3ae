"""Bring a learning platform's download, or a plain folder or zip of notebooks, into submitted/.

Writes all that can be placed, at once, and says what could not be placed and why; then the exit status is 1.
"""

from __future__ import annotations

import shlex
import textwrap
import zoneinfo
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.cli.course import add_course, doubt, print_json
from proctor.course import course_folder, course_lock, open_course
from proctor.errors import GradebookError, UserError
from proctor.gradebook import database
from proctor.lms.collecting import Job, collect, released
from proctor.lms.platforms import PLATFORMS
from proctor.lms.roster import read_roster

if TYPE_CHECKING:
    import argparse

    from proctor.lms.collecting import Report
    from proctor.lms.roster import Roster

FEW = 10
"""So many new students are named; more are those of a whole class."""


DOWNLOAD = (
    "the zip that the platform gave, or a folder; with --student also a file, or a path in a zip. Without it, --roster "
    "only brings names into the gradebook"
)
ROSTER = (
    "who is in the course, as CSV: columns id, first_name, last_name, name, login, email, platform_id, team; or "
    "Moodle's grading worksheet (which also says when each submission came) or gradebook export, the gradebook of "
    "Canvas or Blackboard, Gradescope's roster, or StudOn's status.csv. Without it, ids are made of what the "
    "platform says"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    add = parser.add_argument
    add("download", type=Path, metavar="DOWNLOAD", nargs="?", help=DOWNLOAD)
    add_course(parser)
    add("--assignment", help="its name in the course (default: the only one in release/)")
    add("--roster", type=Path, metavar="TABLE", help=ROSTER)
    add("--student", metavar="ID", help="all of the download is this student's")
    add("--platform", choices=list(PLATFORMS), help="whose download it is (default: found out)")
    add("--timezone", metavar="ZONE", help="of the platform, as Europe/Berlin (default: this machine's)")
    add("--force", action="store_true", help="replace submissions that may be as late, or later")
    add("--dry-run", action="store_true", help="say what would be done, and write nothing")
    add("--json", action="store_true", help="print the result as JSON; see docs/commands.md")


def run(args: argparse.Namespace) -> int:
    """Collect; returns 0 if everything was placed, 1 if not."""
    course = course_folder(args.course)
    if args.download is None and args.roster is None:
        raise UserError("give a DOWNLOAD, or a --roster, or both")
    try:
        zone = zoneinfo.ZoneInfo(args.timezone) if args.timezone else None
        roster = read_roster(args.roster, zone) if args.roster else None
        doubtful = _doubt(course, args.student, roster) if args.student else ""
        report = _collected(args, course, roster, zone) if args.download else None
        named = _update_names(course, roster) if roster and not args.dry_run else 0
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise UserError(f"there is no time zone {args.timezone!r}; write it as Europe/Berlin") from None
    except OSError as error:
        raise UserError(f"nothing was collected: {error.filename}: {error.strerror}") from None
    if args.json:
        print_json(names_updated=named, **(_as_json(report) if report else {}))
    else:
        if report:
            _print_report(report, args.download, dry=args.dry_run)
            if report.unplaced and roster and roster.unread:
                print(
                    f"The roster's columns {', '.join(roster.unread)} are not known; --help names those that are."
                )
            if doubtful:
                print(f"{doubtful} `proctor forget {args.student}` takes it away again.")
        if named:
            print(f"Names and e-mail addresses of {named} students are in the gradebook now.")
        elif not report:
            print("What the roster says of names and e-mail addresses is in the gradebook already.")
    return 1 if report and (report.unplaced or report.stage.kept) else 0


def _doubt(course: Path, student: str, roster: Roster | None) -> str:
    """Return why the id that was given may be misspelt, or ""."""
    listed = roster.students if roster else ()
    return "" if student in {each.id for each in listed} else doubt(open_course(course), student)


def _collected(
    args: argparse.Namespace, course: Path, roster: Roster | None, zone: zoneinfo.ZoneInfo | None
) -> Report:
    assignment = args.assignment or _only_assignment(course)
    settings = (args.platform, args.student, args.force, args.dry_run)
    return collect(Job(course, assignment, args.download, roster, zone, *settings))


def _update_names(course: Path, roster: Roster) -> int:
    from proctor.lms.results import update_names

    try:
        with course_lock(course, "proctor collect"), database.in_words():
            return update_names(open_course(course), roster)
    except GradebookError as error:
        raise GradebookError(f"{error} Submissions are placed, names are not in the gradebook.") from None


def _as_json(report: Report) -> dict[str, object]:
    """Return what became of a download."""
    stage = report.stage
    return {
        "platform": report.platform.name,
        "assignment": stage.assignment,
        "dry_run": stage.dry,
        "new": stage.new,
        "replaced": stage.changed,
        "same": stage.same,
        "kept": stage.kept,
        "unplaced": [{"what": what, "why": why} for what, why in report.unplaced],
        "left_out": report.left_out,
        "silent": report.silent,
        "submissions": {student: asdict(origin) for student, origin in report.origins.items()},
    }


def _only_assignment(course: Path) -> str:
    """Return the only assignment that is released; refuse to guess."""
    names = released(course)
    if len(names) != 1:
        raise UserError("say which assignment: --assignment " + (" or ".join(names) or "NAME"))
    return names[0]


def _print_report(report: Report, download: Path, *, dry: bool) -> None:
    """Print what became of a download."""
    stage = report.stage
    print(f"{download.name}: a download from {report.platform.title}, for {stage.assignment}")
    counts = (
        ("new", len(stage.new)), ("replaced", len(stage.changed)), ("there already", len(stage.same)),
        ("kept as they are", len(stage.kept)), ("not placed", len(report.unplaced)),
    )  # fmt: skip
    print("  " + ", ".join(f"{count} {what}" for what, count in counts if count))
    _print_times(report)
    if len(stage.new) <= FEW:
        _print_list("New", _filled(stage.new))
    _print_list("Replaced (what was there is in .proctor/replaced)", _filled(stage.changed))
    notes = [f"{student}: {note}" for student, origin in report.origins.items() for note in origin.notes]
    _print_list("To know", notes)
    _print_list("Kept (--force replaces them)", [f"{who}: {why}" for who, why in stage.kept.items()])
    _print_list("Beside the submissions, and left there", report.left_out[:20])
    _print_list("Not placed", [f"{what}: {why}" for what, why in report.unplaced])
    if report.unplaced:
        path = shlex.quote(f"{download}/PATH")
        print(f"What belongs to somebody is placed by `proctor collect {path} --student ID`.")
    _print_list(f"Nothing came from {len(report.silent)}", _filled(report.silent))
    if dry:
        print("Nothing was written (--dry-run).")


def _print_times(report: Report) -> None:
    late = sum(origin.late for origin in report.origins.values())
    known = sum(bool(origin.time) for origin in report.origins.values())
    if report.origins and not known:
        unsaid = f"This download does not say when the submissions came{report.platform.times_advice}."
        print(f"  {unsaid} No lateness is computed for them.")
    elif known < len(report.origins):
        print(f"  For {len(report.origins) - known} of them, nothing says when they came.")
    if late:
        print(f"  {late} marked as late by the platform.")


def _print_list(title: str, lines: list[str]) -> None:
    if lines:
        print(f"{title}:")
        for line in lines:
            print(f"  {line}")


def _filled(names: list[str]) -> list[str]:
    return textwrap.wrap(", ".join(names), 68)
