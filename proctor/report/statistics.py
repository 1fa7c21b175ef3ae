"""Statistics of a class: the distribution of its points, means of cells, CPU times, and times of handing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from proctor.feedback.blocks import parts_of
from proctor.report import items, outliers

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from proctor.report.gathering import Classroom
    from proctor.report.lesson import Lesson, Place


@dataclass(frozen=True)
class CellRows:
    """A graded cell in the table of criteria: its title, the mean of its points, where it is taught, its criteria."""

    grade_id: str
    title: str
    worth: float
    mean: float
    place: Place | None
    items: tuple[items.Item, ...]


def points(classroom: Classroom) -> dict[str, Any]:
    """Return the figures of the distribution of points."""
    every = [each.scores.points for each in classroom.submissions]
    low, median, high = (float(value) for value in np.percentile(every, [25, 50, 75]))
    return {
        "all": every,
        "low": low,
        "median": median,
        "high": high,
        "mean": float(np.mean(every)),
        "deviation": float(np.std(every, ddof=1)) if len(every) > 1 else 0.0,
        "complete": sum(value >= classroom.full - 1e-9 for value in every),
        "late": [each.scores.penalty for each in classroom.submissions if each.scores.penalty],
        "by_hand": sum(bool(each.scores.by_hand) for each in classroom.submissions),
        "open": sum(bool(each.scores.open) for each in classroom.submissions),
        "unreadable": sum(not items.readable(each) for each in classroom.submissions),
    }


def cells_of_parts(classroom: Classroom) -> dict[str, list[str]]:
    """Return the graded cells of each part of the notebook."""
    parts: dict[str, list[str]] = {}
    for notebook in classroom.release.values():
        for part, cells in parts_of(notebook).items():
            parts.setdefault(part, []).extend(cell for cell in cells if cell in classroom.worth)
    known = {cell for cells in parts.values() for cell in cells}
    rest = [cell for cell in classroom.worth if cell not in known]
    return parts | ({"Other": rest} if rest else {})


def cell_rows(
    classroom: Classroom, cells: Sequence[str], rows: Sequence[items.Item], lesson: Lesson
) -> list[CellRows]:
    """Return the rows of the table of criteria for graded cells."""
    titles = {cell: report.title for each in classroom.submissions for cell, report in each.reports.items()}
    found = []
    for cell in cells:
        title = titles.get(cell, cell.replace("_", " "))
        mean = float(np.mean([each.scores.cells.get(cell, 0.0) for each in classroom.submissions]))
        own = tuple(row for row in rows if row.cell == cell)
        found.append(CellRows(cell, title, classroom.worth[cell], mean, lesson.find(cell), own))
    return found


def cpu_times(classroom: Classroom) -> dict[str, Any]:
    """Return the CPU times, and who is slow."""
    spent = [(each, outliers.cpu_seconds(each)) for each in classroom.submissions]
    known = [(each, seconds) for each, seconds in spent if seconds is not None]
    every = [seconds for _, seconds in known]
    slow = outliers.slow_from(every)
    slowest = sorted((pair for pair in known if pair[1] > slow), key=lambda pair: -pair[1])
    return {
        "all": every,
        "slow_from": slow,
        "slow": [(each, seconds, each.facts.get("wall_seconds")) for each, seconds in slowest],
        "median": float(np.median(every)) if every else 0.0,
        "total": sum(every),
    }


def handed_in(classroom: Classroom) -> list[tuple[dt.datetime, float, bool]]:
    """Return when each submission came, its points, and whether lateness cost something."""
    scores = [each.scores for each in classroom.submissions]
    return sorted((each.time, each.points, each.penalty > 0) for each in scores if each.time is not None)
