"""Check an exercise before its release: the solution, its hidden tests, its points and its files.

The solution must earn all points and the untouched release none. Each criterion has to fail by a mistake: one that the
exercise names, or a small change of the solution. Nothing is written. What runs is the course's own code.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from proctor.authoring.check import check, check_in_sandbox
from proctor.authoring.master import masters
from proctor.cli.course import add_exercise, print_json
from proctor.course import Exercise, open_course, read_config
from proctor.grading.settings import Grading

if TYPE_CHECKING:
    import argparse

    from proctor.authoring.findings import Checked

MARKS = {True: "✓", False: "✗", None: "?"}
UNNOTICED = {True: "nothing that was tried", False: "the solution itself", None: ""}
"""Words in the place of the mistake by which a criterion fails, if there is none, by whether the solution passes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add_exercise(parser)
    parser.add_argument("--json", action="store_true", help="print it as JSON; see docs/commands.md")
    parser.add_argument("--no-sandbox", action="store_true", help="leave out the run in a sandbox")


def run(args: argparse.Namespace) -> int:
    """Check; returns 0 if the exercise can be released, else 1."""
    directory = open_course(args.course)
    config = read_config(Path(directory.root))
    exercise = Exercise(args.exercise, directory, Grading(config=config).tests_directory)
    notebooks = masters(exercise)
    console = Console(stderr=True)
    found = []
    for master in notebooks:
        with console.status(f"{master.name}: solution, release, mistakes"):
            checked = check(exercise, master, notebooks, config)
            if checked.passed and not args.no_sandbox:
                check_in_sandbox(checked, exercise, master, config)
        found.append(checked)
    if args.json:
        print_json(assignment=args.exercise, notebooks=[each.as_dict() for each in found])
    else:
        for checked in found:
            _print(checked)
    return 0 if all(checked.passed for checked in found) else 1


def _print(checked: Checked) -> None:
    console = Console(soft_wrap=False, highlight=False)
    if checked.rows:
        console.print(_table(checked))
        spent = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in checked.seconds.items())
        console.print(f"{checked.tried} mistake{'' if checked.tried == 1 else 's'} tried; {spent}.")
    for finding in sorted(checked.findings, key=lambda each: not each.serious):
        mark = MARKS[False] if finding.serious else "-"
        where = f"{finding.cell}: " if finding.cell else ""
        console.print(f"{mark} {where}{finding.says}", markup=False)
    if checked.passed:
        worth = sum(row.worth for row in checked.rows)
        points = f"{worth:g} point{'' if worth == 1 else 's'} by tests"
        console.print(f"{checked.notebook} can be released: {points}.", markup=False)


def _table(checked: Checked) -> Table:
    table = Table(title=checked.notebook, title_justify="left")
    table.add_column("graded cell, criterion", no_wrap=True)
    table.add_column("points", justify="right")
    table.add_column("solution", justify="center")
    table.add_column("release", justify="center")
    table.add_column("fails, for example, by")
    for cell, rows in groupby(checked.rows, key=lambda row: row.cell):
        table.add_row(cell)
        for row in rows:
            noticed = escape(row.noticed) or UNNOTICED[row.solution]
            marks = MARKS[row.solution], MARKS[row.release]
            table.add_row(f"  {row.criterion.removeprefix('test_')}", f"{row.worth:g}", *marks, noticed)
    return table
