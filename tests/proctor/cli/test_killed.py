"""Killed at any step, each command given again ends as if nothing had happened; of two at once, one is refused."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Base, Comment
from sqlalchemy import create_engine

from proctor.batch import pages
from proctor.cli import export
from proctor.cli.main import main
from proctor.course import course_lock
from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.gradebook.database import open_gradebook
from proctor.lms import comments
from proctor.lms.results import Course
from tests.proctor.support import postgres, small_course
from tests.proctor.support.classrooms import Made, build
from tests.proctor.support.downloads import (
    class_of,
    moodle_path,
    roster_csv,
    small_notebook,
    worksheet,
    write_zip,
)
from tests.proctor.support.inline import Inline
from tests.proctor.support.striking import count_steps, fork, points_of, strike
from tests.proctor.support.thinning import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(1800 if THOROUGH else 300)
EXERCISE = "exercise4"
CLASS = class_of(5)
MOMENTS = 20 if THOROUGH else 3
SEED = 17
KEPT = ("replaced", "lock")
"""Below `.proctor`, what need not be the same: earlier submissions, by the time at which they were replaced."""
MISTAKE = Verdict(
    "test_values", "Values are right.", Outcome.FAILED, 25.0, misconception="The sign was forgotten."
)


def release() -> Any:
    """Return the notebook that students got: a cell to fill in, and its graded cell."""
    kinds = {"relu": {"solution": True}, "relu_forward": {"grade": True, "points": 25.0, "locked": True}}
    data = {"schema_version": 3, "solution": False, "grade": False, "locked": False, "task": False}
    cells = [
        new_code_cell("", id=name, metadata={"nbgrader": {**data, "grade_id": name, **kind}})
        for name, kind in kinds.items()
    ]
    return new_notebook(cells=cells)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a class that was collected and graded, all with one mistake, of whom one has a comment; with downloads."""
    folder = tmp_path_factory.mktemp("killed")
    works = {moodle_path(person, f"{EXERCISE}.ipynb"): small_notebook(person.login) for person in CLASS}
    write_zip(folder / "first.zip", works)
    write_zip(folder / "second.zip", {path: data + b"\n" for path, data in works.items()})
    (folder / "roster.csv").write_bytes(roster_csv(CLASS))
    (folder / "worksheet.csv").write_bytes(worksheet(people=CLASS))
    course = folder / "course"
    course.mkdir()
    report = CellReport("relu_forward", "ReLU", (MISTAKE,))
    build(course, [Made(each.student, {"relu_forward": report}) for each in CLASS], release())
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "made-up") as book:
        solution = book.add_solution_cell("relu", EXERCISE, EXERCISE).id
        for notebook in book.notebook_submissions(EXERCISE, EXERCISE):
            text = "Look again." if notebook.student.id == CLASS[0].student else None
            book.db.add(Comment(cell_id=solution, notebook_id=notebook.id, manual_comment=text))
        book.db.commit()
    assert main(["collect", str(folder / "first.zip"), f"--course={course}", *_roster(folder)]) == 0
    return folder


def _roster(folder: Path) -> list[str]:
    return ["--timezone=UTC", f"--roster={folder / 'roster.csv'}", "--force"]


def _key(course: Path) -> str:
    """Return the key of the comment that was written."""
    made = Course(course, EXERCISE, f"sqlite:///{course / 'gradebook.db'}", "made-up")
    (offer,) = comments.offers(made)
    return offer.key


def arguments(command: str, folder: Path, course: Path) -> list[str]:
    """Return the arguments of a command."""
    return {
        "collect": ["collect", str(folder / "second.zip"), *_roster(folder)],
        "feedback": ["feedback", EXERCISE],
        "return": ["return", EXERCISE, "--platform=moodle", f"--template={folder / 'worksheet.csv'}"],
        "forget": ["forget", CLASS[1].student],
        "comments": ["comments", EXERCISE, "--apply", "KEY"],
        "comments, undone": ["comments", EXERCISE, "--undo", "KEY"],
        "extend": ["extend", CLASS[1].student, EXERCISE, "--until", "2027-01-22 23:59"],
    }[command] + [f"--course={course}"]


def tree_of(course: Path) -> dict[str, bytes]:
    """Return every file of a course but the gradebook, which is compared by its rows, and what need not be the same."""
    found = (path for path in course.rglob("*") if path.is_file() and not set(KEPT) & set(path.parts))
    return {str(path.relative_to(course)): path.read_bytes() for path in found if path.name != "gradebook.db"}


