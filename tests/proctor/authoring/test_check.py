"""`proctor check` on an exercise with many faults, each of which it has to name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nbgrader.coursedir import CourseDirectory

from proctor.authoring.check import check
from proctor.authoring.master import masters
from proctor.course import Exercise
from tests.proctor.support.own_courses import Example, answer, code, graded, solved, text

if TYPE_CHECKING:
    from proctor.authoring.findings import Checked

SOLUTION = """def halves(x):
    return x / 8
"""
TESTS = '''"""Hidden tests with many faults."""

import numpy as np

from proctor.criteria import Criteria, points


class Halves(Criteria):
    """Halving"""

    grade_id = "halves"
    needs = ("halves",)

    @points(1)
    def test_good(self):
        """Eight is halved to one."""
        self.check(self.halves(8.0), 1.0, "halves(8)")

    @points(1)
    def test_weak(self):
        """This looks whether there is an error only."""
        self.halves(8.0)

    @points(1)
    def test_lucky(self):
        """This passes for one seed."""
        self.check(self.halves(8.0), 1.0 if self.seed == 0 else 2.0, "halves(8)")


class Free(Criteria):
    grade_id = "free"

    @points(1)
    def test_nothing(self):
        """Nothing is asked."""


class Three(Criteria):
    """The first three numbers"""

    grade_id = "three"
    needs = ("three",)

    @points(1)
    def test_third(self):
        """The third number is the third."""
        self.assertEqual(self.three(np.arange(5.0))[2], 2.0)


class Crossing(Criteria):
    """An object as an argument"""

    grade_id = "crossing"
    needs = ("apply",)

    @points(1)
    def test_function(self):
        """A weight is applied."""
        self.check(self.apply(self.Weight(), 2.0), 6.0, "apply(f, 2)")

    class Weight:
        """What is private of a test's object does not cross."""

        def __init__(self):
            self._weight = 3.0


class Stray(Criteria):
    """Of a cell that is gone"""

    grade_id = "gone"

    @points(1)
    def test_gone(self):
        """It was here."""
'''
FAULTY = Example(
    "faulty",
    [
        text("picture", "![lost](img/lost.png)"),
        code("set-up", "import numpy as np"),
        answer("parts", solved(SOLUTION) + "\n\n\n" + solved("def apply(f, x):\n    return f._weight * x\n")),
        graded("halves", 4),
        answer("first", solved("def three(x):\n    return x[:3]\n")),
        graded("three", 1),
        graded("free", 1),
        graded("crossing", 1),
        graded("neither", 1),
        graded("made", 1, "### AUTOTEST halves(8.0)"),
        graded("asserted", 1, "assert halves(8.0) == 1"),
    ],
    TESTS,
    {},
)


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Check the exercise."""
    course = tmp_path_factory.mktemp("course")
    FAULTY.write_exercise(course, "source")
    exercise = Exercise("faulty", CourseDirectory(root=str(course)))
    notebooks = masters(exercise)
    return check(exercise, notebooks[0], notebooks)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("", "names img/lost.png"),
        ("halves", "The cell is worth 4 points, its criteria 3"),
        ("halves", "test_weak passed with all of"),
        ("halves", "test_lucky fails on the solution with the seeds 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ("free", "Free has no docstring"),
        ("free", "The untouched release earns 1 points"),
        ("crossing", "cannot cross to the sandbox"),
        ("gone", "no graded cell with this grade_id"),
        (
            "neither",
            "no hidden test class in a test_*.py has this grade_id, and the cell has no tests of its own",
        ),
    ],
)
def test_each_fault_is_named(checked: Checked, cell: str, words: str) -> None:
    """The finding is about its cell, and stops the release."""
    said = [finding for finding in checked.findings if finding.cell == cell and words in finding.says]
    assert len(said) == 1, checked.findings
    assert said[0].serious
    assert not checked.passed


def test_a_good_criterion_is_left_alone(checked: Checked) -> None:
    """It passes on the solution, not on the release, and a mistake is known that it notices."""
    good = next(row for row in checked.rows if row.criterion == "test_good")
    assert (good.solution, good.release) == (True, False)
    assert good.noticed.startswith("halves: ")
    assert not [finding for finding in checked.findings if "test_good" in finding.says]


def test_a_cell_with_assertions_is_judged_by_them(checked: Checked) -> None:
    """The solution holds them; the release, and some change of the solution, does not."""
    row = next(row for row in checked.rows if row.cell == "asserted")
    assert (row.solution, row.release, bool(row.noticed)) == (True, False, True)


def test_a_test_that_would_stop_the_grading_is_named(checked: Checked) -> None:
    """A shorter answer makes it raise: the solution tells that the answer is at fault, and the instructor is told."""
    row = next(row for row in checked.rows if row.cell == "three")
    assert row.solution
    assert row.noticed
    said = [finding for finding in checked.findings if finding.cell == "three"]
    assert [finding.serious for finding in said] == [False]
    assert "test_third: the hidden test fails with IndexError" in said[0].says


def test_tests_that_nbgrader_makes_are_left_to_it(checked: Checked) -> None:
    """They are not there before it generates, so nothing is said of the cell but that."""
    [said] = [finding for finding in checked.findings if finding.cell == "made"]
    assert (said.serious, "not tried" in said.says) == (False, True)
    row = next(row for row in checked.rows if row.cell == "made")
    assert (row.solution, row.release, row.noticed) == (None, None, "")
