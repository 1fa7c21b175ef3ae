"""Choice of the notebook among the files that one person handed in, of what belongs to it, and of what is left out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.errors import CollectError
from proctor.lms.archive import ARCHIVES, INNER, NOTEBOOKS, open_inner, without_ending
from proctor.lms.owner import JUNK, Item

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from proctor.lms.owner import Handed

ATTEMPT = re.compile(
    r"(?P<stem>.+?)"
    r"(?: ?\((?P<round>\d{1,3})\)|-(?P<dash>\d{1,3})|-Copy(?P<copy>\d{1,3})| - (?:Copy|Kopie|Copie|Copia))?",
    re.IGNORECASE,
)
"""Endings by which platforms, browsers and Jupyter tell files of one name apart: `work (2)`, `work-1`, `work-Copy1`."""

PACKED = {".7z", ".rar", ".gz", ".xz", ".bz2"}
STAMP = "timestamp.txt"
MAX_NOTEBOOK = 64 * 2**20
DEEPEST = 3
"""Archives in archives that are unpacked."""

GRADE_ID = re.compile(rb'"grade_id"\s*+:\s*+"([^"\\]{1,200})"')
SOURCE = re.compile(
    rb'"source"\s*+:\s*+(?:"(?:[^"\\]|\\.)*+"|\[(?:\s*+"(?:[^"\\]|\\.)*+"\s*+,?+)*+\s*+\])', re.DOTALL
)
"""A cell's text as it stands in the file. Within a text each quote has a backslash: neither can be forged there."""


@dataclass(frozen=True)
class Wanted:
    """Notebooks that an assignment asks for: their names, the grade_ids in them, and the releases' fingerprints."""

    notebooks: tuple[str, ...]
    graded: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()


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
    notebooks = [item for item in items if _is_notebook(item)]
    if not notebooks:
        raise CollectError(_nothing(handed, notes))
    chosen = {name: which(name, notebooks, wanted, notes) for name in wanted.notebooks}
    found = {name: item for name, item in chosen.items() if item is not None}
    if not found:
        names = ", ".join(sorted(str(item.path) for item in notebooks))
        raise CollectError(f"several notebooks, none of them called {wanted.notebooks[0]}: {names}")
    main = next(iter(found.values()))
    files = {PurePosixPath(name): _text(item, notes) for name, item in found.items()}
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


def which(name: str, notebooks: Sequence[Item], wanted: Wanted, notes: list[str]) -> Item | None:
    """Return which of several notebooks is meant as one of the assignment's, or None; notes why.

    Those of the name come first, whatever copy or attempt they are; of several, those that differ from the release,
    and of these the latest. Otherwise the only notebook is the one, or the only one with the assignment's cells.
    """
    stem = PurePosixPath(name).stem.casefold()
    attempts = [item for item in notebooks if _attempt(item)[0] == stem]
    if attempts:
        worked_on = attempts
        if len(attempts) > 1:
            worked_on = [each for each in attempts if fingerprint(each.file.read()) not in wanted.released]
        latest = _latest(worked_on or attempts)
        if len(attempts) > 1:
            untouched = len(attempts) - len(worked_on)
            why = f"; {untouched} as they were handed out" if untouched and worked_on else ""
            notes.append(f"{len(attempts)} notebooks of that name{why}; the latest, {latest.path}, was taken")
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


def grade_ids(data: bytes) -> frozenset[str]:
    """Return the grade_ids in the content of a notebook.

    It is not parsed: a notebook of empty objects would take two hundred times its size in memory.
    """
    return frozenset(each.decode("utf-8", "replace") for each in GRADE_ID.findall(_utf8(data)))


def fingerprint(data: bytes) -> str:
    """Return a fingerprint of all the text in a notebook's cells; outputs and metadata do not count."""
    digest = hashlib.sha256()
    for match in SOURCE.finditer(_utf8(data)):
        digest.update(b"\0")
        digest.update(
            re.sub(rb'\s*+\[?\s*+"((?:[^"\\]|\\.)*+)"\s*+,?+\s*+\]?', rb"\1", match[0].partition(b":")[2])
        )
    return digest.hexdigest()


def _is_notebook(item: Item) -> bool:
    return item.path.name.casefold().endswith(NOTEBOOKS)


