"""A Dask cluster does the same jobs: a real scheduler, two worker processes, one of which dies."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from proctor.cli import main
from tests.proctor.support import small_course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

GRADE = ("proctor", "grade", small_course.EXERCISE)
ELSEWHERE = """import time
open('/proc/self/comm', 'w').write('dozing')
time.sleep(1.5)
"""
CLASS = {"ann": ELSEWHERE + small_course.RIGHT, "ben": small_course.WRONG, "cem": small_course.UNDONE}


class Cluster:
    """A scheduler and workers on this machine, at free ports."""

    def __init__(self, stack: contextlib.ExitStack, place: Path) -> None:
        self._stack, self._place = stack, place
        self.workers: list[subprocess.Popen[str]] = []
        self._file = place / "scheduler.json"
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(self._file))
        wait_for(lambda: self._file.exists() and self._file.read_text().endswith("}"))
        self.address = json.loads(self._file.read_text())["address"]

    def add_worker(self, hidden: Path) -> None:
        """Add a worker of one thread, for which a folder is empty, and which nobody starts again when it dies."""
        place = ["--local-directory", str(self._place / "w")]
        options = ["--nthreads", "1", "--no-nanny", *place]
        self.workers.append(self.start("worker", self.address, *options, first=empty_for(hidden)))

    def start(self, kind: str, *arguments: str, first: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start a process of the cluster, by a command that comes first, if any; it ends with the test."""
        program = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard"]
        command = [*first, *program, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process


def empty_for(folder: Path) -> list[str]:
    """Return the command that mounts something empty over a folder, for the program alone that it becomes."""
    users = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = f'mount -t tmpfs none {folder} && exec "$@"'
    return ["unshare", "--mount", *users, "sh", "-c", script, "_"]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Start a cluster without workers."""
    with tempfile.TemporaryDirectory(prefix="c-", dir="/tmp") as place, contextlib.ExitStack() as stack:
        yield Cluster(stack, Path(place))


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course in which three students have handed in."""
    course = tmp_path_factory.mktemp("handed_in") / "course"
    small_course.make(course)
    small_course.hand_in(course, CLASS)
    return course


def wait_for(condition: Callable[[], object], seconds: float = 200) -> None:
    """Wait until something has come true; far too long a wait is a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_at_ann(worker: subprocess.Popen[str]) -> bool:
    """Return whether a worker is at the submission that takes its time."""
    for child in psutil.Process(worker.pid).children(recursive=True):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{child.pid}/comm").read_text().strip() == "dozing":
                return True
    return False


def test_a_worker_that_dies_loses_nothing_and_none_needs_our_disk(
    handed_in: Path, tmp_path: Path, cluster: Cluster
) -> None:
    """Two workers grade a class, one is killed at it: the grades are those of this machine, each saved once.

    For neither of them the course's folder exists.
    """
    here = shutil.copytree(handed_in, tmp_path / "here")
    assert small_course.run(here, *GRADE, "--jobs", "1").returncode == 0
    course = shutil.copytree(handed_in, tmp_path / "course")
    for _ in range(2):
        cluster.add_worker(hidden=course)
    with small_course.nothing_left(course) as environment:
        running = subprocess.Popen(
            small_course.argv(*GRADE, "--cluster", cluster.address),
            cwd=course,
            env=small_course.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: running.poll() is not None or any(map(is_at_ann, cluster.workers)))
        (busy,) = [worker for worker in cluster.workers if is_at_ann(worker)]
        busy.kill()
        said, complained = running.communicate(timeout=200)
    assert running.returncode == 0, complained
    assert "3  graded" in said
    assert small_course.rows(course) == small_course.rows(here)
    assert small_course.files(course) == small_course.files(here)


def test_without_workers_or_scheduler_nothing_is_touched(
    handed_in: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cluster without workers, or nobody at the address, is said in one line, with status 2."""
    monkeypatch.chdir(handed_in)
    monkeypatch.setattr("proctor.batch.cluster.ANSWER", 1)
    for address, words in ((cluster.address, "has no workers"), ("tcp://127.0.0.1:9", "No scheduler")):
        assert main.main(["grade", "small", "--cluster", address]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert words in line
    assert not (handed_in / "autograded").exists()
