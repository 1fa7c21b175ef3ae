"""Ideas to teach again: those of the notebook, by the points that a class lost for want of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proctor.report.items import begun, readable, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proctor.criteria.outcome import CellReport
    from proctor.report.gathering import Classroom
    from proctor.report.items import Item
    from proctor.report.lesson import Lesson, Place

MOST = 4
LEAST = 0.05
"""Share of the students that makes an idea worth teaching again."""


@dataclass(frozen=True)
class Idea:
    """Something that the notebook teaches, and how it was understood.

    Attributes:
        place: where it is taught; None if the notebook has no text on it.
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
    known = [submission.reports for submission in classroom.submissions if readable(submission)]
    found = []
    for place, cells in by_place.items():
        missed = [reports for reports in known if _missed(reports, cells)]
        tried = sum(begun(_of(reports, cells)) for reports in known)
        lost = sum(item.lost for item in items if item.cell in cells)
        mistakes = Counter(name for reports in missed for name in _mistakes(reports, cells))
        ordered = sorted(mistakes.items(), key=lambda pair: (-pair[1], pair[0]))
        found.append(Idea(place, tuple(cells), lost, len(missed), tried, tuple(ordered[:3])))
    worth_it = [idea for idea in found if idea.students >= max(2, LEAST * len(known))]
    return sorted(worth_it, key=lambda idea: -idea.lost)[:MOST]


def not_begun(classroom: Classroom, parts: Mapping[str, Sequence[str]]) -> list[tuple[str, int]]:
    """Return each part of the notebook that students left untouched, and how many did."""
    counts = []
    for part, cells in parts.items():
        count = sum(
            not begun(_of(submission.reports, cells))
            for submission in classroom.submissions
            if readable(submission)
        )
        counts.append((part, count))
    return [(part, count) for part, count in counts if count]


def _of(reports: Mapping[str, CellReport], cells: Sequence[str]) -> list[CellReport]:
    return [reports[cell] for cell in cells if cell in reports]


def _missed(reports: Mapping[str, CellReport], cells: Sequence[str]) -> bool:
    return any(wrong(verdict.outcome) for report in _of(reports, cells) for verdict in report.verdicts)


def _mistakes(reports: Mapping[str, CellReport], cells: Sequence[str]) -> set[str]:
    verdicts = [verdict for report in _of(reports, cells) for verdict in report.verdicts]
    return {verdict.misconception for verdict in verdicts if verdict.misconception}
