"""The command line: `proctor COMMAND`. Errors become one line on stderr and an exit status here, and nowhere else."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING

from proctor.errors import FULL, GradebookError, ProctorError
from proctor.gradebook import database

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "init": ("init", "write a course of your own, which runs at once"),
    "check": ("check", "check an exercise before its release"),
    "collect": ("collect", "bring a learning platform's download into submitted/"),
    "grade": ("grade", "grade all submissions that are new"),
    "status": ("status", "show what is graded, and which grades are stale"),
    "extend": ("extend", "give a student more time"),
    "feedback": ("feedback", "write a page of feedback for each student"),
    "comments": ("comments", "give a comment to all who made the same mistake"),
    "report": ("report", "write a page on how the class did and what to teach again"),
    "return": ("export", "write grades and feedback for a learning platform"),
    "forget": ("forget", "delete everything about one student"),
    "site": ("site", "write the solved lesson as one page"),
}
"""Module and purpose of each command, in the order in which a semester needs them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0 if all went well, 1 for what is to be mended first, 2 for what cannot be done as it was
        asked, 130 after Ctrl-C, else the command's own.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="proctor", description="Collects, grades, returns and reports.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = None
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, allow_abbrev=False)  # --student is not --students
        command.add_argument(
            "--verbose", action="store_true", help="show what is logged, and where errors arose"
        )
        if given[:1] == [name]:  # the others are not needed, and take a second to import
            chosen = import_module(f"proctor.cli.{module}")
            command.description = chosen.__doc__
            chosen.add_arguments(command)
            run = chosen.run
    args = parser.parse_args(given)
    if args.verbose:
        logging.basicConfig(format="%(message)s")
        logging.getLogger("proctor").setLevel(logging.DEBUG)
    try:
        return int(run(args)) if run else 2
    except KeyboardInterrupt:
        print(f"proctor {args.command}: stopped", file=sys.stderr)
        return 130
    except Exception as error:
        explained = explain(error)
        if explained is None:
            raise
        if args.verbose:
            traceback.print_exc()
        status, sentence = explained
        print(f"proctor {args.command}: {sentence}", file=sys.stderr)
        return status


def explain(error: Exception) -> tuple[int, str] | None:
    """Return the exit status and the sentence for an error, or None for a defect, which is to be seen whole."""
    if isinstance(error, ProctorError):
        return error.status, str(error)
    if gradebook := database.explained(error):
        return GradebookError.status, gradebook
    if isinstance(error, ModuleNotFoundError) and str(error.name).startswith("psycopg"):
        return 2, (
            f"The gradebook is in PostgreSQL, for which {error.name} is not installed: pip install "
            "'proctor[postgresql]', and let c.CourseDirectory.db_url begin with postgresql+psycopg://"
        )
    if isinstance(error, OSError) and error.strerror:
        if error.errno in FULL:
            return 1, "The disk is full. Make room. The same command goes on."
        where = f"{error.filename}: " if error.filename else ""
        return 1, f"{where}{error.strerror}. Nothing more was written; the same command goes on."
    return None
