"""Reach of the convolution's hidden tests: a table, read off the calls that they make of the solution."""

# ruff: noqa: ARG005  - each configuration is asked with all three

from __future__ import annotations

from collections import defaultdict
from functools import cache, partialmethod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import bank_verdicts
from proctor.grading.judge_cell import load_tests
from tests.exercise4.inputs import why_unfit
from tests.exercise4.mistakes import mistakes
from tests.proctor.support.judging import CELLS, judge
from tests.proctor.support.thinning import THOROUGH, thinned
from tests.specimens.bank import right_answers
from tests.specimens.build import Submission

TESTS = Path(__file__).resolve().parents[2]

CONFIGURATIONS = {
    "batch of 1": lambda s, x, w: len(x) == 1,
    "batch of more": lambda s, x, w: len(x) > 1,
    **{f"{c} channels": lambda s, x, w, c=c: x.shape[1] == c for c in (1, 2, 3, 4)},
    "1 x 1": lambda s, x, w: w[1:] == (1, 1),
    "rows only": lambda s, x, w: w[1] > 1 and w[2] == 1,
    "columns only": lambda s, x, w: w[1] == 1 and w[2] > 1,
    "odd": lambda s, x, w: w[1] % 2 and w[2] % 2,
    "even": lambda s, x, w: not w[1] % 2 or not w[2] % 2,
    "larger than the picture": lambda s, x, w: w[1] > x.shape[2] or w[2] > x.shape[3],
    "stride 1": lambda s, x, w: s == (1, 1),
    "dividing": lambda s, x, w: s != (1, 1) and not x.shape[2] % s[0] and not x.shape[3] % s[1],
    "not dividing": lambda s, x, w: x.shape[2] % s[0] or x.shape[3] % s[1],
    "stride larger than the kernel": lambda s, x, w: s[0] > w[1] or s[1] > w[2],
    "one channel, other stride": lambda s, x, w: x.shape[1] == 1 and s != (1, 1),
    "float32": lambda s, x, w: x.dtype == np.float32,
    "not square": lambda s, x, w: x.shape[2] != x.shape[3],
}
"""Kinds of calls of forward: by stride, picture and kernel shape."""
STORIES = ("second call", "second layer")
"""Histories of a layer: it is called again, or another layer is called in between."""
STRIDES = {"dividing", "not dividing", "stride larger than the kernel", "one channel, other stride"}
THIN = {"1 x 1", "rows only", "columns only", "larger than the picture"}
WHY_NOT = {
    "conv_forward": dict.fromkeys(STRIDES, "other strides belong to conv_stride"),
    "conv_stride": dict.fromkeys(
        THIN | {"even", "float32", "stride 1", *STORIES},
        "such kernels, types and stories belong to conv_forward",
    ),
    "conv_gradient_bias": dict.fromkeys(THIN | {"even", "float32"}, "the bias does not meet the kernel"),
    "conv_gradient_weights": dict.fromkeys(THIN | {"float32"}, "remarks only, and forward has them"),
    "conv_gradient_input": dict.fromkeys(THIN | {"float32"}, "remarks only, and forward has them"),
    "conv_update": dict.fromkeys(
        THIN | STRIDES | {"even", "float32", "3 channels", "second layer"},
        "a step does not depend on where its gradient comes from",
    ),
}
"""Cases that a cell does not reach, and why. Thin and even kernels reach gradients as remarks, by the contract. Arrays
that are read-only or not contiguous reach no student: arguments are copied on their way into the sandbox."""


@cache
def reached(grade_id: str) -> dict[str, int]:
    """Return how often each configuration occurs while a cell of the solution is judged."""
    names, counts, called = Submission.solved().namespace(), defaultdict[str, int](int), list[Any]()
    layer = names["ConvolutionalLayer"]
    forward = layer.forward

    def counted(self: Any, x: Any) -> Any:
        for name, fits in CONFIGURATIONS.items():
            counts[name] += bool(fits(tuple(self.stride), x, tuple(self.kernel_shape)))
        counts["second call"] += self in called
        return noted(self, forward, x)

    def noted(self: Any, method: Any, *args: Any) -> Any:
        counts["second layer"] += self in called and called[-1] is not self
        called.append(self)
        return method(self, *args)

    layer.forward = counted
    for name in ("backward", "get_gradient_weights", "get_gradient_bias"):
        setattr(layer, name, partialmethod(noted, getattr(layer, name)))
    judge(names, [grade_id])
    return counts


