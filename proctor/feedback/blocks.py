"""A graded notebook as a feedback page shows it: the student's work and the report cards, the lesson folded away.

Students know the lesson, and they come for what they did. So what stands as it was handed out is gathered, from
one piece of work to the next, in a fold with the headings of that stretch as its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from proctor.feedback import card
from proctor.feedback.markdown import code, markdown
from proctor.submission.sanitize import PICTURES, clean_outputs, shorten_sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proctor.feedback.summary import Line

HEADING = re.compile(r"^(#{1,3}) +(\S.*)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LESSON, WORK = 1, 4
"""Levels by which headings are moved down: a part of the exercise is of the third level, a work of the fourth."""

MAX_OWN = 300_000
"""Characters of a student's own text and code on a page; twenty times the solution."""
FOLD_NAMES = 4


@dataclass(frozen=True)
class Output:
    """An output of a code cell: a picture as a data URL, or text; an error is text as well."""

    kind: str
    text: str


@dataclass(frozen=True)
class Block:
    """A stretch of the page.

    Attributes:
        kind: `part` (a heading), `lesson` (a fold), `work` (a cell that the student wrote), or `card`.
        title: what it is called.
        html: the rendered text, code or card.
        outputs: what the code left.
        comment: what a person wrote about it, rendered.
        line: the graded cell, with its points.
        name: of a work, its grade_id, if it has one.
        inner: the cells in a fold.
    """

    kind: str
    title: str = ""
    html: Markup = field(default_factory=Markup)
    outputs: tuple[Output, ...] = ()
    comment: Markup = field(default_factory=Markup)
    line: Line | None = None
    name: str = ""
    inner: tuple[Block, ...] = ()


def exercise_title(release: Any) -> str:
    """Return the first heading of the release, which names the exercise."""
    return next((name for level, name in _headings(release) if level == 1), "")


def parts_of(release: Any) -> dict[str, list[str]]:
    """Map each part of the release, a heading of the second level, to the graded cells in it."""
    parts: dict[str, list[str]] = {}
    title = ""
    for cell in release.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade") or data.get("task"):
            parts.setdefault(title, []).append(data["grade_id"])
        elif cell.cell_type == "markdown":
            title = next((name for level, name in _cell_headings(cell) if level == 2), title)
    return parts


def blocks(notebook: Any, release: Any, lines: Mapping[str, Line]) -> list[Block]:
    """Return the page's stretches, in the order of the notebook.

    Args:
        notebook: graded.
        release: what was handed out; its cells are the lesson.
        lines: the graded cells by grade_id.
    """
    found = _gathered(list(_blocks(notebook, release, lines)))
    return [
        block for index, block in enumerate(found) if block.kind != "part" or _has_work(found[index + 1 :])
    ]


def stopped(found: list[Block]) -> list[tuple[Block, str]]:
    """List the works that ended with an error, with its last line; not those that were left as they are."""
    return [
        (block, output.text.rstrip().rpartition("\n")[2])
        for block in found
        for output in block.outputs
        if block.kind == "work"
        and block.name
        and output.kind == "error"
        and not (block.line and block.line.unjudged)
    ]