def _unpacked(handed: Handed, notes: list[str]) -> tuple[list[Item], dict[int, Item]]:
    """Return the files with the archives among them unpacked, and which archive each unpacked one was in."""
    origin: dict[int, Item] = {}
    if handed.texts:
        notes.append("the text that was typed in was left out")
    items = handed.items
    for depth in range(DEEPEST):
        if depth and any(_is_notebook(item) for item in items):
            break  # what is packed deeper is something that belongs to it
        level, items = items, []
        for item in level:
            inner = _inner(item, notes) if item.path.name.casefold().endswith(ARCHIVES) else [item]
            origin |= {id(each): origin.get(id(item), item) for each in inner if each is not item}
            items += inner
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
    notes += [f"in {item.path}, {path} was left out: it {reason}" for path, reason in contents.refused[:20]]
    useful = [file for file in contents.files if not any(JUNK.fullmatch(part) for part in file.path.parts)]
    return [Item(item.path.parent / file.path, file, item.late) for file in useful]


def _nothing(handed: Handed, notes: list[str]) -> str:
    names = [str(item.path) for item in handed.items]
    packed = [name for name in names if PurePosixPath(name).suffix.casefold() in PACKED]
    packed = [name for name in packed if not name.casefold().endswith(ARCHIVES)]
    if packed:
        return f"{packed[0]} is no zip: unpack it by hand"
    said = "; ".join(notes)
    shown = ", ".join(names[:10]) + ", ..." * (len(names) > 10)
    return f"no notebook, but {shown or 'no file either'}" + (f" ({said})" if said else "")


def _attempt(item: Item) -> tuple[str, int]:
    """Return the name without the number of the attempt, and that number (0 for none)."""
    stem = without_ending(item.path.name)
    match = ATTEMPT.fullmatch(stem)
    if not match:
        return stem.casefold(), 0
    return match["stem"].casefold(), int(match["round"] or match["dash"] or match["copy"] or 0)


def _latest(attempts: list[Item]) -> Item:
    """Return the latest: by the files' times if they differ by more than packing takes, else by their numbers."""
    times = [item.file.time for item in attempts]
    known = [time for time in times if time is not None]
    if len(known) == len(attempts) and (max(known) - min(known)).total_seconds() > 60:
        return attempts[times.index(max(known))]
    return max(attempts, key=lambda item: (_attempt(item)[1], -len(item.path.parts)))


def _is_expected(item: Item, wanted: Wanted) -> bool:
    return any(_attempt(item)[0] == PurePosixPath(name).stem.casefold() for name in wanted.notebooks)


def _text(item: Item, notes: list[str]) -> bytes:
    """Return a notebook in UTF-8, and note if it had to be put right."""
    if item.file.size > MAX_NOTEBOOK:
        raise CollectError(f"{item.path} is larger than {MAX_NOTEBOOK // 2**20} MiB")
    data = item.file.read()
    if not item.path.name.casefold().endswith(".ipynb"):
        notes.append(f"{item.path} was taken for a notebook")
    text = _utf8(data)
    if text is not data:
        notes.append(f"{item.path} was in UTF-16, and is in UTF-8 now")
    return text


def _utf8(data: bytes) -> bytes:
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data
    try:
        return data.decode("utf-16").encode()
    except UnicodeError:
        return data


def _checked(data: bytes, name: PurePosixPath, wanted: Wanted, notes: list[str]) -> frozenset[str]:
    """Return the grade_ids in a notebook, and note what somebody should look at."""
    cells = grade_ids(data)
    if not data.strip():
        notes.append(f"{name} is an empty file")
    elif wanted.graded and not cells & wanted.graded:
        notes.append(f"{name} has none of the graded cells: is it the right exercise?")
    return cells


def _beside(
    main: Item, items: list[Item], notebooks: dict[PurePosixPath, bytes], notes: list[str]
) -> dict[PurePosixPath, bytes]:
    """Return the files in the notebook's folder and below it; other notebooks and a student's clock stay out."""
    folder = main.path.parent
    files: dict[PurePosixPath, bytes] = {}
    taken = {str(path).casefold() for path in notebooks}
    room = INNER.total
    for item in items:
        if not item.path.is_relative_to(folder) or _is_notebook(item):
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
    """Return why a file cannot be written beside those that are taken (files, and folders with a slash), or ""."""
    name = str(inside).casefold()
    if inside.name.casefold() == STAMP:
        return "the time is not for students to write"
    if name in taken or f"{name}/" in taken or any(str(up).casefold() in taken for up in inside.parents):
        return "something of that name is there already"
    return ""
