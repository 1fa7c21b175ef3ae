"""Search for the notebook among a submission's files; collecting and grading decide by the same rules."""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from proctor.errors import UnreadableError
from proctor.submission.reading import grade_id, read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

NOTEBOOK = re.compile(r"[^.].*\.ipynb(?:\.txt|\.json)?", re.IGNORECASE | re.DOTALL)
"""A notebook's name, with what mailers and browsers add to it. `._X.ipynb` and `.~X.ipynb` are none."""
ENDING = re.compile(r"\.ipynb(?:\.txt|\.json)?$", re.IGNORECASE)
ATTEMPT = re.compile(r"(?P<stem>.+?)(?:[ _]?\((?P<round>\d{1,3})\)|[-_ ](?P<dash>\d{1,3}))?", re.IGNORECASE)
"""Endings by which platforms and browsers tell files of one name apart, the later one by a larger number."""
COPY = re.compile(
    r"(?P<stem>.+?)[ _-]*(?:\( *copy *\)|(?:copy|kopie|copie|copia)\d{0,3}(?: *\(\d{1,3}\))?)", re.IGNORECASE
)
"""Endings of a copy that somebody made beside the original."""
PACKING = 60.0
"""Seconds that packing takes; files whose times are no further apart were dated by it."""
MAX_FOLDERS = 500
MAX_DEPTH = 6
MAX_NOTEBOOKS = 20
SKIPPED = {"__macosx", "__pycache__", "node_modules", "site-packages"}
OTHER = 2


@dataclass(frozen=True)
class Candidate:
    """A file that may be the notebook: its path in the submission, and when it was written, if something says so.

    `read` returns its cells, or raises UnreadableError.
    """

    path: PurePosixPath
    written: float | None
    read: Callable[[], Any]


def look_for(path: Path, release: Any = None, known: Iterable[str] = ()) -> tuple[Path, str]:
    """Return the notebook of a submission, and a notice about the choice or "". Of several, `pick` says which.

    Args:
        path: at which it is expected.
        release: the notebook that students got; without it nobody knows what was worked on.
        known: all notebooks of the assignment, without their suffix; no other one is taken for this.
    """
    folder, expected = path.parent, path.name
    others = {f"{name}.ipynb" for name in known} - {expected}
    found = {each: _on_disk(each, folder) for each in notebooks(folder) if each.name not in others}
    if not found or list(found) == [path] or (os.path.lexists(path) and path not in found):
        return path, ""
    if len(found) == 1:
        (only,) = found
        return only, f"The notebook is called `{_shown(only, folder)}`; it was taken for `{expected}`."
    given = sources(release) if release is not None else frozenset[str]()
    taken = folder / pick(list(found.values()), expected, given).path
    names = ", ".join(f"`{_shown(each, folder)}`" for each in sorted(found))
    choice = f"`{_shown(taken, folder)}` was taken, no other was looked at."
    return taken, f"There are {len(found)} notebooks, {names}: {choice}"


def pick(candidates: Sequence[Candidate], expected: str, given: Collection[str]) -> Candidate:
    """Return the file that is meant as the notebook of the expected name, by the sources that were handed out.

    One in which a cell of the exercise was filled in comes before one with other code of the student's, and that
    before one that is as it was handed out; the expected name, with the number of an
    attempt or without, before a copy's and any other; then the latest, by the times if packing does not explain
    them, else by the numbers; then the one in the uppermost folder.
    """
    times = [each.written for each in candidates]
    known = [time for time in times if time is not None]
    dated = len(known) == len(times) and max(known) - min(known) > PACKING

    def rank(one: Candidate) -> tuple[Any, ...]:
        kind, number = _kind(one.path.name, expected)
        time = -(one.written or 0.0) if dated else 0.0
        idle = len(candidates) > 1 and _idleness(one, given)
        return idle, kind, time, -number, len(one.path.parts), one.path.name != expected, str(one.path)

    return min(candidates, key=rank)


def is_called(name: str, expected: str) -> bool:
    """Return whether a file has the expected name, as an attempt or a copy of it or as it is."""
    return _kind(name, expected)[0] < OTHER


def sources(notebook: Any) -> frozenset[str]:
    """Return the sources of a notebook's cells, without their space."""
    return frozenset(_bare(cell.source) for cell in notebook.cells)


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


def _on_disk(path: Path, folder: Path) -> Candidate:
    try:
        written = path.lstat().st_mtime
    except OSError:
        written = None
    return Candidate(PurePosixPath(path.relative_to(folder)), written, partial(read, path))


def _kind(name: str, expected: str) -> tuple[int, int]:
    """Return whether a name is the expected one, a copy's or another (0, 1, OTHER), and the attempt's number."""
    stem, wanted = ENDING.sub("", name).casefold(), ENDING.sub("", expected).casefold()
    copy = COPY.fullmatch(stem)
    if copy and copy["stem"] == wanted:
        return 1, 0
    attempt = ATTEMPT.fullmatch(stem)
    if stem == wanted or attempt is None or attempt["stem"] != wanted:
        return (0 if stem == wanted else OTHER), 0
    return 0, int(attempt["round"] or attempt["dash"])


def _idleness(one: Candidate, given: Collection[str]) -> int:
    """Return 0 if a cell with a grade_id has code that was not handed out, 1 if another has, 2 if none can be read."""
    try:
        cells = one.read().cells
    except UnreadableError:
        return 2
    own = [cell for cell in cells if cell.cell_type == "code" and _bare(cell.source) not in given]
    return 2 - bool(own) - any(map(grade_id, own))


def _bare(source: str) -> str:
    return "".join(source.split())


def _shown(path: Path, folder: Path) -> str:
    """Return a path as words of a message."""
    name = str(path.relative_to(folder)).encode("utf-8", "replace").decode()
    return re.sub(r"[`\x00-\x1f\x7f]", "?", name[:200])
