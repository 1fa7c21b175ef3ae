"""Usual messages of Python, NumPy and SciPy: what the library says arrives on the card, whole."""

from __future__ import annotations

import linecache
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from proctor.criteria import Criteria, points
from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.card import html, text
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.grading.missing import explained, ran
from proctor.session.proxies import loopback
from proctor.submission.sanitize import without_prefix

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """import numpy as np
from scipy import ndimage, signal, sparse, special, stats
class Layer:
    def forward(self, x):
"""

SHAPES = [
    "return x @ x", "return np.dot(x, x)", "return np.matmul(x, np.ones(2))", "return x + np.ones((3, 2))",
    "return x * np.ones((2, 2))", "return np.maximum(x, np.ones(4))", "return np.where(x > 0, x, np.ones(5))",
    "return x.reshape(4, 2)", "return x.reshape(-1, 4)", "return x.reshape(-1, -1)",
    "return x.reshape(len(x), -1, 5)", "x.shape = (7,)", "x[0] = np.ones(2)", "x[:, 0] = np.ones(3)",
    "x[:1] = np.ones((2, 2))", "x += np.ones((2, 2, 3))", "return np.broadcast_to(x, (4, 5))",
    "return np.ones((2, 1)).squeeze(0)", "return np.squeeze(x, axis=0)", "return x.transpose(0, 1, 2)",
    "return x.transpose(0, 0)", "return np.transpose(x, (0, 1, 2, 3))", "return np.moveaxis(x, 4, 0)",
    "return np.swapaxes(x, 0, 2)", "return np.expand_dims(x, 5)", "return x.sum(axis=5)",
    "return x.sum(axis=(0, 0))", "return np.flip(x, 2)", "return np.rot90(x[0])",
    "return np.concatenate([x, x[0]])", "return np.concatenate([x, x.T])", "return np.concatenate([])",
    "return np.concatenate(x, x)", "return np.stack([x, x.T])", "return np.vstack([x, x.T])",
    "return np.hstack([x, x.T])", "return np.pad(x, ((1, 1), (1, 1), (1, 1)))", "return np.pad(x, -1)",
    "return np.pad(x, 1.5)", "return np.tensordot(x, x, axes=2) + np.tensordot(x, x.T, axes=2)",
    "return np.einsum('ab,bc->ac', x, x)", "return np.einsum('abc->a', x)", "return np.einsum('ab,ab', x)",
    "return np.einsum('ab->c', x)", "return np.einsum('a b,->', x, x, x)", "return np.split(x, 2, axis=1)",
    "return np.linalg.inv(x)", "return np.linalg.inv(np.zeros((2, 2)))", "return np.cov(x) @ np.ones(3)",
    "return np.lib.stride_tricks.sliding_window_view(x, (5, 5))",
]  # fmt: skip
"""Mistakes with shapes and axes."""
INDICES = [
    "return x[7]", "return x[0, 9]", "return x[0, 0, 0]", "return x[1.0]", "return x['weights']",
    "return x[[True]]", "return x[x[0] > 0]", "return x[None, 0, 1, 2]", "return x.item(9)",
    "return np.take(x, 9)", "return [1][3]", "return [1]['a']", "return (1, 2)[5]", "return {}['weights']",
    "return 'abc'[9]", "return [].pop()", "return [1, 2].index(3)", "return next(iter([]))",
    "return x.argmax(axis=2)", "return np.zeros(0).max()",
]  # fmt: skip
"""Mistakes with indices and keys."""
TYPES = [
    "return int(x)", "return float(x)", "if x: return x", "return x and True", "return x > 0 and x < 1",
    "return x()", "return None + x.tolist()", "return len(3)", "return 'a' + 1", "return int('weights')",
    "return float('0,5')", "return None.shape", "return None[0]", "return x.tolist() * 0.5",
    "return [1] - [2]", "return range(2.5)", "return np.zeros(2.5)", "return np.zeros((2, -1))",
    "return np.zeros(2, 3)", "return np.ones(3, 3)", "return np.array([[1], [1, 2]]) * x",
    "return np.array(1, 2, 3)", "return x.astype('weights')", "return np.dtype('flaot')", "x += 1j",
    "y = np.ones(2, int)\n        y += 0.5", "return x.dot(None)", "return np.exp('x')",
    "return np.sqrt(None)", "return x @ 2", "return -'x'", "return x < 'a'", "return np.random.rand((2, 3))",
    "return np.random.default_rng().normal(0, -1, 3)", "return np.random.randint(0)",
    "return np.random.uniform(size='a')", "return np.full((2, 3))", "return np.arange()", "return {[1]: 2}",
    "return round(x, 'a')",
]  # fmt: skip
"""Mistakes with types and arguments."""
LIBRARIES = [
    "return signal.convolve2d(x[0], x)", "return signal.correlate(x, x[0])",
    "return signal.correlate(x, x, mode='equal')",
    "return signal.correlate2d(x, np.ones((3, 2)), mode='valid')",
    "return signal.correlate(x, np.ones((1, 5)), 'valid')", "return signal.convolve(x, np.ones((2, 2, 2)))",
    "return signal.fftconvolve(x, x, axes=5)", "return signal.correlate2d(x, x, boundary='zero')",
    "return ndimage.correlate(x, np.ones(3))", "return ndimage.convolve(x, np.ones((3, 3)), mode='same')",
    "return ndimage.zoom(x)", "return special.softmax()", "return stats.truncnorm.rvs(2, -2, size=3)",
    "return sparse.csr_matrix(x[None])", "return np.product(x)", "return np.float(x[0, 0])",
    "return np.bool(x) + np.int(3)", "return np.float_(1)", "return np.Inf", "return np.alltrue(x)",
    "return np.convolve(x, x)", "return np.fft.fft2(x[0])", "return np.relu(x)",
    "return signal.correlate_2d(x, x)", "return x.relu()",
    "return np.linalg.solve(x, x)", "return np.linalg.cholesky(-np.eye(2))", "return np.random.normal(0, 1, '3')",
    "return np.random.default_rng('a')", "return np.random.choice([], 3)", "return np.random.shuffle(5)",
    "return np.einsum(x, 'ab->a')", "return np.apply_along_axis(np.dot, 9, x)", "return np.roll(x, 1, axis=7)",
    "return np.array(x, dtype='float33')", "return x[..., ..., 0]", "return x[np.array([0.5])]",
    "return np.ma.array(x, mask=[1, 2, 3])", "return np.frombuffer(b'abc', dtype=float)",
    "return np.loadtxt('weights.txt')", "return np.unravel_index(99, (2, 2))", "return np.meshgrid(x, indexing='z')",
    "return np.cross(x, np.ones(7))", "return np.diag(np.ones((2, 2, 2)))", "return np.quantile(x, 5)",
    "return np.array([2]) ** -1", "return np.average(x, weights=[1, 2, 3])", "return np.pad(x, 1, mode='zeros')",
    "return np.tile(x, -1)", "return np.interp(x, [1, 2], [1])", "return np.insert(x, 99, 1, axis=0)",
    "return ndimage.gaussian_filter(x)", "return special.expit('a')", "return stats.norm.rvs(scale=-1, size=3)",
    "return signal.convolve(x, 5)", "return signal.choose_conv_method(x, x, mode='v')",
]  # fmt: skip
"""Calls that libraries refuse, or no longer have."""
PYTHON = [
    "return self.wieghts", "return undefined_thing", "a, b, c = x", "a, = x", "return self.forward()",
    "return self.forward(x, x)", "return self.forward(x, stride=2)", "return self.backward(x)",
    "return 1 / 0", "return 2.0 ** 10000", "import torch", "from scipy import convolve",
    "from src.layers import conv", "return self.forward(x)", "raise ValueError('only two axes please')",
    "raise ValueError(f'not {x.shape}')", "assert x.ndim == 4, x.shape", "assert x.ndim == 4", "y = y + x",
    "return open('weights.npy')", "return np.load('weights.npy')", "return super().forward(x)",
    "return 10 ** 5000 * 1.0", "del x; return x", "raise 'wrong shape'",
    "raise ValueError", "raise KeyError('weights')", "raise ValueError('two\\nlines')",
    "raise Exception('a', 'b')", "raise OSError(2, 'gone', 'w.npy')",
    "return next(iter(()))", "return sum(['a'])", "return max([])", "return sorted([1, 'a'])", "return dict([1])",
    "return '{} {}'.format(1)", "return '%d' % 'a'", "return f'{x:zz}'", "return 0 ** -1", "return 5 % 0",
    "return 1 << -1", "return chr(-1)", "return b'\\xff'.decode()", "return isinstance(x, 'a')",
    "return super(Layer).forward(x)", "return Layer.forward(x)", "return Layer()(x)", "return Layer(3)",
    "return 'a' * 2.0", "return [1].remove(5)", "return eval('1 +')", "import numpy.nothing",
]  # fmt: skip
"""Exceptions of Python itself."""
USUAL = [*SHAPES, *INDICES, *TYPES, *LIBRARIES, *PYTHON]

