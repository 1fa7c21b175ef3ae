"""A mistake that students make, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .changes import changed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .changes import Change


@dataclass(frozen=True)
class Mistake:
    """A misconception that students have.

    Attributes:
        name: a slug, unique in the bank.
        part: the solution cell that it is made in, a key of PARTS.
        says: what is different, a sentence for the student who made it.
        question: what leads on.
        costs: the points lost, by grade_id.
        changes: what turns the solution's cell into this one.
        also: the names of other mistakes whose words are true of this one, too.
    """

    name: str
    part: str
    says: str
    question: str
    costs: Mapping[str, float]
    changes: tuple[Change, ...]
    also: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, str]:
        """Return what the student reads. Mistakes of the same words are one misconception."""
        return self.says, self.question

    def source(self) -> str:
        """Return the source of the cell with this mistake; StaleError if it no longer applies."""
        return changed(self.name, self.part, self.changes)
