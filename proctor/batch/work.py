"""What a worker does: it executes and judges one submission, knows no gradebook and writes nothing.

A worker is a process on this machine or on another one. It gets all that it needs with the job.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import tempfile
import time
import traceback
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.diagnosis import companions
from proctor.grading import grade_notebook
from proctor.outcome import GraderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Parcel:
    """A folder that travels: its regular files in a zip archive.

    Attributes:
        archive: the files.
        inside: where in it the folder is; what else it holds are files that the folder's own code reads.
    """

    archive: bytes
    inside: str = "."

    @classmethod
    def of(cls, folder: Path) -> Parcel:
        """Pack a folder of ours; what Python has compiled stays at home."""
        return cls(_archive(folder, _files(folder)))

    @classmethod
    def of_tests(cls, folder: Path) -> Parcel:
        """Pack hidden tests, with the code and the notebooks that their diagnosis needs."""
        needed = [Path(os.path.normpath(folder / name)) for name in companions(folder)]
        root = Path(os.path.commonpath([folder, *needed]))
        code = [path for other in needed for path in _files(other) if path.suffix in (".py", ".ipynb")]
        return cls(_archive(root, [*_files(folder), *code]), str(folder.relative_to(root)))

    def unpack(self, folder: Path) -> Path:
        """Write its files into a folder, and return where the packed one is now."""
        with zipfile.ZipFile(io.BytesIO(self.archive)) as archive:
            archive.extractall(folder)  # nothing lands outside; tar files need Python 3.11.4 for that
        return folder / self.inside


def _files(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(path for path in found if path.suffix != ".pyc")


def _archive(root: Path, files: Iterable[Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", strict_timestamps=False) as archive:
        for path in dict.fromkeys(files):
            archive.write(path, path.relative_to(root))
    return buffer.getvalue()


@dataclass(frozen=True)
class Job:
    """One submission to execute and judge.

    Attributes:
        student: whose it is; no two jobs of a run have the same.
        notebooks: its sanitised notebooks as JSON, by name.
        files: its folder, or what is in it where the worker cannot reach the folder.
        tests: likewise the hidden tests.
        config: the sections of Jupyter's configuration that a worker needs.
    """

    student: str
    notebooks: dict[str, str]
    files: Path | Parcel
    tests: Path | Parcel
    config: Any = None


@dataclass(frozen=True)
class Result:
    """What became of a job.

    Attributes:
        student: whose it is.
        notebooks: the executed notebooks as JSON, by name; empty if there was a fault.
        fault: why the grader could not grade it, in one line; empty if it could.
        details: the same for whoever repairs it.
        disk_full: whether the fault is that the worker's disk is full.
        seconds: how long the worker took, on the clock.
    """

    student: str
    notebooks: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    details: str = ""
    disk_full: bool = False
    seconds: float = 0.0


def work(job: Job) -> Result:
    """Execute and judge a submission (called in the worker); whatever goes wrong is told, not raised."""
    begun = time.monotonic()
    try:
        with _folder(job.files) as folder:
            tests = job.tests if isinstance(job.tests, Path) else _lasting(job.tests)[1]
            done = {name: _grade(text, folder, tests, job.config) for name, text in job.notebooks.items()}
    except Exception as error:  # noqa: BLE001  - reaches the teaching assistant as the fault that it is
        words = str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"
        full = isinstance(error, OSError) and error.errno in FULL
        return Result(job.student, {}, " ".join(words.split())[:300], traceback.format_exc(), disk_full=full)
    return Result(job.student, done, seconds=time.monotonic() - begun)


def _grade(text: str, folder: Path, tests: Path, config: Any) -> str:
    notebook = nbformat.reads(text, as_version=4)
    grade_notebook(notebook, folder, tests, config)
    return str(nbformat.writes(notebook))


@contextlib.contextmanager
def _folder(files: Path | Parcel) -> Iterator[Path]:
    """Lend a submission's folder."""
    if isinstance(files, Path):
        if not files.is_dir():  # else it would look like a submission that cannot be read
            raise GraderError(f"The worker cannot reach {files}.")
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="submission-") as name:
        yield files.unpack(Path(name))


@cache
def _lasting(tests: Parcel) -> tuple[tempfile.TemporaryDirectory[str], Path]:
    """Unpack hidden tests, once for each process, into a folder that lasts as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix="tests-")
    return folder, tests.unpack(Path(folder.name))
