"""Names that were not found: the exception of their cell, or the nearest name; and what versions have to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.card import text
from proctor.grading.missing import MAX_FILE, STUB, Ran, doubled, explained, raised, ran, written_beside
from proctor.grading.versions import advice, explanation

if TYPE_CHECKING:
    from pathlib import Path

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
    many = "\n".join(f"class C{number}:\n    pass" for number in range(6))
    hints = [judged(f"`C{number}` was not found.", [Ran(many, "E")]).verdicts[0].hint for number in (0, 5)]
    assert hints[0] == hints[1]
    assert "`C0`, `C1`, `C2`, `C3` and 2 more" in hints[0]


def test_the_line_of_a_cell_is_said() -> None:
    """Where a cell has stopped is said by its line, as far as its traceback, or IPython's file name, tells it."""
    cell = new_code_cell("x\n1 / 0")
    trace = ["File <string>, line 9", "Cell In[3], line 2\n", "Cell In[1], line 7"]
    cell.outputs = [new_output("error", ename="E", evalue="zero", traceback=trace)]
    assert ran(new_notebook(cells=[cell]))[0].text == "zero (line 2 of the cell)"
    assert raised(Ran("", "IndentationError", "unindent (<tokenize>, line 4)")).endswith(
        "(line 4 of the cell)"
    )


def test_a_magic_that_complains_has_stopped_its_cell() -> None:
    """IPython prints the complaint of a magic; it is told like an exception."""
    cell = new_code_cell("%wirtefile a.py\nclass Sigmoid: pass")
    cell.outputs = [new_output("stream", name="stderr", text="UsageError: Line magic function not found.\n")]
    hint = judged("`Sigmoid` was not found.", ran(new_notebook(cells=[cell]))).verdicts[0].hint
    assert hint.endswith("UsageError: Line magic function not found.")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("%%timeit\nclass Sigmoid:\n    pass", "begins with `%%timeit`"),
        ("# class Sigmoid(Base):", "Its line is a comment."),
        ("if True:\n    class Sigmoid:\n        pass", "stands inside of something else"),
        ("class Sigmoid:\n    pass", "Does another cell delete it?"),
    ],
)
def test_why_a_class_is_missing_is_said(source: str, why: str) -> None:
    """A class that a cell seems to define is not offered as the nearest name, but why it is missing is said."""
    hint = judged("`Sigmoid` was not found.", [Ran(source)]).verdicts[0].hint
    assert why in hint
    assert "There is" not in hint


def test_a_cell_that_stopped_is_told_of_its_class_wherever_it_stands() -> None:
    """Pasted with the numbers of its lines, a class is none, and the exception of its cell is what counts."""
    cells = [Ran("1 class Sigmoid:\n2     pass", "SyntaxError", "invalid syntax (1.py, line 1)")]
    hint = judged("`Sigmoid` was not found.", cells).verdicts[0].hint
    assert hint.endswith("SyntaxError: invalid syntax (line 1 of the cell)")


def test_a_class_of_two_cells_is_said() -> None:
    """Who keeps an old try below the right one reads which counts; what nothing was lost for is not mentioned."""
    cells = [
        Ran("class Sigmoid:\n    pass\nclass He: pass"),
        Ran("x = 1"),
        Ran("class Sigmoid: pass\nclass He: pass"),
    ]
    (notice,) = doubled(cells, ["Sigmoid", "ReLU"])
    assert notice == "More than one cell defines `Sigmoid`: the last one counts."
    assert doubled(cells[:2], ["Sigmoid"]) == []


def test_only_a_package_is_said_to_be_missing() -> None:
    """A package that is there, and lacks a module, is not said to be missing; an f-string is not turned around."""
    assert advice("ModuleNotFoundError", "No module named 'numpy.nothing'") == ""
    assert "no file of that name" in advice("ModuleNotFoundError", "No module named 'mine'")
    assert "Python 3.12 and later" in advice("SyntaxError", "f-string: expecting '}' (1.py, line 2)")


def test_a_missing_package_is_said_to_be_missing_here() -> None:
    """Who has a package that the grader has not reads that it is missing here."""
    hint = judged("`FlattenLayer` was not found.", [TORCH]).verdicts[0].hint
    assert "`torch` is not installed where this is graded, and no file of that name" in hint


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


@pytest.mark.parametrize(
    ("line", "is_newer"),
    [("type Pair = tuple", True), ("class Conv[T]:", True), ("    def f[T](x):", True), ("x = a[1", False)],
)
def test_syntax_of_newer_versions_is_explained(line: str, is_newer: bool) -> None:
    """Code that only Python 3.12 can parse is said to be so; any other slip is not."""
    words = raised(Ran(f"x = 1\n{line}\n    pass", "SyntaxError", "invalid syntax (1.py, line 2)"))
    assert words.startswith("SyntaxError: invalid syntax (line 2 of the cell)")
    assert ("Only Python 3.12 and later have them" in words) == is_newer


def test_what_stands_in_a_file_only_is_said(tmp_path: Path) -> None:
    """A file that defines what the notebook lacks is named; a stub is not, nor is what the notebook has."""
    (tmp_path / "src").mkdir()
    for name, body in (("conv", "pass"), ("conv_0", STUB)):
        (tmp_path / f"src/{name}.py").write_text(f"class Conv:\n    {body}\nclass Flatten:\n    {body}\n")
    (tmp_path / "src/huge.py").write_bytes(b"class Conv: pass\n" + b"#" * MAX_FILE)
    reports = {
        name: CellReport(name, name, (Verdict("one", "It works.", outcome, 1.0),))
        for name, outcome in (("conv", Outcome.UNFINISHED), ("flatten", Outcome.FAILED))
    }
    needs = {"conv": ("Conv",), "flatten": ("Flatten",)}
    said = ["`src/conv.py` defines `Conv`, and the notebook does not: only the notebook counts."]
    assert written_beside(tmp_path, reports, needs) == said
    assert written_beside(tmp_path, reports, {}) == []
    assert written_beside(tmp_path / "none", reports, needs) == []
