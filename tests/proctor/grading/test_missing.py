"""Names that were not found: the exception of their cell, or the nearest name; and what versions have to do with it."""

from __future__ import annotations

import pytest

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.card import text
from proctor.grading.missing import Ran, explained
from proctor.grading.versions import explanation

SYNTAX = Ran(
    "class FlattenLayer:\n    def forward(self x):\n        pass", "SyntaxError", "invalid syntax (line 2)"
)
TORCH = Ran("import torch\nclass FlattenLayer:\n    pass", "ModuleNotFoundError", "No module named 'torch'")


def judged(hint: str, cells: list[Ran]) -> CellReport:
    """Return the report on a cell of two criteria in which a name was not found."""
    verdicts = [Verdict(name, "It works.", Outcome.NOT_FOUND, 1.0, hint=hint) for name in ("one", "two")]
    return explained({"flatten": CellReport("flatten", "FlattenLayer", tuple(verdicts))}, cells)["flatten"]


@pytest.mark.parametrize("cell", [SYNTAX, TORCH])
def test_the_exception_of_a_cell_is_said_once(cell: Ran) -> None:
    """The card shows what stopped the defining cell, first and once, not that its class is missing."""
    report = judged("`FlattenLayer` was not found.", [Ran("x = 1"), cell])
    assert {verdict.outcome for verdict in report.verdicts} == {Outcome.ERROR}
    card = text(report)
    assert card.count(cell.text) == 1
    assert "was not found" not in card
    assert "As above." in card


def test_classes_of_one_cell_are_told_the_same() -> None:
    """The line is that of the cell, and all classes of a cell are named, so that their cards agree."""
    cell = Ran(
        "class One:\n    pass\nclass Two(One)\n    pass", "SyntaxError", "expected ':' (607816213.py, line 3)"
    )
    hints = [judged(f"`{name}` was not found.", [cell]).verdicts[0].hint for name in ("One", "Two")]
    assert hints[0] == hints[1]
    assert hints[0].startswith("The cell that defines `One` and `Two` stopped")
    assert "expected ':' (line 3 of the cell)" in hints[0]


def test_a_missing_package_is_said_to_be_missing_here() -> None:
    """Who has a package that the grader has not reads that it is missing here."""
    hint = judged("`FlattenLayer` was not found.", [TORCH]).verdicts[0].hint
    assert "`torch` is not installed where this is graded." in hint


def test_the_nearest_name_is_offered() -> None:
    """A renamed class, and a misspelt method or attribute, are found by what they are like."""
    cells = [
        Ran("class Flatten_layer:\n    pass"),
        Ran("class ConvolutionalLayer:\n    def get_gradients_weight(self):\n        pass"),
    ]
    assert "There is `Flatten_layer`." in judged("`FlattenLayer` was not found.", cells).verdicts[0].hint
    hint = judged("`ConvolutionalLayer.get_gradient_weights` was not found.", cells).verdicts[0].hint
    assert "There is `ConvolutionalLayer.get_gradients_weight`." in hint


@pytest.mark.parametrize(
    ("name", "cell", "near"),
    [
        ("total_price", "total_prize = 3", "total_prize"),
        ("total_price", "Total_Price: float = 3", "Total_Price"),
        ("newton", "def newtons(f): pass", "newtons"),
        ("Sigmoid", "sigmoids = 1\ndef sigmoid(x): pass", "sigmoid"),
        ("Sigmoid", "def sigmoid(x): pass\nclass Sigmoids: pass", "Sigmoids"),
    ],
)
def test_the_nearest_function_or_variable_is_offered(name: str, cell: str, near: str) -> None:
    """Classes go before functions, and those before variables."""
    hint = judged(f"`{name}` was not found.", [Ran(cell)]).verdicts[0].hint
    assert f"There is `{near}`." in hint


def test_a_variable_that_is_compared_is_not_offered() -> None:
    """Only an assignment defines one."""
    hint = judged("`total_price` was not found.", [Ran("total_prize == 3")]).verdicts[0].hint
    assert hint == "`total_price` was not found."


def test_nothing_is_offered_where_nothing_is_like_it() -> None:
    """Other verdicts, and names that nothing is like, stay as they are."""
    report = judged(
        "`FlattenLayer` was not found.",
        [Ran("class Sigmoid:\n    pass"), Ran("1 / 0", "ZeroDivisionError", "x")],
    )
    assert {verdict.hint for verdict in report.verdicts} == {"`FlattenLayer` was not found."}


@pytest.mark.parametrize(
    ("kind", "message", "words"),
    [
        ("AttributeError", "module 'numpy' has no attribute 'product'", "`np.prod` works in all"),
        (
            "AttributeError",
            "module 'numpy' has no attribute 'float'.\n`np.float` was a deprecated alias",
            "Write `float`",
        ),
        ("AttributeError", "`np.float_` was removed in the NumPy 2.0 release.", "`np.float64` works"),
        ("TypeError", "only 0-dimensional arrays can be converted to Python scalars", "a number"),
        ("ValueError", "setting an array element with a sequence.", "a number for each element"),
        ("SyntaxError", "f-string: expecting '}'", "Python 3.12"),
        ("AttributeError", "module 'numpy' has no attribute 'no_such_thing'", ""),
        ("ValueError", "operands could not be broadcast together", ""),
    ],
)
def test_versions_are_explained(kind: str, message: str, words: str) -> None:
    """What versions have changed is said with what works in all of them, and nothing else is."""
    said = explanation(kind, message)
    assert words in said
    assert bool(said) == bool(words)