CELLS = [
    "class Layer\n    pass", "class Layer:\npass", "class Layer:\n    def forward(self x):\n        pass",
    "class Layer:\n    def forward(self, x):\n",
    "class Layer:\n    def forward(self, x):\n        return (x + 1\n",
    "class Layer:\n    def forward(self, x):\n        return x)\n",
    "class Layer:\n    def forward(self, x):\n        if x = 1:\n            pass",
    "class Layer:\n    def f(self):\n        return 'x\n",
    "class Layer:\n    def f(self):\n        x = 1\n          y = 2",
    "class Layer:\n    def f(self):\n\treturn 1\n        return 2",
    "class Layer:\n    def f(self):\n        return 1 +", "class Layer:\n    def f(self):\n        print 'x'",
    "class Layer(BaseLayer):\n    pass", "class Layer:\n    import torch",
    "from src.layers.base import Base\nclass Layer(Base):\n    pass",
    "class Layer:\n    weights = np.zeros(3)", "class Layer:\n    def f(self, a=1, b):\n        pass",
    "class Layer:\n    def f(self):\n        x + 1 = y", "class Layer:\n    return 1",
    "class Layer:\n    def f(self):\n        break", "class Layer:\n    f'{1'",
]  # fmt: skip
"""Cells that do not run, so that their class is missing."""