def _blocks(notebook: Any, release: Any, lines: Mapping[str, Line]) -> Iterator[Block]:
    """Yield a block for each cell, before those of the lesson are gathered."""
    clean_outputs(notebook)
    given = {cell.source.strip() for cell in release.cells}
    parts = parts_of(release)
    own_headings = {exercise_title(release), *parts}
    shorten_sources(notebook, MAX_OWN, given)
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        name = data.get("grade_id", "")
        line = lines.get(name)
        handed_out = cell.source.strip() in given
        if data.get("solution") or data.get("task"):
            yield _work(cell, f"Your work: {name.replace('_', ' ')}", line)
        elif line is not None:
            report = Markup(card.html(line.report)) if line.report else Markup()  # noqa: S704  a card escapes
            yield Block("card", line.title, report, line=line)
        elif handed_out and cell.cell_type == "markdown":
            titles = [title for level, title in _cell_headings(cell)]
            yield from (Block("part", title) for title in titles if title in parts)
            names = [title for title in titles if title not in own_headings]
            # What the page says itself is not said twice.
            cell.source = HEADING.sub(
                lambda found: "" if _title(found) in own_headings else found[0], cell.source
            )
            if HEADING.sub("", cell.source).strip():
                yield Block("lesson", names[-1] if names else "", inner=(_cell(cell, LESSON),))
        elif handed_out and not any(output.output_type == "error" for output in cell.get("outputs", [])):
            yield Block("lesson", inner=(_cell(cell, LESSON),))
        elif cell.source.strip():
            yield _work(
                cell, "A given cell that ended with an error" if handed_out else "A cell of your own", None
            )


def _gathered(found: list[Block]) -> list[Block]:
    """Put neighbouring pieces of the lesson into one fold, named by their headings."""
    gathered: list[Block] = []
    for block in found:
        last = gathered[-1] if gathered else None
        if last and last.kind == block.kind == "lesson":
            gathered[-1] = Block("lesson", f"{last.title}\n{block.title}", inner=last.inner + block.inner)
        else:
            gathered.append(block)
    return [_named(block) if block.kind == "lesson" else block for block in gathered]


def _named(fold: Block) -> Block:
    names = list(dict.fromkeys(filter(None, fold.title.split("\n"))))
    more = " …" if len(names) > FOLD_NAMES else ""
    return Block("lesson", " · ".join(names[:FOLD_NAMES]) + more, inner=fold.inner)


def _has_work(rest: list[Block]) -> bool:
    """Return whether something of the student's follows before the next part."""
    for block in rest:
        if block.kind == "part":
            return False
        if block.kind != "lesson":
            return True
    return False


def _work(cell: Any, title: str, line: Line | None) -> Block:
    comment = cell.metadata.get("nbgrader", {}).get("comment") or ""
    shown = _cell(cell, WORK)
    name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return Block("work", title, shown.html, shown.outputs, _markdown(comment, None, WORK), line, name)


def _cell(cell: Any, level: int) -> Block:
    """Render a cell's text or code, with its outputs."""
    if cell.cell_type != "code":
        return Block("text", html=_markdown(cell.source, cell.get("attachments"), level))
    outputs = tuple(map(_output, cell.get("outputs", [])))
    return Block("code", html=Markup(_highlighted(cell.source)), outputs=outputs)  # noqa: S704  - our own renderer's


@lru_cache(maxsize=256)
def _highlighted(source: str) -> str:
    """Return code as HTML; most cells of a class are the release's, and colouring them is most of a page's cost."""
    return code(source)


def _output(output: Any) -> Output:
    """Take over an output that `clean_outputs` has left."""
    if output.output_type == "stream":
        return Output("text", output.text.rstrip("\n"))
    if output.output_type == "error":
        return Output("error", "\n".join(output.traceback))
    for kind in PICTURES:
        if kind in output.data:
            return Output("picture", f"data:{kind};base64,{output.data[kind]}")
    return Output("text", output.data["text/plain"])


def _markdown(source: str, attachments: Any, level: int) -> Markup:
    return Markup(markdown(source, attachments, level=level)) if source else Markup()  # noqa: S704  it is clean


def _headings(notebook: Any) -> Iterator[tuple[int, str]]:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield from _cell_headings(cell)


def _cell_headings(cell: Any) -> list[tuple[int, str]]:
    return [(len(found[1]), _title(found)) for found in HEADING.finditer(FENCED.sub("", cell.source))]


def _title(found: re.Match[str]) -> str:
    """Return the words of a heading, which may be closed with the signs that open it."""
    return found[2].rstrip().rstrip("#").rstrip()
