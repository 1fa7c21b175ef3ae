"""A course as many instructors have one: assertions in its graded cells, hidden tests, cells that a person grades.

It has no test class. Stock nbgrader can grade it as it is, and ours after `proctor init --from`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.proctor.support import small_course

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXERCISE = "squares"
STOCK_CONFIG = 'c = get_config()\nc.CourseDirectory.course_id = "stock"\nc.Execute.timeout = 10\n'
SHORT_LIMIT = "c.Grading.cell_seconds = 1\n"
"""Configuration that the tests add: nobody is to wait for the endless answer."""

SOLUTION = """def squares(n):
    ### BEGIN SOLUTION
    return [i**2 for i in range(1, n + 1)]
    ### END SOLUTION


def halves(x):
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION
"""
LIST = """assert squares(1) == [1]
expected = [1, 4, 9]
### BEGIN HIDDEN TESTS
assert squares(3) == expected, "squares(3) is not the list of three squares."
### END HIDDEN TESTS
"""
SUM = """assert sum(squares(3)) == sum(expected)
"""
PARTIAL = """points = 0.0
### BEGIN HIDDEN TESTS
if halves(3) == 1.5:
    points += 1.5
if halves(-1) == -0.5:
    points += 2.5
### END HIDDEN TESTS
points
"""
CELLS = {
    "answer": ("code", SOLUTION, {"solution": True}),
    "list_of_squares": ("code", LIST, {"grade": True, "locked": True, "points": 2}),
    "sum_of_squares": ("code", SUM, {"grade": True, "locked": True, "points": 1}),
    "halving": ("code", PARTIAL, {"grade": True, "locked": True, "points": 4}),
    "essay": ("markdown", "Your answer", {"grade": True, "solution": True, "points": 3}),
    "drawing": ("code", "# Draw the squares", {"grade": True, "solution": True, "points": 1}),
    "project": ("markdown", "Say below what squares are for.", {"task": True, "locked": True, "points": 2}),
}

RIGHT = """def squares(n):
    return [i**2 for i in range(1, n + 1)]


def halves(x):
    return x / 2
"""
NOISY = RIGHT.replace("    return x", "    import sys; print('halving', file=sys.stderr)\n    return x")
CLASS = {
    "ada": RIGHT,
    "ben": RIGHT.replace("range(1, n + 1)", "range(1, 2)").replace("x / 2", "abs(x) / 2"),
    "cem": "def squares(n):\n    raise NotImplementedError()\n",
    "dan": RIGHT.replace("    return [", "    while n == 3: pass\n    return ["),
    "eve": RIGHT.replace("    return [", "    if n == 3: __import__('os').abort()\n    return ["),
    "fay": NOISY,
}
"""Answers of six students: right, right where it is shown, undone, endless, crashing, right with words on stderr."""
POINTS = {
    "ada": (2, 1, 4),
    "ben": (0, 0, 1.5),
    "cem": (0, 0, 0),
    "dan": (0, 0, 4),
    "eve": (0, 0, 4),
    "fay": (2, 1, 4),
}
"""Points that the cells with tests give them: the list, the sum, halving."""

TESTED = tuple(name for name, (_, _, own) in CELLS.items() if own.get("locked") and own.get("grade"))
"""The cells that tests grade, without a person."""


def write(course: Path) -> None:
    """Write the course as an instructor has it who knows nbgrader only."""
    (course / "source" / EXERCISE).mkdir(parents=True)
    nbformat.write(master(), course / "source" / EXERCISE / f"{EXERCISE}.ipynb")
    (course / "nbgrader_config.py").write_text(STOCK_CONFIG)


def generate(course: Path) -> None:
    """Generate its exercise."""
    done = small_course.run(course, "nbgrader", "generate_assignment", EXERCISE)
    assert done.returncode == 0, done.stderr[-2000:]


def master(changes: Mapping[str, str] = {}) -> nbformat.NotebookNode:
    """Return the master notebook, with other sources for some cells."""
    cells = [new_markdown_cell("# Squares", id="title")]
    for name, (kind, source, own) in CELLS.items():
        data = {"grade_id": name, "schema_version": 3, "solution": False, "grade": False, "task": False}
        new = new_code_cell if kind == "code" else new_markdown_cell
        metadata = {"nbgrader": {**data, "locked": False, **own}}
        cells.append(new(changes.get(name, source), id=name, metadata=metadata))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def hand_in(course: Path, answers: Mapping[str, str]) -> None:
    """Put submissions into the course: for each student the source of the answer; all of them write the essay."""
    release = nbformat.read(course / "release" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    by_name = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in release.cells}
    by_name["essay"].source = "Squares grow faster than their roots."
    for student, source in answers.items():
        by_name["answer"].source = source
        folder = course / "submitted" / student / EXERCISE
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(release, folder / f"{EXERCISE}.ipynb")


def read_graded(course: Path, student: str) -> nbformat.NotebookNode:
    """Read a student's graded notebook."""
    return nbformat.read(course / "autograded" / student / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
