"""Hidden tests of part 3, learning: the step of gradient descent, and what initializers are asked for."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from closed_forms import gradients
from gradient_criteria import AXES
from layer_criteria import LayerCriteria

from proctor.criteria import CriterionFailed, points
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from closed_forms import Array, Pair

    from proctor.criteria import Fault

LESSONS = (
    {"w": (4, 2, 3, 5), "image": (5, 6), "b": 3, "rate": 0.25, "seed": 501},
    {"w": (2, 1, 5, 3), "image": (7, 5), "b": 1, "rate": 0.5, "seed": 511},
    {"w": (1, 4, 3, 3), "image": (4, 6), "b": 2, "rate": 0.125, "seed": 521},
)
"""The layers that are trained: shape of the weights, image, batch, learning rate.

The first batch is not one of two: half a step is no mean over the batch.
"""


class Step(NamedTuple):
    """One step of training: values before and after, the gradient by definition and by the getter."""

    before: Any
    after: Any
    gradient: Array | None
    own: Any
    rate: float
    fault: Fault | None


class ConvUpdate(LayerCriteria):
    """Convolution, step of gradient descent"""

    grade_id = "conv_update"

    @points(0.5)
    def test_weights(self) -> None:
        """`backward(error)` moves the weights by the learning rate times their gradient, downhill."""
        self.judge("weights")

    @points(0.5)
    def test_bias(self) -> None:
        """`backward(error)` moves the bias in the same way."""
        self.judge("bias")

    def judge(self, name: str) -> None:
        """Judge two steps in a row, with errors of the right shape, or else of the student's output's."""
        for lesson in LESSONS:
            self.better(
                lambda lesson=lesson: self.train(name, **lesson, own_shape=False),
                lambda lesson=lesson: self.train(name, **lesson, own_shape=True),
            )

    def train(
        self, name: str, *, w: tuple[int, ...], image: Pair, b: int, rate: float, seed: int, own_shape: bool
    ) -> None:
        """Train a layer for two steps in a row, and judge each."""
        scene = self.scene(b, w[1], w[0], seed=seed, image=image, kernel=w[2:], rate=rate)
        layer, w = self.layer(scene.w, scene.b, rate=rate), scene.w
        steps: list[Step] = []
        before: Any = {"weights": scene.w, "bias": scene.b}[name]
        for turn in (seed + 3, seed + 5):
            x, error = self.numbers(*scene.x.shape, seed=turn), self.numbers(b, len(w), *image, seed=turn + 1)
            wanted: Array | None = getattr(gradients(x, w, error), name).ravel()  # does not depend on w
            y, fault = self.attempt(lambda x=x: layer.forward(x.copy()))
            if own_shape:
                output = self.four_axes(y, len(x), len(w))
                if output.shape == error.shape:
                    raise CriterionFailed(
                        Check.SHAPE, "The output has the right shape. What is wrong with the step?"
                    )
                error, wanted = self.fitting(output, seed=turn + 1), None
            with self.unrecorded(faults=False):  # what it returns is another cell's business
                _, crash = self.attempt(lambda error=error: layer.backward(error.copy()))
            # Before a getter can move them, and a copy, as a plain local class may move them in place.
            after = deepcopy(getattr(layer, name))
            own, _ = self.attempt(lambda: getattr(layer, f"get_gradient_{name}")())  # noqa: PLW0108  - may be missing
            steps.append(Step(before, after, wanted, own, rate, fault or crash))
            before = after
        for step, turn in zip(steps, ("first", "second"), strict=True):
            self.check_step(step, name, turn)

    def check_step(self, step: Step, name: str, turn: str) -> None:
        """Judge a step by the gradient's definition or by the student's own gradient, if it is one."""
        before = self.array(step.before, f"The {name} after backward").astype(float)
        try:
            after = self.array(step.after, f"The {name} after backward")
            if after.size != before.size:
                self.check(after, before, f"The {name} after backward", shape=False)
            moved = after.reshape(before.shape) - before

            def compare(gradient: Array) -> None:
                wanted = -step.rate * gradient.reshape(before.shape)
                self.check(moved, wanted, f"The {turn} step of the {name}", axes=AXES[name])

            self.better(
                lambda: compare(self.known(step.gradient)),
                lambda: compare(self.own_gradient_of(step)),
            )
        except CriterionFailed:
            if step.fault:
                raise step.fault from None
            self.look_for_typical(before.ravel(), step)
            raise

    def known(self, gradient: Array | None) -> Array:
        """Return the gradient by definition; fail where the output's shape has none."""
        if gradient is None:
            raise CriterionFailed(
                Check.VALUES, "The step is not the learning rate times the gradient. What is it?"
            )
        return gradient

    def own_gradient_of(self, step: Step) -> Array:
        """Return the student's own gradient, ravelled; fail if it is none."""
        own = self.array(step.own, "The gradient")
        if own.size != np.size(step.before) or own.dtype.kind not in "iuf" or not np.any(own):
            raise CriterionFailed(
                Check.VALUES, "The gradient is 0 or of a wrong shape. Is it computed before the step?"
            )
        return own.ravel()

    def look_for_typical(self, before: Array, step: Step) -> None:
        """Recognise typical wrong steps, and ask the question that leads on."""
        after = self.array(step.after, "The values after backward").ravel()
        if step.gradient is None or after.shape != before.shape or after.dtype.kind not in "iuf":
            return
        typical = {
            0.0: "They did not move. What happens after the gradients are known?",
            step.rate: "They moved along the gradient, which is uphill. Which sign leads down?",
            -1.0: "They moved by the gradient itself. Where does the learning rate come in?",
        }
        for factor, hint in typical.items():
            if self.close(after - before, factor * step.gradient).all():
                self.fail_with(Check.VALUES, hint)


