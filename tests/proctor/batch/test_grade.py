"""`proctor grade`: the same grades as `nbgrader autograde`, for whom it was asked, and nothing left behind."""

from __future__ import annotations

import argparse
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from loky import cpu_count

from proctor.batch import workers
from proctor.batch.head import Head
from proctor.batch.imports import COSTLY
from proctor.batch.results import Progress
from proctor.batch.survey import Survey
from proctor.cli import grade, main
from proctor.course import course_lock
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.facts import Facts, read_facts
from proctor.grading.settings import Grading
from proctor.session.clock import Allowance
from proctor.submission import record
from proctor.submission.record import Origin
from tests.proctor.support import kill_head, small_course
from tests.proctor.support.thinning import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GRADE = ("proctor", "grade", small_course.EXERCISE)


UNUSED = """IPython PIL jsonschema loky matplotlib nbconvert nbformat.validator nbgrader.api nbgrader.apps numpy
requests.api rich scipy sqlalchemy""".split()  # noqa: SIM905  - a line each would be longer than the test
"""Libraries that take seconds together, and that an idle command has no use for."""

IDLE = """
import json, sys
from proctor.cli.main import main
for command in ("status", "grade"):
    main([command, "small", "--json"])
    print("\\f")
print(json.dumps([name for name in sys.argv[1:] if sys.modules.get(name)]))
"""


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course in which three students have handed in."""
    course = tmp_path_factory.mktemp("handed_in") / "course"
    small_course.make(course)
    small_course.hand_in(course, small_course.CLASS)
    return course


@pytest.fixture(scope="module")
def graded(handed_in: Path) -> Path:
    """Grade a copy of the course with two workers."""
    course = shutil.copytree(handed_in, handed_in.with_name("graded"))
    with small_course.nothing_left(course) as environment:
        done = small_course.run(course, *GRADE, "--jobs", "2", **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3  graded" in done.stdout
    return course


@pytest.fixture
def course(handed_in: Path, tmp_path: Path) -> Path:
    """Copy the course, for one test alone."""
    return shutil.copytree(handed_in, tmp_path / "course")


@pytest.fixture
def graded_copy(graded: Path, tmp_path: Path) -> Path:
    """Copy the graded course, for one test alone."""
    return shutil.copytree(graded, tmp_path / "course")


def points(course: Path) -> dict[str, float]:
    """Add up each student's points."""
    total: dict[str, float] = {}
    for student, _, automatic, *_ in small_course.rows(course)["grades"]:
        total[student] = total.get(student, 0) + automatic
    return total


def start(course: Path, *command: str, **changes: str) -> subprocess.Popen[str]:
    """Start a command as a terminal does, in a process group of its own."""
    return subprocess.Popen(
        small_course.argv(*command),
        cwd=course,
        env=small_course.environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition: Callable[[], object], running: subprocess.Popen[str], seconds: float = 200) -> None:
    """Wait until something has come true, while a command is running; far too long a wait is a failure."""
    end = time.monotonic() + seconds
    while not condition():
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


def test_an_idle_command_imports_only_what_it_uses(graded: Path) -> None:
    """In a fresh process: the status of a graded course, and a run that has nothing to do."""
    command = [sys.executable, "-c", IDLE, *UNUSED, *COSTLY]
    done = subprocess.run(command, cwd=graded, capture_output=True, text=True, check=True)
    status, idle, imported = map(json.loads, done.stdout.split("\f"))
    assert {each["state"] for each in status["students"].values()} == {"graded, up to date"}
    assert (idle["up_to_date"], idle["left"]) == (sorted(small_course.CLASS), 0)
    assert imported == []


def test_facts_are_what_nbgrader_says(graded_copy: Path) -> None:
    """Read by SQLite's own library and by SQLAlchemy, before and after something is to be reviewed, or late."""
    url = f"sqlite:///{graded_copy / 'gradebook.db'}"
    plain = read_facts(url, "small")
    assert (plain.assignments, plain.notebooks) == (("small",), ("small",))
    assert (plain.graded, plain.to_review, plain.late) == (set(small_course.CLASS), frozenset(), False)
    assert list(plain.sources["small"]) == ["double", "halve"]
    with open_gradebook(url) as book:
        assert plain.sources["small"]["double"] == book.find_source_cell("double", "small", "small").source
        book.find_grade("halve", "small", "small", "ben").needs_manual_grade = True
        book.find_submission_notebook("small", "small", "cem").late_submission_penalty = 0.5
        book.db.commit()
        waiting = {
            each.student_id for each in book.assignment_submissions("small") if each.needs_manual_grade
        }
    changed = read_facts(url, "small")
    assert (changed.to_review, changed.late) == (waiting, True)
    assert changed == read_facts(f"{url}?timeout=5", "small")  # SQLAlchemy's, for anything but a plain file
    assert waiting == {"ben"}
    assert read_facts(url, "other") == replace(
        changed, notebooks=(), sources={}, graded=frozenset(), to_review=frozenset(), late=False
    )
    assert read_facts(f"{url}.missing", "small") == Facts()
    assert not (graded_copy / "gradebook.db.missing").exists()


