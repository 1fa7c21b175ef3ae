"""Work of a worker: one submission is restored, executed and judged. It knows no gradebook and writes nothing.

A worker is a process on this machine or on another one. It gets all that it needs with the job.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.batch.job import Job, PackedFolder, Result, failed
from proctor.errors import GraderError

if TYPE_CHECKING:
    from collections.abc import Iterator


def work(job: Job) -> Result:
    """Restore, execute and judge a submission (called in the worker); whatever goes wrong is told, not raised."""
    from proctor.batch.grade_job import grade_job

    begun = time.monotonic()
    try:
        with _folder(job.files) as folder:
            tests = job.tests if isinstance(job.tests, Path) else _lasting(job.tests)[1]
            done = {name: grade_job(name, job, folder, tests) for name in job.notebooks}
    except Exception as error:  # noqa: BLE001  - reaches the teaching assistant as the fault that it is
        return failed(job.student, error)
    return Result(job.student, done, seconds=time.monotonic() - begun)


@contextlib.contextmanager
def _folder(files: Path | PackedFolder) -> Iterator[Path]:
    """Lend a submission's folder."""
    if isinstance(files, Path):
        if not files.is_dir():  # else it would look like a submission that cannot be read
            raise GraderError(f"The worker cannot reach {files}.")
        yield files
        return
    with tempfile.TemporaryDirectory(prefix="submission-") as name:
        yield files.unpack(Path(name))


@cache
def _lasting(tests: PackedFolder) -> tuple[tempfile.TemporaryDirectory[str], Path]:
    """Unpack hidden tests, once for each process, into a folder that lasts as long as the process."""
    folder = tempfile.TemporaryDirectory(prefix="tests-")
    return folder, tests.unpack(Path(folder.name))
