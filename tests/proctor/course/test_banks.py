"""The hidden tests judge rightly: every right answer, every mistake, and those who have done nothing."""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pytest

from benchmarks import (
    bank_verdicts,
    mutants,
)
from proctor.criteria.outcome import Outcome
from proctor.grading.judge_cell import criteria, sentence, title
from tests.exercise4.mistakes import PARTS, StaleError, body, changed, mistakes, solution, swap
from tests.proctor.support.judging import CELLS, HIDDEN, judge, judge_locally, judged, lost, quietly
from tests.proctor.support.thinning import thinned
from tests.specimens.bank import right_answers, submission_of
from tests.specimens.build import Submission

TESTS = Path(__file__).resolve().parents[2]

POINTS = {
    "sigmoid_forward": 1, "sigmoid_backward": 1, "relu_forward": 1, "relu_backward": 1,
    "const": 1, "uniform_random": 1, "he": 2, "flatten": 2, "conv_forward": 4, "conv_stride": 2,
    "conv_gradient_bias": 1, "conv_gradient_weights": 3, "conv_gradient_input": 3, "conv_update": 1,
    "conv_initialize": 1,
}  # fmt: skip


def test_points_are_those_of_the_exercise() -> None:
    """Each graded cell has a test class, and its criteria add up to its points."""
    worth = {name: sum(getattr(case, each).worth for each in criteria(case)) for name, case in HIDDEN.items()}
    assert worth == POINTS


@pytest.mark.parametrize("name", HIDDEN)
def test_criteria_are_sentences(name: str) -> None:
    """Title and criteria read as such: no hidden number in them, and a full stop after a sentence."""
    case = HIDDEN[name]
    assert title(case)
    for each in criteria(case):
        assert sentence(case, each).endswith(".")
        assert 20 < len(sentence(case, each)) < 140


@pytest.mark.parametrize("name", thinned(right_answers(), 3))
def test_right_answers_get_all_points(name: str) -> None:
    """A right answer of the bank gets 25 of 25, with the remarks that are due and no other."""
    assert bank_verdicts.accepts(name) == ""


@pytest.mark.parametrize("name", thinned(mistakes(), 12))
def test_mistakes_cost_exactly_what_they_break(name: str) -> None:
    """A mistake of the bank costs what it says, in each of the 15 cells."""
    assert bank_verdicts.is_exact(name) == ""


UNNAMED = {
    "conv_weights_of_constructor",
    "uniform_one_number",
    "uniform_one_row",
    "he_one_number",
    "he_one_row",
}
"""What these answer is random and of few numbers, so that nothing proves the mistake; their hints suggest it."""


@pytest.mark.parametrize("name", thinned(mistakes(), 12))
def test_mistakes_are_named_rightly(name: str) -> None:
    """A mistake of the bank is called what it is, in whichever cells it shows, or it is known why not."""
    how, text = bank_verdicts.naming(name)
    assert how == ("none" if name in UNNAMED else "right"), text


EVERYONE = {**thinned(right_answers(), 6), **thinned(mistakes(), 24)}
"""Some of those that were judged above; `session/test_verdicts.py` compares others across a real sandbox."""
JUDGED_AGAIN = {"bias_written_into_an_element", "flatten_by_removed_names", "he_by_a_removed_name"}
"""Right answers that are judged once more, as an older NumPy ran them; plain local classes get no second look."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(EVERYONE.keys() - JUDGED_AGAIN))
def test_verdicts_are_the_same_without_a_sandbox(name: str) -> None:
    """The hidden tests pass and fail on local classes as they do on stand-ins."""
    bank = mistakes if name in mistakes() else right_answers
    local = quietly(submission_of(EVERYONE[name]), judge_locally)
    passed = {
        cell: {v.criterion: v.outcome is Outcome.PASSED for v in report.verdicts}
        for cell, report in judged(bank, name).items()
    }
    assert local == passed


def test_the_banks_cover_every_cell() -> None:
    """There are at least 15 right answers and 60 mistakes, no name means two of them, and each cell catches some."""
    assert not right_answers().keys() & mistakes().keys()
    assert len(right_answers()) >= 15
    assert len(mistakes()) >= 60
    assert {cell for mistake in mistakes().values() for cell in mistake.costs} == set(POINTS)


def test_mistakes_have_words() -> None:
    """Each mistake says a sentence and asks a question."""
    for mistake in mistakes().values():
        assert mistake.says.endswith("."), mistake.name
        assert mistake.question.endswith("?"), mistake.name
        assert mistake.part in PARTS


def test_nothing_done_gets_nothing() -> None:
    """The untouched release gets 0 on every cell, and is called not implemented."""
    reports = judge(Submission.release().namespace())
    assert lost(reports) == POINTS
    outcomes = {verdict.outcome for report in reports.values() for verdict in report.verdicts}
    assert outcomes <= {Outcome.UNFINISHED, Outcome.WAITING}


def test_an_empty_notebook_gets_nothing() -> None:
    """Without any class every cell gets 0, and is called not found."""
    reports = judge({})
    assert lost(reports) == POINTS
    outcomes = {verdict.outcome for report in reports.values() for verdict in report.verdicts}
    assert outcomes <= {Outcome.NOT_FOUND, Outcome.WAITING}


EMPTY = """
class Layer:
    def __init__(self, *args):
        self.args = args
        if len(args) == 4:
            self.weights, self.bias = np.zeros((args[2], *args[1])), np.zeros(args[2])
    def forward(self, x):
        {forward}
    def backward(self, error):
        {backward}
    def initialize(self, *args):
        {initialize}
    def get_gradient_weights(self):
        return np.zeros_like(self.weights)
    def get_gradient_bias(self):
        return np.zeros_like(self.bias)
