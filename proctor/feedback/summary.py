"""Top of a feedback page: the total, the points of each part, and the advice on where to begin."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.card import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_ADVICE = 3
EPSILON = 1e-9


@dataclass(frozen=True)
class Line:
    """A graded cell with the points that count, from the gradebook.

    Attributes:
        grade_id: the cell, and the anchor of its card.
        title: what it grades, in words.
        points: what counts in the end, also if a person has changed it.
        worth: what it can earn.
        report: the grader's verdicts, if it judged the cell.
        unjudged: of a cell that a person grades, why nobody has done so, in words.
    """

    grade_id: str
    title: str
    points: float
    worth: float
    report: CellReport | None = None
    unjudged: str = ""

    @property
    def by_hand(self) -> bool:
        """Return whether a person has given other points than the grader, or the only ones."""
        if self.unjudged:
            return False
        return self.report is None or abs(self.report.points - self.points) > EPSILON

    @property
    def complete(self) -> bool:
        """Return whether nothing is left to earn."""
        return not self.unjudged and self.points >= self.worth - EPSILON

    @property
    def state(self) -> str:
        """Return in words how it ended."""
        if self.unjudged:
            return self.unjudged
        if self.by_hand:
            return "graded by a person"
        blamed = self.blamed
        if self.complete or blamed is None:
            return "all right"
        return "partly right" if self.points > EPSILON else blamed.outcome.value

    @property
    def blamed(self) -> Verdict | None:
        """The verdict to look at first: neither passed nor waiting for another."""
        verdicts = self.report.verdicts if self.report else ()
        return next((v for v in verdicts if v.outcome not in (Outcome.PASSED, Outcome.WAITING)), None)


@dataclass(frozen=True)
class Part:
    """A part of the exercise and its graded cells, in the order of the release."""

    title: str
    lines: Sequence[Line] = field(default_factory=tuple)

    @property
    def points(self) -> float:
        """The points earned in this part."""
        return sum(line.points for line in self.lines)

    @property
    def worth(self) -> float:
        """The points this part can earn."""
        return sum(line.worth for line in self.lines)


@dataclass(frozen=True)
class Advice:
    """A piece of advice: the cells that it is about, the points that it may bring, and what was seen."""

    lines: tuple[Line, ...]
    verdict: Verdict

    @property
    def points(self) -> float:
        """Return the points that are still to be earned in these cells."""
        return sum(line.worth - line.points for line in self.lines)

    @property
    def unfinished(self) -> bool:
        """Return whether this has not been begun, rather than gone wrong."""
        return self.verdict.outcome is Outcome.UNFINISHED


def advise(lines: Iterable[Line]) -> list[Advice]:
    """Return advice, the most rewarding first.

    What stopped the code comes first, then what is wrong, then what is unfinished; within these, what brings
    most points. Cells that failed for the same reason are one piece of advice.
    """
    reasons: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        verdict = line.blamed
        if verdict is not None and not line.complete:
            reasons.setdefault(_reason(verdict), []).append(line)
    advice = [Advice(tuple(found), found[0].blamed) for found in reasons.values() if found[0].blamed]
    return sorted(advice, key=lambda one: (_urgency(one.verdict), -one.points))


def _reason(verdict: Verdict) -> tuple[object, ...]:
    """Return what verdicts for the same reason have in common.

    All that is not begun; a mistake by its name; an exception by its type and place, as shapes in its text differ from
    one input to the next; anything else by what is said.
    """
    if verdict.outcome is Outcome.UNFINISHED:
        return (verdict.outcome,)
    if verdict.misconception:
        return (verdict.misconception,)
    text, _, place = verdict.hint.partition("\n")
    kind = text.partition(":")[0] if verdict.outcome is Outcome.ERROR and place else text
    return verdict.outcome, kind, place


def in_words(lines: Sequence[Line]) -> str:
    """Sum up in one or two sentences how the graded cells ended."""
    right = sum(line.complete for line in lines)
    if right == len(lines):
        return "Everything that was asked for is there, and it is right."
    unfinished = sum(line.state == Outcome.UNFINISHED.value for line in lines)
    if unfinished == len(lines):
        return "Nothing is implemented yet."
    if all(line.state == Outcome.UNREADABLE.value for line in lines):
        return "Your notebook could not be read, so nothing in it was judged."
    unjudged = Counter(line.unjudged for line in lines if line.unjudged)
    counts = (
        (right, "all right"),
        (len(lines) - right - unfinished - unjudged.total(), "not right yet"),
        (unfinished, "not implemented yet"),
        *((count, words) for words, count in unjudged.items()),
    )
    if len(lines) == 1:
        return f"The graded cell is {next(state for count, state in counts if count)}."
    pieces = [f"{count} {'is' if count == 1 else 'are'} {state}" for count, state in counts if count]
    return f"Of {len(lines)} graded cells, {_listed(pieces)}."


def points_in_words(points: float) -> str:
    """Write points with their unit."""
    return f"{number(points)} {'point' if abs(points - 1) < EPSILON else 'points'}"


def _urgency(verdict: Verdict) -> int:
    if verdict.outcome.stopped:
        return 0
    return 2 if verdict.outcome is Outcome.UNFINISHED else 1


def _listed(pieces: Sequence[str]) -> str:
    return pieces[0] if len(pieces) == 1 else f"{', '.join(pieces[:-1])} and {pieces[-1]}"
