"""Ideas to teach again: those of the notebook, by the points that a class lost for want of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proctor.report.items import begun, readable, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proctor.criteria.outcome import Verdict
    from proctor.report.gathering import Classroom, Submission
    from proctor.report.items import Item
    from proctor.report.lesson import Lesson, Place

MOST = 4
LEAST = 0.05
"""Share of the students that makes an idea worth teaching again."""


@dataclass(frozen=True)
class Idea:
    """Something that the notebook teaches at a place, if it has a text on it, and how it was understood.

    Attributes:
        cells: the graded cells that ask for it.
        lost: the points that wrong answers cost, on average over the class.
        students: how many gave at least one wrong answer.
        begun: how many have begun at least one of the cells.
        mistakes: the most frequent recognised mistakes, and how many made each.
    """

    place: Place | None
    cells: tuple[str, ...]
    lost: float
    students: int
    begun: int
    mistakes: tuple[tuple[str, int], ...]


def ideas(classroom: Classroom, items: Sequence[Item], lesson: Lesson) -> list[Idea]:
    """Return the ideas to teach again, the one that cost most points first; none that hardly anyone missed."""
    by_place: dict[Place | None, list[str]] = {}
    for cell in classroom.worth:
        by_place.setdefault(lesson.find(cell), []).append(cell)
    known = list(filter(readable, classroom.submissions))
    found = []
    for place, cells in by_place.items():
        verdicts = [_on(submission, cells) for submission in known]
        missed = [each for each in verdicts if any(wrong(verdict.outcome) for verdict in each)]
        tried = sum(map(begun, verdicts))
        lost = sum(item.lost for item in items if item.cell in cells)
        mistakes = Counter(
            name for each in missed for name in {verdict.misconception for verdict in each} - {""}
        )
        ordered = sorted(mistakes.items(), key=lambda pair: (-pair[1], pair[0]))
        found.append(Idea(place, tuple(cells), lost, len(missed), tried, tuple(ordered[:3])))
    worth_it = [idea for idea in found if idea.students >= max(2, LEAST * len(known))]
    return sorted(worth_it, key=lambda idea: -idea.lost)[:MOST]


def not_begun(classroom: Classroom, parts: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
    """Return each part of the notebook that students left untouched, and how many did."""
    known = list(filter(readable, classroom.submissions))
    counts = [
        (part, sum(not begun(_on(submission, cells)) for submission in known))
        for part, cells in parts.items()
    ]
    return [(part, count) for part, count in counts if count]


def _on(submission: Submission, cells: Sequence[str]) -> list[Verdict]:
    return [verdict for cell, verdict in submission.verdicts if cell in cells]
