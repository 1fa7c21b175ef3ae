"""Hidden tests of part 1: the sigmoid and the ReLU, forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from inputs import Seeded

from proctor.criteria import CriterionFailed, points
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from proctor.criteria import Fault

    Array = NDArray[Any]


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)); the inputs here are moderate, so that nothing overflows."""
    return 1 / (1 + np.exp(-x))


class Backward(Seeded):
    """The story that both backward passes are told: two layers, and two forwards before a backward."""

    def backward(self, layer: Callable[[], Any]) -> list[tuple[Array, Any, Array, Any]]:
        """Return (input, result of forward, error, result of backward) for layers and numbers of axes.

        Where forward raises for some numbers of axes, which is its own cell's business, the others are judged.
        """
        whole, broken = [], []
        for shape in ((2, 3, 2, 5), (4, 6), (9,)):
            story, fault, crash = self.two_layers(layer, shape)
            if crash and not fault:
                raise crash
            (broken if fault else whole).append((story, fault if crash else None))
        for _, fault in [] if whole else broken:
            if fault:
                raise fault
        return [each for story, _ in whole or broken for each in story]

    def two_layers(
        self, layer: Callable[[], Any], shape: tuple[int, ...]
    ) -> tuple[list[tuple[Array, Any, Array, Any]], Fault | None, Fault | None]:
        """Tell the story for inputs of one shape; return it with the first faults of forward and of backward."""
        first, second = layer(), layer()
        x, earlier, other = (self.moderate(*shape, seed=seed) for seed in (1, 2, 3))
        x.flat[7] = x.flat[-1] = other.flat[3] = 0
        self.attempt(lambda: first.forward(earlier.copy()))
        forwards = [
            self.attempt(lambda: first.forward(x.copy())),
            self.attempt(lambda: second.forward(other.copy())),
        ]
        story = []
        for one, value, (output, fault), seed in zip(
            (first, second), (x, other), forwards, (4, 5), strict=True
        ):
            error = self.numbers(*value.shape, seed=seed)
            returned, crash = self.attempt(lambda one=one, error=error: one.backward(error.copy()))
            story.append((value, output, error, returned))
            if fault or crash:
                return story, fault, crash
        return story, None, None


class SigmoidForward(Seeded):
    """Sigmoid, forward"""

    grade_id = "sigmoid_forward"
    needs = ("Sigmoid",)

    @points(1)
    def test_values(self) -> None:
        """`forward(x)` squeezes each number with 1 / (1 + exp(-x)) and keeps the shape of x."""
        for x in (
            self.moderate(9, seed=11),
            self.moderate(3, 4, seed=12),
            self.moderate(2, 3, 4, 5, seed=13),
        ):
            self.check(self.Sigmoid().forward(x.copy()), sigmoid(x), "forward(x)")
        far, fault = self.aside(lambda: self.Sigmoid().forward(np.array([[-800.0, 0.0, 800.0]])))
        if fault or not isinstance(far, np.ndarray) or not np.isfinite(far.astype(float)).all():
            self.remark(
                "Far from 0 your sigmoid overflows. Which of exp(x) and exp(-x) stays small for which x?"
            )


class SigmoidBackward(Backward):
    """Sigmoid, backward"""

    grade_id = "sigmoid_backward"
    needs = ("Sigmoid",)

    @points(1)
    def test_slope(self) -> None:
        """`backward(error)` multiplies the error by the slope s * (1 - s) of the last forward."""
        for x, output, error, returned in self.backward(self.Sigmoid):
            s = sigmoid(x)
            self.better(
                lambda returned=returned, error=error, s=s: self.check(
                    returned, error * s * (1 - s), "backward(error)"
                ),
                lambda returned=returned, error=error, y=output, x=x: self.check_own(returned, error, y, x),
            )

    def check_own(self, returned: Any, error: Array, output: Any, x: Array) -> None:
        """Judge the slope by the student's own forward, if that answers to its input at all."""
        y = self.array(output, "forward(x)")
        if y.shape != x.shape or y.dtype.kind not in "iuf" or not np.isfinite(y).all() or np.ptp(y) == 0:
            raise CriterionFailed(
                Check.VALUES, "forward(x) does not answer to x. Which values does it return?"
            )
        self.check(returned, error * y * (1 - y), "backward(error)")


class ReLUForward(Seeded):
    """ReLU, forward"""

    grade_id = "relu_forward"
    needs = ("ReLU",)

    @points(1)
    def test_values(self) -> None:
        """`forward(x)` keeps what is positive, sets the rest to 0, and keeps the shape of x."""
        for x in (
            self.moderate(9, seed=21),
            self.moderate(3, 4, seed=22),
            300 * self.moderate(2, 3, 4, 5, seed=23),
        ):
            x.flat[1] = 0
            self.check(self.ReLU().forward(x.copy()), np.maximum(x, 0), "forward(x)")


class ReLUBackward(Backward):
    """ReLU, backward"""

    grade_id = "relu_backward"
    needs = ("ReLU",)

    @points(1)
    def test_slope(self) -> None:
        """`backward(error)` lets the error pass where the last input was positive, and nowhere else."""
        for x, _, error, returned in self.backward(self.ReLU):
            self.look_at_zero(returned, x, error)
            self.check(returned, np.where(x > 0, error, 0), "backward(error)")

    def look_at_zero(self, returned: Any, x: Array, error: Array) -> None:
        """Fail with a hint of its own where only the entries at exactly 0 differ."""
        if isinstance(returned, np.ndarray) and np.array_equal(returned, np.where(x >= 0, error, 0)):
            self.fail_with(
                Check.VALUES,
                "The error also passes where the input was exactly 0. Which subgradient is chosen there?",
            )
