"""Display of a run at the terminal: a bar while it lasts, a table when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich import progress as columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from proctor.batch.results import Change, GradedStudent, Progress

SHOWN = 20
"""Lines of a list at the end; a class of hundreds would push the summary off the screen."""

SLOW = 3
"""Number of the slowest that are named."""


class Rate(columns.ProgressColumn):
    """Submissions in a second, or, for slow ones, seconds for a submission."""

    def render(self, task: columns.Task) -> Text:
        """Return the rate of the last half minute."""
        speed = task.speed
        if not speed:
            return Text("")
        return Text(f"{speed:.1f}/s" if speed >= 1 else f"{1 / speed:.1f} s each")


class Bar:
    """A progress bar on stderr; nothing where that is not a terminal."""

    def __init__(self, exercise: str) -> None:
        console = Console(stderr=True)
        self._display = columns.Progress(
            columns.TextColumn(exercise),
            columns.BarColumn(),
            columns.MofNCompleteColumn(),
            Rate(),
            columns.TimeRemainingColumn(compact=True),
            columns.TextColumn("{task.fields[outcomes]}"),
            console=console,
            disable=not console.is_terminal,
            refresh_per_second=4,
            transient=True,
        )
        self._task = self._display.add_task("", total=None, outcomes="")

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def show(self, progress: Progress) -> None:
        """Bring the bar up to date."""
        look = sum(bool(graded.look) for graded in progress.graded)
        outcomes = [f"{len(progress.graded)} graded"]
        outcomes += [f"{look} to look at"] if look else []
        outcomes += [f"[red]{len(progress.failed)} not graded[/red]"] if progress.failed else []
        # What is skipped costs no time, and would spoil the rate.
        skipped = len(progress.up_to_date) + len(progress.penalties)
        total, done = progress.total - skipped, progress.done - skipped
        self._display.update(self._task, total=total, completed=done, outcomes=", ".join(outcomes))


def print_summary(progress: Progress, seconds: float, *, rehearsal: bool = False) -> None:
    """Print who was graded, what was slow, whose grade changed, who needs a look, who could not be graded."""
    console = Console(highlight=False)
    table = Table.grid(padding=(0, 2))
    graded = sorted(progress.graded, key=lambda one: one.student)
    pace = f"{seconds / len(graded):.2f} s each, {seconds:.0f} s in all" if graded else ""
    table.add_row(f"{len(graded)}", "graded, nothing was written" if rehearsal else "graded", pace)
    table.add_row(
        f"{len(progress.up_to_date)}",
        "up to date, skipped",
        "--force grades them again" * bool(progress.up_to_date),
    )
    if progress.penalties:
        table.add_row(f"{len(progress.penalties)}", "penalties for lateness counted again", "")
    table.add_row(f"{len(progress.failed)}", "not graded", "")
    table.columns[0].justify = "right"
    console.print(table)
    slowest = sorted(graded, key=lambda one: -one.seconds)[:SLOW]
    _print_list(console, "Slowest", [(one.student, f"{one.seconds:.1f} s") for one in slowest])
    changed = [(one.student, _change(one.change)) for one in graded if one.change]
    _print_list(console, "Grades that would change" if rehearsal else "Changed grades", changed)
    penalties = [
        (name, f"{one.before:g} -> {one.after:g} points off") for name, one in progress.penalties.items()
    ]
    title = "Penalties that would change" if rehearsal else "Changed penalties"
    _print_list(console, title, penalties)
    _print_list(console, "Worth a look", [(one.student, _reasons(one)) for one in graded if one.look])
    _print_list(
        console,
        "Not graded: these need you, not the student. The same command tries them again",
        sorted(progress.failed.items()),
    )


def _change(change: Change) -> str:
    return f"{change.before:g} -> {change.after:g} points: {'; '.join(change.cells)}"


def _reasons(graded: GradedStudent) -> str:
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
