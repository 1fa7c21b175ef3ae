"""Show what has been handed in, graded and reviewed, and which grades are stale, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from proctor.batch.survey import GONE
from proctor.batch.survey import states as states_of
from proctor.cli.course import add_exercise, open_course, print_json
from proctor.nbgrader_plugin.application import course_of

if TYPE_CHECKING:
    import argparse

GRADED = "graded, up to date"
FEW = 10
"""So many students without a submission are named; --students names all."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add_exercise(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON; see docs/commands.md")
    parser.add_argument("--students", action="store_true", help="a line for each student")


def run(args: argparse.Namespace) -> int:
    """Print the status; returns 0 if all that was handed in has an up-to-date grade, else 1."""
    course = course_of(open_course(args.course, args.exercise))
    states = {student: reason or GRADED for student, reason in sorted(states_of(course).items())}
    review = course.facts.to_review & set(states)
    undone = sum(state != GRADED for state in states.values())
    if args.json:
        students = {each: {"state": state, "review": each in review} for each, state in states.items()}
        print_json(assignment=args.exercise, students=students)
        return 1 if undone else 0
    for state, count in Counter(states.values()).most_common():
        print(f"{count:5}  {state}")
    if review:
        print(f"{len(review):5}  wait for a review by hand")
    if args.students:
        wide = max(map(len, states))
        print()
        for student, state in states.items():
            print(f"{student:{wide}}  {state}{'; waits for a review by hand' if student in review else ''}")
    gone = [student for student, state in states.items() if state == GONE]
    if stale := undone - len(gone):
        print(f"\n`proctor grade {args.exercise}` grades these {stale}; with --dry-run it writes nothing.")
    if gone:
        names = ", ".join(gone[:FEW]) + f" and {len(gone) - FEW} more" * (len(gone) > FEW)
        print(f"\nNothing in submitted/ is left of {names}. `proctor collect` brings it in again, and")
        print("`proctor forget STUDENT` deletes the student, with the grades in all exercises.")
    return 1 if undone else 0
