"""Which graded cells hold their own tests, and what their outputs earn: nbgrader's rules, but for what is mended."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_output
from nbgrader.utils import determine_grade

from proctor.criteria import StudentError
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError
from proctor.grading.cell_tests import NOT_SHOWN, CellTests
from proctor.grading.own_tests import holds_tests
from proctor.session.session import Execution

WORTH = 4.0
VISIBLE = "assert squares(1) == [1]"
HIDDEN = "assert squares(3) == [1, 4, 9]"
TOP = "<module>, line "
"""Beginning of a line of the cell itself in a traceback."""
TESTS = CellTests.of("squares", WORTH, f"{VISIBLE}\n{HIDDEN}", VISIBLE)

ERROR = new_output("error", ename="ValueError", evalue="no", traceback=["no"])
STDERR = new_output("stream", name="stderr", text="careful\n")
STDOUT = new_output("stream", name="stdout", text="2\n")


def result(text: Any) -> Any:
    """Return the output of a last line that is an expression."""
    return new_output("execute_result", data={"text/plain": text}, execution_count=1)


SAME = {
    "nothing": [],
    "printed": [STDOUT],
    "error": [STDOUT, ERROR],
    "part": [result("1.5")],
    "whole": [result("4")],
    "none": [result("0")],
    "in lines": [result(["2.5"])],
    "words": [result("'done'")],
    "truth": [result("True")],
}
"""Outputs that earn what they earn with nbgrader."""

MENDED = {
    "stderr": ([STDERR], WORTH),
    "error after a number": ([result("3"), ERROR], 0.0),
    "last number": ([result("1"), result("3")], 3.0),
    "a number of NumPy's": ([result("np.float64(1.5)")], 1.5),
    "less than nothing": ([result("-1")], 0.0),
}
"""Outputs with which nbgrader gives other points, and what they earn here."""


def points(outputs: list[Any]) -> float:
    """Return what a cell with some outputs earns."""
    return TESTS.report(Execution(outputs)).points


def of_stock(outputs: list[Any]) -> float:
    """Return the same by nbgrader itself."""
    data = {"grade": True, "grade_id": "squares", "points": WORTH, "solution": False}
    return float(determine_grade(new_code_cell(outputs=outputs, metadata={"nbgrader": data}))[0])


@pytest.mark.parametrize("name", SAME)
def test_outputs_earn_what_they_earn_with_nbgrader(name: str) -> None:
    """Full points without an error, none with one, and what a last number says."""
    assert points(SAME[name]) == of_stock(SAME[name])


@pytest.mark.parametrize("name", MENDED)
def test_what_is_mended_differs_from_nbgrader(name: str) -> None:
    """Each difference is one: nbgrader gives other points."""
    outputs, expected = MENDED[name]
    assert points(outputs) == expected != of_stock(outputs)


@pytest.mark.parametrize("text", ["4.5", "nan", "inf"])
def test_more_points_than_there_are_is_the_instructors_error(text: str) -> None:
    """A last number above the cell's points, or none at all, gives nobody any."""
    with pytest.raises(GraderError, match="squares: the cell's last line gave"):
        points([result(text)])


@pytest.mark.parametrize(
    ("error", "outcome", "hint"),
    [
        (StudentError("AssertionError", "Too short."), Outcome.FAILED, "A test failed: Too short."),
        (StudentError("AssertionError", "", f"{TOP}1: {VISIBLE}"), Outcome.FAILED, f"A test failed.\nline 1: {VISIBLE}"),
        (StudentError("AssertionError", "", f"{TOP}2: {HIDDEN}"), Outcome.FAILED, NOT_SHOWN),
        (StudentError("NotImplementedError", ""), Outcome.UNFINISHED, "The tests ended with NotImplementedError"),
        (StudentError("NameError", "x", "f, line 2"), Outcome.ERROR, "The tests ended with NameError: x\nf, line 2"),
    ],
)  # fmt: skip
def test_an_error_is_said_in_words_without_hidden_lines(
    error: StudentError, outcome: Outcome, hint: str
) -> None:
    """A failed assertion is not an error of the student's code, and a hidden test is not shown."""
    verdict = TESTS.report(Execution([ERROR], raised=error)).verdicts[0]
    assert (verdict.outcome, verdict.hint, verdict.points) == (outcome, hint, 0.0)


@pytest.mark.parametrize(
    ("ended", "cause", "outcome"),
    [
        (Outcome.TIME, "", Outcome.TIME),
        (Outcome.DIED, "crashed with signal 6", Outcome.DIED),
        (Outcome.DIED, "memory limit", Outcome.MEMORY),
    ],
)
def test_a_limit_is_told_by_its_name(ended: Outcome, cause: str, outcome: Outcome) -> None:
    """What stopped a cell is what its verdict says, whatever it had shown before."""
    report = TESTS.report(Execution([result("4")], ended, cause))
    assert (report.verdicts[0].outcome, report.points, report.inside) == (outcome, 0.0, True)


@pytest.mark.parametrize(
    "source", [VISIBLE, "points = 2\npoints", "%matplotlib inline\nassert x", "!ls", "check(x)  # proctor.notebook"]
)  # fmt: skip
def test_code_is_a_test(source: str) -> None:
    """Whatever does something is run."""
    assert holds_tests(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# Graded, 3 points\n\n",
        '"""Hidden tests are elsewhere."""\npass',
        "4",
        "# %%\n# !ls",
        'self_check("relu")\n### BEGIN HIDDEN TESTS\nfrom proctor.grading.notebook import grade\ngrade("relu")',
        "import proctor.grading.notebook as p\np.grade('relu')",
        "from proctor.grading import notebook",
    ],
)
def test_a_cell_without_tests_is_known(source: str) -> None:
    """Nothing but words earns no points; and who calls `grade` has a test class, or an error."""
    assert not holds_tests(source)
