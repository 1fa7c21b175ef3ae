"""The members of a zip, one by one: what each is called, why it may not be taken, when it was written."""

from __future__ import annotations

import datetime as dt
import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.errors import CollectError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 2**20
DEEPEST = 64
"""Folders in which a file may lie; many programs walk through them by recursion."""
READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
UNIX_TIME = 0x5455
"""The extra field in which Info-ZIP keeps a file's time in UTC; the time that every zip has is a local one."""
UNICODE_PATH = 0x7075


@dataclass(frozen=True)
class Limits:
    """Limits of an archive: number of `files`, bytes in a `file` and in `total`, and the largest compression."""

    files: int = 100_000
    file: int = 256 * MIB
    total: int = 16_384 * MIB
    ratio: int = 300


@dataclass(frozen=True)
class File:
    """A regular file in a download: its path in NFC, bytes when unpacked, and when it was written, if that is known.

    `read` returns the content; it raises CollectError if the archive is damaged there.
    """

    path: PurePosixPath
    size: int
    time: dt.datetime | None
    read: Callable[[], bytes]


@dataclass
class Contents:
    """Contents of a download: the files, and for what was refused its path and the reason."""

    files: list[File] = field(default_factory=list)
    refused: list[tuple[PurePosixPath, str]] = field(default_factory=list)


def listed(archive: zipfile.ZipFile, name: str, limits: Limits, zone: dt.tzinfo | None) -> Contents:
    """List a zip; what may not be taken is refused.

    Raises:
        CollectError: it is too much as a whole.
    """
    # is_dir() fails without a name
    members = [info for info in archive.infolist() if not info.filename.endswith("/")]
    total = sum(info.file_size for info in members)
    if len(members) > limits.files:
        raise CollectError(f"{name} holds {len(members)} files; more than {limits.files} are not unpacked.")
    if total > limits.total:
        raise CollectError(
            f"{name} would unpack to {total // MIB} MiB; the limit is {limits.total // MIB} MiB."
        )
    contents, seen = Contents(), {}
    for info in members:
        path, reason = safe_path(_name(info))
        reason = reason or _refusal(info, limits)
        if reason or path in seen:
            contents.refused.append((path, reason or "is in the archive twice; the last one was taken"))
        if not reason:
            seen[path] = File(path, info.file_size, _time(info, zone), partial(_read, archive, info))
    contents.files = list(seen.values())
    return contents


def _refusal(info: zipfile.ZipInfo, limits: Limits) -> str:
    """Return why a member is not unpacked; "" if it is."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    bomb = info.file_size > MIB and info.file_size > limits.ratio * max(info.compress_size, 1)
    checks = (
        (kind == stat.S_IFLNK, "is a link, not a file"),
        (kind not in {0, stat.S_IFREG}, "is a special file"),
        (info.flag_bits & 1, "is encrypted with a password"),
        (info.compress_type not in READABLE, "is compressed in a way that cannot be read"),
        (info.file_size > limits.file, f"is larger than {limits.file // MIB} MiB"),
        (bomb, f"unpacks to more than {limits.ratio} times its size: a bomb"),
    )
    return next((reason for wrong, reason in checks if wrong), "")


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name: UTF-8 where it says so or is so, else that of old PCs, as zipfile reads it."""
    for kind, data in _extras(info):
        if kind == UNICODE_PATH and len(data) > 5 and data[0] == 1:
            return data[5:].decode("utf-8", "replace")
    try:
        return info.filename if info.flag_bits & 0x800 else info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def safe_path(name: str) -> tuple[PurePosixPath, str]:
    """Return a safe relative path for a member's name, or else a printable one and why it is refused."""
    text = unicodedata.normalize("NFC", name.replace("\\", "/"))
    printable = PurePosixPath("".join(letter if letter.isprintable() else "?" for letter in text)[:300])
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if text.startswith("/") or text[1:2] == ":":
        return printable, "has an absolute path"
    if ".." in parts:
        return printable, "leads out of the archive"
    if not parts or any(ord(letter) < 32 or letter == "\x7f" for letter in text):
        return printable, "has a name with control characters, or none"
    if any(len(part.encode("utf-8", "replace")) > 255 for part in parts) or len(text) > 1_000:
        return printable, "has too long a name"
    if len(parts) > DEEPEST:
        return printable, f"lies in more than {DEEPEST} folders"
    return PurePosixPath(*parts), ""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(info) as member:
            data = member.read(info.file_size)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise CollectError(f"{info.filename} is damaged in the archive ({error})") from None
    if len(data) != info.file_size:
        raise CollectError(f"{info.filename} is damaged in the archive (its length is not the one announced)")
    return data


def _extras(info: zipfile.ZipInfo) -> Iterator[tuple[int, bytes]]:
    rest = info.extra
    while len(rest) >= 4:
        kind, length = struct.unpack("<HH", rest[:4])
        yield kind, rest[4 : 4 + length]
        rest = rest[4 + length :]


def _time(info: zipfile.ZipInfo, zone: dt.tzinfo | None) -> dt.datetime | None:
    for kind, data in _extras(info):
        if kind == UNIX_TIME and len(data) >= 5 and data[0] & 1:
            return dt.datetime.fromtimestamp(struct.unpack("<i", data[1:5])[0], tz=dt.UTC)
    try:
        local = dt.datetime(*info.date_time, tzinfo=zone)
        return local.astimezone(dt.UTC) if info.date_time[0] > 1980 else None
    except (ValueError, OverflowError):
        return None
