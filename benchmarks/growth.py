"""Memory and disk of a long run: grades many small submissions, and prints what the run holds as it goes.

    python -m benchmarks.growth [SUBMISSIONS] [JOBS]

A line for each twentieth: submissions saved, CPU seconds of the head for each of them, resident memory of the head
and of its largest worker in MiB, open files of the head, processes, and the temporary files and folders under way.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.proctor.support import small_course

HEADINGS = ("saved", "head CPU s each", "head MiB", "worker MiB", "open files", "processes", "temporary")


def main() -> None:
    """Do as the module's docstring says."""
    size, jobs = (int(word) for word in (*sys.argv[1:], "300", "2")[:2])
    with tempfile.TemporaryDirectory(prefix="growth-") as place:
        course, scratch = Path(place) / "course", Path(place) / "tmp"
        scratch.mkdir()
        small_course.make(course)
        answers = list(small_course.CLASS.values())
        small_course.hand_in(course, {f"s{number:04}": answers[number % 3] for number in range(size)})
        command = small_course.argv("proctor", "grade", small_course.EXERCISE, "--jobs", str(jobs))
        environment = small_course.environment(TMPDIR=str(scratch), XDG_RUNTIME_DIR="")
        sys.stdout.write("".join(f"{heading:>17}" for heading in HEADINGS) + "\n")
        with subprocess.Popen(command, cwd=course, env=environment) as head:
            watch(psutil.Process(head.pid), head, course, scratch, max(1, size // 20))


def watch(
    process: psutil.Process, head: subprocess.Popen[bytes], course: Path, scratch: Path, step: int
) -> None:
    """Print a line for every `step` submissions, as long as the head runs."""
    next_line, last, cpu = step, 0, 0.0
    while head.poll() is None:
        time.sleep(0.05)
        saved = len(list((course / "autograded").glob("s*")))
        with contextlib.suppress(psutil.Error):  # it ends while it is looked at
            if saved < next_line:
                continue
            now = sum(process.cpu_times()[:2])
            facts = [saved, (now - cpu) / (saved - last), *holdings(process, course, scratch)]
            cells = (f"{fact:17.3f}" if isinstance(fact, float) else f"{fact:17}" for fact in facts)
            sys.stdout.write("".join(cells) + "\n")
            sys.stdout.flush()
            next_line, last, cpu = saved + step, saved, now


def holdings(head: psutil.Process, course: Path, scratch: Path) -> list[int]:
    """Return what the run holds at the moment."""
    workers = [child for child in head.children() if any("popen_loky" in part for part in child.cmdline())]
    memory = [process.memory_info().rss >> 20 for process in (head, *workers)]
    under_way = sum(
        len(files) + len(folders)
        for top in (scratch, course / "autograded" / ".grading")
        for _, folders, files in os.walk(top)
    )
    return [
        memory[0],
        max(memory[1:], default=0),
        head.num_fds(),
        len(head.children(recursive=True)),
        under_way,
    ]


if __name__ == "__main__":
    main()
