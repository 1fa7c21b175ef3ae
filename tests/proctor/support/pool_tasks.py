"""Tasks of the workers of tests/proctor/batch/test_grade_pool.py, which import it. As a program: a head to kill."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.batch.job import Job, Result
from proctor.batch.workers import local_pool

if TYPE_CHECKING:
    from typing import Never


def echo(job: Job) -> Result:
    """Return whose job it was."""
    return Result(job.student)


def die_for_bad(job: Job) -> Result:
    """Take the worker down for one student."""
    if job.student == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return Result(job.student)


def die_the_first_time(job: Job) -> Result:
    """Take the worker down, unless the file that the job names is there; else make it."""
    if not Path(job.student).exists():
        Path(job.student).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Result(job.student)


def hang_for_bad(job: Job) -> Result:
    """Never end for one student, as :func:`sleep` does."""
    if job.student == "bad":
        sleep(job)
    return Result(job.student)


def sleep(_job: Job) -> Never:
    """Return which process it is, by a file in the workers' folder, and never end."""
    Path(tempfile.gettempdir(), f"asleep-{os.getpid()}").touch()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    with local_pool(1, Path(sys.argv[1])) as pool:
        from tests.proctor.support import pool_tasks

        pool._task = pool_tasks.sleep
        pool.submit(Job("one", {}, Path(), Path()))
        pool.take()
