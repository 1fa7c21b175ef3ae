"""Hidden tests of part 3, backward: the gradients for the bias, the weights and the input.

Each is judged twice, and the better counts: by the closed form, and by the student's own forward.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from closed_forms import correlate, gradients
from layers import LayerCriteria
from support import numbers

from proctor.criteria import CriterionFailed, Fault, points
from proctor.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_forms import Array, Pair

GETTER = {"weights": "get_gradient_weights", "bias": "get_gradient_bias"}


class Scene(NamedTuple):
    """A layer with weights w [s, c, m, n], bias b and a stride, and the batch x that it sees."""

    x: Array
    w: Array
    b: Array
    stride: Pair = (1, 1)
    rate: float = 0.0


class Answer(NamedTuple):
    """What came back: the output, the gradient, and the first fault on the way to it."""

    output: Any
    gradient: Any
    fault: Fault | None


def scene(
    b: int,
    c: int,
    s: int,
    *,
    seed: int,
    image: Pair = (5, 7),
    kernel: Pair = (3, 5),
    stride: Pair = (1, 1),
    rate: float = 0.0,
) -> Scene:
    """Return a scene of a batch of b pictures with c channels, and s kernels."""
    x, w = numbers(b, c, *image, seed=seed), numbers(s, c, *kernel, seed=seed + 1)
    return Scene(x, w, numbers(s, seed=seed + 2), stride, rate)


class GradientCriteria(LayerCriteria):
    """What the three gradients have in common; `of` says which one it is."""

    of = ""

    @property
    def what(self) -> str:
        """How the student calls this gradient."""
        return f"{GETTER[self.of]}()" if self.of in GETTER else "backward(error)"

    def make(self, scene: Scene) -> Any:
        """Return the layer of a scene."""
        return self.layer(scene.w, scene.b, stride=scene.stride, rate=scene.rate)

    def let_fellow_step(self) -> None:
        """Let another layer, of another size and stride, go through a step of its own; it is not judged."""
        x, w = numbers(2, 3, 6, 4, seed=301), numbers(5, 3, 5, 3, seed=302)
        self.step(self.layer(w, numbers(5, seed=303), stride=(2, 1), rate=0.5), x)

    def step(self, layer: Any, x: Array, error: Array | None = None) -> Answer:
        """Send a batch forward and an error backward, by default one of the output's shape; fetch the gradient.

        After an exception the gradient may be there all the same: what is stored before a crash counts.
        """
        output, fault = self.attempt(lambda: layer.forward(x.copy()))
        if error is None:
            error = numbers(*np.shape(output), seed=304)
        returned, crash = self.attempt(lambda: layer.backward(error.copy()))
        return self.fetch(layer, output, returned, fault or crash)

    def fetch(self, layer: Any, output: Any, returned: Any, fault: Fault | None) -> Answer:
        """Return the gradient: what backward returned, or what the getter returns."""
        if self.of not in GETTER:
            return Answer(output, returned, fault)
        gradient, missing = self.attempt(lambda: getattr(layer, GETTER[self.of])())
        return Answer(output, gradient, fault or missing)

    def judge(self, scene: Scene, story: Callable[[Array], Answer]) -> None:
        """Judge the gradient that a story ends with, given the error for the output: twice, and the better counts."""
        error = numbers(*correlate(scene.x, scene.w, scene.b, scene.stride).shape, seed=900)
        answer = story(error)
        wanted = getattr(gradients(scene.x, scene.w, error, scene.stride), self.of)
        self.better(
            lambda: self.check_gradient(answer, wanted),
            lambda: self.judge_by_own(scene, story, answer, error),
        )

    def judge_by_own(
        self, scene: Scene, story: Callable[[Array], Answer], answer: Answer, error: Array
    ) -> None:
        """Judge by the student's own forward, with an error of the shape of its own output."""
        output = self.four_axes(answer.output, len(scene.x), len(scene.w))
        if output.shape != error.shape:
            error = numbers(*output.shape, seed=900)
            answer = story(error)
        self.check_gradient(answer, self.own_gradient(self.of, scene.x, scene.w, error, scene.stride))

    def check_gradient(self, answer: Answer, wanted: Array) -> None:
        """Check a gradient; where it is wrong after an exception, the exception is what the student should see."""
        try:
            self.check(answer.gradient, wanted, self.what, shape=self.of != "bias")
        except CriterionFailed:
            if answer.fault:
                raise answer.fault from None
            raise

    def calm(self, scene: Scene) -> None:
        """Judge the plain story: one layer, one forward, one backward."""
        self.judge(scene, lambda error: self.step(self.make(scene), scene.x, error))

    def look_at_even_kernels(self) -> None:
        """Remark where the gradient does not fit the output for even kernels: it costs nothing."""
        x, w, error = numbers(1, 2, 5, 6, seed=311), numbers(2, 2, 2, 4, seed=312), numbers(1, 2, 5, 6, seed=313)
        answer, fault = self.aside(lambda: self.step(self.layer(w), x, error))
        if fault or not any(self.fits(answer, x, w, error, front) for front in ((1, 2), (0, 1))):
            self.remark(f"For even kernels {self.what} is wrong. On which side of the middle is there one row more?")

    def fits(self, answer: Answer, x: Array, w: Array, error: Array, front: Pair) -> bool:
        """Say whether output and gradient are right for one reading of "same"."""
        try:
            self.check(answer.output, correlate(x, w, np.zeros(len(w)), front=front), "forward(x)")
            self.check_gradient(answer, getattr(gradients(x, w, error, front=front), self.of))
        except (CriterionFailed, Fault):
            return False
        return True