def test_students_get_their_points(graded: Path) -> None:
    """Right, half right and undone answers get 3, 2 and 0 points."""
    assert points(graded) == small_course.POINTS


def test_the_same_as_nbgrader(graded: Path, course: Path) -> None:
    """The gradebook, row by row, and the graded notebooks are those of `nbgrader autograde`."""
    done = small_course.run(course, "nbgrader", "autograde", small_course.EXERCISE)
    assert done.returncode == 0, done.stderr[-2000:]
    assert small_course.rows(graded) == small_course.rows(course)
    assert small_course.files(graded) == small_course.files(course)


@pytest.mark.parametrize(("jobs", "burners"), [("1", 2), ("8", 2)] if THOROUGH else [("3", 0)])
def test_the_number_of_workers_does_not_matter(graded: Path, course: Path, jobs: str, burners: int) -> None:
    """Three workers on two cores grade as two do; in `make thorough` one and eight, while others burn CPU time."""
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(burners)]
    try:
        done = small_course.run(course, *GRADE, "--jobs", jobs)
    finally:
        for process in burning:
            process.kill()
            process.wait()
    assert done.returncode == 0, done.stderr
    assert small_course.rows(course) == small_course.rows(graded)
    assert small_course.files(course) == small_course.files(graded)


def test_workers_that_share_a_core_have_more_time_on_the_clock(
    handed_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four workers on each core: a job may take four times as long on the clock, and no more CPU time."""
    monkeypatch.chdir(handed_in)
    arguments = argparse.Namespace(
        course=Path(),
        exercise="small",
        student=[],
        force=False,
        dry_run=False,
        verbose=False,
        cluster=None,
        jobs=4 * cpu_count(),
    )
    course, options = grade._course(arguments), grade._run_options(arguments)
    course.config.Grading.cell_seconds = 7
    with course.book as book:
        sent = pickle.loads(
            pickle.dumps(Head(course, options, Survey(course, options), book, Progress(), print).settings)
        )
    crowded, alone = Grading(config=sent).bounds(1), Grading(cell_seconds=7).bounds(1)
    assert crowded.cell == Allowance(alone.cell.cpu, 4 * alone.cell.wall)
    assert course.config.Grading.get("patience") is None


def test_what_is_up_to_date_is_skipped_unless_forced(graded_copy: Path) -> None:
    """A second run grades nobody; --student with --force grades those, and leaves the others alone."""
    course = graded_copy
    paths = {
        student: course / "autograded" / student / "small" / "small.ipynb" for student in small_course.CLASS
    }
    before = {student: path.stat().st_ino for student, path in paths.items()}
    done = small_course.run(course, *GRADE, "--json")
    assert json.loads(done.stdout) == {
        "version": 1, "assignment": "small", "dry_run": False,
        "graded": {}, "up_to_date": ["ann", "ben", "cem"], "penalties": {}, "failed": {}, "left": 0,
    }  # fmt: skip
    assert {student: path.stat().st_ino for student, path in paths.items()} == before
    rows = small_course.rows(course)
    done = small_course.run(course, *GRADE, "--jobs", "1", "--force", "--verbose", "--student", "ann", "cem")
    assert (done.returncode, "2  graded" in done.stdout) == (0, True)
    changed = {student for student, path in paths.items() if path.stat().st_ino != before[student]}
    assert changed == {"ann", "cem"}
    assert small_course.rows(course) == rows


def test_a_workers_traceback_is_shown_by_verbose_only(graded_copy: Path) -> None:
    """A hidden test at fault is one sentence; `--verbose` shows where it arose, in the worker."""
    (tests,) = (graded_copy / "tests" / "small").glob("test_*.py")
    text = tests.read_text()
    tests.write_text(text.replace("X / 2, ", "undefined, "))
    plain = small_course.run(graded_copy, *GRADE, "--student", "ann")
    assert (plain.returncode, plain.stderr) == (1, "")
    assert "NameError: name 'undefined' is not defined" in " ".join(plain.stdout.split())
    verbose = small_course.run(graded_copy, *GRADE, "--student", "ann", "--verbose")
    assert (verbose.returncode, verbose.stdout) == (1, plain.stdout)
    assert "self.check(self.Doubler().halve(X), undefined, " in verbose.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["small", "--student", "zoe"], "--student zoe: there is no submission"),
        (["exercise9"], "The gradebook does not know exercise9 (it knows small)"),
        (["small", "--jobs", "0"], "at least one worker is needed"),
        (["small", "--course", "/"], "/ is no course: it has no nbgrader_config.py"),
        (["small", "--cluster", "tcp://127.0.0.1:9", "--jobs", "2"], "--jobs is for this machine"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    handed_in: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    """What cannot be done is refused with status 2, in one line that says what is wrong."""
    monkeypatch.chdir(handed_in)
    assert main.main(["grade", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_two_at_once(
    handed_in: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While one command grades, another one says so and does nothing: ours, and nbgrader's."""
    monkeypatch.chdir(handed_in)
    with course_lock(handed_in, "the grading of small"):
        assert main.main(["grade", "small"]) == 2
        done = small_course.run(handed_in, "nbgrader", "autograde", "small")
    (line,) = capsys.readouterr().err.splitlines()
    assert "is being graded right now, by the grading of small (process" in line
    assert done.returncode == 1
    assert "is being graded right now" in done.stderr
    assert not (handed_in / "autograded").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM] if THOROUGH else [signal.SIGTERM])
