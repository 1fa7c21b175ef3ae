"""Page of the class report: one HTML file that needs nothing else, no script, no font, no network.

The template escapes all text; only what our own renderers return is taken as HTML. The page's own policy forbids
scripts, should anything of a submission ever get past that.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from proctor.criteria.outcome import Outcome
from proctor.feedback.blocks import exercise_title
from proctor.feedback.environment import templates
from proctor.feedback.markdown import render as render_markdown
from proctor.report import charts, items, outliers, statistics
from proctor.report.lesson import Lesson, Place, ideas, not_begun
from proctor.report.pseudonyms import Pseudonyms
from proctor.report.similar_pairs import compare

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    import jinja2

    from proctor.report.gathering import Classroom

WIDTHS = (("wide", 760), ("narrow", 350))
"""Pictures with text in them are drawn for a desk and for a phone; the page shows the one that fits."""


def page(classroom: Classroom, when: dt.datetime, *, names: bool = False, images: Path | None = None) -> str:
    """Return the page about a class, which says when it was written, and calls students by their names or not.

    The notebook's pictures are relative to the folder of images, if there is one.
    """
    lesson = Lesson(classroom.release)
    rows = items.items(classroom)
    called = {each.student: each.scores.name for each in classroom.submissions}
    pseudonyms = Pseudonyms(called | dict.fromkeys(dict(classroom.troubles), ""), names=names)
    # Neither the order of students nor the numbers of teams may say more than the page does.
    students = sorted(classroom.submissions, key=lambda each: (-each.scores.points, pseudonyms[each.student]))
    taught = ideas(classroom, rows, lesson)
    by_part = statistics.cells_of_parts(classroom)
    parts = [
        (part, statistics.cell_rows(classroom, members, rows, lesson)) for part, members in by_part.items()
    ]
    cells = [cell for _, members in parts for cell in members]
    places = dict.fromkeys(cell.place for cell in cells if cell.place is not None)
    return _template().render(
        title=next(filter(None, map(exercise_title, classroom.release.values())), classroom.assignment),
        classroom=classroom,
        when=when,
        names=names,
        pseudonyms=pseudonyms,
        points=statistics.points(classroom),
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
        time=statistics.cpu_times(classroom),
        handed_in=statistics.handed_in(classroom),
        students=students,
        teams=list(dict.fromkeys(each.team for each in students if each.team)),
        odd=outliers.noted(classroom),
        similar=compare(classroom),
        lessons=[(place, _excerpt(place, images)) for place in places],
        widths=WIDTHS,
    )


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
