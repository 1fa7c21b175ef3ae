"""Write a course of your own, which runs at once: settings, a small exercise with a hidden test, .gitignore, README.

Nothing is asked, and nothing is overwritten. With --from, what a course of nbgrader's own lacks is added to it: the
lines that bring the sandbox in, at the end of its nbgrader_config.py, and a .gitignore. All else stays as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from proctor.authoring.new_course import EXERCISE, complete_course, write_course
from proctor.errors import UserError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="the new course's folder")
    parser.add_argument(
        "--from", type=Path, dest="existing", metavar="EXISTING", help="a course of nbgrader's own, to be completed"
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Write; returns 0."""
    if (args.folder is None) == (args.existing is None):
        raise UserError("name the FOLDER of a new course, or a course of nbgrader's own by --from.")
    folder = args.folder or args.existing
    written = write_course(folder) if args.folder else complete_course(folder)
    for path in written:
        print(path)
    go = "" if folder.resolve() == Path.cwd() else f"`cd {folder}` and "
    exercise = f"{EXERCISE}`." if args.folder else "EXERCISE`, for one of its exercises."
    print(f"Next: {go}`proctor check {exercise}" if written else f"{folder} lacks nothing.")
    return 0