class Hidden(Criteria):
    """A layer."""

    __test__ = False  # not pytest's: it is judged
    grade_id = "layer"
    needs = ("Layer",)

    @points(1)
    def test_forward(self) -> None:
        """It returns its input."""
        x = np.full((2, 3), 0.5)
        self.check(self.Layer().forward(x), x, "forward(x)")  # type: ignore[attr-defined]


def layer(body: str) -> dict[str, Any]:
    """Return the names of a cell that defines a layer with this body of `forward`."""
    source, path = f"{HEAD}        {body}\n", f"ipykernel_{abs(hash(body))}.py"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    namespace: dict[str, Any] = {}
    exec(compile(source, path, "exec"), namespace)
    return namespace


def message(error: BaseException) -> str:
    """Return what Python prints of an exception in its last line, or lines, on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).splitlines())}".rstrip(": ")


def squeezed(words: str) -> str:
    """Return a text with one space for any run of white space."""
    return " ".join(words.split())


def test_there_are_enough_usual_messages() -> None:
    """At least 120 different answers, and each of the tables is there."""
    assert len(set(USUAL)) == len(USUAL) >= 120
    assert all(chain(SHAPES, INDICES, TYPES, LIBRARIES, PYTHON, CELLS))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("body", USUAL)
def test_usual_messages_arrive_whole(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python, NumPy and SciPy say is on the card, with the line of the student's that raised it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception) as caught:
        layer(body)["Layer"]().forward(np.full((2, 3), 0.5))
    report = judge_cell(Hidden, LocalSide(loopback(layer(body))))
    assert report.verdicts[0].outcome is Outcome.ERROR
    card = squeezed(text(report))
    assert squeezed(without_prefix(message(caught.value))) in card
    assert squeezed(body.splitlines()[-1]) in card


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return self.wieghts", "Did you mean `weights`?"),
        ("return weights", "Did you mean `self.weights`?"),
        ("return np.maximun(x, 0)", "Did you mean `maximum`?"),
        ("return Self.weights", "Did you mean `self`?"),
        ("return super(layer, self).x", "Did you mean `Layer`?"),
        ("raise ValueError('odd') from KeyError('w')", "after KeyError: 'w'"),
        ("raise ExceptionGroup('two', [ValueError('one')])", "with ValueError: one"),
    ],
)
def test_what_is_meant_and_where_it_comes_from(body: str, line: str) -> None:
    """Below the student's line stand the name that may be meant, and the exceptions that belong to this one."""
    report = judge_cell(Hidden, LocalSide(loopback(layer(f"self.weights = x\n        {body}"))))
    assert report.verdicts[0].hint.splitlines()[-1] == line


