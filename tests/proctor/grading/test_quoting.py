"""What a report repeats of a student's words: exceptions whole, cut to a length and made harmless."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from proctor.criteria import Criteria, points
from proctor.criteria.outcome import CellReport, Outcome
from proctor.feedback.card import html, text
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.session.proxies import loopback

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "import numpy as np\nfrom scipy import signal\nclass Layer:\n    def forward(self, x):\n"


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


def judged(body: str) -> CellReport:
    """Judge a layer with this body of `forward`, as a cell of a notebook."""
    source = HEAD + "".join(f"        {line}\n" for line in body.split("\n"))
    path = f"ipykernel_{abs(hash(body))}.py"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    namespace: dict[str, Any] = {}
    exec(compile(source, path, "exec"), namespace)
    return judge_cell(Hidden, LocalSide(loopback(namespace)))


USUAL = [
    "return x @ x", "return np.dot(x, x)", "return x + np.ones((3, 2))", "return x.reshape(4, 2)", "x[0] = np.ones(2)",
    "return x[7]", "return x[0, 9]", "return x[0, 0, 0]", "return x.sum(axis=5)", "return x.transpose(0, 1, 2)",
    "return np.concatenate([x, x[0]])", "return np.concatenate([x, x.T])", "return np.stack([x, x.T])",
    "return x[[True]]",
    "return int(x)", "if x: return x", "return np.einsum('ab,bc->ac', x, x)", "return np.einsum('abc->a', x)",
    "return np.squeeze(x, axis=0)", "return np.pad(x, ((1, 1), (1, 1), (1, 1)))", "return signal.convolve2d(x[0], x)",
    "return signal.correlate(x, x[0])", "return signal.correlate(x, x, mode='equal')", "return np.zeros((2, -1))",
    "return np.linalg.inv(x)", "return np.array([[1], [1, 2]]) * x", "return x.astype('weights')",
    "return self.wieghts", "return undefined_thing", "return x()", "a, b, c = x", "a, = x", "return None + x.tolist()",
    "return {}['weights']", "return [1][3]", "return len(3)", "return self.forward()", "return self.forward(x, x)",
    "return 'a' + 1", "return int('weights')", "return 1 / 0", "import torch", "return self.forward(x)",
    "raise ValueError('only two axes please')", "raise ValueError(f'not {x.shape}')", "assert x.ndim == 4, x.shape",
    "return np.arange(6).reshape(2, 3) @ x.T @ x.T", "return x.dot(None)", "return np.rot90(x[0])", "x += 1j",
]  # fmt: skip
"""Bodies that raise what students usually meet."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("body", USUAL)
def test_usual_messages_arrive_whole(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python, NumPy and SciPy say is on the card, with the line of the student's that raised it."""
    monkeypatch.chdir(tmp_path)  # libraries in the current folder would be taken for files of the student
    x, namespace = np.full((2, 3), 0.5), dict[str, Any]()
    exec(HEAD + f"        {body}\n", namespace)
    with pytest.raises(Exception) as caught:  # noqa: PT011  - whatever it is
        namespace["Layer"]().forward(x)
    report = judged(body)
    (verdict,) = report.verdicts
    assert verdict.outcome is Outcome.ERROR
    said = " ".join(str(caught.value).split("\n"))[:300].strip()
    assert f"{caught.type.__name__}: {said}" in verdict.hint
    assert f"line 5: {body}" in verdict.hint
    assert verdict.hint.splitlines()[0] in text(report)


def test_messages_are_cut_and_harmless() -> None:
    """A message of a million letters is cut, and markup and escape codes in it are shown, not obeyed."""
    report = judged("raise ValueError('<script>' + '\\x1b[31m' + 'a' * 10**6)")
    assert len(report.verdicts[0].hint) < 1000
    card = html(report)
    assert "<script>" not in card
    assert "\x1b" not in card
    assert "&lt;script&gt;" in card
