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


@dataclass(frozen=True)
class Graded:
    """A submission that was graded.

    Attributes:
        student: whose it is.
        points: what it earned.
        worth: what it could earn.
        seconds: how long it took, on the clock.
        look: why somebody should have a look at it, in words.
    """

    student: str
    points: float
    worth: float
    seconds: float
    look: tuple[str, ...] = ()

    @classmethod
    def of(cls, student: str, notebooks: Iterable[Any], seconds: float) -> Graded:
        """Sum up the graded notebooks of a submission."""
        points = worth = 0.0
        look: dict[str, None] = {}
        for notebook in notebooks:
            for report in reports_of(notebook).values():
                points, worth = points + report.points, worth + report.worth
                strange = {verdict.outcome for verdict in report.verdicts} & set(STRANGE)
                look |= dict.fromkeys(sorted(outcome.value for outcome in strange))
            look |= dict.fromkeys(notebook.metadata.get("proctor", {}).get("notices", []))
        return cls(student, points, worth, seconds, tuple(look))


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
