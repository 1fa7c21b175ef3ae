"""Kills the head of `proctor grade` at many points, and says what the same command again made of it.

    python kill_head.py COURSE KEPT POINTS SEED [kill|full]

The course is ungraded; KEPT holds what its workers bring back, as autograded notebooks, so that only the head's
own work is done here, which is what writes. Each point is the n-th time that the head opens, renames or removes
a file, or talks to the gradebook; there it is killed by SIGKILL, or, for "full", the disk is full from there on.
Prints a line of JSON for each point: which it was, how the first run ended, and the gradebook and the files after
the second.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import io
import json
import os
import random
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from sqlalchemy import Engine, event

from proctor.batch import workers
from proctor.batch.job import GradedNotebook, Result
from proctor.cli.main import main as proctor
from proctor.gradebook.marks import marks_of
from tests.proctor.support import small_course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proctor.batch.job import Job

    Step = Callable[[str], Any]
    """Called at each step of the head, with what it does: it reads or writes."""

FILLING = {"os.mkdir", "os.rename"}
OTHER = {"open", "os.rmdir", "os.remove", "os.chmod", "shutil.rmtree"}


class Canned:
    """A crew that brings back what it was given."""

    def __init__(self, kept: Path) -> None:
        self._kept, self._jobs = kept, []

    def has_room(self) -> bool:
        """Say whether there is room: for two."""
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


def run_head(course: Path, kept: Path, step: Step) -> int:
    """Grade in this process; call `step` at each step that the head takes in the course."""

    @contextlib.contextmanager
    def canned(_size: int, _course: Path, **_: object) -> Iterator[Canned]:
        yield Canned(kept)

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name in FILLING | OTHER and str(arguments[0]).startswith(str(course)):
            fills = name in FILLING or (name == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR))
            step("writes" if fills else "reads")

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        step("reads" if text.lstrip().startswith(("SELECT", "PRAGMA")) else "writes")

    workers.local_crew = canned
    sys.addaudithook(hook)
    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", lambda _: step("writes"))
    return proctor(["grade", small_course.EXERCISE, "--course", str(course), "--jobs", "2"])


def fork(course: Path, kept: Path, step: Step) -> tuple[str, list[str]]:
    """Grade in a copy of this process; return how it ended, and what it said."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as said, contextlib.redirect_stdout(io.StringIO()):
            sys.stderr = said
            try:
                status = run_head(course, kept, step)
            except BaseException:  # noqa: BLE001  - it is told, and the copy ends
                traceback.print_exc()
                status = 99
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as said:
        lines = said.read().splitlines()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return signal.Signals(-code).name if code < 0 else f"status {code}", lines


def count_steps(course: Path, kept: Path, kind: str) -> int:
    """Grade once, and count the steps; up to the last that writes, where the disk is to be full."""
    reader, writer = os.pipe()
    ended, said = fork(course, kept, lambda what: os.write(writer, what[:1].encode()))
    os.close(writer)
    with os.fdopen(reader, "rb") as steps:
        taken = steps.read()
    if ended != "status 0":
        sys.exit(f"{ended}: {said}")
    return len(taken) if kind == "kill" else taken.rindex(b"w") + 1


def strike(point: int, kind: str) -> Step:
    """Return a step that kills, or fails for a full disk, from the given number on."""
    count = 0

    def step(what: str) -> None:
        nonlocal count
        count += 1
        if count >= point and kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if count >= point and kind == "full" and what == "writes":
            raise OSError(errno.ENOSPC, "No space left on device")

    return step


def main() -> None:
    """Do as the module's docstring says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("course", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("points", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("kind", choices=("kill", "full"))
    arguments = parser.parse_args()
    tried = arguments.course.with_name("tried")
    shutil.copytree(arguments.course, tried)
    steps = count_steps(tried, arguments.kept, arguments.kind)
    for point in sorted(random.Random(arguments.seed).sample(range(1, steps + 1), arguments.points)):
        shutil.rmtree(tried)
        shutil.copytree(arguments.course, tried)
        first, said = fork(tried, arguments.kept, strike(point, arguments.kind))
        second, told = fork(tried, arguments.kept, lambda _what: None)
        found = {"point": point, "steps": steps, "first": first, "said": said, "second": second, "told": told}
        left = sorted(str(path.relative_to(tried)) for path in tried.rglob("*.grading*"))
        found |= {"rows": small_course.rows(tried), "files": small_course.files(tried), "left": left}
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
