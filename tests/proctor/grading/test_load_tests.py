"""Loading of hidden tests: what would be run by nobody is refused, and a base of several classes is no cell's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proctor.errors import GraderError
from proctor.grading.judge_cell import criteria, load_tests

if TYPE_CHECKING:
    from pathlib import Path

TESTS = '''
from proctor.criteria import Criteria, points

class Doubling(Criteria):
    @points(1)
    def test_two(self):
        """2 is doubled."""
        self.assertEqual(self.double(2), 4)

class Double(Doubling):
    grade_id = "double"
    needs = ("double",)

    @points(1)
    def test_three(self):
        """3 is doubled."""
        self.assertEqual(self.double(3), 6)
'''


def test_a_base_needs_no_grade_id(tmp_path: Path) -> None:
    """Its criteria are those of the class that is derived from it, and come first."""
    (tmp_path / "test_double.py").write_text(TESTS)
    assert {name: criteria(case) for name, case in load_tests(tmp_path).items()} == {
        "double": ["test_two", "test_three"]
    }


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("needs = ", "def test_more(self): ...\n\n    needs = ", "test_more would not be run"),
        ("self.assertEqual(self.double(3)", "yield self.assertEqual(self.double(3)", "test_three has a `yield`"),
    ],
)  # fmt: skip
def test_what_would_not_be_run_is_refused(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    """A test that judges nothing is told, before it gives points to everybody."""
    (tmp_path / "test_double.py").write_text(TESTS.replace(right, wrong))
    with pytest.raises(GraderError, match=says):
        load_tests(tmp_path)
