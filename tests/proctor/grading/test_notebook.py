"""`grade()` in a master notebook: the report card while an instructor writes, and an error when a criterion fails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from proctor.errors import GraderError, SolutionFails
from proctor.grading import notebook
from tests.proctor.support import small_course

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Names = Callable[[str], list[Any]]


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Names:
    """Return a function that lets a notebook have run some source, and returns the list of what it displays later."""
    tests, here = (tmp_path / kind / small_course.EXERCISE for kind in ("tests", "source"))
    tests.mkdir(parents=True)
    here.mkdir(parents=True)
    (tests / "test_small.py").write_text(small_course.TESTS)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    monkeypatch.chdir(here)

    def run(source: str) -> list[Any]:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(source, names)
        shown: list[Any] = []
        monkeypatch.setattr(notebook, "get_ipython", lambda: SimpleNamespace(user_ns=names))
        monkeypatch.setattr(notebook, "display", shown.append)
        return shown

    return run


def test_a_right_solution_shows_its_card(runs: Names) -> None:
    """Nothing is raised, and the card is all that is shown."""
    shown = runs(small_course.RIGHT)
    assert notebook.grade("double") is None
    [card] = shown
    assert "Each number is doubled." in card.data


def test_a_wrong_solution_raises(runs: Names) -> None:
    """The card is shown, too; the error names the cell and the criterion, so that `nbgrader validate` fails."""
    shown = runs(small_course.WRONG)
    with pytest.raises(SolutionFails, match=r"^double: 1 of 2 points, as .*: “Each number is doubled\.”$"):
        notebook.grade("double")
    assert len(shown) == 1


def test_a_cell_without_a_class_raises(runs: Names) -> None:
    """The error says where the class was looked for."""
    runs(small_course.RIGHT)
    with pytest.raises(GraderError, match=r"tests/small has no test class for the graded cell 'duble'"):
        notebook.grade("duble")
