"""Common base of the tests of the three gradients: scenes, and judging them twice.

The better counts: the closed form of the cross-correlation, or the student's own forward.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from closed_forms import correlate, gradients
from layer_criteria import KERNELS, PICTURES, LayerCriteria, Scene

from proctor.criteria import CriterionFailed, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_forms import Array, Pair

AXES = {"weights": KERNELS, "bias": ("kernel",), "input": PICTURES}
GETTER = {"weights": "get_gradient_weights", "bias": "get_gradient_bias"}


class Answer(NamedTuple):
    """Answer of a layer: the output, the gradient, and the first fault on the way to it."""

    output: Any
    gradient: Any
    fault: Fault | None


class GradientCriteria(LayerCriteria):
    """Common base of the three gradients; `of` says which one it is."""

    of = ""

    @property
    def what(self) -> str:
        """The call by which a student gets this gradient."""
        return f"{GETTER[self.of]}()" if self.of in GETTER else "backward(error)"

    def make(self, scene: Scene) -> Any:
        """Return the layer of a scene."""
        return self.layer(scene.w, scene.b, stride=scene.stride, rate=scene.rate)

    def let_fellow_step(self) -> None:
        """Let another layer, of another size and stride, go through a step of its own; it is not judged."""
        x, w = self.numbers(2, 3, 6, 4, seed=301), self.numbers(5, 3, 5, 3, seed=302)
        self.step(self.layer(w, self.numbers(5, seed=303), stride=(2, 1), rate=0.5), x)

    def step(self, layer: Any, x: Array, error: Array | None = None) -> Answer:
        """Send a batch forward and an error backward (by default one that fits), and fetch the gradient.

        After an exception the gradient may be there all the same: what is stored before a crash counts.
        """
        output, fault = self.attempt(lambda: layer.forward(x.copy()))
        if error is None:
            error = self.fitting(output, seed=304)
        returned, crash = self.backward(layer, error)
        return self.fetch(layer, output, returned, fault or crash)

    def backward(self, layer: Any, error: Array) -> tuple[Any, Fault | None]:
        """Send an error backward; where a getter is judged, what is returned is another cell's business."""
        if self.of not in GETTER:
            return self.attempt(lambda: layer.backward(error.copy()))
        with self.unrecorded(faults=False):
            return self.attempt(lambda: layer.backward(error.copy()))

    def fetch(self, layer: Any, output: Any, returned: Any, fault: Fault | None) -> Answer:
        """Return the gradient: what backward returned, or what the getter returns."""
        if self.of not in GETTER:
            return Answer(output, returned, fault)
        gradient, missing = self.attempt(lambda: getattr(layer, GETTER[self.of])())  # noqa: PLW0108  - to get is to call, too
        return Answer(output, gradient, fault or missing)

    def fetch_again(self, layer: Any, first: Answer) -> Answer:
        """Return what the getter returns the second time, or the first answer if it gives that out only once."""
        again, lost = self.attempt(lambda: getattr(layer, GETTER[self.of])())  # noqa: PLW0108  - to get is to call, too
        if isinstance(first.gradient, np.ndarray) and (lost or again is None or not np.any(again)):
            self.remark(f"The second {self.what} in a row returns nothing. Who else may need the gradient?")
            return first
        return Answer(first.output, again, first.fault or lost)

    def judge(self, scene: Scene, story: Callable[[Array], Answer]) -> None:
        """Judge the gradient that a story ends with, given the error: twice, and the better counts."""
        error = self.numbers(*correlate(scene.x, scene.w, scene.b, scene.stride).shape, seed=900)
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
            error = self.fitting(output, seed=900)
            answer = story(error)
        self.check_gradient(answer, self.own_gradient(self.of, scene.x, scene.w, error, scene.stride))

    def check_gradient(self, answer: Answer, wanted: Array) -> None:
        """Check a gradient; where it is wrong after an exception, the exception is what to show."""
        try:
            self.check(answer.gradient, wanted, self.what, shape=self.of != "bias", axes=AXES[self.of])
        except CriterionFailed:
            if answer.fault:
                raise answer.fault from None
            raise

    def calm(self, scene: Scene) -> None:
        """Judge the plain story: one layer, one forward, one backward."""
        self.judge(scene, lambda error: self.step(self.make(scene), scene.x, error))

    def look_at_even_kernels(self) -> None:
        """Remark where the gradient does not fit the output for even kernels: it costs nothing."""
        x, w, error = (
            self.numbers(1, 2, 5, 6, seed=311),
            self.numbers(2, 2, 2, 4, seed=312),
            self.numbers(1, 2, 5, 6, seed=313),
        )
        answer, fault = self.aside(lambda: self.step(self.layer(w), x, error))
        if fault:
            return
        fronts = [front for front in product((0, 1), (1, 2)) if self.gives(answer.output, x, w, front)]
        wanted = [getattr(gradients(x, w, error, front=front), self.of) for front in fronts]
        if fronts and not any(self.is_right(answer, gradient) for gradient in wanted):
            self.remark(
                f"For even kernels {self.what} is wrong. On which side of the middle is there one row more?"
            )

    def gives(self, output: Any, x: Array, w: Array, front: Pair) -> bool:
        """Return whether an output is right for one reading of "same"."""
        wanted = correlate(x, w, np.zeros(len(w)), front=front)
        return (
            isinstance(output, np.ndarray)
            and output.shape == wanted.shape
            and bool(self.close(output, wanted).all())
        )

    def is_right(self, answer: Answer, wanted: Array) -> bool:
        """Return whether a gradient is right."""
        try:
            self.check_gradient(answer, wanted)
        except (CriterionFailed, Fault):
            return False
        return True
