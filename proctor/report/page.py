"""Page of the class report: one HTML file that needs nothing else, no script, no font, no network.

The template escapes all that is not marked as HTML, and only our own renderers mark; the page's own policy forbids
scripts, should anything of a submission ever get past that.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from proctor.criteria.outcome import Outcome
from proctor.feedback.blocks import exercise_title, parts_of
from proctor.feedback.environment import templates
from proctor.feedback.markdown import render as render_markdown
from proctor.report import charts, items, outliers
from proctor.report.lesson import Lesson, Place, ideas, not_begun
from proctor.report.pseudonyms import Pseudonyms
from proctor.report.similar_pairs import compare

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    import jinja2

    from proctor.report.gathering import Classroom

WIDTHS = (("wide", 760), ("narrow", 350))
"""Pictures with text in them are drawn for a desk and for a phone; the page shows the one that fits."""


@dataclass(frozen=True)
class CellRows:
    """A graded cell on the page: what it is about, the mean of its points, and its criteria."""

    grade_id: str
    title: str
    worth: float
    mean: float
    place: Place | None
    items: tuple[items.Item, ...]


def page(classroom: Classroom, when: dt.datetime, *, names: bool = False, images: Path | None = None) -> str:
    """Return the page about a class, which says when it was written, and calls students by their names or not.

    The notebook's pictures are relative to the folder of images, if there is one.
    """
    lesson = Lesson(classroom.release)
    rows = items.items(classroom)
    called = {each.student: each.marks.name for each in classroom.submissions}
    pseudonyms = Pseudonyms(called | dict.fromkeys(dict(classroom.troubles), ""), names=names)
    # Neither the order of students nor the numbers of teams may say more than the page does.
    students = sorted(classroom.submissions, key=lambda each: (-each.marks.points, pseudonyms[each.student]))
    taught = ideas(classroom, rows, lesson)
    by_part = _cells_of_parts(classroom)
    parts = [(part, _rows(classroom, members, rows, lesson)) for part, members in by_part.items()]
    cells = [cell for _, members in parts for cell in members]
    places = dict.fromkeys(cell.place for cell in cells if cell.place is not None)
    return _template().render(
        title=next(filter(None, map(exercise_title, classroom.release.values())), classroom.assignment),
        classroom=classroom,
        when=when,
        names=names,
        pseudonyms=pseudonyms,
        points=_points(classroom),
        ideas=taught,
        not_begun=not_begun(classroom, by_part),
        parts=parts,
        titles={cell.grade_id: cell.title for cell in cells},
        judged=max((item.students for item in rows), default=0),
        with_values=any(item.discrimination for item in rows),
        weak=[item for item in rows if item.discriminates_badly],
        misconceptions=[
            (name, where, count, lesson.find(where[0][0]))
            for name, where, count in items.misconceptions(classroom)
        ],
        stops=outliers.stops(classroom),
        time=_time(classroom),
        handed_in=_handed_in(classroom),
        students=students,
        teams=list(dict.fromkeys(each.team for each in students if each.team)),
        odd=_odd(classroom),
        similar=compare(classroom),
        lessons=[(place, _excerpt(place, images)) for place in places],
        widths=WIDTHS,
    )


def _points(classroom: Classroom) -> dict[str, Any]:
    """Return the figures of the distribution of points."""
    points = [each.marks.points for each in classroom.submissions]
    low, median, high = (float(value) for value in np.percentile(points, [25, 50, 75]))
    return {
        "all": points,
        "low": low,
        "median": median,
        "high": high,
        "mean": float(np.mean(points)),
        "deviation": float(np.std(points, ddof=1)) if len(points) > 1 else 0.0,
        "complete": sum(value >= classroom.full - 1e-9 for value in points),
        "late": [each.marks.penalty for each in classroom.submissions if each.marks.penalty],
        "by_hand": sum(bool(each.marks.by_hand) for each in classroom.submissions),
        "open": sum(bool(each.marks.open) for each in classroom.submissions),
        "unreadable": sum(not items.readable(each) for each in classroom.submissions),
    }


def _cells_of_parts(classroom: Classroom) -> dict[str, list[str]]:
    """Return the graded cells of each part of the notebook."""
    parts: dict[str, list[str]] = {}
    for notebook in classroom.release.values():
        for part, cells in parts_of(notebook).items():
            parts.setdefault(part, []).extend(cell for cell in cells if cell in classroom.worth)
    known = {cell for cells in parts.values() for cell in cells}
    rest = [cell for cell in classroom.worth if cell not in known]
    return parts | ({"Other": rest} if rest else {})


def _rows(
    classroom: Classroom, cells: Sequence[str], rows: Sequence[items.Item], lesson: Lesson
) -> list[CellRows]:
    """Return the rows of the table of criteria for graded cells."""
    titles = {cell: report.title for each in classroom.submissions for cell, report in each.reports.items()}
    found = []
    for cell in cells:
        title = titles.get(cell, cell.replace("_", " "))
        mean = float(np.mean([each.marks.cells.get(cell, 0.0) for each in classroom.submissions]))
        own = tuple(row for row in rows if row.cell == cell)
        found.append(CellRows(cell, title, classroom.worth[cell], mean, lesson.find(cell), own))
    return found


def _time(classroom: Classroom) -> dict[str, Any]:
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


def _handed_in(classroom: Classroom) -> list[tuple[dt.datetime, float, bool]]:
    """Return when each submission came, its points, and whether lateness cost something."""
    marks = [each.marks for each in classroom.submissions]
    return sorted((each.time, each.points, each.penalty > 0) for each in marks if each.time is not None)


def _odd(classroom: Classroom) -> dict[str, Any]:
    """Return what grading noted, by notice, and what else does not fit."""
    return {
        "noted": [(each, noted) for each in classroom.submissions if (noted := outliers.notices(each))],
        "unsandboxed": sum(each.facts.get("sandboxed") is False for each in classroom.submissions),
        "versions": outliers.versions(classroom),
    }


MEDIA = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}
"""Media types of pictures, by the end of their files' names."""


