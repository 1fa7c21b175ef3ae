"""The gradebook in PostgreSQL: each command does with a real server what it does with SQLite, killed or not."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from nbgrader.apps.api import NbGraderAPI
from sqlalchemy import make_url
from traitlets.config import Config, LoggingConfigurable

from proctor.batch import pages, workers
from proctor.cli.main import explain, main
from proctor.gradebook.book import Book, shown
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.lateness import Late
from proctor.nbgrader_plugin.late_plugin import LatePlugin
from tests.proctor.support import kill_head, postgres, small_course
from tests.proctor.support.inline import Inline
from tests.proctor.support.small_course import EXERCISE
from tests.proctor.support.thinning import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(bool(postgres.why_not()), reason=postgres.why_not()),
    pytest.mark.timeout(1800 if THOROUGH else 300),
]
POINTS = 20 if THOROUGH else 3
SEED = 17
DUE = dt.datetime(2027, 1, 15, 22, 59)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """Start a server; afterwards neither its folder nor its process is there."""
    with postgres.running_server() as running:
        yield running
    assert not running.folder.exists()


@pytest.fixture(scope="module")
def handed_in(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course in the database `handed_in`, in which three have handed in."""
    course = tmp_path_factory.mktemp("handed_in") / "course"
    small_course.make(course, server.create("handed_in"))
    small_course.hand_in(course, small_course.CLASS)
    return course


