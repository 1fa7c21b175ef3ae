"""Reads a submitted notebook and puts right what a student cannot be allowed to decide.

Only what the release says about a graded cell counts: its text, its points, its place. What comes out has the
release's metadata, graded cells each exactly once, and the student's cells in the student's order.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from proctor.harmless import pictures_of

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 * 2**20
MAX_CELLS = 2_000
DEMONSTRATION = "demonstration"
"""The tag of a cell of the release that only shows something: no graded cell needs what it defines."""


class UnreadableError(Exception):
    """The notebook cannot be read; says why, to the student."""


def read(path: Path) -> Any:
    """Read a submitted notebook without following links.

    Raises:
        UnreadableError: it is missing, a link, too large, or no notebook.
    """
    return parse(content(path), path.name)


def parse(data: bytes, name: str) -> Any:
    """Return the notebook that a file's bytes hold.

    Args:
        data: the bytes.
        name: the file's name, for the message.

    Raises:
        UnreadableError: it is no notebook.
    """
    if not data.strip():
        raise UnreadableError(f"{name} is an empty file.")
    try:
        text = data.decode("utf-8-sig")
        notebook = nbformat.reads(text, as_version=4)
        json.dumps(notebook)
    except Exception as error:  # noqa: BLE001  - a file of the student's can break a parser in any way
        raise UnreadableError(f"{name} is no Jupyter notebook: {str(error)[:200]}") from None
    if not isinstance(notebook.get("cells"), list) or len(notebook.cells) > MAX_CELLS:
        raise UnreadableError(f"{name} has no cells, or more than {MAX_CELLS}.")
    return notebook


def fingerprint(path: Path) -> str:
    """Return the fingerprint of a submitted notebook, or of why there is none."""
    try:
        return fingerprint_of(content(path))
    except UnreadableError as error:
        return fingerprint_of(str(error).encode())


def fingerprint_of(data: bytes) -> str:
    """Return the fingerprint of a submitted notebook's bytes, or of the reason why there are none."""
    return hashlib.sha256(data).hexdigest()[:16]


def content(path: Path) -> bytes:
    """Read a submitted file's bytes without following links.

    Raises:
        UnreadableError: it is missing, a link, or too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise UnreadableError(f"There is no file {path.name}.") from None
    except OSError as error:
        raise UnreadableError(f"{path.name} is a link or cannot be opened ({error.strerror}).") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or (status.st_nlink > 1 and not _is_original(path, status)):
        os.close(handle)
        raise UnreadableError(f"{path.name} is not an ordinary file.")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > MAX_BYTES:
            raise UnreadableError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB.")
        return file.read(MAX_BYTES + 1)


def _is_original(path: Path, status: os.stat_result) -> bool:
    """Say whether a file with several names belongs to this submission, `submitted/STUDENT/EXERCISE/NAME`.

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


def look_for(path: Path) -> tuple[Path, str]:
    """Return the notebook to read, and a notice, or "", where it is another than the expected `path`.

    A notebook with another name is taken if it is the only one.
    """
    others = [other for other in path.parent.glob("*.ipynb") if not other.is_symlink() and other.is_file()]
    if os.path.lexists(path) or len(others) != 1:
        return path, ""
    return others[0], f"The notebook is called `{others[0].name}`; it was taken for `{path.name}`."


def restore(submitted: Any, release: Any, *, skip: bool = False) -> tuple[Any, list[str]]:
    """Return the notebook to grade and what was put right, in words.

    Args:
        submitted: the student's notebook.
        release: the notebook that students got.
        skip: whether to mark demonstrations that are as they were handed out; they are not run.
    """
    graded = {_grade_id(cell): cell for cell in release.cells if _grade_id(cell)}
    notices: list[str] = []
    seen: set[str] = set()
    cells = []
    for cell in submitted.cells:
        restored = _restore_cell(cell, graded, seen, notices)
        if restored is not None:
            cells.append(restored)
    _add_missing(cells, release, seen, notices)
    if skip:
        _mark_demonstrations(cells, release)
    notebook = NotebookNode(release, metadata=copy.deepcopy(release.metadata), cells=cells)
    for number, cell in enumerate(cells):
        cell["id"] = _grade_id(cell) or f"cell-{number}"
    return notebook, notices


def unreadable(release: Any, reason: str) -> Any:
    """Return the notebook that stands in for one that cannot be read: the release, with the reason on top."""
    notebook = copy.deepcopy(release)
    notebook.metadata["proctor"] = {"unreadable": reason}
    words = f"**This submission could not be read.** {reason} The cells below are those of the release."
    notebook.cells.insert(0, new_markdown_cell(words, id="unreadable"))
    return notebook


def _grade_id(cell: Any) -> str:
    metadata = cell.get("metadata")
    data = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = data.get("grade_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def _source(cell: Any) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode("utf-8")


def _restore_cell(cell: Any, graded: dict[str, Any], seen: set[str], notices: list[str]) -> Any | None:
    if not isinstance(cell, dict):
        return None
    name, source = _grade_id(cell), _source(cell)
    if name in graded and name not in seen:
        seen.add(name)
        restored = copy.deepcopy(graded[name])
        if restored.metadata.nbgrader.get("solution"):
            restored.source = source
        elif source.rstrip() != restored.source.rstrip() or cell.get("cell_type") != restored.cell_type:
            notices.append(
                f"The graded cell `{name}` had been changed; it was put back as it was handed out."
            )
        return restored
    if name in graded and not graded[name].metadata.nbgrader.get("solution"):
        notices.append(f"The graded cell `{name}` was there more than once; the first one counts.")
        return None
    if cell.get("cell_type") == "code":
        return _new_cell("code", source, execution_count=None, outputs=[])
    if cell.get("cell_type") == "markdown":
        pictures = pictures_of(cell.get("attachments"))
        return _new_cell("markdown", source, **({"attachments": pictures} if pictures else {}))
    return _new_cell("markdown", "```\n" + source.replace("```", "'''") + "\n```")


def _mark_demonstrations(cells: list[Any], release: Any) -> None:
    """Mark the cells that only show something, by the release's tag, and that the student has not changed.

    The cell's text decides, not its tag: some editors lose tags, and a student could add one.
    """
    sources = {cell.source.rstrip() for cell in release.cells if _is_demonstration(cell)}
    for cell in cells:
        data = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and not data.get("grade") and cell.source.rstrip() in sources:
            cell.metadata["proctor"] = NotebookNode(skip=True)


def _is_demonstration(cell: Any) -> bool:
    data = cell.metadata.get("nbgrader", {})
    mine = data.get("grade") or data.get("solution")
    return cell.cell_type == "code" and not mine and DEMONSTRATION in cell.metadata.get("tags", [])


def _new_cell(kind: str, source: str, **more: Any) -> NotebookNode:
    """Make a cell as nbformat would, without its check of each single one: the whole is checked when written."""
    return NotebookNode(cell_type=kind, metadata=NotebookNode(), source=source, **more)


def _add_missing(cells: list[Any], release: Any, seen: set[str], notices: list[str]) -> None:
    """Put missing graded cells at the end: there, all that the student has written is known."""
    for cell in release.cells:
        name = _grade_id(cell)
        if name and name not in seen and cell.metadata.nbgrader.get("grade"):
            cells.append(copy.deepcopy(cell))
            notices.append(f"The graded cell `{name}` was missing; it was put back and graded.")
