"""Give a student more time, for one exercise or for all: `proctor extend ada exercise4 --until "2027-01-22 23:59"`.

The time is written to extensions.json in the course's folder. Penalties of what is graded already are counted again by
the next `proctor grade`, which runs no code for it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from proctor.cli.course import add_course, doubt, load_course, refuse_unknown
from proctor.course import course_lock
from proctor.errors import UserError
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.extensions import NAME, grant
from proctor.nbgrader_plugin.late_policy import LatePolicy

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("student", help="the student's id, as the folder in submitted/ is called")
    parser.add_argument("exercise", nargs="?", default="", help="the assignment [default: all of them]")
    when = parser.add_mutually_exclusive_group(required=True)
    zone = "in the time zone of due dates"
    when.add_argument("--until", metavar="TIME", help=f"such as '2027-01-22 23:59', {zone}")
    when.add_argument("--withdraw", action="store_true", help="take the extension back")
    add_course(parser)


def run(args: argparse.Namespace) -> int:
    """Write the extension; returns 0."""
    app = load_course(args.course)
    if not args.student or "/" in args.student:
        raise UserError(
            f"{args.student!r} is no student's id: ids are the names of the folders in submitted/."
        )
    if args.exercise and not args.withdraw:
        refuse_unknown(app.coursedir, args.exercise)
    zone = LatePolicy(config=app.config).timezone
    time = None if args.withdraw else _time(args.until, zone)
    whom = f"{args.student}/{args.exercise}" if args.exercise else args.student
    with course_lock(Path.cwd(), "proctor extend"):
        grant(Path.cwd(), whom, time)
    what = args.exercise or "all exercises"
    said = "has no extension" if time is None else f"may hand in until {time:%Y-%m-%d %H:%M} ({zone})"
    print(f"{args.student} {said}, for {what}. It is in {NAME}.")
    if time and args.exercise:
        _compare(time, app.coursedir, args.exercise, zone)
    if time and (doubtful := doubt(app.coursedir, args.student)):
        print(f"{doubtful} `--withdraw` takes the extension back.")
    print(f"`proctor grade {args.exercise or 'EXERCISE'}` counts the penalties again.")
    return 0


def _compare(time: dt.datetime, directory: Any, exercise: str, zone: str) -> None:
    """Print that an extension gives no more time, if it ends no later than everybody's time."""
    with open_gradebook(directory.db_url, directory.course_id) as gradebook:
        due = gradebook.find_assignment(exercise).duedate
    if due and time <= due.replace(tzinfo=dt.UTC):
        local = due.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone))
        print(f"It is due on {local:%Y-%m-%d %H:%M}, so that this gives no more time.")


def _time(text: str, zone: str) -> dt.datetime:
    """Return a time with its zone; a day alone means its end."""
    words, _, own = text.strip().rpartition(" ")
    if "/" not in own:
        words, own = text.strip(), zone
    try:
        found = dt.datetime.fromisoformat(words)
        found = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(own))
    except (KeyError, ValueError):
        raise UserError(f"--until {text!r} is no time: write it like '2027-01-22 23:59'.") from None
    return found if ":" in words else found.replace(hour=23, minute=59)
