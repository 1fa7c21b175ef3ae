"""The files that a notebook names: pictures, links and attachments of its Markdown, and names in its code."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import mistune

from proctor.authoring.master import cell_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proctor.course import Exercise

ATTACHMENT = "attachment:"
SERVED = "files/"
"""Beginning of links that older notebooks have to what lies beside them."""
PICTURE = re.compile(r"\.(png|jpe?g|gif|svg|webp|avif|bmp|tiff?|pdf)$", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """A file that a notebook names.

    Attributes:
        path: as a path from the notebook's folder.
        cell: where: the cell's grade_id, its id, or its number.
    """

    path: str
    cell: str


def files_named(notebook: Any) -> list[Named]:
    """Return the files that a notebook's Markdown names, in order, each once."""
    found = [
        Named(path, cell_name(number, cell))
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "markdown"
        for link in links(cell.source)
        if (path := _local(link))
    ]
    return list({named.path: named for named in found}.values())


def pictures_in_code(notebook: Any) -> set[str]:
    """Return what may be the names of pictures in a notebook's code: it may read them, or write them."""
    found = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found |= {path for text in _texts(cell.source) if PICTURE.search(text) and (path := _local(text))}
    return found


def missing_attachments(notebook: Any) -> list[Named]:
    """Return the attachments that a cell names and does not have."""
    return [
        Named(name, cell_name(number, cell))
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "markdown"
        for link in links(cell.source)
        if link.startswith(ATTACHMENT)
        and (name := unquote(link.removeprefix(ATTACHMENT))) not in cell.get("attachments", {})
    ]


def links(markdown: str) -> Iterator[str]:
    """Yield the addresses of the links and pictures in a Markdown text, HTML's included; those in code are none."""
    yield from _links(mistune.create_markdown(renderer="ast")(markdown))


def place_of(named: str, exercise: Exercise) -> Path | None:
    """Return where a file that a master notebook names lies, or None.

    That is beside the notebook, or in the course's folder of pictures. A path that leads out of the exercise's
    folder leads nowhere at the students'.
    """
    if ".." in named.split("/"):
        return None
    pictures = exercise.pictures
    places = [exercise.given / named, exercise.given / SERVED / named]
    if (pictures.parent / named).is_relative_to(pictures):
        places.append(pictures.parent / named)
    return next((place for place in places if place.exists()), None)


def missing_files(notebook: Any, exercise: Exercise) -> list[str]:
    """Return what a master notebook names and nobody has, a sentence for each."""
    lost = [
        f"the cell {named.cell} names {named.path}, which is neither in {exercise.given} nor, as a picture, in "
        f"{exercise.pictures}"
        for named in files_named(notebook)
        if place_of(named.path, exercise) is None
    ]
    return lost + [
        f"the cell {named.cell} names the attachment {named.path}, which it does not have"
        for named in missing_attachments(notebook)
    ]


def _links(tokens: Any) -> Iterator[str]:
    for token in tokens or ():
        if token["type"] in ("link", "image"):
            yield token["attrs"]["url"]
        elif token["type"] in ("block_html", "inline_html"):
            yield from _addresses(token["raw"])
        yield from _links(token.get("children"))


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  HTMLParser's
        for name, value in attrs:
            if name in ("src", "href", "poster") and value:
                self.found.append(value)
            elif name == "srcset" and value:
                self.found += [each.split()[0] for each in value.split(",") if each.split()]


def _addresses(html: str) -> list[str]:
    parser = _Addresses()
    parser.feed(html)
    return parser.found


def _local(link: str) -> str:
    """Return the path of a link to a file beside the notebook, or "" for any other link."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or parts.path.startswith("/") or link.startswith(ATTACHMENT):
        return ""
    return unquote(parts.path).removeprefix("./").removeprefix(SERVED).removeprefix("./")


def _texts(source: str) -> Iterator[str]:
    """Yield the strings in a cell's code; none where it is not plain Python."""
    plain = re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE)
    try:
        tree = ast.parse(plain)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
