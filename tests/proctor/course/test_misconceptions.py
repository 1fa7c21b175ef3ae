"""The bank's mistakes are recognised: in the bank's own words, in other handwriting, and not in anything else."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import warnings
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np
import pytest

from proctor import submission
from proctor.criteria.outcome import Check, Outcome
from proctor.grading.diagnosis import offered
from proctor.grading.grade import grade_notebook, reports_of
from proctor.grading.judge_cell import WRONG, judge_cell
from tests.exercise4.mistakes import PARTS, StaleError, changed, mistakes, names_of, solution
from tests.proctor.support.judging import DIAGNOSE, HIDDEN, REFERENCE, judge, lost, named
from tests.proctor.support.thinning import THOROUGH, thinned
from tests.specimens.bank import right_answers
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from tests.exercise4.mistakes import Mistake

TESTS = Path(__file__).resolve().parents[2]


def called(names: dict[str, Any], cells: Any = tuple(HIDDEN)) -> dict[str, set[str]]:
    """Return what the mistakes are called in each cell, for the classes of a namespace."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        words = named(judge(names, cells, diagnose=DIAGNOSE))
    return {cell: {says for says, _ in pairs} for cell, pairs in words.items()}


def words_of(*made: Mistake) -> set[str]:
    """Return what some mistakes may be called."""
    return {each.says for one in made for each in (one, *(mistakes()[name] for name in one.also))}


CORRELATE = 'signal.correlate2d(input_tensor[b, c], self.weights[k, c], mode="same", boundary="fill")'
SUM_OF_PATCH = "np.sum(patch * self.weights[s])"
OTHERS = (
    ("loops", SUM_OF_PATCH, "np.sum(patch * self.weights[s, :, ::-1, ::-1])", "conv_true_convolution"),
    ("loops", " + self.bias[s]\n", "\n", "conv_without_bias"),
    ("loops", SUM_OF_PATCH, "np.sum(patch[0] * self.weights[s, 0])", "conv_first_channel_only"),
    ("loops", "self.db[s] += err", "self.db[s] += err / b", "bias_mean_of_batch"),
    ("loops", "self.db[s] += err\n", "self.db[s] += err if k == 0 else 0\n", "bias_first_picture"),
    ("loops", "err * self.weights[s]\n", "err * self.weights[s, :, ::-1, ::-1]\n", "input_not_turned"),
    ("loops", "self.lr * self.db", "self.db", "update_bias_without_rate"),
    ("loops", "self.weights - self.lr", "self.weights + self.lr", "update_weights_uphill"),
    ("loops", "if value <= 0:", "if value < 0:", "relu_zero_passes"),
    ("loops", "1 / (1 + math.exp(-value))", "1 / (1 + math.exp(value))", "sigmoid_sign"),
    ("scipy_2d", CORRELATE, CORRELATE.replace("correlate2d", "convolve2d"), "conv_true_convolution"),
    ("scipy_2d", CORRELATE, CORRELATE.replace("fill", "wrap"), "conv_padding_circular"),
    ("scipy_2d", " out[b, k] += self.bias[k]", "     out[b, k] += self.bias[k]", "conv_bias_each_channel"),
    ("scipy_2d", "out[b, k] += signal", "out[b, k] = signal", "conv_last_channel_only"),
    ("scipy_2d", "g = signal.correlate2d", "g = signal.convolve2d", "weights_convolved"),
    ("scipy_2d", "np.rot90(self.weights[k, c], 2)", "self.weights[k, c]", "input_not_turned"),
    ("scipy_2d", "grad_x[b, c] += ", "grad_x[b, c] = ", "input_last_kernel"),
    ("scipy_2d", "weights[k, c] += g", "weights[k, c] = g", "weights_last_picture"),
    ("scipy_2d", "out[:, :, ::self.stride_shape[0], ::self.stride_shape[1]]", "out", "stride_ignored"),
    ("scipy_2d", "(1, self.n_kernels)", "(1, 1)", "initialize_bias_of_one"),
    ("scipy_2d", "self.weights -= self.learning_rate", "0 * self.learning_rate", "update_bias_only"),
    ("scipy_2d", "np.sum(error_tensor,", "np.mean(error_tensor,", "bias_mean_of_all"),
    ("im2col", "self.weights -= self.eta", "self.weights += self.eta", "update_weights_uphill"),
    ("im2col", "[self.n_kernels, c * m * n]", "[c * m * n, self.n_kernels]", "initialize_turned"),
    ("im2col", "rows.sum(axis=(0, 2))", "rows.mean(axis=(0, 2))", "bias_mean_of_all"),
    ("single_precision", "np.sqrt(2 / weight_shape[1])", "np.sqrt(2 / weight_shape[0])", "he_fan_out"),
    ("single_precision", "* (self.x > 0)", "* (self.x >= 0)", "relu_zero_passes"),
    ("single_precision", "[:, :, ::-1, ::-1]", "", "input_not_turned"),
    ("scipy_3d", "[c // 2] for kernel", "[0] for kernel", "conv_one_slice_of_3d"),
    ("scipy_3d", "restacked[k][:, ::-1", "restacked[k][::-1, ::-1", "input_kernels_turned"),
    ("none_until_initialize", "(s, c * m * n)", "(s, c, m, n)", "initialize_four_axes"),
    ("none_until_initialize", "e.sum(axis=1, keepdims=True)", "e.mean(axis=1, keepdims=True)", "bias_mean_of_all"),
)  # fmt: skip
"""(right answer, what is changed in it, into what, the mistake of the bank that this is)."""