def rows_of(course: Path, server: postgres.Server | None = None) -> list[str]:
    """Return everything in the gradebook; on a server, of the database that is called like the course's folder."""
    if server is not None:
        queries = {table.name: f'SELECT * FROM "{table.name}"' for table in Base.metadata.sorted_tables}
        rows = postgres.rows_of(server.url(course.name), queries)
        return sorted(f"{name} {row}" for name, each in rows.items() for row in each)
    with closing(sqlite3.connect(course / "gradebook.db")) as database:
        return sorted(database.iterdump())


def move_gradebook(course: Path, url: str) -> None:
    """Copy a course's gradebook from SQLite into an empty database."""
    source, target = create_engine(f"sqlite:///{course / 'gradebook.db'}"), create_engine(url)
    with open_gradebook(url, "made-up"):
        pass  # it makes the tables, and a row for the course
    with source.connect() as old, target.begin() as new:
        for table in reversed(Base.metadata.sorted_tables):
            new.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            if rows := [dict(row) for row in old.execute(table.select()).mappings()]:
                new.execute(table.insert(), rows)
    source.dispose()
    target.dispose()


def copy_course(source: Path, target: Path, server: postgres.Server | None) -> None:
    """Copy a course, and on a server its database, in place of what is there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    if server is not None:
        small_course.use_database(target, server.create(target.name, template=source.name))


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[postgres.Server]:
    """Start a server with the course's gradebook in its database `course`."""
    with postgres.running_server() as running:
        move_gradebook(folder / "course", running.create("course"))
        yield running


COMMANDS = ("collect", "feedback", "return", "forget", "comments", "comments, undone", "extend")
NOTHING_LEFT = ("forget", "comments, undone")
"""Commands that end with status 2 when given again after all was done: nothing is left to do."""


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, in this process; made-up grades have no fingerprints, so none is asked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pages, "local_pool", Inline)
    monkeypatch.setattr(export, "_stale", lambda _app: {})


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_and_given_again(command: str, folder: Path, tmp_path: Path) -> None:
    """At seeded steps: the course is in the end what it is without, file by file, and in the gradebook."""
    kill_at_seeded_steps(command, folder, tmp_path, None)


@pytest.mark.usefixtures("alone")
@pytest.mark.skipif(not THOROUGH, reason="in make thorough: each command with PostgreSQL, too")
@pytest.mark.skipif(bool(postgres.why_not()), reason=postgres.why_not())
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_with_postgresql(
    command: str, folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The same with the gradebook on a real server, which ends what the killed one had begun."""
    kill_at_seeded_steps(command, folder, tmp_path, request.getfixturevalue("server"))


def kill_at_seeded_steps(command: str, folder: Path, tmp_path: Path, server: postgres.Server | None) -> None:
    """Kill a command at some steps, give it again, and compare the course with one where it was not killed."""
    key = _key(folder / "course")
    fresh, tried = tmp_path / "fresh", tmp_path / "tried"
    copy_course(folder / "course", fresh, server)
    before = {"return": "feedback", "comments, undone": "comments"}.get(command)
    if before:
        assert main(_with_key(arguments(before, folder, fresh), key)) == 0
    run = partial(main, _with_key(arguments(command, folder, tried), key))
    copy_course(fresh, tried, server)
    assert run() == 0  # what it imports, the forked ones have
    copy_course(fresh, tried, server)
    steps = count_steps(run, tried)
    files, rows = tree_of(tried), rows_of(tried, server)
    assert (files, rows) != (tree_of(fresh), rows_of(fresh, server))
    for point in points_of(steps, MOMENTS, SEED):
        copy_course(fresh, tried, server)
        assert fork(run, tried, strike(point)) == ("SIGKILL", [])
        ended, said = fork(run, tried, lambda _what: None)
        allowed = {"status 0", "status 2"} if command in NOTHING_LEFT else {"status 0"}
        assert ended in allowed, (point, said)
        assert tree_of(tried) == files, f"step {point} of {steps}"
        assert rows_of(tried, server) == rows, f"step {point} of {steps}"


@pytest.mark.parametrize("command", [*COMMANDS, "grade"])
def test_refused_while_another_works(
    command: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """While somebody grades, each command that writes ends with status 2 and one line that names it; nothing changes."""
    monkeypatch.chdir(tmp_path)
    course = shutil.copytree(folder / "course", tmp_path / "course")
    before = tree_of(course), rows_of(course)
    given = ["grade", EXERCISE, f"--course={course}"]
    if command != "grade":
        given = _with_key(arguments(command, folder, course), _key(course))
    with course_lock(course, "the grading of exercise4"):
        assert main(given) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "by the grading of exercise4 (process" in said
    assert (tree_of(course), rows_of(course)) == before


def _with_key(given: list[str], key: str) -> list[str]:
    return [key if each == "KEY" else each for each in given]
