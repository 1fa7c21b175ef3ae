"""Finds out whose download it is, and sorts it by who handed it in."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.collect import CollectError
from proctor.collect.platforms import ILIAS, JUNK, Handed, Item, canvas, ilias, moodle, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from proctor.collect.members import File
    from proctor.collect.platforms import Reading


def sort(
    files: Sequence[File], assignment: str, platform: str | None = None
) -> tuple[str, list[Handed], list[File]]:
    """Sort a download by who handed it in.

    Args:
        files: of the download.
        assignment: the name of the assignment, which a file's name may hold.
        platform: whose download it is; None to find out.

    Returns:
        The platform, what each person handed in, and the files of which it is not known whose they are.

    Raises:
        CollectError: there is nothing in it.
    """
    files = [file for file in files if not any(JUNK.fullmatch(part) for part in file.path.parts)]
    if not files:
        raise CollectError("There is no file in this download.")
    readers = _readers(files, assignment)
    platform = platform or _recognise(files, readers)
    handed: dict[tuple[str, str], Handed] = {}
    strangers = []
    for file in files:
        reading = readers[platform](file.path)
        if reading is None:
            strangers.append(file)
            continue
        owner, inside, late = reading
        person = handed.setdefault(
            (owner.platform_id, "" if owner.platform_id else owner.folder), Handed(owner)
        )
        if inside is None:
            person.texts += 1
        else:
            person.items.append(Item(inside, file, late))
    return platform, list(handed.values()), strangers


def _readers(files: Sequence[File], assignment: str) -> dict[str, Callable[[PurePosixPath], Reading]]:
    return {
        "moodle": moodle,
        "canvas": canvas,
        "ilias": partial(ilias, depth=_depth(files)),
        "plain": partial(plain, skip=_shared(files), assignment=assignment),
    }


def _recognise(files: Sequence[File], readers: dict[str, Callable[[PurePosixPath], Reading]]) -> str:
    """Return the platform that can read the most paths, if it can read half of them; else "plain"."""
    can = {name: sum(read(file.path) is not None for file in files) for name, read in readers.items()}
    del can["plain"]
    best = max(can, key=can.__getitem__)
    return best if 2 * can[best] >= len(files) else "plain"


def _depth(files: Sequence[File]) -> int:
    """Return at which depth the most folders look like ILIAS's for a student; the deeper of two that are equal."""
    folders = {
        (depth, file.path.parts[: depth + 1])
        for file in files
        for depth, part in enumerate(file.path.parts[:-1][:4])
        if ILIAS.fullmatch(part)
    }
    counts = Counter(depth for depth, _ in folders)
    return max(counts, key=lambda depth: (counts[depth], depth), default=0)


def _shared(files: Sequence[File]) -> int:
    """Return how many folders around a plain download are only a wrapping, not a student's."""
    paths = [file.path.parts for file in files]
    skip = 0
    while len({parts[skip] for parts in paths if len(parts) > skip}) == 1:
        inner = [parts[skip + 1 :] for parts in paths]
        names = {parts[0] for parts in inner if parts}
        flat = all(len(parts) == 1 for parts in inner)
        if not all(inner) or (len(names) < 2 and flat) or (flat and not _several(names)):
            break
        if any(len(parts) == 1 for parts in inner) and not flat:
            break
        skip += 1
    return skip


def _several(names: set[str]) -> bool:
    """Say whether files in one folder are of several people: more than one notebook or zip."""
    return sum(PurePosixPath(name).suffix.casefold() in {".ipynb", ".zip"} for name in names) > 1