@pytest.fixture(scope="module")
def graded(server: postgres.Server, handed_in: Path) -> Path:
    """Grade a copy of it, in the database `graded`, without any interruption."""
    course = shutil.copytree(handed_in, handed_in.with_name("graded"))
    small_course.use_database(course, server.create("graded", template="handed_in"))
    done = small_course.run(course, "proctor", "grade", EXERCISE, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    assert not (course / "gradebook.db").exists()
    return course


@pytest.fixture
def url(server: postgres.Server, graded: Path) -> str:
    """Make a copy of the database of the graded course; return its URL."""
    del graded
    return server.create("mine", template="graded")


@pytest.fixture
def course(
    url: str, server: postgres.Server, graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Copy the graded course; workers bring back what they brought back then, and no connection is left open."""
    course = shutil.copytree(graded, tmp_path / "course")
    small_course.use_database(course, url)
    monkeypatch.chdir(course)

    @contextmanager
    def canned(*_: object, **__: object) -> Iterator[kill_head.Canned]:
        yield kill_head.Canned(graded / "autograded")

    monkeypatch.setattr(workers, "local_pool", canned)
    yield course
    assert server.connections("mine") == 0


def proctor(course: Path, command: str, *arguments: str) -> int:
    """Run a command on the exercise."""
    return main([command, EXERCISE, f"--course={course}", *arguments])


def sums(url: str) -> dict[str, float]:
    """Return everybody's points and penalties, as nbgrader counts them."""
    with open_gradebook(url) as book:
        found = book.assignment_submissions(EXERCISE)
        return {each.student.id: each.score - each.late_submission_penalty for each in found}


def test_the_grades_are_there(course: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Everybody has the points that the same class has in SQLite, and every grade is current."""
    assert sums(url) == small_course.POINTS
    assert proctor(course, "status") == 0
    assert "3  graded, up to date" in capsys.readouterr().out


def test_killed_at_any_moment(server: postgres.Server, handed_in: Path, graded: Path) -> None:
    """Killed at seeded points of its work and run again, the head leaves the database and the files of one run."""
    rows = json.loads(json.dumps(small_course.rows(graded, server.url("graded")), default=str))
    files = json.loads(json.dumps(small_course.files(graded)))
    kept, place = str(graded / "autograded"), f"--server={server.folder}"
    program = [sys.executable, "-m", "tests.proctor.support.kill_head", str(handed_in), kept]
    done = subprocess.run(
        [*program, str(POINTS), str(SEED), "kill", place],
        cwd=small_course.ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=small_course.environment(),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == POINTS
    for one in found:
        assert (one["first"], one["second"]) == ("SIGKILL", "status 0"), one["told"]
        assert one["rows"] == rows, one["point"]
        assert one["files"] == files, one["point"]
        assert one["left"] == [], one["point"]


def test_graded_again(course: Path, url: str) -> None:
    """A manual score stays when everybody is graded again, and the rows are those of before but for it."""
    with open_gradebook(url) as book:
        grade = book.find_grade("double", EXERCISE, EXERCISE, "ben")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    before = small_course.rows(course, url)
    assert proctor(course, "grade", "--force") == 0
    assert small_course.rows(course, url) == before
    assert (
        sums(url)["ben"]
        == small_course.POINTS["ben"]
        - sum(row[2] for row in before["grades"] if row[:2] == ("ben", "double"))
        + 1.5
    )


def test_late(course: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A due date that was set after grading is counted by the next command, in nbgrader's own columns."""
    with open_gradebook(url) as book:
        book.update_or_create_assignment(EXERCISE, duedate=DUE)
        for submission in book.assignment_submissions(EXERCISE):
            submission.timestamp = DUE + dt.timedelta(hours=30)
        book.db.commit()
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text().replace("per_day = 0.0", "per_day = 0.1"))
    assert proctor(course, "status") == 1
    assert (
        "2  the penalty for lateness has changed" in capsys.readouterr().out
    )  # the third has no points to lose
    assert proctor(course, "grade") == 0
    assert sums(url) == {
        student: pytest.approx(0.8 * points) for student, points in small_course.POINTS.items()
    }
    assert proctor(course, "status") == 0


def test_forgotten(course: Path, url: str) -> None:
    """Nothing in the database names a student who was deleted; the rows of the others are what they were."""
    before = small_course.rows(course, url)
    assert main(["forget", "ben", f"--course={course}"]) == 0
    without = {name: [row for row in rows if row[0] != "ben"] for name, rows in before.items()}
    assert small_course.rows(course, url) == without


def test_the_other_commands(course: Path, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come in, pages are written, tables, comments and the report read it."""
    roster = tmp_path / "roster.csv"
    roster.write_text("id,first_name,last_name\nann,Ann,Other\n")
    assert main(["collect", f"--course={course}", f"--roster={roster}"]) == 0
    with open_gradebook(url) as book:
        assert book.find_student("ann").last_name == "Other"
    monkeypatch.setattr(pages, "local_pool", Inline)
    assert proctor(course, "feedback") == 0
    assert proctor(course, "return", "--platform=csv") == 0
    assert "ann,Other,Ann" in (course / "exports" / f"{EXERCISE}-csv" / "grades.csv").read_text()
    assert proctor(course, "comments") == 0
    assert proctor(course, "report") == 0


def test_formgrader(course: Path, url: str) -> None:
    """Formgrader's own queries, a long page of SQL each, list the class with its points."""
    config = Config({"CourseDirectory": {"root": str(course), "db_url": url}})
    api = NbGraderAPI(config=config)
    found = {each["student"]: each["score"] for each in api.get_submissions(EXERCISE)}
    assert found == small_course.POINTS
    (submission,) = api.get_notebook_submissions(EXERCISE, EXERCISE)[:1]
    assert submission["max_score"] == 3
    assert [each["max_score"] for each in api.get_students()] == [3, 3, 3]


def test_a_server_that_is_gone(course: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No server is one line, which says where to look, and status 1."""
    small_course.use_database(course, f"postgresql+psycopg://proctor@/mine?host={tmp_path}")
    assert proctor(course, "status") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Is its server running, and c.CourseDirectory.db_url right?" in said


def test_a_driver_that_is_missing() -> None:
    """SQLAlchemy's import error becomes what to install, and status 2."""
    status, sentence = explain(ModuleNotFoundError("No module named 'psycopg2'", name="psycopg2")) or (0, "")
    assert status == 2
    assert "pip install 'proctor[postgresql]'" in sentence
    assert explain(ModuleNotFoundError("No module named 'numpy'", name="numpy")) is None


def test_a_password_reaches_plugins_and_nobody_else(url: str) -> None:
    """The late plugin of nbgrader gets a URL that it can connect with; what is printed has no password."""
    secret = make_url(url).set(password="hunter2").render_as_string(hide_password=False)
    book = Book(secret, "made-up")
    try:
        plugin = LatePlugin(LoggingConfigurable(config=Config()))
        plugin(book, Late(EXERCISE, EXERCISE, "ann", 3.0, 60.0))
        assert plugin._step.db_url == secret
    finally:
        book.close()
    assert "hunter2" not in shown(secret)
    assert shown(secret).startswith("postgresql+psycopg://proctor:***@/mine")
