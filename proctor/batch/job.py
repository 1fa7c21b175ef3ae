"""Work of a worker: it restores, executes and judges one submission, knows no gradebook and writes nothing.

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
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from proctor import submission
from proctor.errors import GraderError, UnreadableError
from proctor.gradebook.marks import marks_of
from proctor.grading.diagnosis import companions
from proctor.grading.grade import grade_notebook
from proctor.grading.settings import Grading
from proctor.jupyter_kernel.kernelspec import asked_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proctor.gradebook.marks import Marks
    from proctor.submission.intake import Submitted

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
class Ungraded:
    """A notebook to grade.

    Attributes:
        submitted: as it lies on the disk.
        release: the notebook that students got, as JSON.
        fingerprint: of what else its grade depends on.
    """

    submitted: Submitted
    release: str
    fingerprint: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A submission to restore, execute and judge.

    Attributes:
        student: whose it is; no two jobs of a run have the same.
        notebooks: what was handed in, by the names that the notebooks should have.
        files: its folder, or what is in it where the worker cannot reach the folder.
        tests: likewise the hidden tests.
        config: the sections of Jupyter's configuration that a worker needs.
        execute: whether to run and judge it.
    """

    student: str
    notebooks: dict[str, Ungraded]
    files: Path | Parcel
    tests: Path | Parcel
    config: Any = None
    execute: bool = True


@dataclass(frozen=True)
class GradedNotebook:
    """A graded notebook, as JSON, and what it says to the gradebook."""

    text: str
    marks: Marks


@dataclass(frozen=True)
class Result:
    """Result of a job.

    Attributes:
        student: whose it is.
        notebooks: the graded notebooks, by name; empty if there was a fault.
        pages: the pages that were asked for, likewise.
        fault: why the grader could not do it, in one line; empty if it could.
        details: the same for whoever repairs it.
        disk_full: whether the fault is that the worker's disk is full.
        seconds: how long the worker took, on the clock.
    """

    student: str
    notebooks: dict[str, GradedNotebook] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    details: str = ""
    disk_full: bool = False
    seconds: float = 0.0


def work(job: Job) -> Result:
    """Restore, execute and judge a submission (called in the worker); whatever goes wrong is told, not raised."""
    begun = time.monotonic()
    try:
        with _folder(job.files) as folder:
            tests = job.tests if isinstance(job.tests, Path) else _lasting(job.tests)[1]
            done = {name: _grade(name, each, folder, tests, job) for name, each in job.notebooks.items()}
    except Exception as error:  # noqa: BLE001  - reaches the teaching assistant as the fault that it is
        return failed(job.student, error)
    return Result(job.student, done, seconds=time.monotonic() - begun)


def failed(student: str, error: Exception) -> Result:
    """Return what is told of an error that a job ended in."""
    words = str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"
    full = isinstance(error, OSError) and error.errno in FULL
    line = " ".join(words.split())[:300]
    return Result(student, fault=line, details=traceback.format_exc(), disk_full=full)


def _grade(name: str, ungraded: Ungraded, folder: Path, tests: Path, job: Job) -> GradedNotebook:
    notebook = _restored(name, ungraded, skip=Grading(config=job.config).skip_demonstrations)
    if job.execute:
        grade_notebook(notebook, folder, tests, job.config)
        _limit_output(notebook, job.config)
    return GradedNotebook(str(nbformat.writes(notebook)), marks_of(notebook))


def _restored(name: str, ungraded: Ungraded, *, skip: bool) -> Any:
    """Return the notebook to run, with the facts about its grading in its metadata."""
    submitted, release = ungraded.submitted, _release(ungraded.release)
    found, reason = None, submitted.reason
    if submitted.content is not None:
        try:
            found = submission.parse(submitted.content, name)
        except UnreadableError as error:
            reason = str(error)
    if found is None:
        notebook = submission.unreadable(release, reason)
    else:
        notebook, notices = submission.restore(found, release, skip=skip)
        notebook.metadata["proctor"] = {"notices": [submitted.notice] * bool(submitted.notice) + notices}
    # Whoever opens it from the formgrader, which starts a kernel at once, gets the sandboxed one.
    notebook.metadata["kernelspec"] = asked_for()
    notebook.metadata.proctor["handed_in"] = submitted.fingerprint
    notebook.metadata.proctor["fingerprint"] = dict(ungraded.fingerprint)
    return notebook


@lru_cache(maxsize=8)
def _release(text: str) -> Any:
    """Read a release, once for each process; not to be changed."""
    return nbformat.reads(text, as_version=4)


def _limit_output(notebook: Any, config: Any) -> None:
    """Shorten endless outputs as nbgrader does; its own step for that takes a second to import, and is rarely needed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    lines = sum(str(output.get("text", "")).count("\n") + 1 for output in outputs)
    frames = max((len(output.get("traceback", ())) for output in outputs), default=0)
    settings = (config or {}).get("LimitOutput", {})
    if lines > settings.get("max_lines", 1000) or frames > settings.get("max_traceback", 100):
        from nbgrader.preprocessors import LimitOutput  # noqa: PLC0415

        LimitOutput(config=config).preprocess(notebook, {})


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
