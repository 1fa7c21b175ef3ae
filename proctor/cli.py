"""The command line: `proctor COMMAND`, one module of :mod:`proctor.commands` for each command."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from proctor.commands import Refusal
from proctor.light import leave_out

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "collect": ("collect", "bring a learning platform's download into submitted/"),
    "grade": ("grade", "grade all submissions that are new"),
    "status": ("status", "show what is graded, and which grades are stale"),
    "extend": ("extend", "give a student more time"),
    "feedback": ("feedback", "write a page of feedback for each student"),
    "comments": ("comments", "give a comment to all who made the same mistake"),
    "report": ("report", "write a page on how the class did and what to teach again"),
    "return": ("give_back", "write grades and feedback for a learning platform"),
    "forget": ("forget", "delete everything about one student"),
}
"""Module and purpose of each command, in the order in which a semester needs them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0 if all went well, 2 for what cannot be done, 130 after Ctrl-C, else the command's own.
    """
    leave_out()
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="proctor", description="Collects, grades, returns and reports.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = None
    for name, (module, purpose) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if given[:1] == [name]:  # the others are not needed, and take a second to import
            chosen = import_module(f"proctor.commands.{module}")
            command.description = chosen.__doc__
            chosen.add_arguments(command)
            run = chosen.run
    args = parser.parse_args(given)
    try:
        return int(run(args)) if run else 2
    except Refusal as refusal:
        print(f"proctor {args.command}: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"proctor {args.command}: stopped", file=sys.stderr)
        return 130
