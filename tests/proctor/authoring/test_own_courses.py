"""Courses of one's own, from `proctor init` to pages: numerics, and data science with pandas, in renamed folders.

A stock course, with assertions in its cells, goes the same way in `tests/proctor/grading/test_stock_course.py`.
"""

from __future__ import annotations

import html
import json
import re
import shutil
from contextlib import closing
from sqlite3 import connect
from typing import TYPE_CHECKING

import pytest

from tests.proctor.support.own_courses import DATA, NUMERICS, PIXEL, Example, done
from tests.proctor.support.thinning import THOROUGH

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


def page_of(path: Path) -> str:
    """Return the words of a page."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", path.read_text("utf-8"))).split())


@pytest.fixture(scope="module")
def numerics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a graded course on numerics."""
    course = tmp_path_factory.mktemp("own") / "numerics"
    NUMERICS.write(course)
    done(course, "nbgrader", "generate_assignment", NUMERICS.name)
    for student in NUMERICS.students:
        NUMERICS.hand_in(course / "release" / "roots", course / "submitted" / student / "roots", student)
    done(course, "proctor", "grade", NUMERICS.name, "--jobs", "1")
    return course


def test_numerics_is_graded(numerics: Path) -> None:
    """Everybody gets the points that the work is worth: functions are called back across the sandbox, plots are seen."""
    assert points(numerics) == worth(NUMERICS)


def test_numerics_has_its_pages(numerics: Path) -> None:
    """Each student's page has the hints of the tests, and the class's counts everybody."""
    done(numerics, "proctor", "feedback", NUMERICS.name)
    pages = {
        student: page_of(numerics / "feedback" / student / "roots" / "roots.html")
        for student in ("bob", "cem")
    }
    assert "How many steps does it take?" in pages["bob"]
    assert "An axis has no label." in pages["cem"]
    assert "4 submissions" in done(numerics, "proctor", "report", NUMERICS.name)


def test_release_is_a_release_of_this_exercise(numerics: Path) -> None:
    """It has the notebook and the course's picture, of whatever type, and no stub that only exercise 4 needs."""
    release = numerics / "release" / "roots"
    files = {str(path.relative_to(release)) for path in release.rglob("*") if path.is_file()}
    assert files == {"roots.ipynb", "img/newton.jpg"}
    assert (release / "img" / "newton.jpg").read_bytes() == PIXEL


@pytest.mark.skipif(not THOROUGH, reason="in make thorough: test_check.py tries mistakes of another course")
def test_numerics_can_be_released(numerics: Path) -> None:
    """`proctor check` finds a mistake for each criterion."""
    said = done(numerics, "proctor", "check", NUMERICS.name, "--json", "--no-sandbox")
    [checked] = json.loads(said)["notebooks"]
    assert checked["findings"] == []
    assert {row["criterion"]: row["worth"] for row in checked["rows"]} == dict.fromkeys(
        ("test_root", "test_negative", "test_sine", "test_curve", "test_labels"), 1
    )
    assert all(row["noticed"] and row["solution"] and not row["release"] for row in checked["rows"])


@pytest.fixture(scope="module")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course on data science, with other names for all of nbgrader's folders, and a class's download in it."""
    course = tmp_path_factory.mktemp("own") / "weather"
    names = "\n".join(f'c.CourseDirectory.{step}_directory = "{name}"' for step, name in RENAMED.items())
    DATA.write(course, f'\n{names}\nc.Grading.tests_directory = "hidden"\nc.Sandbox.preload = ["pandas"]\n')
    (course / "source").rename(course / "masters")
    (course / "tests").rename(course / "hidden")
    done(course, "nbgrader", "generate_assignment", DATA.name)
    for student in DATA.students:
        DATA.hand_in(course / "handout" / "weather", course / "download" / student, student)
    done(course, "proctor", "collect", "download")
    shutil.rmtree(course / "download")
    done(course, "proctor", "grade", DATA.name, "--jobs", "1")
    return course


def test_all_commands_work_in_renamed_folders(weather: Path) -> None:
    """Each command uses the course's own names, from generating and collecting to forgetting a student."""
    assert points(weather) == worth(DATA)
    assert "stations.csv" in {path.name for path in (weather / "handout" / "weather").iterdir()}
    done(weather, "proctor", "status", DATA.name)
    done(weather, "proctor", "check", DATA.name, "--no-sandbox")
    done(weather, "proctor", "feedback", DATA.name)
    assert len(list((weather / "pages").glob("*/weather/*.html"))) == 4
    assert "4 submissions" in done(weather, "proctor", "report", DATA.name)
    done(weather, "proctor", "return", DATA.name, "--platform", "csv")
    done(weather, "nbgrader", "generate_solution", DATA.name)
    assert (weather / "answers" / "weather" / "weather.ipynb").is_file()
    done(weather, "proctor", "site", DATA.name)
    done(weather, "proctor", "extend", "eve", DATA.name, "--until", "2030-01-22 23:59")
    assert "No comment" in done(weather, "proctor", "comments", DATA.name)
    assert re.search("inbox/eve|corrected/eve", done(weather, "proctor", "forget", "eve"))
    assert "eve" not in {
        path.name for name in ("inbox", "corrected", "pages") for path in (weather / name).iterdir()
    }
    assert [name for name in RENAMED if (weather / name).exists()] == []
