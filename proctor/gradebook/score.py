"""Score of a graded cell, as the gradebook keeps it; `criteria.outcome.CellReport` adds up its criteria."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """The points of a graded cell: given by the grader, given by a person, and what was added."""

    automatic: float | None = None
    manual: float | None = None
    extra: float | None = None

    @property
    def points(self) -> float:
        """Return the points that count: the manual score before the automatic one, and extra credit on top."""
        given = self.automatic if self.manual is None else self.manual
        return 0.0 if given is None else given + (self.extra or 0.0)
