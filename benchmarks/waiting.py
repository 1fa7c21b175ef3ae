"""Throughput of one head: Dask workers that only wait as long as a submission takes, then answer.

    python -m benchmarks.waiting [--workers 1 4 16 64] [--seconds 1.0] [--each 4]

A line for each number of workers: submissions, submissions a second, the share of what the workers could do, the head's
CPU milliseconds for each submission, and how many a second that allows it to save. One submission is
really graded; the others are copies of it. The cluster is another process, so its CPU time is not the head's.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from benchmarks.bench import EXERCISE, ROOT, hand_in, make_course
from proctor.batch import cluster, grading
from proctor.batch.job import GradedNotebook, Result
from proctor.batch.plan import RunOptions
from proctor.batch.results import Progress
from proctor.cli.course import open_course
from proctor.gradebook.marks import marks_of
from proctor.nbgrader_plugin.application import course_of
from tests.exercise4.mistakes import mistakes
from tests.specimens.bank import submission_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.batch.job import Job

NOTEBOOK = f"{EXERCISE}.ipynb"
ANSWER, SECONDS = "WAITING_ANSWER", "WAITING_SECONDS"
"""Names of the variables that tell a worker what to answer, and after how long."""

CLUSTER = """
import sys
import dask
from distributed import LocalCluster
dask.config.set({"distributed.admin.system-monitor.interval": "1h"})
with LocalCluster(n_workers=int(sys.argv[1]), threads_per_worker=1, processes=False, dashboard_address=None,
                  protocol="tcp://", memory_limit=0) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""
"""Program of the cluster. All workers are threads of one process: its memory is no limit on each of them, and none need
look at the machine as often as one that has it for itself."""


def main() -> None:
    """Do as the module's docstring says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--seconds", type=float, default=1.0, help="that a submission takes")
    parser.add_argument("--each", type=int, default=4, help="submissions for each worker")
    args = parser.parse_args()
    specimen = submission_of(next(iter(mistakes().values())))
    with tempfile.TemporaryDirectory(prefix="waiting-") as scratch:
        template = hand_in(make_course(Path(scratch) / "course"), Path(scratch) / "class", {"one": specimen})
        command = [sys.executable, "-m", "proctor", "grade", EXERCISE, "--jobs", "1"]
        subprocess.run(command, cwd=template, check=True, stdout=subprocess.DEVNULL)
        answer = shutil.copy(template / "autograded" / "one" / EXERCISE / NOTEBOOK, scratch)
        os.environ |= {ANSWER: str(answer), SECONDS: str(args.seconds)}
        cluster.work_on_cluster = wait_and_answer  # type: ignore[assignment]
        for workers in args.workers:
            book = {f"s{number:05}": specimen for number in range(workers * args.each)}
            place = hand_in(Path(scratch) / "course", Path(scratch) / f"class{workers}", book)
            show(workers, len(book), args.seconds, *measured(place, workers))


def measured(place: Path, workers: int) -> tuple[float, float]:
    """Grade a class by waiting workers; return the seconds that took and the head's CPU seconds, its start aside."""
    course, progress, begun = course_of(open_course(place, EXERCISE)), Progress(), [0.0, 0.0]

    @contextlib.contextmanager
    def connected(longest: float) -> Iterator[cluster.ClusterPool]:
        with cluster.cluster_pool(address, longest) as pool:
            begun[:] = time.monotonic(), time.process_time()
            yield pool

    with waiting_cluster(workers) as address:
        grading.grade(course, RunOptions(), connected, progress)
        taken = time.monotonic() - begun[0], time.process_time() - begun[1]
    if progress.failed:
        raise SystemExit(f"Not graded: {progress.failed}")
    return taken


@contextlib.contextmanager
def waiting_cluster(workers: int) -> Iterator[str]:
    """Start a cluster in a process of its own; yields the address of its scheduler."""
    command = [sys.executable, "-c", CLUSTER, str(workers)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate()


def wait_and_answer(job: Job, _longest: float) -> Result:
    """Wait, and return what was graded once (called in the worker)."""
    time.sleep(float(os.environ[SECONDS]))
    return Result(job.student, {NOTEBOOK: answer()}, seconds=float(os.environ[SECONDS]))


@cache
def answer() -> GradedNotebook:
    """Return the graded notebook that every worker brings back."""
    text = Path(os.environ[ANSWER]).read_text(encoding="utf-8")
    return GradedNotebook(text, marks_of(nbformat.reads(text, 4)))


def show(workers: int, submissions: int, seconds: float, wall: float, cpu: float) -> None:
    """Print the line of a round."""
    rate, possible = submissions / wall, workers / seconds
    print(
        f"{workers:4} workers: {submissions:5} submissions, {rate:6.2f} a second ({rate / possible:4.0%} of what "
        f"they could do); head {1000 * cpu / submissions:5.1f} ms CPU each: at most {submissions / cpu:6.1f} a second",
        flush=True,
    )


if __name__ == "__main__":
    # A function of `__main__` would be sent to the workers as its source, with all that it refers to.
    from benchmarks import waiting

    waiting.main()
