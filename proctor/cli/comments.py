"""List the comments that were written on recognised mistakes, and give one to all who made the same mistake.

A comment of a student's own in that cell is never replaced. --apply says who gets it; --dry-run only says it, and
--undo takes it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proctor.cli.course import add_exercise, refuse_unknown
from proctor.course import Exercise, course_folder, course_lock, exercise_of
from proctor.errors import UserError
from proctor.lms import comments

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add_exercise(parser)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--apply", metavar="KEY", help="give this comment to all who made the mistake")
    choice.add_argument("--undo", metavar="KEY", help="take back what --apply gave")
    parser.add_argument("--dry-run", action="store_true", help="with --apply: only say who would get it")


def run(args: argparse.Namespace) -> int:
    """List, give or take back; returns 0."""
    exercise = exercise_of(course_folder(args.course), args.exercise)
    refuse_unknown(exercise.directory, args.exercise)
    with course_lock(exercise.root, "proctor comments"):
        if args.undo:
            taken = comments.undo(exercise, args.undo)
            print(f"Taken back from {len(taken)}: {', '.join(taken)}" if taken else "Nobody had it any more.")
        elif args.apply:
            _apply(exercise, args.apply, dry=args.dry_run)
        else:
            _list(comments.offers(exercise))
    return 0


def _list(found: list[comments.Offer]) -> None:
    if not found:
        print("No comment was written on a recognised mistake yet.")
    for offer in found:
        print(f"{offer.key}  {offer.cell}: {offer.misconception}")
        print(f"        {offer.text}")
        counts = (
            f"written for {len(offer.have)}; {len(offer.share)} more made the mistake and have no comment"
        )
        print(f"        {counts}")


def _apply(exercise: Exercise, key: str, *, dry: bool) -> None:
    offer = next((each for each in comments.offers(exercise) if each.key == key), None)
    if offer is None:
        raise UserError(f"there is no comment {key}; `proctor comments {exercise.name}` lists them.")
    print(f"{offer.cell}: {offer.text}")
    whom = ", ".join(offer.share)
    print(f"For {len(offer.share)}: {whom}" if offer.share else "Everybody who needs it has it.")
    if offer.share and not dry:
        comments.apply(exercise, offer)
        print(f"`proctor comments {exercise.name} --undo {key}` takes it back.")
        print(f"`proctor feedback {exercise.name}` writes their pages anew.")
