"""The workers of a Dask cluster: the same jobs, for when one machine is too small.

Everything that a submission needs travels with its job; a worker needs this package, and no disk of ours. A
worker that dies loses nothing: Dask has its jobs done by the others.
"""

from __future__ import annotations

import contextlib
import faulthandler
import math
import os
import queue
import tempfile
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.batch.job import PackedFolder, Result
from proctor.batch.work import work
from proctor.batch.workers import AHEAD
from proctor.errors import WorkersUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.batch.job import Job

ANSWER = 10.0
"""Seconds in which a scheduler has to answer."""
LOST = "The connection to the cluster's scheduler was lost."

_one_at_a_time = threading.Lock()


class ClusterPool:
    """The workers of a cluster, whose number may change at any time.

    Args:
        client: a connected `distributed.Client`; whoever made it closes it.
        longest: seconds that a job may take; a worker that is still at it ends itself.
    """

    def __init__(self, client: Any, longest: float = math.inf) -> None:
        self._client, self._longest = client, longest
        self._under_way: dict[str, tuple[Any, Job]] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._tests: dict[Path | PackedFolder, PackedFolder] = {}

    def has_room(self) -> bool:
        """Return whether a worker has less than it should be given.

        Raises:
            WorkersUnavailable: the scheduler is gone.
        """
        try:
            workers = len(self._client.nthreads())
        except (OSError, TypeError) as error:
            raise WorkersUnavailable(LOST) from error
        return len(self._under_way) < AHEAD * max(1, workers)

    def submit(self, job: Job) -> None:
        """Have a job done, with its files and the hidden tests packed."""
        if job.tests not in self._tests:
            tests = PackedFolder.of_tests(job.tests) if isinstance(job.tests, Path) else job.tests
            self._tests[job.tests] = tests
        files = PackedFolder.of(job.files) if isinstance(job.files, Path) else job.files
        packed = replace(job, files=files, tests=self._tests[job.tests])
        future = self._client.submit(work_on_cluster, packed, self._longest, pure=False)
        self._under_way[future.key] = future, job
        future.add_done_callback(self._ended.put)

    def take(self) -> Result:
        """Wait for the next result.

        Raises:
            WorkersUnavailable: the scheduler is gone.
        """
        future = self._ended.get()
        _, job = self._under_way.pop(future.key)
        if future.status == "finished":
            result: Result = future.result()
            return result
        if future.status != "error":
            raise WorkersUnavailable(LOST)
        error = future.exception()
        if type(error).__name__ == "KilledWorker":
            return Result(
                job.student, fault="It took one worker after the other down: killed, or out of memory."
            )
        return Result(job.student, fault=f"The cluster's worker could not do it: {error!r}"[:300])

    def close(self) -> None:
        """Give up what is not done. What a worker is at, it ends, for nobody."""
        self._client.cancel([future for future, _ in self._under_way.values()])


@contextlib.contextmanager
def cluster_pool(address: str, longest: float = math.inf) -> Iterator[ClusterPool]:
    """Connect to a cluster.

    Args:
        address: of the scheduler, such as tcp://192.168.0.7:8786.
        longest: seconds that a job may take.

    Raises:
        WorkersUnavailable: the library is not installed, nobody answers there, or there are no workers.
    """
    try:
        from distributed import Client
    except ImportError:
        raise WorkersUnavailable(
            "--cluster needs Dask, here and on each worker: pip install distributed"
        ) from None
    try:
        client: Any = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise WorkersUnavailable(f"No scheduler of a cluster answers at {address} ({error}).") from None
    with client:
        if not client.nthreads():
            raise WorkersUnavailable(
                f"The cluster at {address} has no workers: start some with `dask worker {address}`."
            )
        pool = ClusterPool(client, longest)
        try:
            yield pool
        finally:
            pool.close()


def work_on_cluster(job: Job, longest: float) -> Result:
    """Do a job (called in the worker): one at a time in each process, in the folder that Dask cleans up.

    No head can kill a worker elsewhere. So a timer ends the process, whatever its threads are at, and Dask has the
    job done by another one, until too many workers have ended at it.
    """
    from distributed import get_worker

    with _one_at_a_time:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.tempdir = get_worker().local_directory
        if longest < threading.TIMEOUT_MAX:
            faulthandler.dump_traceback_later(longest, exit=True)
        try:
            return work(job)
        finally:
            faulthandler.cancel_dump_traceback_later()