@pytest.mark.parametrize(
    "body", ["return np.relu(x)", "return undefined_thing", "raise ValueError from None"]
)
def test_no_name_is_offered_that_is_not_like_it(body: str) -> None:
    """Where nothing is like a name, the student's line is the last one."""
    assert body in judge_cell(Hidden, LocalSide(loopback(layer(body)))).verdicts[0].hint.splitlines()[-1]


@pytest.mark.parametrize(
    ("body", "outcome", "says"),
    [
        (
            "def foward(self, x): return x",
            Outcome.NOT_FOUND,
            "`Layer` has no method `forward`, but `foward`.",
        ),
        ("def other(self):\n        def forward(self, x): return x", Outcome.NOT_FOUND, "inside of `other`."),
        ("pass\ndef forward(self, x): return x", Outcome.NOT_FOUND, "outside of the class."),
        ("pass", Outcome.UNFINISHED, "still raises NotImplementedError."),
        (
            "def forward(self, x): raise NotImplementedError",
            Outcome.UNFINISHED,
            "still raises NotImplementedError.",
        ),
    ],
)
def test_a_method_of_another_name_or_place(
    body: str, outcome: Outcome, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a base class raises because a method is misspelt or misplaced, that is said, not that it is unfinished."""
    base = "class Base:\n    def forward(self, x):\n        raise NotImplementedError\n"
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(f"{base}class Layer(Base):\n    {body}", names)
    monkeypatch.setitem(vars(sys.modules["__main__"]), "forward", names.get("forward"))
    (verdict,) = judge_cell(Hidden, LocalSide(loopback(names))).verdicts
    assert verdict.outcome is outcome
    assert says in verdict.hint


def test_a_line_of_the_students_is_shown_as_code() -> None:
    """The text behind a place is code, unless it holds a backtick itself."""
    hint = judge_cell(Hidden, LocalSide(loopback(layer("return self.wrong_")))).verdicts[0].hint
    assert hint.splitlines()[1] == "forward, line 5: `return self.wrong_`"
    hint = judge_cell(Hidden, LocalSide(loopback(layer("raise ValueError('`')")))).verdicts[0].hint
    assert hint.splitlines()[1] == "forward, line 5: raise ValueError('`')"


def test_libraries_lines_and_folders_are_not_shown() -> None:
    """Lines of compiled libraries are not the student's, and where the grader's Python is says nothing to them."""
    hint = (
        judge_cell(Hidden, LocalSide(loopback(layer("return np.random.default_rng('a')")))).verdicts[0].hint
    )
    assert "_generator" not in hint
    hint = judge_cell(Hidden, LocalSide(loopback(layer("from numpy import nothing")))).verdicts[0].hint
    assert "numpy/__init__.py" in hint
    assert sys.prefix not in hint


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("source", CELLS)
def test_usual_messages_of_cells_arrive_whole(source: str) -> None:
    """Why a cell did not run is on the card of what it should define."""
    with pytest.raises(Exception) as caught:
        exec(compile(source, "cell", "exec"), {})
    error = caught.value
    output = new_output("error", ename=type(error).__name__, evalue=str(error), traceback=[])
    cells = ran(new_notebook(cells=[new_code_cell(source, outputs=[output])]))
    verdict = Verdict("test_forward", "It runs.", Outcome.NOT_FOUND, 1.0, hint="`Layer` was not found.")
    report = explained({"layer": CellReport("layer", "A layer", (verdict,))}, cells)["layer"]
    assert squeezed(message(error)) in squeezed(text(report))


def test_messages_are_cut_and_harmless() -> None:
    """A message of a million letters is cut, and markup and escape codes in it are shown, not obeyed."""
    body = "raise ValueError('<script>' + '\\x1b[31m' + 'a' * 10**6)"
    report = judge_cell(Hidden, LocalSide(loopback(layer(body))))
    assert len(report.verdicts[0].hint) < 1000
    card = html(report)
    assert "<script>" not in card
    assert "\x1b" not in card
    assert "&lt;script&gt;" in card
