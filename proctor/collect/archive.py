"""Reads a download, zip or folder, without trusting it: nothing is unpacked by name, nothing larger than it may be.

What cannot be taken is refused in words, one file at a time; only an archive that is dangerous as a whole is
refused as a whole.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import struct
import unicodedata
import zipfile
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from proctor.collect import CollectError
from proctor.collect.members import MIB, Contents, File, Limits, listed
from proctor.jail.submission import entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INNER = Limits(files=2_000, file=64 * MIB, total=256 * MIB)
"""For an archive that one student handed in."""


@contextmanager
def open_download(path: Path, zone: dt.tzinfo | None = None) -> Iterator[Contents]:
    """Open a zip or a folder and list it; the files can be read as long as it is open.

    Args:
        path: the zip or the folder.
        zone: of times that come without one; the machine's own if None.

    Raises:
        CollectError: there is no such file, or it is neither, or it is too much.
    """
    if path.is_dir():
        yield _folder(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise CollectError(f"There is no file or folder {path}.") from None
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        raise CollectError(f"{path} is no zip file that can be read ({error}). Download it again.") from None
    with archive:
        yield listed(archive, path.name, Limits(), zone)


def open_inner(data: bytes, name: str) -> Contents:
    """List a zip that a student handed in.

    Raises:
        CollectError: it is no zip, or too much.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        raise CollectError(f"{name} is no zip file that can be read ({error})") from None
    return listed(archive, name, INNER, None)


def _folder(folder: Path) -> Contents:
    contents = Contents()
    for name, reason, content in entries(folder):
        path = PurePosixPath(unicodedata.normalize("NFC", name))
        if content is None:
            contents.refused.append((path, f"is left out: {reason}"))
            continue
        with content:
            status = os.fstat(content.fileno())
        if status.st_size > Limits().file:
            contents.refused.append((path, f"is larger than {Limits().file // MIB} MiB"))
            continue
        time = dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC)
        contents.files.append(File(path, status.st_size, time, _file_reader(folder / name)))
    return contents


def _file_reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                return file.read(Limits().file)
        except OSError as error:
            raise CollectError(f"{path} cannot be read ({error.strerror})") from None

    return read
