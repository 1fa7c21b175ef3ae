"""Display of a run at the terminal: a bar while it lasts, a table when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from proctor.batch.results import Change, Graded, Tally

SHOWN = 20
"""Lines of a list at the end; a class of hundreds would push the summary off the screen."""

SLOW = 3
"""Number of the slowest that are named."""


class Rate(ProgressColumn):
    """Submissions in a second, or, for slow ones, seconds for a submission."""

    def render(self, task: Task) -> Text:
        """Return the rate of the last half minute."""
        speed = task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{1 / speed:.1f} s each")


class Bar:
    """A progress bar on stderr; nothing where that is not a terminal."""

    def __init__(self, exercise: str) -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn(exercise),
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[outcomes]}"),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None, outcomes="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, tally: Tally) -> None:
        """Bring the bar up to date."""
        look = sum(bool(graded.look) for graded in tally.graded)
        outcomes = [f"{len(tally.graded)} graded"]
        outcomes += [f"{look} to look at"] if look else []
        outcomes += [f"[red]{len(tally.failed)} not graded[/red]"] if tally.failed else []
        # What is skipped costs no time, and would spoil the rate.
        skipped = len(tally.up_to_date) + len(tally.penalties)
        total, done = tally.total - skipped, tally.done - skipped
        self._progress.update(self._task, total=total, completed=done, outcomes=", ".join(outcomes))


def print_summary(tally: Tally, seconds: float, *, rehearsal: bool = False) -> None:
    """Print who was graded, what was slow, whose grade changed, who needs a look, who could not be graded."""
    console = Console(highlight=False)
    table = Table.grid(padding=(0, 2))
    graded = sorted(tally.graded, key=lambda one: one.student)
    pace = f"{seconds / len(graded):.2f} s each, {seconds:.0f} s in all" if graded else ""
    table.add_row(f"{len(graded)}", "graded, nothing was written" if rehearsal else "graded", pace)
    table.add_row(
        f"{len(tally.up_to_date)}",
        "up to date, skipped",
        "--force grades them again" * bool(tally.up_to_date),
    )
    if tally.penalties:
        table.add_row(f"{len(tally.penalties)}", "penalties for lateness counted again", "")
    table.add_row(f"{len(tally.failed)}", "not graded", "")
    table.columns[0].justify = "right"
    console.print(table)
    slowest = sorted(graded, key=lambda one: -one.seconds)[:SLOW]
    _print_list(console, "Slowest", [(one.student, f"{one.seconds:.1f} s") for one in slowest])
    changed = [(one.student, _change(one.change)) for one in graded if one.change]
    _print_list(console, "Grades that would change" if rehearsal else "Changed grades", changed)
    penalties = [
        (name, f"{one.before:g} -> {one.after:g} points off") for name, one in tally.penalties.items()
    ]
    title = "Penalties that would change" if rehearsal else "Changed penalties"
    _print_list(console, title, penalties)
    _print_list(console, "Worth a look", [(one.student, _reasons(one)) for one in graded if one.look])
    _print_list(
        console,
        "Not graded: these need you, not the student. The same command tries them again",
        sorted(tally.failed.items()),
    )


def _change(change: Change) -> str:
    return f"{change.before:g} -> {change.after:g} points: {'; '.join(change.cells)}"


def _reasons(graded: Graded) -> str:
    return f"{graded.points:g} of {graded.worth:g} points: {'; '.join(graded.look)}"


def _print_list(console: Console, title: str, lines: Sequence[tuple[str, str]]) -> None:
    if not lines:
        return
    console.print(f"\n{title}", style="bold")
    table = Table.grid(padding=(0, 2))
    for name, words in lines[:SHOWN]:
        table.add_row(Text(f"  {name}"), Text(words))
    console.print(table)
    if len(lines) > SHOWN:
        console.print(f"  and {len(lines) - SHOWN} more")
