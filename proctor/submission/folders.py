"""Folders of any depth, listed and removed without recursion: a student can hand in a thousand nested folders."""

from __future__ import annotations

import os
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def files(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder that is no folder; links are not followed.

    Raises:
        OSError: a folder cannot be read, or its path is too long for the system.
    """
    pending = [folder]
    while pending:
        place = pending.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                path = place / entry.name
                if entry.is_dir(follow_symlinks=False):
                    pending.append(path)
                else:
                    yield path


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it; nothing happens if there is none, and a link is left alone.

    Folders inside are first moved to the top, so that no path grows too long for the system.

    Raises:
        OSError: something cannot be removed.
    """
    if folder.is_symlink() or not folder.is_dir():
        return
    names, pending, emptied = count(), [folder], []
    while pending:
        place = pending.pop()
        place.chmod(0o700)
        with os.scandir(place) as entries:
            found = list(entries)
        for entry in found:
            path = place / entry.name
            if not entry.is_dir(follow_symlinks=False):
                path.unlink()
                continue
            if place != folder:
                path.chmod(0o700)
                top = (folder / f".removing-{number}" for number in names)
                path = path.rename(next(free for free in top if not os.path.lexists(free)))
            pending.append(path)
        emptied.append(place)
    for place in reversed(emptied):
        place.rmdir()
