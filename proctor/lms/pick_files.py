"""Picking among the files that one person handed in: the notebook, what belongs to it, and what is left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from proctor import submission
from proctor.errors import CollectError
from proctor.lms.download import ARCHIVES, INNER, NOTEBOOKS, open_inner
from proctor.lms.owner import HandedFile
from proctor.lms.sorting import without_junk
from proctor.submission.find_notebook import Candidate, is_called, pick
from proctor.submission.handed_in import STAMP

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from proctor.lms.owner import Handed

PACKED = {".7z", ".rar", ".gz", ".xz", ".bz2"}
MAX_NOTEBOOK = 64 * 2**20
DEEPEST = 3
"""Archives in archives that are unpacked."""

GRADE_ID = re.compile(rb'"grade_id"\s*+:\s*+"([^"\\]{1,200})"')


@dataclass(frozen=True)
class Wanted:
    """Notebooks that an assignment asks for: their names, the grade_ids in them, and the sources handed out."""

    notebooks: tuple[str, ...]
    graded: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()


@dataclass
class Choice:
    """A submission as it will be written: the content of each file by its path, and notes on what was done and left out.

    The source is the file in the download that the notebook came from (an archive, if it was in one), and the time is
    that file's. It `fits` if graded cells in it are the assignment's; None where there are no graded cells.
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
    others = [item for item in notebooks if not _is_expected(item, wanted) and item not in found.values()]
    if others:
        unused = ", ".join(sorted(str(item.path) for item in others))
        notes.append(f"other notebooks were left out: {unused}")
    files |= _beside(main, items, files, notes)
    source = origin.get(id(main), main).file
    return Choice(files, source.path, source.time, any(item.late for item in handed.items), notes, fits)


def which(name: str, notebooks: Sequence[HandedFile], wanted: Wanted, notes: list[str]) -> HandedFile | None:
    """Return which of several notebooks is meant as one of the assignment's, or None; notes why.

    Of those of the name, whatever attempt or copy they are, `submission.pick` says which; one of another name is the one
    if it is alone, or has the assignment's cells and was worked on where those of the name were not.
    """
    called = [item for item in notebooks if is_called(item.path.name, name)]
    others = [item for item in notebooks if not _is_expected(item, wanted)]
    if len(wanted.notebooks) > 1:
        others = []
    elif called or len(others) > 1:
        others = [item for item in others if grade_ids(item.file.read()) & wanted.graded]
    if not called and len(others) != 1:
        return None
    candidates = {_candidate(item): item for item in (*called, *others)}
    chosen = candidates[pick(list(candidates), name, wanted.given)]
    if chosen in others:
        notes.append(f"{chosen.path} was renamed to {name}")
    elif len(called) > 1:
        notes.append(f"{len(called)} notebooks of that name; {chosen.path} was taken")
    return chosen


def _candidate(item: HandedFile) -> Candidate:
    """Return a file of a download as one of those among which `submission.pick` decides."""
    written = item.file.time.timestamp() if item.file.time else None
    return Candidate(item.path, written, partial(_cells, item))


def _cells(item: HandedFile) -> Any:
    return submission.parse(item.file.read(), item.path.name)


def grade_ids(data: bytes) -> frozenset[str]:
    """Return the grade_ids in the content of a notebook.

    It is not parsed: a notebook of empty objects would take two hundred times its size in memory.
    """
    return frozenset(each.decode("utf-8", "replace") for each in GRADE_ID.findall(_utf8(data)))


def _is_notebook(item: HandedFile) -> bool:
    return item.path.name.casefold().endswith(NOTEBOOKS)


def _unpacked(handed: Handed, notes: list[str]) -> tuple[list[HandedFile], dict[int, HandedFile]]:
    """Return the files with the archives among them unpacked, and which archive each unpacked one was in."""
    origin: dict[int, HandedFile] = {}
    if handed.texts:
        notes.append("the text that was typed in was left out")
    items = handed.items
    for depth in range(DEEPEST):
        if depth and any(map(_is_notebook, items)):
            break  # what is packed deeper is something that belongs to it
        level, items = items, []
        for item in level:
            inner = _inner(item, notes) if item.path.name.casefold().endswith(ARCHIVES) else [item]
            origin |= {id(each): origin.get(id(item), item) for each in inner if each is not item}
            items += inner
    return items, origin


def _inner(item: HandedFile, notes: list[str]) -> list[HandedFile]:
    if item.file.size > INNER.file:
        notes.append(f"{item.path} was not unpacked: it is larger than {INNER.file // 2**20} MiB")
        return []
    try:
        contents = open_inner(item.file.read(), str(item.path))
    except CollectError as error:
        notes.append(f"{item.path} was not unpacked: {error}")
        return []
    notes += [f"in {item.path}, {path} was left out: it {reason}" for path, reason in contents.refused[:20]]
    return [
        HandedFile(item.path.parent / file.path, file, item.late) for file in without_junk(contents.files)
    ]


def _nothing(handed: Handed, notes: list[str]) -> str:
    names = [str(item.path) for item in handed.items]
    for name in names:
        if PurePosixPath(name).suffix.casefold() in PACKED and not name.casefold().endswith(ARCHIVES):
            return f"{name} is no zip: unpack it by hand"
    said = f" ({'; '.join(notes)})" if notes else ""
    shown = ", ".join(names[:10]) + ", ..." * (len(names) > 10)
    return f"no notebook, but {shown or 'no file either'}{said}"


def _is_expected(item: HandedFile, wanted: Wanted) -> bool:
    return any(is_called(item.path.name, name) for name in wanted.notebooks)


def _text(item: HandedFile, notes: list[str]) -> bytes:
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
    main: HandedFile, items: list[HandedFile], notebooks: dict[PurePosixPath, bytes], notes: list[str]
) -> dict[PurePosixPath, bytes]:
    """Return the files in the notebook's folder and below it; other notebooks and a student's clock stay out."""
    folder, left = main.path.parent, INNER.total
    files: dict[PurePosixPath, bytes] = {}
    taken = {str(path).casefold() for path in notebooks}
    for item in items:
        if not item.path.is_relative_to(folder) or _is_notebook(item):
            continue
        inside = item.path.relative_to(folder)
        left -= item.file.size
        reason = _against(inside, taken) or ("the submission is too large" if left < 0 else "")
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
