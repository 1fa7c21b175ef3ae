"""Nothing is lost: whatever is killed, removed or changed, and wherever, the same command again completes the class."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.proctor.support import small_course
from tests.proctor.support.thinning import THOROUGH, thinned

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]

GRADE = ("proctor", "grade", small_course.EXERCISE)
pytestmark = pytest.mark.timeout(1800 if THOROUGH else 300)
POINTS, FULL = (37, 12) if THOROUGH else (5, 3)
"""At how many random points of its work the head is killed, or finds the disk full."""
SEED = 2026
DOZING = "import time; open('/proc/self/comm', 'w').write('dozing'); time.sleep(1.5)"
SLOW = small_course.RIGHT.replace("return 2 * x", f"{DOZING}; return 2 * x")
"""Gives time to kill what is at it; its process can be found by the name that it takes."""


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course in which three students have handed in, one of them slow code."""
    course = tmp_path_factory.mktemp("handed_in") / "course"
    small_course.make(course)
    small_course.hand_in(course, {**small_course.CLASS, "ann": SLOW})
    return course


@pytest.fixture(scope="module")
def graded(handed_in: Path) -> Path:
    """Grade a copy of the course without any interruption."""
    course = shutil.copytree(handed_in, handed_in.with_name("graded"))
    done = small_course.run(course, *GRADE, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    return course


def struck(handed_in: Path, graded: Path, kind: str, points: int) -> list[dict[str, Any]]:
    """Strike the head at many points of its way through a class, and run the same command again."""
    kept = graded / "autograded"
    command = [
        sys.executable,
        "-m",
        "tests.proctor.support.kill_head",
        str(handed_in),
        str(kept),
        str(points),
        str(SEED),
        kind,
    ]
    environment = small_course.environment()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    shutil.rmtree(handed_in.with_name("tried"))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({one["point"] for one in found}) == points
    return found


def in_json(value: Any) -> Any:
    """Return what comes of a value that is written as JSON and read again."""
    return json.loads(json.dumps(value))


def test_the_head_may_be_killed_anywhere(handed_in: Path, graded: Path) -> None:
    """Killed at random points of its work, and run again, the head leaves the gradebook and files of one run."""
    rows, files = in_json(small_course.rows(graded)), in_json(small_course.files(graded))
    for one in struck(handed_in, graded, "kill", POINTS):
        assert (one["first"], one["second"]) == ("SIGKILL", "status 0"), one["told"]
        assert one["rows"] == rows, one["point"]
        assert one["files"] == files, one["point"]
        assert one["left"] == [], one["point"]


def test_the_disk_may_be_full_anywhere(handed_in: Path, graded: Path) -> None:
    """A full disk ends the run with status 1 and one line; with room again, the same command completes the class."""
    rows, files = in_json(small_course.rows(graded)), in_json(small_course.files(graded))
    for one in struck(handed_in, graded, "full", FULL):
        assert one["said"] == ["proctor grade: The disk is full. Make room. The same command goes on."]
        assert (one["first"], one["second"]) == ("status 1", "status 0"), one["told"]
        assert (one["rows"], one["files"], one["left"]) == (rows, files, []), one["point"]


def descendants(process: subprocess.Popen[str], word: str) -> list[psutil.Process]:
    """List the processes below one, whose command line holds a word."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if any(word in part for part in child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


def grading_that_dozes(course: Path, environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start grading with one worker, and return when it is in the student's slow method."""
    running = subprocess.Popen(
        small_course.argv(*GRADE, "--jobs", "1", *arguments),
        cwd=course,
        env=small_course.environment(**environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: dozing(running))
    return running


def dozing(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """List the processes that are in the student's slow method."""
    return [child for child in psutil.Process(process.pid).children(recursive=True) if named_dozing(child)]


def named_dozing(process: psutil.Process) -> bool:
    """Return whether a process has the name that the student's slow method takes."""
    try:
        return Path(f"/proc/{process.pid}/comm").read_text().strip() == "dozing"
    except OSError:
        return False


def wait_for(condition: Callable[[], object], seconds: float = 200) -> None:
    """Wait until something has come true; far too long a wait is a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


VICTIMS = ("fork server", "worker", "agent", "temporary files", "head")


@pytest.mark.parametrize("victim", thinned(dict.fromkeys(VICTIMS), 3))
def test_processes_may_be_killed(handed_in: Path, graded: Path, tmp_path: Path, victim: str) -> None:
    """Killed while a student's code runs, as by a machine without memory; or all that is temporary is removed.

    Without its fork server a running submission ends, too: it is named in the summary, and graded by the next run.
    No grade differs in the end, and nothing is left.
    """
    course = shutil.copytree(handed_in, tmp_path / "course")
    with small_course.nothing_left(course) as environment:
        running = grading_that_dozes(course, environment, "--student", "ann")
        if victim == "head":
            running.kill()
        elif victim == "worker":
            descendants(running, "popen_loky")[0].kill()
        elif victim == "fork server":
            min(descendants(running, "settings.json"), key=lambda process: process.pid).kill()
        elif victim == "temporary files":
            for path in Path(environment["TMPDIR"]).iterdir():
                shutil.rmtree(path)
        else:
            for agent in dozing(running):
                agent.kill()
        said = running.communicate(timeout=120)
        assert running.returncode == {"head": -9, "fork server": 1}.get(victim, 0), said
        if victim == "head":
            wait_for(lambda: not small_course.processes(environment["PROCTOR_TEST"]))
        assert small_course.run(course, *GRADE, "--jobs", "1", **environment).returncode == 0
    assert small_course.rows(course) == small_course.rows(graded)
    assert small_course.files(course) == small_course.files(graded)


def test_a_submission_may_be_removed_while_it_is_graded(
    handed_in: Path, graded: Path, tmp_path: Path
) -> None:
    """What was read counts: it is graded and saved like the others, and the next run loses nothing of it."""
    course = shutil.copytree(handed_in, tmp_path / "course")
    with small_course.nothing_left(course) as environment:
        running = grading_that_dozes(course, environment)
        shutil.rmtree(course / "submitted" / "ann")
        said, complaint = running.communicate(timeout=120)
        assert (running.returncode, complaint) == (0, "")
        assert said.startswith("3  graded ")
        again = small_course.run(course, *GRADE, "--jobs", "1", **environment)
        assert again.returncode == 0
        assert "2  up to date, skipped" in again.stdout
    assert small_course.rows(course) == small_course.rows(graded)
    assert small_course.files(course) == small_course.files(graded)
