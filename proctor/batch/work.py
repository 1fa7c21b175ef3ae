"""What a worker does: it executes and judges one submission, knows no gradebook and writes nothing.

A worker is a process on this machine or on another one. It gets all that it needs with the job.
"""

from __future__ import annotations

import contextlib
import errno
import io
import tarfile
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.grading import grade_notebook
from proctor.outcome import GraderError

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Parcel:
    """A folder that travels: its regular files in a tar archive."""

    archive: bytes

    @classmethod
    def of(cls, folder: Path) -> Parcel:
        """Pack a folder of ours; what Python has compiled stays at home."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.is_symlink() and path.suffix != ".pyc":
                    archive.add(path, str(path.relative_to(folder)), recursive=False)
        return cls(buffer.getvalue())

    def unpack(self, folder: Path) -> None:
        """Write its files into a folder."""
        with tarfile.open(fileobj=io.BytesIO(self.archive)) as archive:
            archive.extractall(folder, filter="data")


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
            tests = job.tests if isinstance(job.tests, Path) else Path(_lasting(job.tests).name)
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
        files.unpack(Path(name))
        yield Path(name)


@cache
def _lasting(tests: Parcel) -> tempfile.TemporaryDirectory[str]:
    """Unpack hidden tests, once for each process, into a folder that lasts as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix="tests-")
    tests.unpack(Path(folder.name))
    return folder
