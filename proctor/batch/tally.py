"""What a run of grading has come to: who was graded, who was not, who needs a look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from proctor.grading import reports_of
from proctor.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

STRANGE = (Outcome.TIME, Outcome.MEMORY, Outcome.DIED, Outcome.UNREADABLE)
"""Outcomes that a teaching assistant may want to see with his own eyes."""


Scores = dict[str, tuple[float | None, float | None]]
"""The automatic and the manual score of each graded cell, as far as there is one."""


@dataclass(frozen=True)
class Change:
    """What grading again did to a student's points.

    Attributes:
        before: the points in all, those given by hand included.
        after: the same now.
        cells: how the automatic points of each cell changed, in words.
    """

    before: float
    after: float
    cells: tuple[str, ...]

    @classmethod
    def of(cls, before: Scores, after: dict[str, float]) -> Change | None:
        """Compare a gradebook's scores with new automatic ones; None if nothing changed, or nothing was there.

        A score given by hand stays, whatever the automatic one becomes.
        """
        if all(automatic is None for automatic, _ in before.values()):
            return None
        cells = []
        old_total = new_total = 0.0
        for name in dict.fromkeys([*before, *after]):
            automatic, manual = before.get(name, (None, None))
            old, new = automatic or 0.0, after.get(name, 0.0)
            old_total += old if manual is None else manual
            new_total += new if manual is None else manual
            if old != new:
                stays = "" if manual is None else f" (the {manual:g} given by hand stay)"
                cells.append(f"{name} {old:g} -> {new:g}{stays}")
        return cls(old_total, new_total, tuple(cells)) if cells else None


@dataclass(frozen=True)
class Graded:
    """A submission that was graded.

    Attributes:
        student: whose it is.
        points: what it earned.
        worth: what it could earn.
        seconds: how long it took, on the clock.
        look: why somebody should have a look at it, in words.
        change: what it did to points that were there before.
    """

    student: str
    points: float
    worth: float
    seconds: float
    look: tuple[str, ...] = ()
    change: Change | None = None

    @classmethod
    def of(cls, student: str, notebooks: Iterable[Any], seconds: float, before: Scores) -> Graded:
        """Sum up the graded notebooks of a submission, whose scores were `before`."""
        points = worth = 0.0
        look: dict[str, None] = {}
        after: dict[str, float] = {}
        for notebook in notebooks:
            for name, report in reports_of(notebook).items():
                after[name] = report.points
                points, worth = points + report.points, worth + report.worth
                strange = {verdict.outcome for verdict in report.verdicts} & set(STRANGE)
                look |= dict.fromkeys(sorted(outcome.value for outcome in strange))
            look |= dict.fromkeys(notebook.metadata.get("proctor", {}).get("notices", []))
        return cls(student, points, worth, seconds, tuple(look), Change.of(before, after))


@dataclass
class Tally:
    """The outcome of a run so far.

    Attributes:
        total: how many submissions there are.
        graded: in the order in which they were saved.
        up_to_date: students whose submission had been graded before.
        failed: students who could not be graded by fault of the grader, and why.
    """

    total: int = 0
    graded: list[Graded] = field(default_factory=list)
    up_to_date: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many submissions have been dealt with."""
        return len(self.graded) + len(self.up_to_date) + len(self.failed)

    @property
    def status(self) -> int:
        """The exit status: 1 if somebody could not be graded."""
        return 1 if self.failed else 0
