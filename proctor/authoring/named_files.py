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
from proctor.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proctor.authoring.master import Master
    from proctor.course import Exercise

ATTACHMENT = "attachment:"
SERVED = "files/"
"""Beginning of links that older notebooks have to what lies beside them."""
PICTURE = re.compile(r"\.(png|jpe?g|gif|svg|webp|avif|bmp|tiff?|pdf)$", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """A file that a cell of a notebook names, by its path from the notebook's folder."""

    path: str
    cell: str


def files_named(notebook: Any) -> list[Named]:
    """Return the files that a notebook's Markdown names, in order, each once."""
    found = {path: Named(path, name) for name, _, link in _linked(notebook) if (path := _local(link))}
    return list(found.values())


def _linked(notebook: Any) -> Iterator[tuple[str, Any, str]]:
    """Yield each link of a notebook's Markdown, with the cell that it is in, and the cell's name."""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            yield from ((cell_name(number, cell), cell, link) for link in links(cell.source))


def pictures_in_code(notebook: Any) -> set[str]:
    """Return what may be the names of pictures in a notebook's code: it may read them, or write them."""
    found = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found |= {path for text in _texts(cell.source) if PICTURE.search(text) and (path := _local(text))}
    return found


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
    places = f"which is neither in {exercise.given} nor, as a picture, in {exercise.pictures}"
    lost = [
        f"the cell {named.cell} names {named.path}, {places}"
        for named in files_named(notebook)
        if place_of(named.path, exercise) is None
    ]
    for name, cell, link in _linked(notebook):
        attached = unquote(link.removeprefix(ATTACHMENT))
        if link.startswith(ATTACHMENT) and attached not in cell.get("attachments", {}):
            lost.append(f"the cell {name} names the attachment {attached}, which it does not have")
    return lost


def refuse_missing_files(master: Master, exercise: Exercise) -> None:
    """Refuse a notebook that names files which are not there, by a UserError that says where they were looked for."""
    if lost := missing_files(master.notebook, exercise):
        raise UserError(f"{master.path}: {'; '.join(lost)}.")


def _links(tokens: Any) -> Iterator[str]:
    for token in tokens or ():
        if token["type"] in ("link", "image"):
            yield token["attrs"]["url"]
        elif token["type"] in ("block_html", "inline_html"):
            yield from _Addresses(token["raw"]).found
        yield from _links(token.get("children"))


class _Addresses(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        for name, value in attrs:
            if name in ("src", "href", "poster") and value:
                self.found.append(value)
            elif name == "srcset" and value:
                self.found += [each.split()[0] for each in value.split(",") if each.split()]


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
