"""The feedback page of one student: what `proctor feedback` writes.

One file that needs nothing else: no script, no font, no picture from anywhere. Its own policy forbids scripts,
should anything of a submission ever get past :mod:`proctor.submission.sanitize`. The template escapes all text; only
what our own renderers return is taken as HTML.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.feedback import card
from proctor.feedback.blocks import blocks, exercise_title, parts_of, stopped
from proctor.feedback.environment import templates
from proctor.feedback.reports import reports_of
from proctor.feedback.summary import MAX_ADVICE, Line, Part, advise, in_words

if TYPE_CHECKING:
    from pathlib import Path

    import jinja2


def page(notebook: Any, release: Any, names: dict[str, Any]) -> str:
    """Write the page.

    Args:
        notebook: graded; its cells' nbgrader metadata hold points, scores and comments, and why there are none yet.
        release: the notebook that students got, from which titles and the parts come.
        names: what the course knows: student, team, assignment, notebook, score, max_score, late_penalty.
    """
    lines = _lines(notebook)
    by_part = parts_of(release)
    parts = [
        Part(title, [lines[name] for name in members if name in lines]) for title, members in by_part.items()
    ]
    known = {name for members in by_part.values() for name in members}
    parts.append(Part("Other", [line for name, line in lines.items() if name not in known]))
    advice = advise(lines.values())
    shown = blocks(notebook, release, lines)
    return _template().render(
        title=exercise_title(release) or names["notebook"],
        student=names["student"],
        team=names.get("team", ""),
        score=float(names["score"]),
        max_score=float(names["max_score"]),
        late_penalty=float(names.get("late_penalty") or 0),
        words=in_words(list(lines.values())) if lines else "",
        advice=advice[:MAX_ADVICE],
        more=len(advice) - MAX_ADVICE,
        remarks=_remarks(lines),
        parts=[part for part in parts if part.lines],
        notices=[str(notice) for notice in notebook.metadata.get("proctor", {}).get("notices", [])],
        stopped=stopped(shown) if advice else [],
        blocks=shown,
    )


def _lines(notebook: Any) -> dict[str, Line]:
    """Collect the graded cells with the points that count."""
    reports = reports_of(notebook)
    lines = {}
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        if not (data.get("grade") or data.get("task")):
            continue
        name = data["grade_id"]
        report = reports.get(name)
        title = report.title if report else name.replace("_", " ")
        points = data.get("score", report.points if report else 0.0)
        unjudged = "" if report else data.get("unjudged", "")
        lines[name] = Line(name, title, float(points), float(data.get("points") or 0), report, unjudged)
    return lines


def _remarks(lines: dict[str, Line]) -> list[tuple[str, Line]]:
    """List the remarks, each once, with the cell where it stands first."""
    found: dict[str, Line] = {}
    for line in lines.values():
        for verdict in line.report.verdicts if line.report else ():
            for remark in verdict.remarks:
                found.setdefault(remark, line)
    return list(found.items())


@cache
def read_release(path: Path) -> Any:
    """Read a release, once for all students; an empty notebook where there is none."""
    if not path.exists():
        return nbformat.v4.new_notebook()
    return nbformat.read(path, as_version=4)


@cache
def _template() -> jinja2.Template:
    environment = templates("proctor.feedback")
    environment.filters["joint"] = card.joint
    return environment.get_template("feedback.html.j2")
