"""Hidden tests of part 3, learning: the step of gradient descent, and what initializers are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from closed_forms import gradients
from layers import LayerCriteria
from support import numbers

from proctor.criteria import CriterionFailed, points
from proctor.outcome import Rung

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closed_forms import Array

    from proctor.criteria import Fault

RATE = 0.25
SHAPES = {"weights": (3, 2, 3, 5), "bias": (3,)}


class Step(NamedTuple):
    """One step of training: values before and after it, the gradient by definition, and by the student's getter."""

    before: Any
    after: Any
    gradient: Array | None
    own: Any
    fault: Fault | None


class ConvUpdate(LayerCriteria):
    """Convolution, step of gradient descent"""

    grade_id = "conv_update"

    @points(0.5)
    def test_weights(self) -> None:
        """`backward(error)` moves the weights against their gradient, by the learning rate times the gradient."""
        for step in self.steps("weights"):
            self.check_step(step, "The weights after backward")

    @points(0.5)
    def test_bias(self) -> None:
        """`backward(error)` moves the bias in the same way."""
        for step in self.steps("bias"):
            self.check_step(step, "The bias after backward")

    def steps(self, name: str) -> Iterator[Step]:
        """Train a layer for two steps in a row, and yield each."""
        w, b = numbers(*SHAPES["weights"], seed=501), numbers(*SHAPES["bias"], seed=502)
        layer = self.layer(w, b, rate=RATE)
        before: Any = {"weights": w, "bias": b}[name]
        for seed in (503, 505):
            x, error = numbers(2, 2, 5, 6, seed=seed), numbers(2, 3, 5, 6, seed=seed + 1)
            wanted: Array | None = getattr(gradients(x, w, error), name).ravel()  # does not depend on w
            y, fault = self.attempt(lambda x=x: layer.forward(x.copy()))
            if isinstance(y, np.ndarray) and y.ndim == 4 and y.shape != error.shape:
                error, wanted = numbers(*y.shape, seed=seed + 1), None
            _, crash = self.attempt(lambda error=error: layer.backward(error.copy()))
            own, _ = self.attempt(lambda: getattr(layer, f"get_gradient_{name}")())
            after = getattr(layer, name)
            yield Step(before, after, wanted, own, fault or crash)
            before = after

    def check_step(self, step: Step, what: str) -> None:
        """Judge a step by the gradient's definition or by the student's own gradient, if it is one."""
        before = self.array(step.before, what).astype(float).ravel()
        try:
            self.better(
                lambda: self.check(step.after, before - RATE * self.known(step.gradient), what, shape=False),
                lambda: self.check(step.after, before - RATE * self.own_gradient_of(step), what, shape=False),
            )
        except CriterionFailed:
            if step.fault:
                raise step.fault from None
            self.look_for_typical(before, step)
            raise

    def known(self, gradient: Array | None) -> Array:
        """Return the gradient by definition; fail where the student's output has a shape for which there is none."""
        if gradient is None:
            raise CriterionFailed(
                Rung.VALUES, "The step is not the learning rate times the gradient. What is it?"
            )
        return gradient

    def own_gradient_of(self, step: Step) -> Array:
        """Return the student's own gradient, ravelled; fail if it is none."""
        own = self.array(step.own, "The gradient")
        if own.size != np.size(step.before) or own.dtype.kind not in "iuf" or not np.any(own):
            raise CriterionFailed(
                Rung.VALUES, "The gradient is 0 or of a wrong shape. Is it computed before the step?"
            )
        return own.ravel()

    def look_for_typical(self, before: Array, step: Step) -> None:
        """Recognise typical wrong steps, and ask the question that leads on."""
        after = self.array(step.after, "The values after backward").ravel()
        if step.gradient is None or after.shape != before.shape or after.dtype.kind not in "iuf":
            return
        typical = {
            0.0: "They did not move. What happens after the gradients are known?",
            RATE: "They moved along the gradient, which is uphill. Which sign leads down?",
            -1.0: "They moved by the gradient itself. Where does the learning rate come in?",
        }
        for factor, hint in typical.items():
            if self.close(after - before, factor * step.gradient).all():
                self.fail_with(Rung.VALUES, hint)


class Asked:
    """An initializer that writes down what it is asked for, and hands out consecutive numbers."""

    def __init__(self, start: float) -> None:
        self.start, self.asked, self.handed = start, [], 0

    def initialize(self, weight_shape: Any) -> Array:
        """Return consecutive numbers in the shape asked for."""
        shape = tuple(int(extent) for extent in np.ravel(weight_shape))
        size = int(np.prod(shape))
        if not 0 < size <= 10_000:
            raise ValueError(f"weight_shape {shape} is no shape for weights")
        values = self.start + np.arange(self.handed, self.handed + size)
        self.asked.append(shape)
        self.handed += size
        return values.reshape(shape)


class ConvInitialize(LayerCriteria):
    """Convolution, initialize"""

    grade_id = "conv_initialize"

    def initialized(self) -> tuple[Any, Asked, Asked, Fault | None]:
        """Return a layer of 4 kernels of 3 x 2 x 5 after `initialize`, both initializers, and the fault if it raised."""
        layer, weights, bias = self.ConvolutionalLayer((1, 1), (3, 2, 5), 4, 0.0), Asked(0.5), Asked(1000.5)
        _, fault = self.attempt(lambda: layer.initialize(weights, bias))
        return layer, weights, bias, fault

    @points(0.5)
    def test_weights(self) -> None:
        """The weights initializer is asked for a 2-D shape with c * m * n as its second entry; reshaped, they are the weights."""
        layer, asked, _, fault = self.initialized()
        if fault and not asked.asked:
            raise fault
        if not asked.asked:
            self.fail_with(
                Rung.VALUES,
                "The weights initializer is not asked for anything. Where do the weights come from?",
            )
        for shape in asked.asked:
            self.check_shape_asked(shape)
        values = 0.5 + np.arange(120.0).reshape(4, 3, 2, 5)
        try:
            self.check(layer.weights, values, "The weights after initialize")
        except CriterionFailed:
            if fault:
                raise fault from None
            raise

    def check_shape_asked(self, shape: tuple[int, ...]) -> None:
        """Fail unless the weights initializer is asked for a matrix whose second entry is the fan-in."""
        if len(shape) != 2:
            self.fail_with(
                Rung.SHAPE,
                f"The weights initializer is asked for {len(shape)} axes, not 2. What does it take for n_in then?",
            )
        if shape[1] != 30:
            self.fail_with(
                Rung.SHAPE,
                "The second entry of the shape asked for is not n_in. How many numbers does one output pixel see?",
            )

    @points(0.5)
    def test_bias(self) -> None:
        """The bias initializer is asked for n_kernels numbers, and they are the bias."""
        layer, _, asked, fault = self.initialized()
        if fault and not asked.asked:
            raise fault
        if not asked.asked:
            self.fail_with(
                Rung.VALUES, "The bias initializer is not asked for anything. Where does the bias come from?"
            )
        if asked.handed != 4:
            self.fail_with(
                Rung.SHAPE,
                "The bias initializer is asked for a wrong number of values. How many kernels are there?",
            )
        try:
            self.check(layer.bias, 1000.5 + np.arange(4.0), "The bias after initialize", shape=False)
        except CriterionFailed:
            if fault:
                raise fault from None
            raise