def test_stopping_leaves_nothing_and_loses_nothing(
    graded: Path, course: Path, number: signal.Signals
) -> None:
    """Ctrl-C or a request to end: status 130, how to go on, nothing left; the same command completes the class."""
    small_course.hand_in(course, {"ben": small_course.WRONG.replace("x * x", "[0 for _ in iter(int, 1)]")})
    with small_course.nothing_left(course) as environment:
        running = start(course, *GRADE, "--jobs", "1", **environment)
        wait_for((course / "autograded" / "ann").exists, running)
        os.killpg(running.pid, number)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    # Ann's folder is in its place a moment before she is counted.
    assert re.fullmatch(
        "proctor grade: Stopped with [23] still to grade; nothing is lost. The same command goes on.\n", said
    )
    assert (course / "autograded" / "ann" / "small" / "small.ipynb").exists()
    small_course.hand_in(course, {"ben": small_course.WRONG})
    assert small_course.run(course, *GRADE, "--jobs", "1").returncode == 0
    assert small_course.rows(course) == small_course.rows(graded)
    assert small_course.files(course) == small_course.files(graded)


def test_a_team_is_graded_once(graded_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One job for what two members handed in alike; each has the grade, a folder, and a time of the own."""
    course = graded_copy
    shutil.copytree(course / "submitted" / "ann", course / "submitted" / "anna")
    shutil.copytree(course / "submitted" / "ann", course / "submitted" / "anne")  # in no team
    (course / "submitted" / "anna" / "small" / "timestamp.txt").write_text("2027-01-15 10:00:00 UTC\n")
    team = Origin("moodle", team="Group A")
    record.update(course, "small", {"ann": team, "anna": team, "ben": team, "anne": Origin("moodle")})
    kept = shutil.copytree(course / "autograded", tmp_path / "kept")
    shutil.copytree(kept / "ann", kept / "anne")
    sent: list[str] = []

    class Counting(kill_head.Canned):
        def submit(self, job: Any) -> None:
            sent.append(job.student)
            super().submit(job)

    @contextmanager
    def canned(*_: object, **__: object) -> Iterator[Counting]:
        yield Counting(kept)

    monkeypatch.setattr(workers, "local_pool", canned)
    monkeypatch.chdir(course)
    assert main.main(["grade", "small", f"--course={course}", "--force"]) == 0
    assert sorted(sent) == ["ann", "anne", "ben", "cem"]
    assert points(course) == {**small_course.POINTS, "anna": 3, "anne": 3}
    times = {student: time for student, time, _ in small_course.rows(course)["submissions"]}
    assert (times["ann"], times["anna"]) == (None, "2027-01-15 10:00:00.000000")
    notebooks = [course / "autograded" / each / "small" / "small.ipynb" for each in ("ann", "anna")]
    assert notebooks[0].read_bytes() == notebooks[1].read_bytes()
    assert main.main(["status", "small", f"--course={course}"]) == 0


def test_a_review_during_grading_is_kept(
    graded_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Formgrader is open, and saves a score and a comment while everybody is graded again: both are there at the end."""
    course = graded_copy
    kept = shutil.copytree(course / "autograded", tmp_path / "kept")
    place = ("small", "small", "ben")
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "deep-learning-for-beginners") as formgrader:

        class Reviewed(kill_head.Canned):
            def take(self) -> Any:
                grade = formgrader.find_grade(
                    "double", *place
                )  # which began before the grading, and has not ended
                grade.manual_score, grade.needs_manual_grade = 1.5, False
                formgrader.find_comment("answer", *place).manual_comment = "Nearly."
                formgrader.db.commit()
                return super().take()

        @contextmanager
        def canned(*_: object, **__: object) -> Iterator[Reviewed]:
            yield Reviewed(kept)

        assert len(formgrader.submission_dicts("small")) == 3
        monkeypatch.setattr(workers, "local_pool", canned)
        monkeypatch.chdir(course)
        assert main.main(["grade", "small", f"--course={course}", "--force"]) == 0
    rows = small_course.rows(course)
    assert ("ben", "double", 1.0, 1.5, None, 0) in rows["grades"]
    assert ("ben", "answer", None, "Nearly.") in rows["comments"]
