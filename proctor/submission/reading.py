"""Reading of submitted notebooks, at a cost that is known before anything is built.

A file is read with a limit, and the values in it are counted before it is parsed: a megabyte of `{}` is 350,000
dictionaries. What is kept is what grading uses: the cells with their sources, names and pasted pictures. Outputs
are made anew by running the cells, so those in the file are not kept.

Limits, and what meets them: `MAX_BYTES` is six animations of the size at which Matplotlib stops (20 MB), `MAX_TEXT` is
a hundred times the largest solved notebook of this course without its outputs, and `MAX_VALUES` fifty times.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any

from nbformat.notebooknode import NotebookNode

from proctor.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES = 128 * 2**20
MAX_TEXT = 16 * 2**20
"""Bytes of a notebook that are parsed. Of a larger one, long strings, which are outputs, are left out first."""
MAX_STRING = 64 * 2**10
"""Bytes of a string that stays in a notebook which is larger than MAX_TEXT."""
MAX_VALUES = 500_000
"""Values of JSON, counted by commas and opening brackets: each costs up to 250 bytes of memory."""

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A string of JSON. One without an end reaches to the end of the file, so that no byte is looked at twice."""


def read(path: Path) -> Any:
    """Return the cells of a submitted notebook, without following links.

    Raises:
        UnreadableError: it is missing, a link, too large, or no notebook.
    """
    return parse(content(path), path.name)


def parse(data: bytes, name: str) -> Any:
    """Return the cells of a notebook, given the content of its file.

    Raises:
        UnreadableError: it is too large, or no notebook.
    """
    cells = _cells_of(json_of(data, name))
    if cells is None:
        raise UnreadableError(f"{name} is no Jupyter notebook: it has no list of cells.")
    kept = [_cell(cell, f"cell-{number}") for number, cell in enumerate(cells) if isinstance(cell, dict)]
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=kept)


