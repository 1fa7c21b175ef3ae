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

COMMANDS: tuple[str, ...] = ("collect", "grade", "status", "report", "return", "forget")
"""In the order in which a semester needs them."""

MODULES = {"return": "give_back"}
"""The module of a command whose name cannot be that of a module."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0 if all went well, 2 for what cannot be done, 130 after Ctrl-C, else the command's own.
    """
    leave_out()
    parser = argparse.ArgumentParser(prog="proctor", description="Collects, grades, returns and reports.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    runs = {}
    for name in COMMANDS:
        module = import_module(f"proctor.commands.{MODULES.get(name, name)}")
        command = commands.add_parser(name, help=module.HELP, description=module.__doc__)
        module.add_arguments(command)
        runs[name] = module.run
    args = parser.parse_args(arguments)
    try:
        return int(runs[args.command](args))
    except Refusal as refusal:
        print(f"proctor {args.command}: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"proctor {args.command}: stopped", file=sys.stderr)
        return 130
