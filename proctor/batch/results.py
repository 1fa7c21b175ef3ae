"""Results of a run of grading: who was graded, who was not, who needs a look."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from proctor.gradebook.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proctor.gradebook.lateness import Penalties
    from proctor.gradebook.marks import Marks

Scores = dict[str, Score]
"""The score of each graded cell, as far as there is one."""


@dataclass(frozen=True)
class Change:
    """Change of a student's points by grading again.

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
        if all(score.automatic is None for score in before.values()):
            return None
        cells = []
        old_total = new_total = 0.0
        for name in dict.fromkeys([*before, *after]):
            was, new = before.get(name, Score()), after.get(name, 0.0)
            old = was.automatic or 0.0
            old_total += was.points
            new_total += replace(was, automatic=new).points
            if old != new:
                stays = "" if was.manual is None else f" (the {was.manual:g} given by hand stay)"
                cells.append(f"{name} {old:g} -> {new:g}{stays}")
        return cls(old_total, new_total, tuple(cells)) if cells else None


@dataclass(frozen=True)
class GradedStudent:
    """A student whose submission was graded.

    Attributes:
        student: the student's id.
        points: what it earned, by tests and by hand.
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
    def of(cls, student: str, marks: Iterable[Marks], seconds: float, before: Scores) -> GradedStudent:
        """Sum up the marks of a submission's notebooks, whose scores were `before`."""
        marks = list(marks)
        scores = {name: score for one in marks for name, score in one.scores.items()}
        after = {name: score for name, score in scores.items() if score is not None}
        look = dict.fromkeys(words for one in marks for words in one.look)
        now = before | {
            name: replace(before.get(name, Score()), automatic=each) for name, each in scores.items()
        }
        points, worth = sum(each.points for each in now.values()), sum(one.worth for one in marks)
        return cls(student, points, worth, seconds, tuple(look), Change.of(before, after))


@dataclass
class Progress:
    """The outcome of a run so far.

    Attributes:
        total: how many submissions there are.
        graded: in the order in which they were saved.
        up_to_date: students whose submission had been graded before.
        penalties: of students whose penalty for lateness was counted again, before and after.
        failed: students who could not be graded by fault of the grader, and why.
    """

    total: int = 0
    graded: list[GradedStudent] = field(default_factory=list)
    up_to_date: list[str] = field(default_factory=list)
    penalties: dict[str, Penalties] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """Return the number of submissions that have been dealt with."""
        return len(self.graded) + len(self.up_to_date) + len(self.penalties) + len(self.failed)

    @property
    def status(self) -> int:
        """The exit status: 1 if somebody could not be graded."""
        return 1 if self.failed else 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for scripts; docs/commands.md describes the keys."""
        graded = {each.student: asdict(each) for each in sorted(self.graded, key=lambda one: one.student)}
        for facts in graded.values():
            del facts["student"]
        return {
            "graded": graded,
            "up_to_date": sorted(self.up_to_date),
            "penalties": {student: asdict(each) for student, each in sorted(self.penalties.items())},
            "failed": dict(sorted(self.failed.items())),
            "left": self.total - self.done,
        }
