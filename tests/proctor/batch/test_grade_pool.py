"""Workers on this machine: they do each job once, whatever becomes of them, and end with the head."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from proctor.batch.job import Job, PackedFolder, Ungraded
from proctor.batch.work import work
from proctor.batch.workers import AHEAD, LocalPool, local_pool
from proctor.grading.settings import Grading
from proctor.submission.intake import Submitted
from tests.proctor.support import pool_tasks

ROOT = Path(__file__).resolve().parents[3]


def job(student: str) -> Job:
    """Make a job without any notebook."""
    return Job(student, {}, Path(), Path())


def workers() -> list[psutil.Process]:
    """List the workers' processes of this test."""
    return [child for child in psutil.Process().children(recursive=True) if _is_worker(child)]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "popen_loky" in " ".join(process.cmdline())
    except psutil.Error:  # it has ended, or only waits to be collected
        return False


def wait_for(condition: object, seconds: float = 60) -> None:
    """Wait until something has come true; far too long a wait is a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_each_job_has_one_result(tmp_path: Path) -> None:
    """Two workers do seven jobs, no more than a few at a time, each once."""
    pool = LocalPool(2, tmp_path, pool_tasks.echo)
    waiting, done, most = [f"s{number}" for number in range(7)], [], 0
    try:
        while len(done) < 7:
            under_way = 7 - len(waiting) - len(done)
            while waiting and pool.has_room():
                pool.submit(job(waiting.pop()))
                under_way += 1
            most = max(most, under_way)
            done.append(pool.take().student)
    finally:
        pool.close()
    assert sorted(done) == [f"s{number}" for number in range(7)]
    assert most == 2 * AHEAD


def test_a_job_that_takes_two_workers_down_is_given_up(tmp_path: Path) -> None:
    """It is told as a fault after its second worker, and the jobs around it are done."""
    pool = LocalPool(1, tmp_path, pool_tasks.die_for_bad)
    try:
        results = {}
        for student in ("bad", "good", "fine"):
            if not pool.has_room():
                result = pool.take()
                results[result.student] = result.fault
            pool.submit(job(student))
        while len(results) < 3:
            result = pool.take()
            results[result.student] = result.fault
    finally:
        pool.close()
    assert results["good"] == results["fine"] == ""
    assert "ended 2 workers" in results["bad"]


def test_a_job_whose_worker_was_killed_is_done_by_another(tmp_path: Path) -> None:
    """A worker killed once costs nothing: its job is done again, and counts once."""
    pool = LocalPool(1, tmp_path, pool_tasks.die_the_first_time)
    try:
        pool.submit(job(str(tmp_path / "mark")))
        assert pool.take().fault == ""
    finally:
        pool.close()
    assert (tmp_path / "mark").exists()


def test_a_worker_that_never_ends_is_killed(tmp_path: Path) -> None:
    """A job that takes longer than any may is given up with its second worker; the one behind it is done."""
    pool = LocalPool(1, tmp_path, pool_tasks.hang_for_bad, longest=10_000)
    try:
        pool.submit(job("bad"))
        pool.submit(job("good"))
        wait_for(lambda: list(tmp_path.glob("asleep-*")))
        pool._deaths["bad"] = 1
        pool._slots[0].since -= 10_000
        overdue, done = pool.take(), pool.take()
    finally:
        pool.close()
    assert (overdue.student, overdue.fault) == (
        "bad",
        "It ended 2 workers. It did not end within 10000 seconds.",
    )
    assert (done.student, done.fault) == ("good", "")


def test_the_bound_of_a_job_is_more_than_its_limits_allow() -> None:
    """No submission that keeps its limits is killed by the bound: it is above their sum, and finite."""
    settings = Grading()
    limits = settings.bounds(1)
    assert limits.submission.wall + 15 * limits.graded_cell.wall < settings.longest(15)
    assert settings.longest(15) < 4 * 60 * 60


def test_a_worker_killed_while_idle_is_replaced(tmp_path: Path) -> None:
    """A worker that is killed with nothing to do is replaced when there is something."""
    pool = LocalPool(1, tmp_path, pool_tasks.echo)
    try:
        pool.submit(job("one"))
        pool.take()
        (worker,) = workers()
        worker.kill()
        worker.wait()
        wait_for(lambda: pool._slots[0].executor._flags.broken)
        pool.submit(job("two"))
        assert pool.take().student == "two"
    finally:
        pool.close()


def test_workers_end_at_once(tmp_path: Path) -> None:
    """Closing kills workers in the middle of a job, and removes their folder and the course's note of it."""
    (tmp_path / ".proctor").mkdir()
    with local_pool(2, tmp_path) as pool:
        pool._task = pool_tasks.sleep
        scratch = Path((tmp_path / ".proctor" / "scratch").read_text())
        pool.submit(job("one"))
        pool.submit(job("two"))
        wait_for(lambda: len(workers()) == 2 and len(list(scratch.glob("asleep-*"))) == 2)
    assert workers() == []
    assert not scratch.exists()
    assert list((tmp_path / ".proctor").iterdir()) == []


def test_workers_end_with_the_head(tmp_path: Path) -> None:
    """When the head is killed, its workers end, and their folder is removed."""
    (tmp_path / ".proctor").mkdir()
    command = [sys.executable, "-m", "tests.proctor.support.pool_tasks", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT) as head:
        note = tmp_path / ".proctor" / "scratch"
        wait_for(lambda: note.exists() and list(Path(note.read_text()).glob("asleep-*")))
        scratch = Path(note.read_text())
        watched = [os.pidfd_open(int(path.name.partition("-")[2])) for path in scratch.glob("asleep-*")]
        head.send_signal(signal.SIGKILL)
    for descriptor in watched:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        assert poller.poll(60_000)
        os.close(descriptor)
    wait_for(lambda: not scratch.exists())


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """The folder of a run that was killed with all its workers is removed by the next one."""
    (tmp_path / ".proctor").mkdir()
    (tmp_path / "left").mkdir()
    (tmp_path / ".proctor" / "scratch").write_text(str(tmp_path / "left"))
    with local_pool(1, tmp_path):
        assert not (tmp_path / "left").exists()


def test_a_fault_is_told_in_one_line() -> None:
    """What cannot be graded is a fault in one line, not an exception and not a zero."""
    submitted = Submitted(b"{}", "", "", "")
    result = work(Job("ann", {"a.ipynb": Ungraded(submitted, "{")}, Path(), Path("/nowhere")))
    assert result.fault
    assert "\n" not in result.fault
    assert "Traceback" in result.details
    assert not result.disk_full


def test_a_packed_folder_holds_files_and_follows_no_link(tmp_path: Path) -> None:
    """A folder comes out as it went in, without links and without what Python compiled."""
    box, out = tmp_path / "box", tmp_path / "out"
    (box / "src" / "__pycache__").mkdir(parents=True)
    (box / "src" / "layer.py").write_text("x = 1")
    (box / "src" / "__pycache__" / "layer.pyc").write_text("compiled")
    (box / "link").symlink_to("/etc/passwd")
    PackedFolder.of(box).unpack(out)
    assert [str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()] == ["src/layer.py"]
    assert (out / "src" / "layer.py").read_text() == "x = 1"


@pytest.fixture(autouse=True)
def _no_worker_is_left() -> object:
    yield
    assert workers() == []
