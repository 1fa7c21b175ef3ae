"""Courses of one's own, from `proctor init` to pages for students: numerics, and data science in renamed folders."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import chdir, closing, redirect_stdout
from io import StringIO
from sqlite3 import connect
from typing import TYPE_CHECKING

import pytest

from proctor.cli.main import main
from tests.proctor.support.own_courses import DATA, NUMERICS, PIXEL, Example
from tests.proctor.support.small_course import run

if TYPE_CHECKING:
    from pathlib import Path

RENAMED = {
    "source": "masters",
    "release": "handout",
    "submitted": "inbox",
    "autograded": "corrected",
    "feedback": "pages",
    "solution": "answers",
}
"""nbgrader's steps, and the names that their folders have in the second course."""


def done(course: Path, *command: str, status: int = 0) -> str:
    """Run a command, ours in this process, which has to end with a status; return what it printed."""
    if command[0] == "nbgrader":
        result = run(course, *command)
        assert result.returncode == status, result.stdout + result.stderr[-2000:]
        return result.stdout
    with chdir(course), redirect_stdout(StringIO()) as said:
        assert main(command[1:]) == status, said.getvalue()
    return said.getvalue()


def points(course: Path) -> dict[str, float]:
    """Return each student's points, from the gradebook."""
    query = (
        "SELECT s.student_id, SUM(g.auto_score) FROM grade g JOIN submitted_notebook n ON n.id = g.notebook_id"
        " JOIN submitted_assignment s ON s.id = n.assignment_id GROUP BY 1"
    )
    with closing(connect(course / "gradebook.db")) as database:
        return dict(database.execute(query).fetchall())


def worth(example: Example) -> dict[str, float]:
    """Return the points that each student's work is worth."""
    return {student: points for student, (_, points) in example.students.items()}


@pytest.fixture(scope="module")
def numerics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a graded course on numerics."""
    course = tmp_path_factory.mktemp("own") / "numerics"
    NUMERICS.write(course)
    done(course, "nbgrader", "generate_assignment", NUMERICS.name)
    for student in NUMERICS.students:
        NUMERICS.hand_in(course / "release" / "roots", course / "submitted" / student / "roots", student)
    done(course, "proctor", "grade", NUMERICS.name)
    return course


def test_numerics_is_graded(numerics: Path) -> None:
    """Everybody gets the points that the work is worth; a test's object is called back across the wall."""
    assert points(numerics) == worth(NUMERICS)


def test_release_is_a_release_of_this_exercise(numerics: Path) -> None:
    """It has the notebook and the course's picture, of whatever type, and no stub that only exercise 4 needs."""
    release = numerics / "release" / "roots"
    files = {str(path.relative_to(release)) for path in release.rglob("*") if path.is_file()}
    assert files == {"roots.ipynb", "img/newton.jpg"}
    assert (release / "img" / "newton.jpg").read_bytes() == PIXEL


def test_numerics_can_be_released(numerics: Path) -> None:
    """`proctor check` finds a mistake for each criterion."""
    said = done(numerics, "proctor", "check", NUMERICS.name, "--json", "--no-sandbox")
    [checked] = json.loads(said)["notebooks"]
    assert checked["findings"] == []
    assert {row["criterion"]: row["worth"] for row in checked["rows"]} == {
        "test_root": 1,
        "test_negative": 1,
        "test_values": 1,
    }
    assert all(row["noticed"] and row["solution"] and not row["release"] for row in checked["rows"])


@pytest.fixture(scope="module")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course on data science, with other names for all of nbgrader's folders, and a class's download in it."""
    course = tmp_path_factory.mktemp("own") / "weather"
    names = "\n".join(f'c.CourseDirectory.{step}_directory = "{name}"' for step, name in RENAMED.items())
    DATA.write(course, f'\n{names}\nc.Grading.tests_directory = "hidden"\nc.Sandbox.preload = ["numpy"]\n')
    (course / "source").rename(course / "masters")
    (course / "tests").rename(course / "hidden")
    done(course, "nbgrader", "generate_assignment", DATA.name)
    for student in DATA.students:
        DATA.hand_in(course / "handout" / "weather", course / "download" / student, student)
    done(course, "proctor", "collect", "download")
    shutil.rmtree(course / "download")
    done(course, "proctor", "grade", DATA.name)
    return course


def test_all_commands_work_in_renamed_folders(weather: Path) -> None:
    """Generate, check, collect, grade, status, feedback, report, return, site and forget use the course's own names."""
    assert points(weather) == worth(DATA)
    assert "stations.csv" in {path.name for path in (weather / "handout" / "weather").iterdir()}
    done(weather, "proctor", "status", DATA.name)
    done(weather, "proctor", "check", DATA.name, "--no-sandbox")
    done(weather, "proctor", "feedback", DATA.name)
    assert len(list((weather / "pages").glob("*/weather/*.html"))) == 3
    assert "3 submissions" in done(weather, "proctor", "report", DATA.name)
    done(weather, "proctor", "return", DATA.name, "--platform", "csv")
    done(weather, "nbgrader", "generate_solution", DATA.name)
    assert (weather / "answers" / "weather" / "weather.ipynb").is_file()
    done(weather, "proctor", "site", DATA.name)
    assert re.search("inbox/eve|corrected/eve", done(weather, "proctor", "forget", "eve"))
    assert "eve" not in {
        path.name for name in ("inbox", "corrected", "pages") for path in (weather / name).iterdir()
    }
    assert [name for name in RENAMED if (weather / name).exists()] == []