class ConvGradientBias(GradientCriteria):
    """Convolution, gradient for the bias"""

    grade_id = "conv_gradient_bias"
    of = "bias"

    @points(0.75)
    def test_sum(self) -> None:
        """`get_gradient_bias()` adds up the last error over batch, rows and columns: one number for each kernel."""
        now, before = scene(3, 2, 4, seed=321, rate=0.25), scene(2, 2, 4, seed=325, image=(5, 6))

        def story(error: Array) -> Answer:
            layer = self.make(now)
            self.step(layer, before.x)
            output, fault = self.attempt(lambda: layer.forward(now.x.copy()))
            _, crash = self.attempt(lambda: layer.backward(error.copy()))
            self.let_fellow_step()
            return self.fetch(layer, output, None, fault or crash)

        self.judge(now, story)

    @points(0.25, after="test_sum")
    def test_strides(self) -> None:
        """It does so with other strides, too."""
        now = scene(2, 2, 3, seed=331, image=(7, 9), stride=(2, 3))
        try:
            self.calm(now)
        except Fault as fault:
            if fault.outcome is not Outcome.ERROR:
                raise
            # The crash itself belongs to the gradients for the weights and the input.
            self.remark(
                "backward(error) raises an exception with other strides, so the bias could not be looked at there."
            )


class ConvGradientWeights(GradientCriteria):
    """Convolution, gradient for the weights"""

    grade_id = "conv_gradient_weights"
    of = "weights"

    @points(1)
    def test_unit_stride(self) -> None:
        """`get_gradient_weights()` correlates the padded picture with the error: [n_kernels, c, m, n]."""
        self.calm(scene(1, 3, 4, seed=341))
        self.calm(scene(1, 1, 2, seed=345, image=(7, 6), kernel=(5, 3)))
        self.look_at_even_kernels()

    @points(1)
    def test_training(self) -> None:
        """In training: summed over the batch, of the last backward, undisturbed by the step or by a second layer."""
        now, before = scene(3, 2, 3, seed=351, rate=0.25), scene(2, 2, 3, seed=355, image=(5, 6))

        def story(error: Array) -> Answer:
            layer = self.make(now)
            self.step(layer, before.x)
            output, fault = self.attempt(lambda: layer.forward(now.x.copy()))
            self.let_fellow_step()
            _, crash = self.attempt(lambda: layer.backward(error.copy()))
            self.let_fellow_step()
            self.fetch(layer, output, None, None)
            return self.fetch(layer, output, None, fault or crash)

        self.judge(now, story)

    @points(1)
    def test_strides(self) -> None:
        """With other strides, dividing the picture or not, each error counts where its kernel has been."""
        self.calm(scene(1, 2, 3, seed=361, image=(6, 9), stride=(2, 3)))
        self.calm(scene(1, 3, 2, seed=365, image=(7, 6), stride=(2, 1)))
        self.calm(scene(1, 2, 2, seed=369, image=(7, 10), kernel=(5, 3), stride=(4, 3)))


class ConvGradientInput(GradientCriteria):
    """Convolution, gradient for the input"""

    grade_id = "conv_gradient_input"
    of = "input"

    @points(1)
    def test_unit_stride(self) -> None:
        """`backward(error)` returns what each pixel has caused, over all kernels: [b, c, p, q]."""
        self.calm(scene(1, 3, 4, seed=371))
        self.calm(scene(1, 4, 2, seed=375, image=(7, 6), kernel=(5, 3)))
        self.look_at_even_kernels()

    @points(1)
    def test_training(self) -> None:
        """In training: each picture of the batch, with the weights before the step, undisturbed by a second layer."""
        now, before = scene(3, 2, 3, seed=381, rate=0.25), scene(2, 2, 3, seed=385, image=(6, 5))

        def story(error: Array) -> Answer:
            layer = self.make(now)
            self.step(layer, before.x)
            self.fill(layer, now.w, now.b)
            output, fault = self.attempt(lambda: layer.forward(now.x.copy()))
            self.let_fellow_step()
            returned, crash = self.attempt(lambda: layer.backward(error.copy()))
            return Answer(output, returned, fault or crash)

        self.judge(now, story)

    @points(1)
    def test_strides(self) -> None:
        """With other strides, dividing the picture or not, each pixel gets the errors of the kernels that saw it."""
        self.calm(scene(1, 2, 3, seed=401, image=(6, 9), stride=(2, 3)))
        self.calm(scene(1, 3, 2, seed=405, image=(7, 6), stride=(2, 1)))
        self.calm(scene(1, 2, 2, seed=409, image=(7, 10), kernel=(5, 3), stride=(4, 3)))
