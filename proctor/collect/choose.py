"""Chooses from what one person handed in: which file is the notebook, what belongs to it, what is left out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.collect import CollectError
from proctor.collect.archive import INNER, open_inner
from proctor.collect.platforms import JUNK, Item

if TYPE_CHECKING:
    import datetime as dt

    from proctor.collect.platforms import Handed

ATTEMPT = re.compile(
    r"(?P<stem>.+?)(?: ?\((?P<round>\d{1,3})\)|-(?P<dash>\d{1,3})| - (?:Copy|Kopie))?", re.IGNORECASE
)
"""How platforms and browsers tell files of one name apart: `work (2)`, `work-1`, `work - Copy`."""

PACKED = {".7z", ".rar", ".tar", ".gz", ".tgz", ".xz", ".bz2"}
STAMP = "timestamp.txt"
MAX_NOTEBOOK = 64 * 2**20


@dataclass(frozen=True)
class Wanted:
    """What an assignment asks for: the names of its notebooks, and the grade_ids that are in them."""

    notebooks: tuple[str, ...]
    graded: frozenset[str] = frozenset()


@dataclass
class Choice:
    """A submission as it will be written.

    Attributes:
        files: the content of each file by its path in the submission.
        source: the file in the download that the notebook came from (an archive, if it was in one).
        time: of that file.
        late: whether the platform calls it late.
        notes: what was done and left out, in words.
        fits: whether graded cells in it are the assignment's; None where there are no graded cells.
    """

    files: dict[PurePosixPath, bytes]
    source: PurePosixPath
    time: dt.datetime | None
    late: bool
    notes: list[str] = field(default_factory=list)
    fits: bool | None = None


def choose(handed: Handed, wanted: Wanted) -> Choice:
    """Choose the notebook and the files that belong to it.

    Raises:
        CollectError: there is no notebook, or it cannot be told which one is meant; says why.
    """
    notes: list[str] = []
    items, origin = _unpacked(handed, notes)
    notebooks = [item for item in items if item.path.suffix.casefold() == ".ipynb"]
    if not notebooks:
        raise CollectError(_nothing(handed, notes))
    chosen = {name: _notebook(name, notebooks, wanted, notes) for name in wanted.notebooks}
    found = {name: item for name, item in chosen.items() if item is not None}
    if not found:
        names = ", ".join(sorted(str(item.path) for item in notebooks))
        raise CollectError(f"several notebooks, none of them called {wanted.notebooks[0]}: {names}")
    main = next(iter(found.values()))
    files = {PurePosixPath(name): item.file.read() for name, item in found.items()}
    cells = frozenset[str]().union(*(_checked(data, name, wanted, notes) for name, data in files.items()))
    fits = bool(cells & wanted.graded) if cells and wanted.graded else None
    unused = [
        str(item.path) for item in notebooks if not _is_expected(item, wanted) and item not in found.values()
    ]
    if unused:
        notes.append(f"other notebooks were left out: {', '.join(sorted(unused))}")
    files |= _beside(main, items, files, notes)
    source = origin.get(id(main), main).file
    return Choice(files, source.path, source.time, any(item.late for item in handed.items), notes, fits)


def _unpacked(handed: Handed, notes: list[str]) -> tuple[list[Item], dict[int, Item]]:
    """Return the files with the zips among them unpacked, and which zip each unpacked one was in."""
    items: list[Item] = []
    origin: dict[int, Item] = {}
    if handed.texts:
        notes.append("the text that was typed in was left out")
    for item in handed.items:
        if item.path.suffix.casefold() != ".zip":
            items.append(item)
        else:
            inner = _inner(item, notes)
            items += inner
            origin |= {id(each): item for each in inner}
    return items, origin


def _inner(item: Item, notes: list[str]) -> list[Item]:
    if item.file.size > INNER.file:
        notes.append(f"{item.path} was not unpacked: it is larger than {INNER.file // 2**20} MiB")
        return []
    try:
        contents = open_inner(item.file.read(), str(item.path))
    except CollectError as error:
        notes.append(f"{item.path} was not unpacked: {error}")
        return []
    notes += [f"in {item.path}, {path} was left out: it {reason}" for path, reason in contents.refused]
    useful = [file for file in contents.files if not any(JUNK.fullmatch(part) for part in file.path.parts)]
    return [Item(item.path.parent / file.path, file, item.late) for file in useful]


def _nothing(handed: Handed, notes: list[str]) -> str:
    names = [str(item.path) for item in handed.items]
    packed = [name for name in names if PurePosixPath(name).suffix.casefold() in PACKED]
    if packed:
        return f"{packed[0]} is no zip: unpack it by hand"
    said = "; ".join(notes)
    return f"no notebook, but {', '.join(names) or 'no file either'}" + (f" ({said})" if said else "")


def _notebook(name: str, notebooks: list[Item], wanted: Wanted, notes: list[str]) -> Item | None:
    """Return what was handed in for one of the assignment's notebooks, or None."""
    stem = PurePosixPath(name).stem.casefold()
    attempts = [item for item in notebooks if _attempt(item)[0] == stem]
    if attempts:
        latest = _latest(attempts)
        if len(attempts) > 1:
            notes.append(f"{len(attempts)} notebooks of that name; the latest, {latest.path}, was taken")
        return latest
    others = [item for item in notebooks if not _is_expected(item, wanted)]
    if len(wanted.notebooks) > 1:
        return None
    if len(others) > 1:
        others = [item for item in others if grade_ids(item.file.read()) & wanted.graded]
    if len(others) != 1:
        return None
    notes.append(f"{others[0].path} was renamed to {name}")
    return others[0]


