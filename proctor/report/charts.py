"""The report's pictures: small SVGs in the page's own colours, so that they follow its dark mode, too.

Each is a pure function of numbers and returns HTML. Colours are classes of report.css; a screen reader reads the
label of a picture.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup, escape

from proctor.feedback.card import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from proctor.report.items import Discrimination

MOST_BARS = 31
MARGIN, TALLEST, GROUND = 6.0, 150.0, 190.0
"""Of the histogram: space at the sides, height of the highest bar, and where the bars stand."""
RADIUS = 3.2
"""Of the dots of the strip."""
SHORTEST = 0.1
"""Seconds where the axis of times begins at the latest."""
LEFT, RIGHT = -0.5, 1.0
"""The ends of the axis of discriminations; what lies further left is drawn at its end."""


def tag(name: str, *inside: object, **attributes: object) -> Markup:
    """Return an element; what is inside is escaped unless it is HTML, and `class_` stands for class."""
    pairs = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _short(value))
        for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, pairs, Markup("").join(map(escape, inside)))


def _short(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def _svg(width: float, height: float, label: str, inside: Iterable[object], **attributes: object) -> Markup:
    box = f"0 0 {width:g} {height:g}"
    return tag("svg", *inside, viewBox=box, role="img", aria_label=label, **attributes)


def histogram(points: Sequence[float], full: float, width: int) -> Markup:
    """Draw how many earned how much; the bars of the middle half are strong, the median is named.

    Whoever has the full points is in the last bar. The width is in units of the drawing; text keeps its size.
    """
    step = bar_width(full)
    bars = int(full // step) + 1
    counts = np.bincount([place_of(each, step, bars) for each in points], minlength=bars)
    low, median, high = (float(value) for value in np.percentile(points, [25, 50, 75]))
    middle = range(place_of(low, step, bars), place_of(high, step, bars) + 1)
    unit = (width - 2 * MARGIN) / bars
    every = max(1, round(5 / step)) if full >= 5 else 1
    filled = [place for place in range(bars) if counts[place]]
    inside = [_column(place, counts, unit, step, strong=place in middle) for place in filled]
    inside.append(tag("line", x1=MARGIN, x2=width - MARGIN, y1=GROUND, y2=GROUND, class_="axis"))
    inside += [
        _text(MARGIN + (place + 0.5) * unit, GROUND + 18, number(place * step), "tick")
        for place in range(0, bars, every)
    ]
    at = MARGIN + (place_of(median, step, bars) + 0.5) * unit
    # A label at the end of the picture must not leave it.
    inside.append(_text(min(max(at, 50.0), width - 50.0), 12, f"median {number(median)}", "median"))
    inside.append(tag("path", d=f"M{at - 5:.1f} 17h10l-5 6z", class_="mark"))
    label = (
        f"Points of {len(points)} submissions, from {number(min(points))} to {number(max(points))} of "
        f"{number(full)}; median {number(median)}, the middle half from {number(low)} to {number(high)}."
    )
    return _svg(width, GROUND + 26, label, inside, class_="histogram")


def _column(place: int, counts: NDArray[np.int64], unit: float, step: float, *, strong: bool) -> Markup:
    """Draw one bar of the histogram, with its number."""
    count = int(counts[place])
    tall = TALLEST * count / int(counts.max())
    x, y = MARGIN + place * unit, GROUND - tall
    box = tag(
        "rect", tag("title", f"{number(place * step)} points: {count}"), x=x + unit * 0.08, y=y, width=unit * 0.84,
        height=tall, rx=2, class_="bar strong" if strong else "bar",
    )  # fmt: skip
    return Markup("<g>%s%s</g>") % (box, _text(x + unit / 2, y - 4, str(count), "count"))


def bar_width(full: float) -> float:
    """Return how many points a bar of the histogram is wide: 1, 2, 5, 10 ..."""
    steps = [factor * 10.0**power for power in range(4) for factor in (1, 2, 5)]
    return next((step for step in steps if full / step < MOST_BARS), steps[-1])


def place_of(points: float, step: float, bars: int) -> int:
    """Return the bar that points belong to; extra points beyond the full ones belong to the last."""
    return min(max(int((points + 1e-9) // step), 0), bars - 1)


def stack(parts: Sequence[tuple[str, int, str]], total: int) -> Markup:
    """Draw parts of a whole as one bar: of each the class of the colour, how many, and the word for it."""
    inside, x = [], 0.0
    for kind, count, words in parts:
        share = 100 * count / total if total else 0.0
        if count:
            inside.append(
                tag("rect", tag("title", f"{words}: {count} of {total}"), x=x, y=0, width=share, height=10,
                    class_=kind)
            )  # fmt: skip
        x += share
    label = ", ".join(f"{words}: {count}" for _, count, words in parts if count) or "none"
    return _svg(100, 10, f"{label}; of {total}", inside, preserveAspectRatio="none", class_="stack")


def whisker(discrimination: Discrimination, *, bad: bool = False) -> Markup:
    """Draw a correlation with its interval on an axis from LEFT to RIGHT, with lines at 0 and 0.2."""
    inside = [
        tag("line", x1=_at(0), x2=_at(0), y1=0, y2=18, class_="zero"),
        tag("line", x1=_at(0.2), x2=_at(0.2), y1=0, y2=18, class_="low"),
    ]
    label = f"{discrimination.value:.2f}, 95 % interval {discrimination.low:.2f} to {discrimination.high:.2f}"
    ends = {"x1": _at(discrimination.low), "x2": _at(discrimination.high)}
    kind = "bad" if bad else "good"
    inside += [
        tag("line", **ends, y1=9, y2=9, class_=f"reach {kind}"),
        tag("circle", tag("title", label), cx=_at(discrimination.value), cy=9, r=4.5, class_=f"dot {kind}"),
    ]
    return _svg(120, 18, label, inside, class_="whisker")


def _at(value: float) -> float:
    return 6 + 108 * (min(max(value, LEFT), RIGHT) - LEFT) / (RIGHT - LEFT)


def strip(seconds: Sequence[float], slow: float, width: int) -> Markup:
    """Draw a dot for each submission on a logarithmic axis of seconds; dots of about the same time are piled up.

    The dots of submissions that are slow, which they are from some seconds on, have another colour.
    """
    shortest, longest = max(min([*seconds, 1.0]), SHORTEST), max([*seconds, 10.0])
    breadth, ground = width - 2 * MARGIN, 72.0

    def at(value: float) -> float:
        return float(np.log(max(value, shortest) / shortest) / np.log(longest / shortest))

    columns = int(breadth / (2 * RADIUS + 0.6))
    piles = Counter(min(int(columns * at(value)), columns - 1) for value in seconds)
    rise = min(2 * RADIUS + 0.6, (ground - 2 * RADIUS - 4) / max([*piles.values(), 1]))
    inside = [
        tag("circle", cx=MARGIN + (column + 0.5) * breadth / columns, cy=ground - RADIUS - 1 - level * rise, r=RADIUS,
            class_="dot slow" if (column + 0.5) / columns > at(slow) else "dot")
        for column, count in sorted(piles.items())
        for level in range(count)
    ]  # fmt: skip
    inside.append(tag("line", x1=MARGIN, x2=width - MARGIN, y1=ground, y2=ground, class_="axis"))
    for value in ticks(shortest, longest):
        x = MARGIN + breadth * at(value)
        anchor = "start" if x < 20 else "end" if x > width - 30 else "middle"
        inside.append(_text(x, ground + 18, f"{value:g} s", "tick", anchor))
    middle = float(np.median(seconds)) if len(seconds) else 0.0
    label = f"CPU time of {len(seconds)} submissions: half below {middle:.1f} s, at most {longest:.1f} s."
    return _svg(width, ground + 24, label, inside, class_="strip")


def ticks(shortest: float, longest: float) -> list[float]:
    """Return the round numbers of a logarithmic axis: 1, 2, 5, 10 ..., or only 1, 10 ... if it is long."""
    factors = (1, 2, 5) if longest / shortest < 300 else (1,)
    every = [factor * 10.0**power for power in range(-2, 6) for factor in factors]
    return [value for value in every if shortest <= value <= longest]


def timeline(handed_in: Sequence[tuple[dt.datetime, float, bool]], full: float, width: int) -> Markup:
    """Draw a dot for each submission: when it came, and its points; those that lateness cost something are marked.

    `handed_in` has time, points and lateness of each, in order of the times.
    """
    begin, end = handed_in[0][0], handed_in[-1][0]
    span, top, ground, left = max((end - begin).total_seconds(), 1.0), 10.0, 130.0, 34.0
    breadth = width - left - MARGIN - 8

    def x(time: dt.datetime) -> float:
        return left + 4 + breadth * (time - begin).total_seconds() / span

    def y(points: float) -> float:
        return ground - (ground - top) * min(max(points / full, 0.0), 1.0) if full else ground

    inside = [
        tag("line", x1=left, x2=width - MARGIN, y1=y(value), y2=y(value), class_="axis")
        for value in (0.0, full)
    ]
    inside += [_text(left - 6, y(value) + 4, f"{value:g}", "tick", "end") for value in (0.0, full)]
    inside += [
        tag("circle", cx=x(time), cy=y(points), r=RADIUS, class_="dot slow" if late else "dot")
        for time, points, late in handed_in
    ]
    for day in _days(begin, end, int(breadth / 60)):
        inside.append(_text(x(day), ground + 18, f"{day:%-d %b}", "tick"))
    label = f"Points of {len(handed_in)} submissions by the time of handing in, {begin:%-d %B} to {end:%-d %B %Y}."
    return _svg(width, ground + 24, label, inside, class_="strip")


def _days(begin: dt.datetime, end: dt.datetime, most: int) -> list[dt.datetime]:
    """Return the midnights between two times, not more than so many; the beginning if there is none."""
    first = begin.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
    count = (end - first).days + 1 if end >= first else 0
    step = -(-count // max(most, 1)) or 1
    return [first + dt.timedelta(days=day) for day in range(0, count, step)] or [begin]


def _text(x: float, y: float, words: str, kind: str, anchor: str = "middle") -> Markup:
    return tag("text", words, x=x, y=y, class_=kind, text_anchor=anchor)
