"""A second exercise in the same course: its notebook, its hidden tests, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from proctor.grading import reports_of
from proctor.judge import load_tests

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = '''import numpy as np


class MaxPool:
    """The largest number of each row of each example."""

    def forward(self, x):
        ### BEGIN SOLUTION
        return np.max(x, axis=-1)
        ### END SOLUTION
'''
TESTS = '''"""Hidden tests of the second exercise."""

import numpy as np
from inputs import ROWS

from proctor.criteria import Criteria, points


class MaxPoolTest(Criteria):
    """MaxPool, forward"""

    grade_id = "max_pool"
    needs = ("MaxPool",)

    @points(2)
    def test_rows(self):
        """The output holds the largest number of each row."""
        self.check(self.MaxPool().forward(ROWS), ROWS.max(axis=-1), "forward(x)")

    @points(1)
    def test_negative(self):
        """That holds for rows of negative numbers, too."""
        self.check(self.MaxPool().forward(-ROWS), (-ROWS).max(axis=-1), "forward(x)")
'''
INPUTS = '''"""Inputs, in a helper module of the same name as one of exercise 4's."""

import numpy as np

ROWS = np.array([[1.0, 5.0, 2.0], [7.0, 3.0, 4.0]])
'''
STUDENTS = {
    "ann": ("return np.max(x, axis=-1)", 3),
    "ben": ("return np.maximum(np.max(x, axis=-1), 0)", 2),
    "cem": ("raise NotImplementedError()", 0),
}
"""What three students write, and the points that it is worth."""


def master() -> nbformat.NotebookNode:
    """Write the master notebook as an instructor does with nbgrader's toolbar."""
    kept = {"schema_version": 3, "task": False}
    solution = {"grade_id": "pooling", "solution": True, "grade": False, "locked": False, **kept}
    graded = {"grade_id": "max_pool", "solution": False, "grade": True, "locked": True, "points": 3, **kept}
    hidden = (
        "### BEGIN HIDDEN TESTS\nfrom proctor.notebook import grade\ngrade('max_pool')\n### END HIDDEN TESTS"
    )
    cells = [
        new_markdown_cell("# Exercise 5: pooling", id="title"),
        new_code_cell(SOLUTION, id="pooling", metadata={"nbgrader": solution}),
        new_code_cell(f"# Graded, 3 points\n{hidden}", id="max_pool", metadata={"nbgrader": graded}),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def nbgrader(course: Path, *arguments: str) -> None:
    """Run an nbgrader command, which must not fail."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Add exercise 5 to a copy of the course, as the README says, and grade three students."""
    course = tmp_path_factory.mktemp("course")
    for name in ("source", "tests/exercise4", "img"):
        shutil.copytree(ROOT / name, course / name)
    shutil.copy(ROOT / "nbgrader_config.py", course)
    (course / "source" / "exercise5").mkdir()
    nbformat.write(master(), course / "source" / "exercise5" / "exercise5.ipynb")
    (course / "tests" / "exercise5").mkdir()
    (course / "tests" / "exercise5" / "test_pooling.py").write_text(TESTS)
    (course / "tests" / "exercise5" / "inputs.py").write_text(INPUTS)
    nbgrader(course, "generate_assignment", "exercise5")
    for student, (body, _) in STUDENTS.items():
        notebook = nbformat.read(course / "release" / "exercise5" / "exercise5.ipynb", as_version=4)
        notebook.cells[1].source = notebook.cells[1].source.replace(
            "# YOUR CODE HERE\n        raise NotImplementedError()", body
        )
        folder = course / "submitted" / student / "exercise5"
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "exercise5.ipynb")
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
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("exercise5", student).score == STUDENTS[student][1]
    path = course / "autograded" / student / "exercise5" / "exercise5.ipynb"
    assert len(reports_of(nbformat.read(path, as_version=4))["max_pool"].verdicts) == 2


def test_two_exercises_may_have_helpers_of_one_name(course: Path) -> None:
    """Loaded one after the other, each exercise's hidden tests see their own helper module."""
    assert "conv_forward" in load_tests(ROOT / "tests" / "exercise4")
    assert list(load_tests(course / "tests" / "exercise5")) == ["max_pool"]
    assert "conv_forward" in load_tests(ROOT / "tests" / "exercise4")