def _attempt(item: Item) -> tuple[str, int]:
    """Return the name without the number of the attempt, and that number (0 for none)."""
    match = ATTEMPT.fullmatch(item.path.stem)
    if not match:
        return item.path.stem.casefold(), 0
    return match["stem"].casefold(), int(match["round"] or match["dash"] or 0)


def _latest(attempts: list[Item]) -> Item:
    """Return the latest: by the files' times if they differ by more than packing takes, else by their numbers."""
    times = [item.file.time for item in attempts]
    known = [time for time in times if time is not None]
    if len(known) == len(attempts) and (max(known) - min(known)).total_seconds() > 60:
        return attempts[times.index(max(known))]
    return max(attempts, key=lambda item: (_attempt(item)[1], -len(item.path.parts)))


def _is_expected(item: Item, wanted: Wanted) -> bool:
    return any(_attempt(item)[0] == PurePosixPath(name).stem.casefold() for name in wanted.notebooks)


def _checked(data: bytes, name: PurePosixPath, wanted: Wanted, notes: list[str]) -> frozenset[str]:
    """Return the grade_ids in a notebook, and note what somebody should look at."""
    if len(data) > MAX_NOTEBOOK:
        raise CollectError(f"{name} is larger than {MAX_NOTEBOOK // 2**20} MiB")
    cells = grade_ids(data)
    if not data.strip():
        notes.append(f"{name} is an empty file")
    elif wanted.graded and not cells & wanted.graded:
        notes.append(f"{name} has none of the graded cells: is it the right exercise?")
    return cells


def grade_ids(data: bytes) -> frozenset[str]:
    """Return the grade_ids in the content of a notebook; none if it is not one."""
    try:
        cells = json.loads(data)["cells"]
        ids = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell["metadata"]]
        return frozenset(name for name in ids if isinstance(name, str))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return frozenset()


def _beside(
    main: Item, items: list[Item], notebooks: dict[PurePosixPath, bytes], notes: list[str]
) -> dict[PurePosixPath, bytes]:
    """Return the files in the notebook's folder and below it; other notebooks and a student's clock stay out."""
    folder = main.path.parent
    files: dict[PurePosixPath, bytes] = {}
    taken = {str(path).casefold() for path in notebooks}
    room = INNER.total
    for item in items:
        if not item.path.is_relative_to(folder) or item.path.suffix.casefold() == ".ipynb":
            continue
        inside = item.path.relative_to(folder)
        room -= item.file.size
        reason = _against(inside, taken) or ("the submission is too large" if room < 0 else "")
        try:
            content = b"" if reason else item.file.read()
        except CollectError as error:
            reason = str(error)
        if reason:
            notes.append(f"{inside} was left out: {reason}")
            continue
        taken |= {str(inside).casefold(), *(f"{parent}/".casefold() for parent in inside.parents)}
        files[inside] = content
    return files


def _against(inside: PurePosixPath, taken: set[str]) -> str:
    """Say why a file cannot be written beside those that are taken (files, and folders with a slash); or ""."""
    name = str(inside).casefold()
    if inside.name.casefold() == STAMP:
        return "the time is not for students to write"
    if name in taken or f"{name}/" in taken or any(str(up).casefold() in taken for up in inside.parents):
        return "something of that name is there already"
    return ""
