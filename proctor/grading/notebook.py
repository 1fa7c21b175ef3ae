"""Grading from within the master notebook, so that an instructor sees each report card while writing.

Only the master notebook's hidden regions call this. Submissions never do: their graded cells are not run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from IPython.display import HTML, display

from proctor.course import course_root
from proctor.errors import GraderError
from proctor.feedback import card
from proctor.grading.diagnosis import offered
from proctor.grading.judge_cell import LocalSide, judge_cell, load_tests
from proctor.session.proxies import loopback

if TYPE_CHECKING:
    from proctor.criteria.outcome import CellReport


def grade(grade_id: str, namespace: dict[str, Any] | None = None) -> CellReport | None:
    """Judge a graded cell on the classes of the running notebook and show the report card.

    Args:
        grade_id: which cell.
        namespace: the names to judge; those of the notebook by default.

    Returns:
        The report when a namespace was given, else None, so that the card alone is shown.

    Raises:
        GraderError: the course has no hidden test class for this cell.
    """
    here = Path.cwd()
    tests = course_root(here) / "tests" / here.name
    cases = load_tests(tests)
    if grade_id not in cases:
        raise GraderError(f"tests/{here.name} has no test class for the graded cell {grade_id!r}.")
    names = get_ipython().user_ns if namespace is None else namespace
    report = judge_cell(cases[grade_id], LocalSide(loopback(names)), diagnose=offered(tests)[0])
    if namespace is not None:
        return report
    display(HTML(card.html(report)))
    return None
