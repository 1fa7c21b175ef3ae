"""List the comments that were written on recognised mistakes, and give one to all who made the same mistake.

A comment of a student's own in that cell is never replaced. --apply says who gets it; --dry-run only says it, and
--undo takes it back.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from proctor.cli.course import refuse_unknown
from proctor.course import course_lock, open_course
from proctor.errors import UserError
from proctor.lms import comments
from proctor.lms.results import Course

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("exercise", help="the assignment, such as exercise4")
    parser.add_argument("--course", type=Path, default=Path(), help="the course's folder [default: this one]")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--apply", metavar="KEY", help="give this comment to all who made the mistake")
    choice.add_argument("--undo", metavar="KEY", help="take back what --apply gave")
    parser.add_argument("--dry-run", action="store_true", help="with --apply: only say who would get it")


def run(args: argparse.Namespace) -> int:
    """List, give or take back; returns 0."""
    directory = open_course(args.course)
    course = Course(Path(directory.root), args.exercise, directory.db_url, directory.course_id)
    refuse_unknown(directory, args.exercise)
    with course_lock(course.folder, "proctor comments"):
        if args.undo:
            _undo(course, args.undo)
        elif args.apply:
            _apply(course, comments.offers(course), args.apply, dry=args.dry_run)
        else:
            _list(comments.offers(course))
    return 0


def _undo(course: Course, key: str) -> None:
    taken = comments.undo(course, key)
    print(f"Taken back from {len(taken)}: {', '.join(taken)}" if taken else "Nobody had it any more.")


def _list(found: list[comments.Offer]) -> None:
    if not found:
        print("No comment was written on a recognised mistake yet.")
    for offer in found:
        print(f"{offer.key}  {offer.cell}: {offer.misconception}")
        print(f"        {offer.text}")
        print(
            f"        written for {len(offer.have)}; {len(offer.share)} more made the mistake and have no comment"
        )


def _apply(course: Course, found: list[comments.Offer], key: str, *, dry: bool) -> None:
    offer = next((each for each in found if each.key == key), None)
    if offer is None:
        raise UserError(f"there is no comment {key}; `proctor comments {course.assignment}` lists them.")
    print(f"{offer.cell}: {offer.text}")
    print(
        f"For {len(offer.share)}: {', '.join(offer.share)}"
        if offer.share
        else "Everybody who needs it has it."
    )
    if offer.share and not dry:
        comments.apply(course, offer)
        print(f"`proctor comments {course.assignment} --undo {key}` takes it back.")
        print(f"`proctor feedback {course.assignment}` writes their pages anew.")
