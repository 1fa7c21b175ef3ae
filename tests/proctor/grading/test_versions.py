"""Code for older versions of NumPy is judged once more as those would run it, and passes with a remark."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from proctor.criteria import Criteria, points
from proctor.criteria.outcome import Outcome
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.grading.versions import ALIASES, REMOVED
from proctor.session.proxies import loopback


class Hidden(Criteria):
    """A layer."""

    __test__ = False  # not pytest's: it is judged
    grade_id = "layer"
    needs = ("Layer",)

    @points(1)
    def test_forward(self) -> None:
        """It returns twice its input."""
        x = np.full((2, 3), 0.5)
        self.check(self.Layer().forward(x), 2 * x, "forward(x)")  # type: ignore[attr-defined]


def verdict(expression: str) -> Any:
    """Judge a layer whose forward returns an expression."""
    names: dict[str, Any] = {}
    exec(f"import numpy as np\nclass Layer:\n    def forward(self, x): return {expression}", names)
    return judge_cell(Hidden, LocalSide(loopback(names))).verdicts[0]


@pytest.mark.parametrize("expression", [
    "x * np.product([1, 2])", "(2 * x).astype(np.float)", "x * np.float_(2)", "np.round_(2 * x, 3)",
    "x * np.sometrue(x) * 2", "np.minimum(2 * x, np.Inf)", "2 * x if np.alltrue(x) and np.int(1) else x",
])  # fmt: skip
def test_right_code_with_removed_names_passes_with_a_remark(expression: str) -> None:
    """All names that are gone are there in the second look, also where code uses several."""
    result = verdict(expression)
    assert result.outcome is Outcome.PASSED
    (remark,) = result.remarks
    assert remark.startswith("Here your code raised AttributeError")
    assert "is gone since NumPy" in remark


@pytest.mark.parametrize(
    "expression", ["np.product([3, 4]) * x", "np.no_such_name(x)", "np.asfarray(2 * x)", "np.product"]
)
def test_wrong_code_with_removed_names_fails_as_at_first(expression: str) -> None:
    """Wrong values stay wrong, names that never were stay unknown, and the exception is what is shown."""
    result = verdict(expression)
    assert result.outcome is Outcome.ERROR
    assert "AttributeError" in result.hint


def test_names_are_gone_again_after_a_second_look() -> None:
    """The next criterion, and whoever else is in the process, has NumPy as it is."""
    before = set(vars(np))
    verdict("x * np.product([1, 2])")
    assert set(vars(np)) == before
    assert not hasattr(np, "product")


def test_aliases_are_removed_names_with_a_successor() -> None:
    """What is defined for older code exists in NumPy or Python, and what has no simple successor is left out."""
    assert ALIASES["product"] == "prod"
    assert ALIASES["float"] == "float"
    assert {"asfarray", "cast", "msort", "trapz"} <= REMOVED.keys() - ALIASES.keys()
    assert all(
        new in vars(np) or new in {"int", "float", "complex", "object", "str"} for new in ALIASES.values()
    )


@pytest.mark.parametrize(("expression", "leads_on"), [
    ("self.rate(x)", "have the name of a function or method?"),
    ("type('Empty', (), {})(x)", "with two underscores on both sides?"),
])  # fmt: skip
def test_a_message_that_misleads_has_a_question(expression: str, leads_on: str) -> None:
    """Messages on a value that is called, or on a constructor with another name, do not show where to look."""
    result = verdict(f"{expression} if not setattr(self, 'rate', 0.1) else x")
    assert result.outcome is Outcome.ERROR
    assert result.hint.endswith(leads_on)


class Asked:
    """An initializer of the test's own."""

    def initialize(self, shape: Any) -> Any:
        """Return ones."""
        return np.ones(shape)


class Asking(Hidden):
    """A layer that asks an initializer."""

    @points(1)
    def test_forward(self) -> None:
        """It returns what the initializer returns."""
        self.Layer().forward(Asked())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("expression", "said"), [
    ("x((2, 3))", "Which method of it is to be called?"),
    ("x.initialize(2, 3)", "TypeError: initialize() takes 2 positional arguments but 3 were given"),
])  # fmt: skip
def test_an_object_of_the_test_keeps_its_name(expression: str, said: str) -> None:
    """Whoever uses it in a wrong way is told so, and not of which class it is."""
    names: dict[str, Any] = {}
    exec(f"class Layer:\n    def forward(self, x): return {expression}", names)
    hint = judge_cell(Asking, LocalSide(loopback(names))).verdicts[0].hint
    assert said in hint
    assert "Asked" not in hint
