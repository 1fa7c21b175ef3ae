"""Finds out whose download it is, and sorts it by who handed it in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from proctor.errors import CollectError
from proctor.lms.owner import JUNK, Handed, Item
from proctor.lms.platforms import PLATFORMS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from proctor.lms.members import File
    from proctor.lms.platform import Platform, Reader


def sort(
    files: Sequence[File], assignment: str, platform: str | None = None, zone: dt.tzinfo | None = None
) -> tuple[Platform, list[Handed], list[File]]:
    """Sort a download by who handed it in.

    Args:
        files: of the download.
        assignment: the name of the assignment, which a file's name may hold.
        platform: whose download it is; None to find out.
        zone: of times that come without one; the machine's own if None.

    Returns:
        The platform, what each person handed in, and the files of which it is not known whose they are.

    Raises:
        CollectError: there is nothing in it, or it is not the download of the platform that was given.
    """
    files = [file for file in files if not any(JUNK.fullmatch(part) for part in file.path.parts)]
    if not files:
        raise CollectError("There is no file in this download.")
    readers = {name: each.reader(files, assignment, zone) for name, each in PLATFORMS.items()}
    chosen = platform or _recognise(files, readers)
    handed: dict[tuple[str, str, str], Handed] = {}
    strangers = []
    for file in files:
        pieces = readers[chosen](file.path)
        if not pieces:
            strangers.append(file)
        for piece in pieces:
            owner = piece.owner
            # A team's number may be a person's, too; and two people of one name may have no number.
            key = (owner.platform_id, owner.name, "" if owner.platform_id else owner.folder)
            person = handed.setdefault(key, Handed(owner))
            if piece.inside is None:
                person.texts += 1
            else:
                dated = replace(file, time=piece.time) if piece.time else file
                person.items.append(Item(piece.inside, dated, piece.late))
    if platform and not handed:
        raise CollectError(
            f"no file in this download is called as {PLATFORMS[chosen].title} calls them; it has {layout(files)}. "
            "Leave out --platform, or use another one."
        )
    return PLATFORMS[chosen], list(handed.values()), strangers


def layout(files: Sequence[File]) -> str:
    """Return in words how the files of a download are called, for who has to find out what it is."""
    shapes = Counter((len(file.path.parts), file.path.suffix or "no ending") for file in files)
    deep, ending = shapes.most_common(1)[0][0]
    example = next(file.path for file in files if len(file.path.parts) == deep)
    folders = ("no folder", "a folder")[deep - 1] if deep < 3 else f"{deep - 1} folders"
    count = "one file," if len(files) == 1 else f"{len(files)} files, most of them"
    return f"{count} {ending} in {folders}, such as {str(example)[:80]!r}"


def _recognise(files: Sequence[File], readers: dict[str, Reader]) -> str:
    """Return the platform that can read the most paths, if it can read half of them; else "plain"."""
    can = {name: sum(bool(read(file.path)) for file in files) for name, read in readers.items()}
    del can["plain"]
    best = max(can, key=can.__getitem__)
    return best if 2 * can[best] >= len(files) else "plain"
