"""Helper modules of hidden tests: each exercise has its own, whatever the others call theirs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from proctor.grading.judge_cell import load_tests

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
from answers import ANSWER
from bank.entries import ENTRY
from proctor.criteria import Criteria, points

class SmallTest(Criteria):
    \"\"\"Small\"\"\"
    grade_id = f"{ANSWER}-{ENTRY}"

    @points(1)
    def test_it(self):
        \"\"\"It is as it should be.\"\"\"
"""


def write_tests(folder: Path, answer: str) -> Path:
    """Write hidden tests that import a module and a package beside them."""
    (folder / "bank").mkdir(parents=True)
    (folder / "test_small.py").write_text(TEST)
    (folder / "answers.py").write_text(f"ANSWER = {answer!r}\n")
    (folder / "bank" / "__init__.py").write_text("")
    (folder / "bank" / "entries.py").write_text(f"ENTRY = {answer!r}\n")
    return folder


def test_modules_and_packages_of_one_exercise_are_not_those_of_the_next(tmp_path: Path) -> None:
    """Two exercises whose helpers have the same names each get their own."""
    assert list(load_tests(write_tests(tmp_path / "one", "one"))) == ["one-one"]
    assert list(load_tests(write_tests(tmp_path / "two", "two"))) == ["two-two"]
    assert not {"answers", "bank", "bank.entries"} & set(sys.modules)


def test_what_was_imported_by_another_name_stays() -> None:
    """A module of the same folder that was not imported as a helper is none of theirs."""
    from tests.exercise4 import mistakes
    from tests.proctor.support.judging import TESTS

    load_tests(TESTS)
    assert sys.modules["tests.exercise4.mistakes"] is mistakes