def _excerpt(place: Place, images: Path | None) -> Markup:
    """Render a text cell of the release, with its pictures, if they are PNG, JPEG or GIF."""
    found = {}
    for path in sorted(images.rglob("*.*")) if images else []:
        name, kind = path.relative_to(images or path).as_posix(), MEDIA.get(path.suffix)
        if kind and name in place.source:
            found[name] = f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    return Markup(render_markdown(place.source, found, 3))  # noqa: S704  it keeps a short list of tags


def bar(item: items.Item) -> Markup:
    """Draw how a criterion ended."""
    kinds = ("passed", "failed", "stopped", "undone")
    ordered = sorted(Outcome, key=lambda outcome: kinds.index(outcome.kind))
    parts = [(each.kind, item.outcomes[each], each.value) for each in ordered if each in item.outcomes]
    return charts.stack(parts, item.students)


def people(count: int, one: str = "student", many: str = "") -> str:
    """Write a number of people or things."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """Write a share in whole percent; all and nothing are only what is exactly that."""
    rounded = round(100 * share)
    if 0 < share < 1:
        rounded = min(max(rounded, 1), 99)
    return f"{rounded} %"


@cache
def _template() -> jinja2.Template:
    environment = templates("proctor.report")
    environment.filters |= {
        "percent": percent,
        "minus": lambda value: f"{value:.2f}".replace("-", "\N{MINUS SIGN}"),
    }
    drawing = (charts.histogram, charts.strip, charts.stack, charts.timeline, charts.whisker, bar, people)
    environment.globals |= {each.__name__: each for each in drawing}
    environment.globals |= {"few": items.FEW, "enough": items.ENOUGH, "low": items.LOW}
    return environment.get_template("report.html.j2")
