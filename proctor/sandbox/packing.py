"""Packing of a student's folder for its sandbox.

The folder is not mounted: its regular files are packed here into an archive in memory, which is unpacked
inside, in memory of fixed size. So a student can fill no disk, and owner and mode of the
original, links and special files need no trust: links, pipes, sockets and devices are left behind.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import tarfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from proctor.errors import SubmissionRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proctor.sandbox.settings import Limits

COURSE_MARK = "nbgrader_config.py"
FOLDER = "a folder"
MAX_DEPTH = 32
MAX_PATH = 1_000
"""Bytes of a path within a submission: Linux takes 4,096 of a whole one, and the course's own come before."""
MAX_ENTRIES = 20_000
SPECIAL = "not a regular file"
WORDS = {
    errno.ELOOP: "a link", errno.ENOENT: "gone", errno.EACCES: "not readable", errno.ENXIO: SPECIAL
}  # fmt: skip


@dataclass(frozen=True)
class Packed:
    """A packed folder."""

    archive: bytes  # an uncompressed tar file of regular files
    left_out: dict[str, str]  # relative paths of what was not packed, each with the reason in words


def pack(folder: Path, limits: Limits) -> Packed:
    """Pack the regular files of a folder; SubmissionRefused if it is none, is the course itself, or is too large."""
    if not folder.is_dir():
        raise SubmissionRefused(f"{folder} is not a folder")
    if (folder / COURSE_MARK).exists():
        raise SubmissionRefused(
            f"{folder} is the course itself, with its hidden tests; the sandbox takes the folder of one "
            "submission. Open a notebook that lies in a submission's own folder"
        )
    buffer, left_out = io.BytesIO(), {}
    left, files = limits.submission, 0
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, reason, content in entries(folder):
            if content is None:
                left_out[name] = reason
                continue
            with content:
                data = content.read(left + 1)
            left, files = left - len(data), files + 1
            if left < 0 or files > limits.submission_files:
                raise SubmissionRefused(
                    f"{folder} holds more than {limits.submission} bytes or {limits.submission_files} files, "
                    "which is the limit for a submission"
                )
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return Packed(buffer.getvalue(), left_out)


def entries(folder: Path) -> Iterator[tuple[str, str, BinaryIO | None]]:
    """Yield each entry below a folder: its relative path, and why it is left out, or else its content.

    Every file is opened relative to the open folder that holds it and without following links, and is judged
    by what was opened: exchanging it in the meantime gains nothing. What vanishes in the meantime is left out.
    Depth, paths and the number of entries have limits, and nothing calls itself: a student decides how deep folders are.
    """
    left, waiting = MAX_ENTRIES, [PurePosixPath()]
    while waiting:
        inside = waiting.pop()
        try:
            handle = _open_folder(folder, inside)
        except OSError as error:
            yield str(inside), _why(error), None
            continue
        try:
            folders = []
            for name in sorted(os.listdir(handle)):  # noqa: PTH208  a folder that is open has no path
                left -= 1
                path = inside / name
                if left < 0:
                    yield str(path), f"beyond the first {MAX_ENTRIES:,} entries, as all that follows", None
                    return
                if len(os.fsencode(path)) > MAX_PATH or len(path.parts) > MAX_DEPTH:
                    yield str(path), f"more than {MAX_DEPTH} folders deep, or its path too long", None
                    continue
                reason, content = _open(name, handle)
                if reason == FOLDER:
                    folders.append(path)
                else:
                    yield str(path), reason, content
            waiting += reversed(folders)
        finally:
            os.close(handle)


def _open_folder(top: Path, inside: PurePosixPath) -> int:
    """Open a folder step by step, so that no link is followed below `top`; the caller closes it."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    handle = os.open(top, flags)
    for part in inside.parts:
        try:
            inner = os.open(part, flags | os.O_NOFOLLOW, dir_fd=handle)
        finally:
            os.close(handle)
        handle = inner
    return handle


def _open(name: str, folder: int) -> tuple[str, BinaryIO | None]:
    """Return "" and the open file, or the reason against it and None."""
    try:
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            return FOLDER, None
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        return _why(error), None
    facts = os.fstat(handle)
    if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1:
        return "", os.fdopen(handle, "rb")
    os.close(handle)
    return ("a hard link" if stat.S_ISREG(facts.st_mode) else SPECIAL), None


def _why(error: OSError) -> str:
    """Return in words why something could not be opened."""
    return WORDS.get(error.errno or 0, str(error.strerror))
