"""Downloads, zips or folders, read without trust: nothing is unpacked by name, nothing larger than it may be.

What cannot be taken is refused in words, one file at a time; only an archive that is dangerous as a whole is
refused as a whole.
"""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from proctor.errors import CollectError
from proctor.lms.members import MIB, Contents, File, Limits, listed, safe_path

if TYPE_CHECKING:
    from collections.abc import Iterator

INNER = Limits(files=2_000, file=64 * MIB, total=256 * MIB)
"""For an archive that one student handed in."""
NOTEBOOKS = (".ipynb", ".ipynb.txt", ".ipynb.json")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
DAMAGED_TAR = (
    tarfile.TarError, OSError, EOFError, ValueError, OverflowError, zlib.error, lzma.LZMAError
)  # fmt: skip
CENTRAL = b"PK\x01\x02"
"""The bytes with which each entry of a zip's table of contents begins."""


@contextmanager
def open_download(path: Path, zone: dt.tzinfo | None = None) -> Iterator[Contents]:
    """Open a zip or a folder and list it; the files can be read as long as it is open.

    Times without a zone are in the given one, or in the machine's own.

    Raises:
        CollectError: there is no such file, or it is neither, or it is too much.
    """
    if path.is_dir():
        yield _folder(path)
        return
    if not path.exists():
        raise CollectError(f"There is no file or folder {path}.")
    with _zip(path, str(path), f". {_advice(path)}.") as archive:
        yield listed(archive, path.name, Limits(), zone)


def _zip(source: Path | io.BytesIO, name: str, advice: str = "") -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, struct.error) as error:
        raise CollectError(f"{name} is no zip file that can be read ({error}){advice}") from None


def _advice(path: Path) -> str:
    """Return what to do with a file that is no zip."""
    if path.suffix == ".csv":
        return "If it says who is in the course, give it as --roster"
    notebook = path.name.casefold().endswith(NOTEBOOKS)
    return "If it is one student's, say whose: --student ID" if notebook else "Download it again"


def single(path: Path) -> Contents:
    """Return a file that is no archive, as if it lay alone in a folder."""
    _add(contents := Contents(), path, PurePosixPath(path.name))
    return contents


def split_path(path: Path) -> tuple[Path, PurePosixPath]:
    """Return the download that a path leads into, and the path within it: `all.zip/hans/x.ipynb` is in `all.zip`."""
    for outer in (path, *path.parents):
        if outer.exists() and outer != Path():
            return outer, PurePosixPath(path.relative_to(outer))
    return path, PurePosixPath()


def open_inner(data: bytes, name: str) -> Contents:
    """List an archive that a student handed in: a zip, or a tar file, compressed or not.

    Raises:
        CollectError: it is no archive, or too much.
    """
    if name.casefold().endswith(ARCHIVES[1:]):
        return _tar(data, name)
    if data.count(CENTRAL) > 10 * INNER.files:  # each costs half a kilobyte as soon as it is listed
        raise CollectError(f"{name} holds more than {INNER.files} files")
    return listed(_zip(io.BytesIO(data), name), name, INNER, None)


def _tar(data: bytes, name: str) -> Contents:
    contents = Contents()
    try:
        with tarfile.open(fileobj=_Bounded(_unpacked(data), INNER.total), mode="r|") as archive:
            for member in archive:
                path, reason = safe_path(member.name)
                if not member.isdir() and not member.isreg():
                    reason = "is not a regular file"
                elif member.issparse():  # holes take no byte of the archive, and any number in memory
                    reason = "is a file with holes"
                if reason:
                    contents.refused.append((path, reason))
                elif content := archive.extractfile(member):
                    body = content.read()
                    time = dt.datetime.fromtimestamp(member.mtime, tz=dt.UTC)
                    contents.files.append(File(path, len(body), time, partial(bytes, body)))
                if len(contents.files) + len(contents.refused) > INNER.files:
                    raise CollectError(f"{name} holds more than {INNER.files} files")
    except DAMAGED_TAR as error:
        raise CollectError(f"{name} is no tar file that can be read ({error})") from None
    return contents


def _unpacked(data: bytes) -> Any:
    """Return a stream of what a tar file's compression holds, by the first bytes of it."""
    openers: Any = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ", lzma.open))
    for begin, opener in openers:
        if data.startswith(begin):
            return opener(io.BytesIO(data))
    return io.BytesIO(data)


class _Bounded(io.RawIOBase):
    """A stream that ends with an error after a number of bytes: a bomb is not unpacked to its end."""

    def __init__(self, source: io.BufferedIOBase, limit: int) -> None:
        self._source, self._left = source, limit

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise OSError(f"it unpacks to more than {INNER.total // MIB} MiB")
        return data


def could_be_submission(path: PurePosixPath) -> bool:
    """Return whether a file may be a submission by its name; tables and texts beside them are not."""
    return path.name.casefold().endswith((*NOTEBOOKS, *ARCHIVES))


def without_ending(name: str) -> str:
    """Return the name of a file without what says that it is a notebook or an archive."""
    endings = [end for end in (*NOTEBOOKS, *ARCHIVES) if name.casefold().endswith(end)]
    return name[: -max(map(len, endings))] if endings else PurePosixPath(name).stem


def _folder(folder: Path) -> Contents:
    """List a folder: without recursion, and with nothing opened but folders."""
    contents, pending = Contents(), [PurePosixPath()]
    while pending:
        inside = pending.pop()
        try:
            with os.scandir(folder / inside) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            contents.refused.append((inside, f"cannot be read ({error.strerror})"))
            continue
        for entry in entries:
            path, reason = safe_path(str(inside / entry.name))
            if reason:
                contents.refused.append((path, reason))
            elif entry.is_dir(follow_symlinks=False):
                pending.append(inside / entry.name)
            else:
                _add(contents, folder / inside / entry.name, path)
        if len(contents.files) > Limits().files:
            raise CollectError(f"{folder} holds more than {Limits().files} files: is it the right folder?")
    contents.files.sort(key=lambda file: file.path)
    return contents


def _add(contents: Contents, place: Path, path: PurePosixPath) -> None:
    try:
        status = place.lstat()
    except OSError as error:  # it has vanished since it was listed
        contents.refused.append((path, f"cannot be read ({error.strerror})"))
        return
    reason = (
        "is left out: a link" if stat.S_ISLNK(status.st_mode)
        else "is left out: not a regular file" if not stat.S_ISREG(status.st_mode)
        else "is left out: a hard link" if status.st_nlink > 1
        else f"is larger than {Limits().file // MIB} MiB" if status.st_size > Limits().file
        else ""
    )  # fmt: skip
    if reason:
        contents.refused.append((path, reason))
        return
    time = dt.datetime.fromtimestamp(status.st_mtime, tz=dt.UTC)
    contents.files.append(File(path, status.st_size, time, partial(_read, place, status.st_size)))


def _read(path: Path, size: int) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            data = file.read(size + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError as error:
        raise CollectError(f"{path} cannot be read ({error.strerror})") from None
    if len(data) != size:
        raise CollectError(f"{path} changed while it was read: collect again")
    return data
