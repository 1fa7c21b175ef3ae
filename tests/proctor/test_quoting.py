"""What a report repeats of a student's words: their own literals and lines, never what the code was judged on."""

from __future__ import annotations

import json
import linecache
import shutil
import time
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from proctor import submission
from proctor.card import html, text
from proctor.criteria import Criteria, points
from proctor.grading import grade_notebook
from proctor.judge import LocalSide, judge_cell
from proctor.outcome import CellReport, Outcome
from proctor.quoting import WITHHELD, Quotation
from proctor.reports import reports_of
from proctor.session.proxies import Loopback

SECRET = 0.7182818
TALKATIVE = """
import os, sys, warnings
from IPython.display import HTML, display
import numpy as np
from src.base import BaseLayer
print("at the cell")
cells = os.getpid()
class Sigmoid(BaseLayer):
    def forward(self, x):
        if os.getpid() == cells:
            return x
        words = "LEA" + "K-" + repr(np.asarray(x).tolist())
        print(words)
        sys.stderr.write(words)
        warnings.warn(words)
        display(HTML(words))
        raise ValueError(words)
class ReLU(Sigmoid):
    pass
"""
ROOT = Path(__file__).resolve().parents[2]
HEAD = "class Layer:\n    def forward(self, x):\n"


class Hidden(Criteria):
    """A layer."""

    __test__ = False  # not pytest's: it is judged
    grade_id = "layer"
    needs = ("Layer",)

    @points(1)
    def test_forward(self) -> None:
        """It returns its input."""
        x = np.full((2, 3), SECRET)
        self.check(self.Layer().forward(x), x, "forward(x)")  # type: ignore[attr-defined]


def judged(body: str) -> CellReport:
    """Judge a layer with this body of `forward` as a submission's, with its source known."""
    source = HEAD + "".join(f"        {line}\n" for line in body.split("\n"))
    path = f"ipykernel_{abs(hash(body))}.py"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    namespace: dict[str, Any] = {}
    exec(compile(source, path, "exec"), namespace)
    link = Loopback(namespace)
    link.quotes = Quotation([source])
    return judge_cell(Hidden, LocalSide(link))


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError(x)",
        "raise ValueError('bad', x.tolist())",
        "raise ValueError(f'got {x}')",
        "raise ValueError('got %s' % x)",
        "raise ValueError('got ' + str(x))",
        "raise KeyError(str(x[0, 0]))",
        "raise type('E' + str(x[0, 0]), (Exception,), {})()",
        "raise type('E_' + str(x[0, 0]).replace('.', '_'), (Exception,), {})('an error')",
        "return type('T_' + str(x[0, 0]).replace('.', '_'), (), {})()",
        "exec('def f_' + str(x[0, 0])[2:] + '(): raise ValueError')\nlocals()['f_' + str(x[0, 0])[2:]]()",
        "raise ValueError('index ' + str(x[0, 0])[2:] + ' is out of bounds for axis 0 with size 3')",
        "print(x)\nassert False, x",
        "int(str(x[0, 0]))",
        "return {}[x[0, 0]]",
        "return getattr(x, 'a' + str(x[0, 0])[2:])",
    ],
)
def test_no_hidden_input_is_repeated(body: str) -> None:
    """However an exception or a type carries the input's digits, the report does not."""
    report = judged(body)
    assert report.points == 0
    for rendered in (html(report), text(report), str(report.as_dict())):
        assert "7182818" not in rendered


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise ValueError('only two axes please')", "ValueError: only two axes please"),
        ("raise ValueError(f'only two axes, not {x.ndim} of them')", "only two axes, not … of them"),
        ("raise ValueError('values were ' + str(x))", "ValueError: values were …"),
        ("raise KeyError('weights')", "KeyError: 'weights'"),
        ("return x @ x", "(size 2 is different from 3)"),
        ("return x.reshape(4, 2)", "cannot reshape array of size 6 into shape (4,2)"),
        ("return self.wieghts", "'Layer' object has no attribute 'wieghts'"),
        ("return undefined_thing", "name 'undefined_thing' is not defined"),
        ("return x[7]", "index 7 is out of bounds for axis 0 with size 2"),
        ("return None + x.tolist()", "unsupported operand type(s) for +: 'NoneType' and 'list'"),
        ("return x()", "'numpy.ndarray' object is not callable"),
        ("a, b, c = x", "not enough values to unpack (expected 3, got 2)"),
    ],
)
def test_what_helps_is_repeated(body: str, words: str) -> None:
    """Own words with holes, and the messages of the libraries, with the line that raised."""
    (verdict,) = judged(body).verdicts
    assert verdict.outcome is Outcome.ERROR
    assert words in verdict.hint
    assert f"forward, line 3: {body}" in verdict.hint


def test_a_name_of_the_exercise_is_named_even_if_the_notebook_lacks_it() -> None:
    """Who has no such class reads its name."""
    link = Loopback({})
    link.quotes = Quotation(["x = 1"])
    (verdict,) = judge_cell(Hidden, LocalSide(link)).verdicts
    assert verdict.hint == "`Layer` was not found."


def test_only_lines_of_the_notebook_are_quoted() -> None:
    """A line that no cell has is dropped, as is a number that is not the line's."""
    quotes = Quotation(["a = 1\nb = a / 0"])
    reported = [
        "<module>, line 2: b = a / 0",
        "f_71828, line 7: b = a / 0",
        "<module>, line 2: x = 0.71828",
        "71828",
    ]
    assert quotes.where(reported) == ["<module>, line 2: b = a / 0", "a function: b = a / 0"]


def test_hostile_literals_take_no_time() -> None:
    """A notebook of templates with many holes is matched in a blink."""
    source = "\n".join(f"'{'{x} a' * 80}{number}'" for number in range(2_000))
    begun = time.process_time()
    assert Quotation([source]).message("a" * 300) == WITHHELD
    assert time.process_time() - begun < 10


def test_what_is_printed_while_judging_is_shown_nowhere(tmp_path: Path) -> None:
    """Graded in the jail, a method that prints, displays, warns and raises its input leaves nothing of it."""
    folder = tmp_path / "exercise4"
    shutil.copytree(ROOT / "release" / "exercise4", folder)
    notebook = nbformat.read(folder / "exercise4.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "activation_functions":
            cell.source = TALKATIVE
    notebook, _ = submission.restore(notebook, notebook)
    notebook.metadata["proctor"] = {}
    grade_notebook(notebook, folder, ROOT / "tests" / "exercise4")
    report = reports_of(notebook)["sigmoid_forward"]
    assert {verdict.outcome for verdict in report.verdicts} == {Outcome.ERROR}
    assert "ValueError: LEA …" in report.verdicts[0].hint
    written = json.dumps(notebook)
    assert "at the cell" in written
    assert "LEAK-" not in written