@pytest.mark.parametrize(
    ("base", "old", "new", "name"), thinned({f"{row[0]}-{row[3]}": row for row in OTHERS}, 3).values()
)
def test_mistakes_are_recognised_in_other_handwriting(base: str, old: str, new: str, name: str) -> None:
    """Loops, SciPy, im2col, single precision, a bias of another shape: the same mistake has the same name."""
    submission = right_answers()[base].submission()
    (cell,) = (cell for cell in submission.notebook.cells if cell.get("id") in PARTS and old in cell.source)
    assert cell.source.count(old) == 1
    cell.source = cell.source.replace(old, new)
    words = called(submission.namespace())
    assert words
    assert set.union(*words.values()) == {mistakes()[name].says}
    assert set(words) <= set(mistakes()[name].costs)


def pairs(count: int) -> list[tuple[str, str]]:
    """Choose pairs of mistakes that meet in a cell and can be made at once; unfinished ones are no mistakes."""
    chosen = []
    finished = [mistake for mistake in mistakes().values() if "NotImplementedError" not in mistake.source()]
    every = list(combinations(finished, 2))
    random.Random(4).shuffle(every)
    for one, other in every:
        if one.part == other.part and set(one.costs) & set(other.costs) and both(one, other):
            chosen.append((one.name, other.name))
        if len(chosen) == count:
            break
    return chosen


def both(one: Mistake, other: Mistake) -> str:
    """Return the source of a cell with two mistakes, or "" if they do not go together."""
    try:
        source = changed("both", one.part, (*one.changes, *other.changes))
        compile(source, "both", "exec")
    except (StaleError, SyntaxError):
        return ""
    return source if source not in (one.source(), other.source()) else ""


TOGETHER = {frozenset({"update_weights_only", "update_bias_only"}): "update_nothing"}
"""Two mistakes that are a third one of the bank, when they are made together."""


@pytest.mark.parametrize(("one", "other"), pairs(60 if THOROUGH else 8))
def test_two_mistakes_at_once_are_called_by_their_names(one: str, other: str) -> None:
    """What two mistakes do together is named by one of the two, where that shows unmixed, or not at all."""
    made = [mistakes()[one], mistakes()[other]]
    third = TOGETHER.get(frozenset({one, other}))
    right = words_of(*made, *([mistakes()[third]] if third else []))
    cells = {cell for mistake in made for cell in mistake.costs}
    assert set().union(*called(names_of(both(*made)), cells).values()) <= right


BLURRED = [
    name for name in HIDDEN if name not in ("const", "uniform_random", "he", "conv_update", "conv_initialize")
]
"""The cells that judge what methods return, and not what they leave behind or ask for."""


def blurred(names: dict[str, Any]) -> dict[str, Any]:
    """Return classes whose arrays are off by a few thousandths, each entry otherwise."""
    rng = np.random.default_rng(6)

    def blur(method: Any) -> Any:
        def changed(*args: Any) -> Any:
            value = method(*args)
            if not isinstance(value, np.ndarray):
                return value
            return value * (1 + 0.004 * rng.choice([-1, 1], value.shape)) + 0.004

        return changed

    classes = {name: found for name, found in names.items() if isinstance(found, type)}
    return {
        name: type(name, (found,), {key: blur(getattr(found, key)) for key in METHODS if hasattr(found, key)})
        for name, found in classes.items()
    }


METHODS = ("forward", "backward", "get_gradient_weights", "get_gradient_bias")


