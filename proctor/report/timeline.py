"""The chart of points over the time of handing in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from proctor.report.charts import MARGIN, _svg, _text, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

TOP, GROUND = 10.0, 130.0
LEFT = 34.0
"""Room for the points at the vertical axis."""


def timeline(handed_in: Sequence[tuple[dt.datetime, float, bool]], full: float, width: int) -> Markup:
    """Draw a dot for each submission: when it came, and its points; those that lateness cost something are marked.

    Args:
        handed_in: time, points and lateness of each, in order of the times.
        full: the points that can be achieved.
        width: in units of the drawing.
    """
    begin, end = handed_in[0][0], handed_in[-1][0]
    span = max((end - begin).total_seconds(), 1.0)
    room = width - LEFT - MARGIN - 8

    def x(time: dt.datetime) -> float:
        return LEFT + 4 + room * (time - begin).total_seconds() / span

    def y(points: float) -> float:
        return GROUND - (GROUND - TOP) * min(max(points / full, 0.0), 1.0) if full else GROUND

    inside = [
        tag("line", x1=LEFT, x2=width - MARGIN, y1=y(value), y2=y(value), class_="axis")
        for value in (0.0, full)
    ]
    inside += [_text(LEFT - 6, y(value) + 4, f"{value:g}", "tick", "end") for value in (0.0, full)]
    inside += [
        tag("circle", cx=x(time), cy=y(points), r=3.2, class_="dot slow" if late else "dot")
        for time, points, late in handed_in
    ]
    inside += [
        _text(x(day), GROUND + 18, f"{day:%-d %b}", "tick", "middle")
        for day in _days(begin, end, int(room / 60))
    ]
    label = f"Points of {len(handed_in)} submissions by the time of handing in, {begin:%-d %B} to {end:%-d %B %Y}."
    return _svg(width, GROUND + 24, label, inside, class_="strip")


def _days(begin: dt.datetime, end: dt.datetime, most: int) -> list[dt.datetime]:
    """Return the midnights between two times, not more than so many; the beginning if there is none."""
    first = begin.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    count = (end - first).days + 1 if end >= first else 0
    step = -(-count // max(most, 1)) or 1
    return [first + dt.timedelta(days=day) for day in range(0, count, step)] or [begin]
