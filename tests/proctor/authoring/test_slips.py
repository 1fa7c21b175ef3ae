"""Slips of an instructor in an exercise: each is refused in words that name the place, before any student is graded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nbgrader.coursedir import CourseDirectory

from proctor.authoring.check import check
from proctor.authoring.master import masters
from proctor.authoring.trial import require_full_points
from proctor.course import Exercise
from proctor.errors import SolutionFails
from tests.proctor.support.own_courses import Example, answer, code, graded, solved

if TYPE_CHECKING:
    from pathlib import Path

SOLUTION = solved(
    "def newton(f, slope, x):\n    for _ in range(50):\n        x = x - f(x) / slope(x)\n    return x\n"
)
CALL_OF_GRADE = """### BEGIN HIDDEN TESTS
from proctor.grading.notebook import grade

grade("newton_root")
### END HIDDEN TESTS"""
TESTS = '''"""Hidden tests on Newton's method."""

from proctor.criteria import Criteria, points


class Newton(Criteria):
    """Newton's method"""

    grade_id = "newton_root"
    needs = ("newton",)

    @points(2)
    def test_root(self):
        """It finds the root of 2."""
        self.assertAlmostEqual(self.newton(lambda x: x * x - 2, lambda x: 2 * x, 1.0), 2**0.5)
'''


def written(course: Path, solution: str = SOLUTION, tests: str = TESTS) -> Exercise:
    """Write the exercise into a course."""
    cells = [answer("newton", solution), graded("newton_root", 2, CALL_OF_GRADE)]
    Example("roots", cells, tests, {}).write_exercise(course, "source")
    return Exercise("roots", CourseDirectory(root=str(course)))


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('needs = ("newton",)', 'needs = ("newtn",)', "`newtn` was not found. There is `newton`. Is that the one?"),
        ('needs = ("newton",)', 'needs = "newton"', 'Newton.needs is a text. Write needs = ("newton",), with the'),
        ('    needs = ("newton",)\n', "", "has no attribute 'newton'. If that is a name of the notebook's, `needs` has"),
        ("@points(2)", "@points(3)", "newton_root: The cell is worth 2 points, its criteria 3. They must agree."),
        ('"newton_root"', '"newton-root"', "of its own. There is one with 'newton-root'."),
        ('    grade_id = "newton_root"\n', "", "test_roots.py: Newton has no grade_id, that of the cell it grades."),
        ("lambda x: 2 * x, 1.0", "open(__file__), 1.0", "this test needs an open file, which cannot cross"),
    ],
)  # fmt: skip
def test_a_slip_in_the_tests(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    """The exercise is not released; the reason names the slip, and no file of a trial."""
    assert TESTS.count(right) == 1
    exercise = written(tmp_path, tests=TESTS.replace(right, wrong))
    with pytest.raises(SolutionFails) as refused:
        require_full_points(exercise, masters(exercise)[0])
    assert says in str(refused.value)
    assert "trial-" not in str(refused.value)


def test_a_slip_in_the_solution(tmp_path: Path) -> None:
    """It is said once for a cell, with the line where it happened."""
    exercise = written(tmp_path, SOLUTION.replace("slope(x)", "slop(x)"))
    [master] = masters(exercise)
    [found] = check(exercise, master, [master]).findings
    assert found.cell == "newton_root"
    assert found.says == (
        "0 of 2 points, as this does not pass: “It finds the root of 2.” (Your code raised NameError: name 'slop' is "
        "not defined; newton, line 3: `x = x - f(x) / slop(x)`; Did you mean `slope`?)."
    )


def test_cells_that_nbgrader_does_not_know(tmp_path: Path) -> None:
    """Each marker in a cell without its kind is named, and nothing is run that could only confuse."""
    cells = [code("newton", SOLUTION), code("newton_root", CALL_OF_GRADE)]
    Example("roots", cells, TESTS, {}).write_exercise(tmp_path, "source")
    exercise = Exercise("roots", CourseDirectory(root=str(tmp_path)))
    [master] = masters(exercise)
    checked = check(exercise, master, [master])
    assert [(each.cell, each.says.split(" stands")[0]) for each in checked.findings] == [
        ("newton", "“### BEGIN SOLUTION”"),
        ("newton_root", "“### BEGIN HIDDEN TESTS”"),
    ]
    assert not checked.passed
    assert checked.rows == []