@pytest.mark.parametrize(
    "name",
    random.Random(5).sample(
        [mistake.name for mistake in mistakes().values() if set(mistake.costs) <= set(BLURRED)],
        40 if THOROUGH else 15,
    ),
)
def test_what_is_like_a_mistake_is_not_named(name: str) -> None:
    """Values near those of a mistake, or near the right ones, are those of a mistake that nobody knows."""
    names = blurred(names_of(mistakes()[name].source()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reports = judge(names, list(mistakes()[name].costs), diagnose=DIAGNOSE)
    verdicts = [verdict for report in reports.values() for verdict in report.verdicts]
    by_values = [each for each in verdicts if each.outcome is Outcome.FAILED and each.check is Check.VALUES]
    assert [each.misconception for each in by_values if each.misconception] == []


def test_what_is_blurred_is_wrong() -> None:
    """The blur of the test above costs points, and earns no name, in all that returns arrays."""
    names = blurred(names_of(solution()["conv"]) | names_of(solution()["activation_functions"]))
    reports = judge(names, BLURRED, diagnose=DIAGNOSE)
    assert set(lost(reports)) == set(BLURRED)
    assert named(reports) == {}


ODD = {
    "text": "x",
    "nothing": None,
    "object": object(),
    "whole": 10**30,
    "complex": np.ones((2, 3)) * 1j,
    "infinite": np.full((2, 3, 4, 5), np.inf),
    "huge": np.full((2, 3, 4, 5), 1e308),
    "empty": np.zeros((0, 3)),
    "ragged": [[1.0], [1.0, 2.0]],
    "deep": [[[[[[[1.0]]]]]]],
    "objects": np.array([1, None]),
    "dict": {"a": [1, 2]},
}
"""Values that methods may return."""


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_a_diagnosis_survives_whatever_comes(value: Any) -> None:
    """Objects, text, nan and ragged lists: the diagnosis does not fail, and does not change the points."""
    methods = dict.fromkeys((*METHODS, "initialize"), lambda *_: value)
    odd = type("Odd", (), {"__init__": lambda *_: None, "weights": value, "bias": value, **methods})
    names = {need: odd for case in HIDDEN.values() for need in case.needs}
    assert lost(judge(names, diagnose=DIAGNOSE)) == lost(judge(names)) != {}


def test_mistakes_are_run_quietly(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """All the bank is run for a class that makes every mistake: no output, no warning, nothing left out."""
    fresh, _ = offered.__wrapped__(TESTS / "exercise4")
    broken = names_of("class Nothing:\n    pass\nSigmoid = ReLU = Const = UniformRandom = He = Nothing\n"
                      "FlattenLayer = ConvolutionalLayer = Nothing\n")  # fmt: skip
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        judge(broken, diagnose=lambda case, seen: fresh(case, seen) or {})
        known = {
            (symptoms.mistake.says, cell)
            for cell, case in HIDDEN.items()
            for symptoms in fresh.symptoms(case)
            if any(each.verdict.outcome in WRONG for each in symptoms)
        }
    assert known == {(mistake.says, cell) for mistake in mistakes().values() for cell in mistake.costs}
    assert capfd.readouterr() == ("", "")
    assert not heard
    assert not caplog.records


def test_the_reference_passes_every_hidden_test() -> None:
    """What tells the grader's fault from the student's is the solution, and it is right."""
    assert REFERENCE is not None
    reports = {name: judge_cell(case, REFERENCE) for name, case in HIDDEN.items()}
    assert lost(reports) == {}


def test_mistakes_are_named_across_the_sandbox(tmp_path: Path) -> None:
    """Graded in the sandbox, SciPy's convolution in the place of its correlation is named on the card."""
    folder = tmp_path / "exercise4"
    student = right_answers()["scipy_2d"].submission()
    student.cell("conv").source = student.cell("conv").source.replace(
        CORRELATE, CORRELATE.replace("correlate2d", "convolve2d")
    )
    shutil.copytree(TESTS.parent / "release" / "exercise4", folder)
    student.write(folder)
    notebook = nbformat.read(folder / "exercise4.ipynb", as_version=4)
    notebook, _ = submission.restore(notebook, Submission.release().notebook)
    notebook.metadata["proctor"] = {}
    grade_notebook(notebook, folder, TESTS / "exercise4")
    mistake = mistakes()["conv_true_convolution"]
    assert named(reports_of(notebook)) == {"conv_forward": {mistake.words}}
    (card,) = (
        output.data["text/html"]
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "conv_forward"
        for output in cell.outputs
    )
    assert f"<strong>{mistake.says}</strong> {mistake.question}" in card


LOAD = """
import pathlib, sys
from proctor.grading.diagnosis import offered
print([each is not None for each in offered(pathlib.Path(sys.argv[1]))])
"""


def try_hook(course: Path) -> subprocess.CompletedProcess[str]:
    """Load a course's hook in a process of its own, and print what it offers."""
    command = [sys.executable, "-c", LOAD, str(course / "tests" / "exercise4")]
    return subprocess.run(command, cwd=course, capture_output=True, text=True, check=True)


def test_a_course_brings_its_own_bank_or_none(tmp_path: Path) -> None:
    """A copied course recognises mistakes; without its bank it says in one line that it does not."""
    for name in ("source/exercise4", "tests/exercise4"):
        shutil.copytree(TESTS.parent / name, tmp_path / name)
    done = try_hook(tmp_path)
    assert (done.stdout, done.stderr) == ("[True, True]\n", "")
    shutil.rmtree(tmp_path / "tests" / "exercise4" / "mistakes")
    done = try_hook(tmp_path)
    assert done.stdout == "[False, False]\n"
    assert done.stderr.count("\n") == 1
    assert "misconceptions.py does not load, so no mistake is named" in done.stderr
