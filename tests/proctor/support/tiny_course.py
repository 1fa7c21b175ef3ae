"""A course with a small second exercise, for tests that need a course and not the whole of exercise 4."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.proctor.support import commands

ROOT = Path(__file__).resolve().parents[3]
EXERCISE = "exercise5"
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
"""Answers of three students, and the points that they are worth."""


def master() -> nbformat.NotebookNode:
    """Write the master notebook as an instructor does with nbgrader's toolbar."""
    kept = {"schema_version": 3, "task": False}
    solution = {"grade_id": "pooling", "solution": True, "grade": False, "locked": False, **kept}
    graded = {"grade_id": "max_pool", "solution": False, "grade": True, "locked": True, "points": 3, **kept}
    call = "from proctor.grading.notebook import grade\ngrade('max_pool')"
    hidden = f"### BEGIN HIDDEN TESTS\n{call}\n### END HIDDEN TESTS"
    cells = [
        new_markdown_cell("# Exercise 5: pooling", id="title"),
        new_code_cell(SOLUTION, id="pooling", metadata={"nbgrader": solution}),
        new_code_cell(f"# Graded, 3 points\n{hidden}", id="max_pool", metadata={"nbgrader": graded}),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def nbgrader(course: Path, *arguments: str) -> None:
    """Run an nbgrader command, which must not fail."""
    done = commands.run(course, "nbgrader", *arguments)
    assert done.returncode == 0, done.stderr[-2000:]


def make_course(course: Path) -> None:
    """Add exercise 5 to a copy of the course, as the README says, and hand in for three students."""
    shutil.copy(ROOT / "nbgrader_config.py", course)
    (course / "source" / EXERCISE).mkdir(parents=True)
    nbformat.write(master(), course / "source" / EXERCISE / f"{EXERCISE}.ipynb")
    (course / "tests" / EXERCISE).mkdir(parents=True)
    (course / "tests" / EXERCISE / "test_pooling.py").write_text(TESTS)
    (course / "tests" / EXERCISE / "inputs.py").write_text(INPUTS)
    nbgrader(course, "generate_assignment", EXERCISE)
    for student, (body, _) in STUDENTS.items():
        hand_in(course, student, body)


def hand_in(course: Path, student: str, body: str) -> None:
    """Fill in the released notebook and put it where a student's submission lies."""
    notebook = nbformat.read(course / "release" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    unfinished = "# YOUR CODE HERE\n        raise NotImplementedError()"
    notebook.cells[1].source = notebook.cells[1].source.replace(unfinished, body)
    folder = course / "submitted" / student / EXERCISE
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{EXERCISE}.ipynb")
