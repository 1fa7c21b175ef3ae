"""Packs a student's folder for its sandbox.

The folder is not mounted: its regular files are packed here into an archive in memory, which is unpacked
inside, in memory of fixed size. So a student can fill no disk, and owner and mode of the
original, links and special files need no trust: links, pipes, sockets and devices are left behind.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from proctor.sandbox.errors import SubmissionRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.sandbox.limits import Limits

COURSE_MARK = "nbgrader_config.py"


@dataclass(frozen=True)
class Packed:
    """A packed folder.

    Attributes:
        archive: an uncompressed tar file of regular files.
        left_out: relative paths of what was not packed, each with the reason in words.
    """

    archive: bytes
    left_out: dict[str, str]


def pack(folder: Path, limits: Limits) -> Packed:
    """Pack the regular files of `folder`.

    Raises:
        SubmissionRefused: if it is not a folder, is the course itself, or exceeds `limits`.
    """
    if not folder.is_dir():
        raise SubmissionRefused(f"{folder} is not a folder")
    if (folder / COURSE_MARK).exists():
        raise SubmissionRefused(
            f"{folder} is the course itself, with its hidden tests; the sandbox takes the folder of one "
            "submission. Open a notebook that lies in a submission's own folder"
        )
    buffer, left_out = io.BytesIO(), {}
    room, files = limits.submission, 0
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, reason, content in entries(folder):
            if content is None:
                left_out[name] = reason
                continue
            with content:
                data = content.read(room + 1)
            room, files = room - len(data), files + 1
            if room < 0 or files > limits.submission_files:
                raise SubmissionRefused(
                    f"{folder} holds more than {limits.submission} bytes or {limits.submission_files} files, "
                    "which is the limit for a submission"
                )
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return Packed(buffer.getvalue(), left_out)


def entries(folder: Path) -> Iterator[tuple[str, str, BinaryIO | None]]:
    """Yield each entry below `folder`: its relative path, and why it is left out, or else its content.

    Every file is opened relative to the open folder that holds it and without following links, and is judged
    by what was opened: exchanging it in the meantime gains nothing.
    """
    for root, folders, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        folders.sort()
        inside = Path(root).relative_to(folder)
        for name in sorted(folders):
            if stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                yield str(inside / name), "a link", None
        for name in sorted(names):
            yield (str(inside / name), *_open(name, descriptor))


def _open(name: str, folder: int) -> tuple[str, BinaryIO | None]:
    """Return "" and the open file, or the reason against it and None."""
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        return (
            "a link" if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode) else str(error.strerror)
        ), None
    facts = os.fstat(handle)
    if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1:
        return "", os.fdopen(handle, "rb")
    os.close(handle)
    return ("a hard link" if stat.S_ISREG(facts.st_mode) else "not a regular file"), None
