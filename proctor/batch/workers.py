"""The workers on this machine: processes of loky, each with a short queue of its own.

A pool of processes breaks as a whole when one of them is killed, and does not tell which job did it. So each
process is a pool of one: it is known which job it was doing, and the others go on.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import select
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from loky import BrokenProcessPool, ProcessPoolExecutor

from proctor.batch.imports import spare_init
from proctor.batch.job import Result
from proctor.batch.work import work
from proctor.course import STATE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from proctor.batch.job import Job

LONGEST_FOLDER = 60
"""Longest path of a folder for sockets: Linux limits the path of a Unix socket to 107 bytes."""
AHEAD = 2
"""Jobs that a worker is given at once: the one that it is at, and the next, so that it need not wait."""

CHANCES = 2
"""Number of workers that a submission may end before it is given up."""


class Pool(Protocol):
    """Workers, wherever they are."""

    def has_room(self) -> bool:
        """Return whether another job would keep a worker from waiting."""

    def submit(self, job: Job) -> None:
        """Have a job done."""

    def take(self) -> Result:
        """Wait for the next result, in whatever order; each job has exactly one."""

    def close(self) -> None:
        """End all work at once, and leave nothing behind."""


class Slot:
    """The place of one worker: its process, its jobs, oldest first, and when it began the oldest."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self.jobs: dict[Future[Result], Job] = {}
        self.since = 0.0
        self.executor = self._executor()

    def replace_worker(self) -> None:
        """Put a new process in the place of a dead one."""
        self.executor.shutdown(wait=True, kill_workers=True)
        self.executor = self._executor()

    def _executor(self) -> ProcessPoolExecutor:
        arguments = (os.getpid(), str(self._scratch))
        return ProcessPoolExecutor(max_workers=1, initializer=begin, initargs=arguments)


class LocalPool:
    """Workers on this machine.

    Args:
        size: how many processes.
        scratch: a folder for their sockets and temporary files, which whoever made it removes.
        task: what they do with a job.
        longest: seconds that a job may take; a worker that is still at it is killed.
    """

    def __init__(
        self, size: int, scratch: Path, task: Callable[[Job], Result] = work, longest: float = math.inf
    ) -> None:
        self._task, self._longest = task, longest
        self._slots = [Slot(scratch) for _ in range(size)]
        self._ended: queue.SimpleQueue[tuple[Slot, Future[Result]]] = queue.SimpleQueue()
        self._deaths: Counter[str] = Counter()

    def has_room(self) -> bool:
        """Return whether a worker has fewer jobs than `AHEAD`."""
        return any(len(slot.jobs) < AHEAD for slot in self._slots)

    def submit(self, job: Any) -> None:
        """Give a job to the worker with the fewest."""
        self._give(min(self._slots, key=lambda slot: len(slot.jobs)), job)

    def take(self) -> Result:
        """Wait for the next result; what a dead worker leaves undone is done by the one after it."""
        while True:
            try:
                slot, future = self._ended.get(timeout=self._patience())
            except queue.Empty:
                given_up = self._end_the_overdue()
                if given_up is not None:
                    return given_up
                continue
            if future not in slot.jobs:
                continue  # told of before, when its worker died
            if isinstance(future.exception(), BrokenProcessPool):
                given_up = self._after_death(slot, " ".join(str(future.exception()).split()))
                if given_up is not None:
                    return given_up
                continue
            job = slot.jobs.pop(future)
            slot.since = time.monotonic()
            error = future.exception()
            return future.result() if error is None else Result(job.student, fault=f"{error!r}"[:300])

    def close(self) -> None:
        """Kill all workers, and with them the kernels that they have started."""
        with _quiet_executors():
            for slot in self._slots:
                slot.executor.shutdown(wait=True, kill_workers=True)

    def _give(self, slot: Slot, job: Job) -> None:
        try:
            future = slot.executor.submit(self._task, job)
        except BrokenProcessPool:  # killed while it had nothing to do
            slot.replace_worker()
            future = slot.executor.submit(self._task, job)
        if not slot.jobs:
            slot.since = time.monotonic()
        slot.jobs[future] = job
        future.add_done_callback(partial(self._tell, slot))

    def _patience(self) -> float | None:
        """Return the seconds until a worker is overdue; None if none ever is."""
        if self._longest == math.inf:
            return None
        oldest = min((slot.since for slot in self._slots if slot.jobs), default=time.monotonic())
        return min(max(0.0, oldest + self._longest - time.monotonic()), threading.TIMEOUT_MAX)

    def _end_the_overdue(self) -> Result | None:
        """Kill the worker that is at its job for too long; what it should do is done by the one after it."""
        for slot in self._slots:
            if slot.jobs and time.monotonic() - slot.since >= self._longest:
                return self._after_death(slot, f"It did not end within {self._longest:.0f} seconds.")
        return None

    def _tell(self, slot: Slot, future: Future[Result]) -> None:
        self._ended.put((slot, future))

    def _after_death(self, slot: Slot, cause: str) -> Result | None:
        """Start anew after a worker's death; give up the job that it was at if that was not the first time."""
        jobs = list(slot.jobs.values())
        slot.jobs.clear()
        slot.replace_worker()
        self._deaths[jobs[0].student] += 1
        given_up = jobs.pop(0) if self._deaths[jobs[0].student] >= CHANCES else None
        for job in jobs:
            self._give(slot, job)
        if given_up is None:
            return None
        return Result(given_up.student, fault=f"It ended {CHANCES} workers. {cause}"[:300])


