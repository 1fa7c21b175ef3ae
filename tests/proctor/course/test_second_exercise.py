"""A second exercise in the same course: its notebook, its hidden tests, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from proctor.gradebook.database import open_gradebook
from proctor.grading.grade import reports_of
from proctor.grading.judge_cell import load_tests
from tests.proctor.support.tiny_course import STUDENTS, make_course, nbgrader

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Add exercise 5 to a copy of the course, and grade three students."""
    course = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "source" / "exercise4", course / "source" / "exercise4")
    shutil.copytree(ROOT / "tests" / "exercise4", course / "tests" / "exercise4")
    make_course(course)
    nbgrader(course, "autograde", "exercise5")
    return course


def test_the_release_is_a_stub_without_hidden_tests(course: Path) -> None:
    """The release holds the notebook and the cell's stub, and neither solution, hidden tests nor figures."""
    release = course / "release" / "exercise5"
    names = {str(path.relative_to(release)) for path in release.rglob("*") if path.is_file()}
    assert names == {"exercise5.ipynb", "src/layers/pooling_0.py"}
    text = (release / "exercise5.ipynb").read_text()
    assert "HIDDEN" not in text
    assert "np.max" not in text
    assert "raise NotImplementedError" in (release / "src" / "layers" / "pooling_0.py").read_text()


@pytest.mark.parametrize("student", STUDENTS)
def test_students_get_the_points_of_the_second_exercise(course: Path, student: str) -> None:
    """Right, half right and undone answers get their points, with a card for each criterion."""
    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("exercise5", student).score == STUDENTS[student][1]
    path = course / "autograded" / student / "exercise5" / "exercise5.ipynb"
    assert len(reports_of(nbformat.read(path, as_version=4))["max_pool"].verdicts) == 2


def test_two_exercises_may_have_helpers_of_one_name(course: Path) -> None:
    """Loaded one after the other, each exercise's hidden tests see their own helper module."""
    assert "conv_forward" in load_tests(ROOT / "tests" / "exercise4")
    assert list(load_tests(course / "tests" / "exercise5")) == ["max_pool"]
    assert "conv_forward" in load_tests(ROOT / "tests" / "exercise4")
