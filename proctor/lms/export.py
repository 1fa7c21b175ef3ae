"""A folder for upload: each of its files is written whole or not at all, and zips are the same for the same feedback."""

from __future__ import annotations

import io
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.errors import ExportError
from proctor.submission import folders

if TYPE_CHECKING:
    from collections.abc import Mapping

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in a zip: the earliest that there is, so that nothing in it depends on today."""

SCRATCH = ".writing-"
"""Beginning of the name of the folder in which an export is written, in the one that it is for."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip with files by their path in it; names other than ASCII are marked as UTF-8."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def write_export(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder, which is made: all of them are ready before the first is put in place.

    The caller holds the course's lock: what an export that was killed left in the folder is removed.

    Raises:
        ExportError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{SCRATCH}*"):
            folders.remove(left)
        with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
            for name, content in files.items():
                (Path(scratch) / name).write_bytes(content)
            return [(Path(scratch) / name).replace(folder / name) for name in files]
    except OSError as error:
        raise ExportError(f"{folder} cannot be written ({error.strerror}).") from None
