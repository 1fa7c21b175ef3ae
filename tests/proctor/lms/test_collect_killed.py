"""Killed at any moment, each command given again ends as if nothing had happened."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook

from proctor.cli.main import main
from tests.proctor.support.downloads import (
    class_of,
    empty_course,
    moodle_path,
    roster_csv,
    small_notebook,
    write_zip,
)

if TYPE_CHECKING:
    from pathlib import Path

CLASS = class_of(30)
MOMENTS = 20
FORK = multiprocessing.get_context("fork")


def tree_of(course: Path) -> dict[str, bytes]:
    """Return every file of a course but the gradebook's bytes, which hold times, and what was replaced."""
    found = (path for path in course.rglob("*") if path.is_file() and ".proctor" not in path.parts)
    return {str(path.relative_to(course)): path.read_bytes() for path in found if path.name != "gradebook.db"}


def names_of(course: Path) -> set[tuple[str, str, str]]:
    """Return the students in the gradebook."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {(each.id, each.first_name or "", each.last_name or "") for each in gradebook.students}


def killed_at(share: float, takes: float, arguments: list[str]) -> int:
    """Run a command in a forked process, and kill it after a share of the time that it takes; return its status."""
    process = FORK.Process(target=_run, args=(arguments,))
    process.start()
    process.join(share * takes)
    if process.is_alive() and process.pid is not None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode or 0


def _run(arguments: list[str]) -> None:
    sys.exit(main(arguments))


@pytest.mark.parametrize("command", ["collect", "forget"])
def test_killed_and_given_again(command: str, tmp_path: Path) -> None:
    """At 20 seeded moments: the course is in the end what it is without, file by file, and in the gradebook."""
    fresh = empty_course(tmp_path)
    (tmp_path / "roster.csv").write_bytes(roster_csv(CLASS))
    works = {person: small_notebook(person.login) for person in CLASS}
    first = write_zip(
        tmp_path / "1.zip", {moodle_path(each, "exercise4.ipynb"): data for each, data in works.items()}
    )
    again = {moodle_path(each, "exercise4.ipynb"): data + b"\n" for each, data in works.items()}
    second = write_zip(tmp_path / "2.zip", again)
    rest = ["--timezone=UTC", f"--roster={tmp_path / 'roster.csv'}", "--force"]
    assert main(["collect", str(first), f"--course={fresh}", *rest]) == 0

    def arguments(course: Path) -> list[str]:
        if command == "collect":
            return ["collect", str(second), f"--course={course}", *rest]
        return ["forget", CLASS[7].student, f"--course={course}"]

    undisturbed, warm = tmp_path / "undisturbed", tmp_path / "warm"
    shutil.copytree(fresh, undisturbed)
    shutil.copytree(fresh, warm)
    assert main(arguments(warm)) == 0  # what it imports, the forked ones have
    begun = time.monotonic()
    assert killed_at(1, 120, arguments(undisturbed)) == 0
    takes = time.monotonic() - begun
    expected, known = tree_of(undisturbed), names_of(undisturbed)
    moments = random.Random(17)
    killed = 0
    for number in range(MOMENTS):
        course = tmp_path / f"course{number}"
        shutil.copytree(fresh, course)
        killed += killed_at(moments.random(), takes, arguments(course)) == -signal.SIGKILL
        assert main(arguments(course)) in (
            (0, 2) if command == "forget" else (0,)
        )  # 2: nothing was left to do
        assert tree_of(course) == expected, f"moment {number}"
        assert names_of(course) == known, f"moment {number}"
        shutil.rmtree(course)
    assert killed >= MOMENTS // 4