@contextlib.contextmanager
def local_pool(
    size: int, course: Path, task: Callable[[Any], Result] = work, longest: float = math.inf
) -> Iterator[LocalPool]:
    """Open workers on this machine; only for who holds the course's lock.

    Their sockets and temporary files lie in one folder, whose name the course keeps: should everything be
    killed, the next run removes it.
    """
    note = course / STATE / "scratch"
    if note.exists():
        shutil.rmtree(note.read_text("utf-8"), ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix="proctor-", dir=_short_place()))
    note.write_text(str(scratch), "utf-8")
    pool = LocalPool(size, scratch, task, longest)
    try:
        yield pool
    finally:
        pool.close()
        shutil.rmtree(scratch, ignore_errors=True)
        note.unlink()


def _short_place() -> str:
    """Return a folder for temporary files, short enough for the paths of sockets below it."""
    place = tempfile.gettempdir()
    return place if len(os.fsencode(place)) < LONGEST_FOLDER - len("/proctor-12345678") else "/tmp"  # noqa: S108  - short


@contextlib.contextmanager
def _quiet_executors() -> Iterator[None]:
    """Keep loky's threads quiet: they may raise KeyError for a job that is taken from them as their worker is killed."""
    hook = threading.excepthook

    def other(raised: Any) -> None:
        if raised.exc_type is not KeyError or "ExecutorManager" not in getattr(raised.thread, "name", ""):
            hook(raised)

    threading.excepthook = other
    try:
        yield
    finally:
        threading.excepthook = hook


def begin(head: int, scratch: str) -> None:
    """Prepare a worker's process (called in it, before the first job).

    A session of its own keeps the terminal's Ctrl-C from the worker and its kernels: the head decides.
    """
    spare_init("nbgrader")
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["XDG_RUNTIME_DIR"] = tempfile.tempdir = scratch
    threading.Thread(target=_end_with, args=(head, scratch), daemon=True).start()


def _end_with(head: int, scratch: str) -> None:
    """Wait for the end of the head, then end this process, and with it its kernels."""
    try:
        watched = os.pidfd_open(head)
    except ProcessLookupError:
        pass
    else:
        poller = select.poll()
        poller.register(watched, select.POLLIN)
        poller.poll()
    shutil.rmtree(scratch, ignore_errors=True)
    os.kill(os.getpid(), signal.SIGKILL)
