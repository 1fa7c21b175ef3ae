"""Grading from within the master notebook, so that an instructor sees each report card while writing.

Only the master notebook's hidden regions call this. Submissions never do: their graded cells are not run.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython import get_ipython
from IPython.display import HTML, display

from proctor.course import CONFIG, course_root, read_config
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError, SolutionFails
from proctor.feedback import card
from proctor.grading.diagnosis import offered
from proctor.grading.judge_cell import LocalSide, judge_cell, load_tests
from proctor.grading.settings import Grading
from proctor.session.proxies import loopback

if TYPE_CHECKING:
    from proctor.criteria.outcome import CellReport


def grade(grade_id: str, namespace: dict[str, Any] | None = None) -> CellReport | None:
    """Judge a graded cell on the names of the running notebook and show the report card.

    Args:
        grade_id: which cell.
        namespace: the names to judge; those of the notebook by default.

    Returns:
        The report when a namespace was given, else None, so that the card alone is shown.

    Raises:
        GraderError: the course has no hidden test class for this cell.
        SolutionFails: a criterion does not pass on the notebook, so that `nbgrader validate` fails, too.
    """
    here = Path.cwd()
    course = course_root(here)
    tests = course / _tests_directory(course) / here.name
    cases = load_tests(tests)
    if grade_id not in cases:
        raise GraderError(f"{tests} has no test class for the graded cell {grade_id!r}.")
    names = get_ipython().user_ns if namespace is None else namespace
    report = judge_cell(cases[grade_id], LocalSide(loopback(names)), diagnose=offered(tests)[0])
    if namespace is not None:
        return report
    display(HTML(card.html(report)))
    lost = [f"“{each.sentence}”" for each in report.verdicts if each.outcome is not Outcome.PASSED]
    if lost:
        points = f"{report.points:g} of {report.worth:g} points"
        raise SolutionFails(f"{grade_id}: {points}, as this does not pass: {', '.join(lost)}")
    return None


@cache
def _tests_directory(course: Path) -> str:
    """Return the name of the course's folder of hidden tests; only a course with settings has them read."""
    if not (course / CONFIG).exists():
        return Grading().tests_directory
    return Grading(config=read_config(course)).tests_directory
