"""Choice of the file of a submission that is its notebook: made here, for collecting and for grading alike."""

from __future__ import annotations

import os
import re
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.errors import UnreadableError
from proctor.submission.reading import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

NOTEBOOK = re.compile(r"[^.].*\.ipynb(?:\.txt|\.json)?", re.IGNORECASE | re.DOTALL)
"""A notebook's name, with what mailers and browsers add to it. `._X.ipynb` and `.~X.ipynb` are none."""
COPY = re.compile(r"[ _-]*(?:\(\d{1,3}\)|\d{1,3}|- *(?:copy|kopie)\d*|copy\d*)?(?:\.ipynb)(?:\.txt|\.json)?")
MAX_FOLDERS = 500
MAX_DEPTH = 6
MAX_NOTEBOOKS = 20
SKIPPED = {"__macosx", "__pycache__", "node_modules", "site-packages"}


def choose(
    folder: Path, expected: str, release: Any = None, others: Collection[str] = ()
) -> tuple[Path, list[str]]:
    """Return the notebook of a submission, and what there is to say about the choice.

    Of several, one that was worked on comes before one that is as it was handed out, the expected name before a copy's
    and any other, the folder itself before those in it, the latest before others.

    Args:
        folder: of the submission.
        expected: the name that the notebook should have.
        release: the notebook that students got; without it nobody knows what was worked on.
        others: the names of the assignment's other notebooks, none of which is taken for this one.
    """
    path = folder / expected
    found = [each for each in notebooks(folder) if each.name not in others]
    found.sort(key=lambda each: _rank(each, folder, expected))
    if not found or found == [path] or (os.path.lexists(path) and path not in found):
        return path, []
    if len(found) == 1:
        return found[0], [
            f"The notebook is called `{_shown(found[0], folder)}`; it was taken for `{expected}`."
        ]
    given = {_bare(cell.source) for cell in release.cells} if release is not None else set()
    found.sort(key=lambda each: not _is_work(each, given))
    names = ", ".join(f"`{_shown(each, folder)}`" for each in sorted(found))
    return found[0], [
        f"There are {len(found)} notebooks, {names}: `{_shown(found[0], folder)}` was taken, no other was looked at."
    ]


def look_for(path: Path, release: Any = None, known: Iterable[str] = ()) -> tuple[Path, str]:
    """Return the notebook to read, and a notice or "".

    Args:
        path: at which it is expected.
        release: the notebook that students got.
        known: all notebooks of the assignment, without their suffix.
    """
    others = {f"{name}.ipynb" for name in known} - {path.name}
    found, notices = choose(path.parent, path.name, release, others)
    return found, " ".join(notices)


def notebooks(folder: Path) -> list[Path]:
    """List the ordinary files in a folder and below it that have a notebook's name."""
    found: list[Path] = []
    waiting = deque([folder])
    for _ in range(MAX_FOLDERS):
        if not waiting or len(found) >= MAX_NOTEBOOKS:
            break
        for entry in _entries(waiting.popleft()):
            if entry.is_symlink():
                continue
            path = Path(entry.path)
            if entry.is_dir():
                deep = len(path.relative_to(folder).parts) > MAX_DEPTH
                if not deep and not entry.name.startswith(".") and entry.name.casefold() not in SKIPPED:
                    waiting.append(path)
            elif NOTEBOOK.fullmatch(entry.name) and entry.is_file():
                found.append(path)
    return found[:MAX_NOTEBOOKS]


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield the entries of a folder in the order of their names; none where it may not be read or is gone."""
    try:
        with os.scandir(folder) as listed:
            yield from sorted(listed, key=lambda entry: entry.name)
    except OSError:
        return


def _rank(path: Path, folder: Path, expected: str) -> tuple[Any, ...]:
    """Return what puts notebooks in order by their names and times alone; the smallest comes first."""
    stem = expected.removesuffix(".ipynb").casefold()
    name = path.name.casefold()
    copy = name.startswith(stem) and COPY.fullmatch(name.removeprefix(stem)) is not None
    depth = len(path.relative_to(folder).parts)
    try:
        written = path.lstat().st_mtime_ns
    except OSError:
        written = 0
    return path.name != expected, not copy, depth, -written, str(path)


def _is_work(path: Path, given: set[str]) -> bool:
    """Return whether a notebook can be read and has code that was not handed out."""
    try:
        cells = read(path).cells
    except UnreadableError:
        return False
    return any(cell.cell_type == "code" and _bare(cell.source) not in given for cell in cells)


def _bare(source: str) -> str:
    return "".join(source.split())


def _shown(path: Path, folder: Path) -> str:
    """Return a path as words of a message."""
    name = str(path.relative_to(folder)).encode("utf-8", "replace").decode()
    return re.sub(r"[`\x00-\x1f\x7f]", "?", name[:200])