@pytest.mark.parametrize("name", [*CONFIGURATIONS, *STORIES])
@pytest.mark.parametrize("grade_id", WHY_NOT)
def test_each_configuration_is_reached_or_has_a_reason(grade_id: str, name: str) -> None:
    """Each cell of the table is reached by a criterion that may judge it, or the table says why not."""
    assert reached(grade_id)[name] or name in WHY_NOT[grade_id]


# The second layer of conv_forward, which is not judged, has a stride.
@pytest.mark.parametrize("grade_id", sorted(WHY_NOT.keys() - {"conv_forward"}))
def test_what_is_said_not_to_be_reached_is_not(grade_id: str) -> None:
    """The table gives no reason for what a cell reaches: it would go out of date unseen."""
    assert {name for name in WHY_NOT[grade_id] if reached(grade_id)[name]} == set()


@pytest.mark.parametrize("seed", range(1, 21) if THOROUGH else (1, 20))
def test_no_seed_gives_an_input_that_hides_a_mistake(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ties, zeros and equal channels are never drawn for what is judged, whatever the seed."""
    tests, drawn = load_tests(TESTS / "exercise4", seed), []
    for case in tests.values():
        for base in case.__mro__:
            for name in ("numbers", "moderate"):
                if name in vars(base) and not hasattr(vars(base)[name], "watched"):
                    draw = vars(base)[name]

                    def watched(*args: Any, draw: Any = draw, **more: Any) -> Any:
                        drawn.append(draw(*args, **more))
                        return drawn[-1].copy()  # where the ReLU has its kink, zeros are put in

                    watched.watched = True  # type: ignore[attr-defined]
                    monkeypatch.setattr(base, name, watched)
    cells = [*CELLS["activation_functions"], *CELLS["conv"]]
    judge(Submission.solved().namespace(), cells, tests=tests)
    assert len(drawn) > 100
    assert {why_unfit(values) for values in drawn} == {""}


def test_another_seed_gives_other_numbers() -> None:
    """The seed reaches the inputs; the same one gives the same."""
    first, again, other = (
        load_tests(TESTS / "exercise4", seed)["conv_forward"]("test_bias") for seed in (1, 1, 2)
    )
    values = [test.numbers(2, 3, seed=1) for test in (first, again, other)]
    assert np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2])


@pytest.mark.parametrize("seed", range(1, 21))
def test_a_corner_pixel_is_told_by_its_weight(seed: int) -> None:
    """What the own forward is probed with has no equal weights: without padding a corner meets only one of them."""
    tests = load_tests(TESTS / "exercise4", seed)
    weights = tests["conv_gradient_input"]("test_strides").different(2, 4, 5, 3)
    assert weights.all()
    assert len(np.unique(np.abs(weights))) == weights.size


@pytest.mark.parametrize(("values", "words"), [
    (np.array([1.0, 0.0]), "zero"),
    (np.array([1.0, -1.0, 2.0]), "equal or opposite"),
    (np.array([[1.0, 2.0], [1.0, 2.0]]), "equal or opposite slices along axis 0"),
    (np.array([1.0, -1.0, 2.0, 3.0]).reshape(1, 2, 1, 2), "sums along axis 1"),
])  # fmt: skip
def test_what_hides_a_mistake_is_known(values: Any, words: str) -> None:
    """Zeros, ties, equal channels and sums of 0 are refused."""
    assert words in why_unfit(values)


SEEDED = ("conv_weights_of_first_call", "input_kernels_of_first_call", "solution", "loops")


@pytest.mark.parametrize("name", thinned(dict.fromkeys(SEEDED), 4))
def test_verdicts_are_the_same_under_other_seeds(name: str) -> None:
    """A few of both banks under twenty seeds; `make seeds` tries all."""
    assert name in mistakes() or name in right_answers()
    assert bank_verdicts.under_seeds(name) == ""