KERNELS = ((4, 3, 2, 5), (2, 1, 3, 3))
"""Shapes of the weights that are asked for."""
UNTOUCHED = -1234.5


class Asked:
    """An initializer that hands out consecutive numbers, and writes down what it is asked for.

    Args:
        start: the first number.
        handed: where to write, for each time that it is asked, the shape asked for and the first number handed
            out; a list of the test's own, since the student's code may set an object's public attributes.
    """

    def __init__(self, start: float, handed: list[Any]) -> None:
        self._next, self._handed = start, handed

    def initialize(self, weight_shape: Any) -> Array:
        """Return consecutive numbers in the shape asked for."""
        shape = tuple(int(extent) for extent in np.ravel(weight_shape))
        size = int(np.prod(shape))
        if not 0 < size <= 10_000:
            raise ValueError(f"weight_shape {shape} is no shape for weights")
        self._handed.append((shape, self._next))
        self._next += size
        return (self._next - size + np.arange(size)).reshape(shape)


class ConvInitialize(LayerCriteria):
    """Convolution, initialize"""

    grade_id = "conv_initialize"

    @points(0.5)
    def test_weights(self) -> None:
        """The weights initializer is asked for two axes, the second c * m * n; reshaped, it is kept."""
        for shape in KERNELS:
            layer, (handed, _), fault = self.initialized(shape)
            # All weights at once (the last time counts), or kernel by kernel.
            size = int(np.prod(shape))
            at_once = [(asked, first) for asked, first in handed if np.prod(asked) == size][-1:] or handed
            self.check_asked(at_once, fault, "The weights initializer")
            for asked, _ in at_once:
                self.check_matrix(asked, size // shape[0])
            wanted = at_once[0][1] + np.arange(float(size)).reshape(shape)
            self.check_kept(layer, "weights", wanted, fault)

    @points(0.5)
    def test_bias(self) -> None:
        """The bias initializer is asked for n_kernels numbers, and they are the bias."""
        for shape in KERNELS:
            layer, (_, handed), fault = self.initialized(shape)
            self.check_asked(handed, fault, "The bias initializer")
            if sum(np.prod(asked) for asked, _ in handed) != shape[0]:
                self.fail_with(
                    Check.SHAPE,
                    "The bias initializer is asked for a wrong number of values. How many kernels are there?",
                )
            self.check_kept(layer, "bias", handed[0][1] + np.arange(float(shape[0])), fault)

    def initialized(self, shape: tuple[int, ...]) -> tuple[Any, tuple[list[Any], list[Any]], Fault | None]:
        """Return a layer after `initialize`, what it asked for, and the fault.

        Where it has arrays before, they are filled with a value that no initializer hands out: an array that
        was never written to holds whatever memory held, the numbers of another layer among it.
        """
        layer = self.ConvolutionalLayer((1, 1), shape[1:], shape[0], 0.0)
        handed: tuple[list[Any], list[Any]] = [], []
        with self.unrecorded():
            for name, extents in (("weights", shape), ("bias", shape[:1])):
                self.put(layer, name, np.full(extents, UNTOUCHED))
        weights, bias = Asked(0.5, handed[0]), Asked(1000.5, handed[1])
        _, fault = self.attempt(lambda: layer.initialize(weights, bias))
        return layer, handed, fault

    def check_asked(self, handed: list[Any], fault: Fault | None, who: str) -> None:
        """Fail unless an initializer was asked for something."""
        if not handed:
            if fault:
                raise fault
            self.fail_with(Check.VALUES, f"{who} is not asked for anything. Where do the values come from?")

    def check_matrix(self, shape: tuple[int, ...], fan_in: int) -> None:
        """Fail unless the weights initializer is asked for a matrix whose second entry is the fan-in."""
        if len(shape) != 2:
            axes = "one axis" if len(shape) == 1 else f"{len(shape)} axes"
            self.fail_with(
                Check.SHAPE,
                f"The weights initializer is asked for {axes} instead of two. What does it take for n_in?",
            )
        if shape[1] != fan_in:
            self.fail_with(
                Check.SHAPE,
                "The second entry asked for is not the fan-in. How many numbers does one output pixel see?",
            )

    def check_kept(self, layer: Any, name: str, wanted: Array, fault: Fault | None) -> None:
        """Check what the layer keeps; where it is wrong after an exception, the exception is what to show."""
        try:
            self.check_new(layer, name)
            what, shape = f"The {name} after initialize", name == "weights"
            self.check(getattr(layer, name), wanted, what, shape=shape, axes=AXES[name])
        except CriterionFailed:
            if fault:
                raise fault from None
            raise

    def check_new(self, layer: Any, name: str) -> None:
        """Fail where the values are those of before."""
        with self.unrecorded():
            now = getattr(layer, name)
        if isinstance(now, np.ndarray) and now.size and (now == UNTOUCHED).all():
            self.fail_with(
                Check.VALUES, f"After initialize, {name} is the same as before. Where do the new values go?"
            )