Sigmoid = ReLU = Const = UniformRandom = He = FlattenLayer = ConvolutionalLayer = Layer
"""
ZEROS = """return np.zeros_like(x) if len(self.args) < 4 else self.answer(x)
    def answer(self, x):
        (sp, sq), _, s, _ = self.args
        return np.zeros((len(x), s, -(-x.shape[2] // sp), -(-x.shape[3] // sq)))"""
IDLE = {
    "zeros": (ZEROS, "return np.zeros_like(error)", "return np.zeros(args[0])"),
    "identity": ("return x", "return error", "return np.arange(np.prod(args[0]))"),
    "nothing": ("pass", "pass", "pass"),
    "text": ("return 'x'", "return 'y'", "return 'z'"),
    "objects": ("return x.astype(object)", "return {}", "return object()"),
    "infinite": ("return x * np.inf", "return error * np.nan", "return np.full(args[0], np.nan)"),
    "complex": ("return x + 1j", "return error + 0j", "return np.ones(args[0]) * 1j"),
    "scalar": ("return 0.0", "return 1", "return 0.5"),
    "ragged": ("return [[1.0], [1.0, 2.0]]", "return [1, 2, 3]", "return [[0.1], 0.1]"),
    "empty": ("return x[:0]", "return error[..., :0]", "return np.zeros(0)"),
    "flat": ("return x.ravel()", "return error.ravel()", "return np.zeros(3)"),
    "lies": ("return Liar(x)", "return Liar(error)", "return Liar(np.zeros(args[0]))"),
}
"""Bodies of forward, backward and initialize."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", IDLE)
def test_what_is_idle_gets_nothing(name: str) -> None:
    """Layers of zeros, of their own input, of nan, of text get no point, whatever they agree with."""
    names = {"np": np}
    exec(EMPTY.format(**dict(zip(("forward", "backward", "initialize"), IDLE[name], strict=True))), names)
    assert lost(judge(names)) == POINTS


def test_changes_that_do_not_apply_are_errors() -> None:
    """A mistake that was written for another solution is refused, not skipped."""
    with pytest.raises(StaleError):
        swap("no such line", "")(solution()["conv"])
    with pytest.raises(StaleError):
        body("ReLU.sideways", "pass")(solution()["activation_functions"])
    with pytest.raises(StaleError):
        changed("same", "conv", (lambda source: source,))


def test_submissions_are_written_as_built(tmp_path: Path) -> None:
    """A submission on disk has the changed cells, the added ones and the files."""
    submission = Submission.solved().replace("conv", "x = 1").insert("y = 2", before="conv")
    submission.files["data/notes.txt"] = b"notes"
    path = submission.write(tmp_path / "student")
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.source for cell in cells if cell.id == "conv" or cell.id.startswith("student")] == [
        "y = 2",
        "x = 1",
    ]
    assert (tmp_path / "student" / "data" / "notes.txt").read_bytes() == b"notes"


def test_the_release_holds_no_solution() -> None:
    """What a student starts from holds neither solution nor hidden tests, and is not implemented."""
    submission = Submission.release()
    text = "\n".join(cell.source for cell in submission.notebook.cells)
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    assert all("raise NotImplementedError" in source for source in submission.sources().values())
    assert "BEGIN SOLUTION" in (TESTS.parent / "source" / "exercise4" / "exercise4.ipynb").read_text()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", ["activation_functions", "initializers"])
def test_mutants_are_killed(part: str) -> None:
    """No small change of the short parts goes unnoticed; `make mutants` tries the long one, too."""
    every = list(mutants.mutants(part))
    assert [f"{mutant.where}: {mutant.what}" for mutant in every if mutant.fate() == "survived"] == []
    assert len(every) > 20


def test_cells_are_all_in_a_part() -> None:
    """Each graded cell belongs to exactly one part."""
    assert sorted(name for cells in CELLS.values() for name in cells) == sorted(POINTS)