def json_of(data: bytes, name: str) -> Any:
    """Return the values in a notebook's file, which are counted before they are built.

    In a file of more than MAX_TEXT bytes, strings of more than MAX_STRING bytes become empty.

    Raises:
        UnreadableError: it is too large, or no JSON.
    """
    _refuse_large(len(data), name)
    if not data.strip():
        raise UnreadableError(f"{name} is an empty file.")
    text = _counted(_as_utf8(data, name), name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        words = f"{name} is no Jupyter notebook, or a part of it is missing: {str(error)[:200]}."
        raise UnreadableError(f"{words} Does it open in Jupyter?") from None


def grade_id(cell: Any) -> str:
    """Return the name that nbgrader gave a cell, or ""."""
    metadata = cell.get("metadata")
    data = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = data.get("grade_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def fingerprint(path: Path) -> str:
    """Return the fingerprint of a submitted notebook, or of why there is none."""
    try:
        return fingerprint_of(content(path))
    except UnreadableError as error:
        return fingerprint_of(str(error).encode("utf-8", "replace"))


def fingerprint_of(data: bytes) -> str:
    """Return the fingerprint of a submitted notebook's bytes, or of the reason why there are none."""
    return hashlib.sha256(data).hexdigest()[:16]


def _as_utf8(data: bytes, name: str) -> bytes:
    """Return a text in UTF-8; UTF-16 and UTF-32 are told by their zeros."""
    encoding = json.detect_encoding(data)
    if encoding.startswith(("utf-16", "utf-32")):
        # A text with one emoji takes four bytes for each character.
        if len(data) > 4 * MAX_TEXT:
            raise UnreadableError(f"{name} is larger than {4 * MAX_TEXT // 2**20} MiB, and not in UTF-8.")
        try:
            return data.decode(encoding).encode("utf-8")
        except UnicodeError:  # putting each half of a character right takes half a microsecond
            raise UnreadableError(f"{name} is no Jupyter notebook: its {encoding} is damaged.") from None
    return data.removeprefix(b"\xef\xbb\xbf")


def _counted(data: bytes, name: str) -> str:
    """Return what is to be parsed; too much of it is an UnreadableError."""
    many = UnreadableError(f"{name} holds more than {MAX_VALUES:,} values. Clear its outputs and save it.")
    # A name and a text for each value, and two quotes for each of them.
    if data.count(b'"') - data.count(b'\\"') > 4 * MAX_VALUES:
        raise many
    if len(data) > MAX_TEXT:
        data = _STRING.sub(lambda found: b'""' if len(found[0]) > MAX_STRING else found[0], data)
    if len(data) > MAX_TEXT:
        raise UnreadableError(
            f"{name} holds more than {MAX_TEXT // 2**20} MiB of text. Clear its outputs and save it."
        )
    bare = _STRING.sub(b"", data)
    if sum(map(bare.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise many
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # an editor under Windows has saved it


def _cells_of(notebook: Any) -> list[Any] | None:
    """Return the cells of a notebook of any version, or None; until version 3 they were in worksheets."""
    if not isinstance(notebook, dict):
        return None
    cells, sheets = notebook.get("cells"), notebook.get("worksheets")
    if isinstance(cells, list) or not isinstance(sheets, list):
        return cells if isinstance(cells, list) else None
    inside = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
    return [cell for cells in inside if isinstance(cells, list) for cell in cells]


def _cell(cell: dict[str, Any], new_id: str) -> NotebookNode:
    """Return what is used of a cell, in the form of version 4."""
    kind, source = cell.get("cell_type"), _joined(cell.get("source", cell.get("input", "")))
    if kind == "heading":
        level = cell.get("level")
        kind, source = "markdown", f"{'#' * min(level, 6) if type(level) is int else '#'} {source}"
    name = grade_id(cell)
    metadata = NotebookNode(nbgrader=NotebookNode(grade_id=name)) if name else NotebookNode()
    kept = NotebookNode(cell_type="raw", id=new_id, metadata=metadata, source=source)
    if kind == "code":
        kept |= {"cell_type": kind, "outputs": [], "execution_count": None}
    elif kind == "markdown":
        kept["cell_type"] = kind
    if pictures := dict(_attachments(cell.get("attachments"))):
        kept["attachments"] = pictures
    return kept


def _joined(source: Any) -> str:
    """Return the text of a source, which may be a list of lines; half characters and line ends are put right."""
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str)).replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode("utf-8")


def _attachments(value: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the attachments that have the form of some."""
    for name, bundle in value.items() if isinstance(value, dict) else ():
        if isinstance(bundle, dict):
            yield name, {kind: data for kind, data in bundle.items() if isinstance(data, str)}


def content(path: Path, most: int = MAX_BYTES) -> bytes:
    """Return the bytes of a submitted file, without following links; it may grow while it is read.

    Raises:
        UnreadableError: it is missing, a link, or too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise UnreadableError(f"There is no file {path.name}.") from None
    except OSError as error:
        raise UnreadableError(f"{path.name} is a link or cannot be opened ({error.strerror}).") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or (status.st_nlink > 1 and not _is_original(path, status)):
        os.close(handle)
        raise UnreadableError(f"{path.name} is not an ordinary file.")
    with os.fdopen(handle, "rb") as file:
        _refuse_large(status.st_size, path.name, most)
        data = file.read(most + 1)
    _refuse_large(len(data), path.name, most)
    return data


def _refuse_large(size: int, name: str, most: int = MAX_BYTES) -> None:
    if size > most:
        raise UnreadableError(f"{name} is larger than {most // 2**20} MiB. Clear its outputs and save it.")


def _is_original(path: Path, status: os.stat_result) -> bool:
    """Return whether a file with several names belongs to this submission, `submitted/STUDENT/EXERCISE/NAME`.

    All of its names have to lie in submissions, or it may be any file of the machine's. Else a classmate's hard
    link to a student's work would take it away from both: it is left to the one who owns it or had it first.
    """
    top = path.parents[2] if len(path.parents) > 2 else path.parent
    names = [other for other in top.glob("*/*/*") if os.path.samestat(other.lstat(), status)]
    return len(names) == status.st_nlink and min(names, key=_claim) == path


def _claim(path: Path) -> tuple[bool, int]:
    """Return how well a name of a file is founded; the smallest is the best."""
    folder = path.parent.stat()
    return folder.st_uid != path.lstat().st_uid, folder.st_mtime_ns
