"""Kills the head of `proctor grade` at many points, and says what the same command again made of it.

    python -m tests.proctor.support.kill_head COURSE KEPT POINTS SEED [kill|full] [--server FOLDER]

The course is ungraded; KEPT holds what its workers bring back, as autograded notebooks, so that only the head's
own work is done here, which is what writes. Each point is a step as :mod:`striking` counts them; there it is
killed by SIGKILL, or, for "full", the disk is full from there on. FOLDER is that of a PostgreSQL server, whose
database `handed_in` is the course's. Prints a line of JSON for each point: which it was, how the first run ended,
and the gradebook and the files after the second.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from proctor.batch import workers
from proctor.batch.job import GradedNotebook, Result
from proctor.cli.main import main as proctor
from proctor.gradebook.marks import marks_of
from tests.proctor.support import small_course
from tests.proctor.support.postgres import Server
from tests.proctor.support.striking import count_steps, fork, points_of, strike

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.batch.job import Job


class Canned:
    """A pool that brings back what it was given."""

    def __init__(self, kept: Path) -> None:
        self._kept, self._jobs = kept, []

    def has_room(self) -> bool:
        """Return whether another job is taken: of two."""
        return len(self._jobs) < 2

    def submit(self, job: Job) -> None:
        """Take a job."""
        self._jobs.append(job)

    def take(self) -> Result:
        """Bring back the newest job, so that the order is not that of sending."""
        job = self._jobs.pop()
        folder = self._kept / job.student / small_course.EXERCISE
        texts = {name: (folder / name).read_text() for name in job.notebooks}
        done = {name: GradedNotebook(text, marks_of(nbformat.reads(text, 4))) for name, text in texts.items()}
        return Result(job.student, done)


def run_head(course: Path, kept: Path) -> int:
    """Grade in this process."""

    @contextlib.contextmanager
    def canned(_size: int, _course: Path, **_: object) -> Iterator[Canned]:
        yield Canned(kept)

    workers.local_pool = canned
    return proctor(["grade", small_course.EXERCISE, "--course", str(course), "--jobs", "2"])


def restore(course: Path, tried: Path, server: Server | None) -> None:
    """Make the course that is tried, and its database, what the ungraded one is."""
    shutil.rmtree(tried, ignore_errors=True)
    shutil.copytree(course, tried)
    if server is not None:
        small_course.use_database(tried, server.create("tried", template="handed_in"))


def main() -> None:
    """Do as the module's docstring says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("course", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("points", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("kind", choices=("kill", "full"))
    parser.add_argument("--server", type=Path)
    arguments = parser.parse_args()
    server = Server(arguments.server) if arguments.server else None
    url = server.url("tried") if server else ""
    tried = arguments.course.with_name("tried")
    command = partial(run_head, tried, arguments.kept)
    restore(arguments.course, tried, server)
    with contextlib.redirect_stdout(io.StringIO()):
        command()  # what it imports, the forked ones have
    restore(arguments.course, tried, server)
    steps = count_steps(command, tried, arguments.kind)
    for point in points_of(steps, arguments.points, arguments.seed):
        restore(arguments.course, tried, server)
        first, said = fork(command, tried, strike(point, arguments.kind))
        second, told = fork(command, tried, lambda _what: None)
        found = {"point": point, "steps": steps, "first": first, "said": said, "second": second, "told": told}
        left = sorted(str(path.relative_to(tried)) for path in tried.rglob("*.grading*"))
        found |= {"rows": small_course.rows(tried, url), "files": small_course.files(tried), "left": left}
        sys.stdout.write(json.dumps(found, default=str) + "\n")


if __name__ == "__main__":
    main()
