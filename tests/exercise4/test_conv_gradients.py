"""Hidden tests of part 3, backward: the gradients for the bias, the weights and the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from closed_forms import gradients
from gradient_criteria import Answer, GradientCriteria

from proctor.criteria import Fault, points
from proctor.criteria.outcome import Check, Outcome

if TYPE_CHECKING:
    from closed_forms import Array
    from layer_criteria import Scene


class ConvGradientBias(GradientCriteria):
    """Convolution, gradient for the bias"""

    grade_id = "conv_gradient_bias"
    of = "bias"

    @points(0.75)
    def test_sum(self) -> None:
        """`get_gradient_bias()` adds up the last error over batch, rows and columns: one number a kernel."""
        now, before = self.scene(3, 2, 4, seed=321, rate=0.25), self.scene(2, 2, 4, seed=325, image=(5, 6))

        def story(error: Array) -> Answer:
            layer = self.make(now)
            self.step(layer, before.x)
            output, fault = self.attempt(lambda: layer.forward(now.x.copy()))
            _, crash = self.backward(layer, error)
            self.let_fellow_step()
            return self.fetch(layer, output, None, fault or crash)

        self.judge(now, story)
        self.calm(self.scene(1, 1, 2, seed=335, image=(6, 5), kernel=(5, 3)))
        self.calm(self.scene(2, 4, 1, seed=338, image=(4, 7), kernel=(3, 3)))

    @points(0.25, after="test_sum")
    def test_strides(self) -> None:
        """It does so with other strides, too."""
        try:
            self.calm(self.scene(2, 2, 3, seed=331, image=(7, 9), stride=(2, 3)))
            self.calm(self.scene(1, 1, 2, seed=431, image=(6, 8), kernel=(3, 3), stride=(4, 2)))
        except Fault as fault:
            if fault.outcome is not Outcome.ERROR:
                raise
            # The crash itself belongs to the gradients for the weights and the input.
            self.remark(
                "With other strides backward(error) raises an exception, and the bias was not looked at."
            )


class ConvGradientWeights(GradientCriteria):
    """Convolution, gradient for the weights"""

    grade_id = "conv_gradient_weights"
    of = "weights"

    @points(1)
    def test_unit_stride(self) -> None:
        """`get_gradient_weights()` correlates the padded picture with the error: [n_kernels, c, m, n]."""
        self.calm(self.scene(1, 3, 4, seed=341))
        self.calm(self.scene(1, 1, 2, seed=345, image=(7, 6), kernel=(5, 3)))
        self.look_at_even_kernels()

    @points(1)
    def test_training(self) -> None:
        """In training: of the last backward, summed over its batch, undisturbed by a second layer."""
        now, before = self.scene(3, 2, 3, seed=351, rate=0.25), self.scene(2, 2, 3, seed=355, image=(5, 6))

        def story(error: Array) -> Answer:
            layer = self.make(now)
            self.step(layer, before.x)
            output, fault = self.attempt(lambda: layer.forward(now.x.copy()))
            self.let_fellow_step()
            _, crash = self.backward(layer, error)
            self.let_fellow_step()
            return self.fetch_again(layer, self.fetch(layer, output, None, fault or crash))

        self.judge(now, story)

    @points(1)
    def test_strides(self) -> None:
        """With other strides, dividing the picture or not, each error counts where its kernel has been."""
        self.calm(self.scene(1, 2, 3, seed=361, image=(6, 9), stride=(2, 3)))
        self.calm(self.scene(1, 4, 2, seed=365, image=(7, 6), stride=(2, 1)))
        self.calm(self.scene(1, 2, 2, seed=369, image=(7, 10), kernel=(5, 3), stride=(4, 3)))
        self.calm(self.scene(1, 1, 2, seed=433, image=(6, 8), kernel=(3, 3), stride=(1, 4)))


class ConvGradientInput(GradientCriteria):
    """Convolution, gradient for the input"""

    grade_id = "conv_gradient_input"
    of = "input"

    @points(1)
    def test_unit_stride(self) -> None:
        """`backward(error)` returns what each pixel has caused, over all kernels: [b, c, p, q]."""
        self.calm(self.scene(1, 3, 4, seed=371))
        self.calm(self.scene(1, 4, 2, seed=375, image=(7, 6), kernel=(5, 3)))
        self.look_at_even_kernels()

    @points(1)
    def test_training(self) -> None:
        """In training: for each picture, with the weights before the step, undisturbed by a second layer."""
        now, before = self.scene(3, 2, 3, seed=381, rate=0.25), self.scene(2, 2, 3, seed=385, image=(6, 5))

        old: list[Array] = []

        def story(error: Array) -> Answer:
            layer = self.make(before._replace(rate=now.rate))
            self.step(layer, before.x)
            self.step(layer, now.x[::-1])
            old[:] = [before.w, *self.weights_of(layer)]
            self.fill(layer, now.w, now.b)  # what a backward of before has kept of the weights is old
            output, fault = self.attempt(lambda: layer.forward(now.x.copy()))
            self.let_fellow_step()
            returned, crash = self.backward(layer, error)
            self.check_not_by_old(returned, now, error, old)
            return Answer(output, returned, fault or crash)

        self.judge(now, story)

    def weights_of(self, layer: Any) -> list[Array]:
        """Return a layer's weights, if they are an array of numbers."""
        with self.unrecorded():
            found, _ = self.attempt(lambda: layer.weights)
        return [found.copy()] if isinstance(found, np.ndarray) and found.dtype.kind in "iuf" else []

    def check_not_by_old(self, returned: Any, now: Scene, error: Array, old: list[Array]) -> None:
        """Fail if what backward returned is right by weights that the layer had before, and not by those of now."""
        if not isinstance(returned, np.ndarray) or returned.shape != now.x.shape:
            return
        for w in old:
            if w.shape == now.w.shape and self.close(returned, gradients(now.x, w, error).input).all():
                self.fail_with(
                    Check.VALUES,
                    "backward(error) uses the weights that the layer had before it got new ones. "
                    "Where are they kept, and when are they renewed?",
                )

    @points(1)
    def test_strides(self) -> None:
        """With other strides, dividing the picture or not, each pixel gets the errors it has caused."""
        self.calm(self.scene(1, 2, 3, seed=401, image=(6, 9), stride=(2, 3)))
        self.calm(self.scene(1, 3, 2, seed=405, image=(7, 6), stride=(2, 1)))
        self.calm(self.scene(1, 2, 2, seed=409, image=(7, 10), kernel=(5, 3), stride=(4, 3)))
        self.calm(self.scene(1, 1, 2, seed=437, image=(6, 8), kernel=(3, 3), stride=(1, 4)))
