"""Builds a student's convolutional layers with given weights, and judges a layer by its own forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from own_forward import OwnForward

from proctor.criteria import CriterionFailed
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from closed_forms import Array, Pair
    from numpy.typing import NDArray


PICTURES = ("picture", "channel", "row", "column")
KERNELS = ("kernel", "channel", "row", "column")
"""Names of what the axes count."""


class Scene(NamedTuple):
    """A layer with weights w [s, c, m, n], bias b and a stride, and the batch x that it sees."""

    x: Array
    w: Array
    b: Array
    stride: Pair = (1, 1)
    rate: float = 0.0


class Fixed:
    """An initializer that hands out given values, in whatever shape it is asked for."""

    def __init__(self, values: Array) -> None:
        self._values = values

    def initialize(self, weight_shape: Any, *_: Any) -> Array:
        """Return the values; repeated or cut where the shape asks for another number of them."""
        shape = tuple(int(extent) for extent in np.ravel(weight_shape))
        return np.resize(self._values, shape).astype(float)


class LayerCriteria(OwnForward):
    """A graded cell of the convolutional layer."""

    needs = ("ConvolutionalLayer",)

    def scene(
        self,
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
        x, w = self.numbers(b, c, *image, seed=seed), self.numbers(s, c, *kernel, seed=seed + 1)
        return Scene(x, w, self.numbers(s, seed=seed + 2), stride, rate)

    def layer(self, w: Array, b: Array | None = None, *, stride: Pair = (1, 1), rate: float = 0.0) -> Any:
        """Return a new layer of the student's, with weights w [s, c, m, n] and bias b [s], or zeros."""
        layer = self.ConvolutionalLayer(stride, w.shape[1:], w.shape[0], rate)
        self.fill(layer, w, np.zeros(w.shape[0]) if b is None else b)
        return layer

    def fill(self, layer: Any, w: Array, b: Array) -> None:
        """Give a layer its weights and bias: set them where arrays are, else call `initialize` first."""
        values = {"weights": w, "bias": b}
        with self.unrecorded():
            if all(self.put(layer, name, value) for name, value in values.items()):
                return
            _, refused = self.attempt(lambda: layer.initialize(Fixed(w), Fixed(b)))
            for name, value in values.items():
                if self.put(layer, name, value) or not (refused or hasattr(layer, name)):
                    continue
                _, fault = self.attempt(lambda name=name, value=value: setattr(layer, name, value.copy()))
                if refused and fault:
                    raise refused

    def put(self, layer: Any, name: str, values: Array) -> bool:
        """Set an attribute that is an array, a bias in the shape found; say if it holds the values."""
        found, _ = self.attempt(lambda: getattr(layer, name))
        if not isinstance(found, np.ndarray) or found.size != values.size:
            return False
        # Older versions of NumPy take one entry of a bias of shape (n, 1) for a number.
        ease = self.compatible and name == "bias" and found.ndim > 1
        self.eased = self.eased or ease
        wanted = values.reshape(found.shape if name == "bias" and not ease else values.shape)
        if found.shape == wanted.shape and self.close(found, wanted).all():
            return True
        _, fault = self.attempt(lambda: setattr(layer, name, wanted.copy()))
        return fault is None

    def check_real(self, w: Array) -> None:
        """Fail unless the student's forward answers to every weight and every pixel, each in its own way.

        What a layer's own forward says counts only then: a layer of zeros agrees with itself.
        """
        self.check_own_forward(w)
        w = self.different(*w.shape)
        rows, columns = max(4, w.shape[2] + 1), max(5, w.shape[3] + 1)
        x = self.numbers(1, w.shape[1], rows, columns, seed=901)
        for answers in (self.answers_to_weights(x, w.shape[1:]), self.answers_to_pixels(w, x.shape[1:])):
            flat = answers.reshape(len(answers), -1)
            if not answering(answers).all() or len(np.unique(np.round(flat, 6), axis=0)) < len(flat):
                raise CriterionFailed(
                    Check.VALUES, "forward(x) does not answer to all weights and pixels. Which are lost?"
                )

    def check_own_forward(self, w: Array) -> None:
        """Fail unless the student's forward is a convolution, right or wrong, for weights of the shape of w."""
        with self.unrecorded():  # what comes back here is no answer to the criterion
            self.check_convolution(self.output, w.shape[1], w.shape[2:])

    def answers_to_weights(self, x: Array, kernel_shape: tuple[int, ...], stride: Pair = (1, 1)) -> Array:
        """Return d forward(x) / d weight for each weight of a kernel, [c * m * n, b, i, j].

        One kernel for each weight, 1 there and 0 elsewhere, and one of zeros to compare with: exact, as the
        layer is affine in its weights.
        """
        size = int(np.prod(kernel_shape))
        y = self.output(np.eye(size + 1, size).reshape(-1, *kernel_shape), x, stride=stride)
        return np.moveaxis(y[:, :-1] - y[:, -1:], 1, 0)

    def answers_to_pixels(self, w: Array, image_shape: tuple[int, ...], stride: Pair = (1, 1)) -> Array:
        """Return d forward(x) / d pixel for each pixel, [c * p * q, s, i, j]: a picture each, as a batch."""
        size = int(np.prod(image_shape))
        y = self.output(w, np.eye(size + 1, size).reshape(-1, *image_shape), stride=stride)
        return y[:-1] - y[-1:]

    def answers_to_bias(self, x: Array, w: Array, stride: Pair = (1, 1)) -> Array:
        """Return d forward(x) / d bias for each kernel, [s, b, i, j]."""
        low, high = (self.output(w, x, np.full(len(w), value), stride=stride) for value in (0.0, 1.0))
        return np.moveaxis(high - low, 1, 0)

    def output(self, w: Array, x: Array, b: Array | None = None, *, stride: Pair = (1, 1)) -> Array:
        """Return a new layer's answer to x, checked up to the number of axes, pictures and channels."""
        return self.four_axes(self.layer(w, b, stride=stride).forward(x.copy()), len(x), len(w))

    def four_axes(self, output: Any, pictures: int, channels: int) -> Array:
        """Return an output as an array of four axes with the right batch and channels, or fail."""
        y = self.array(output, "forward(x)")
        if y.ndim != 4 or y.shape[:2] != (pictures, channels) or 0 in y.shape:
            wanted = f"({pictures}, {channels}, rows, columns)"
            raise CriterionFailed(
                Check.SHAPE, f"forward(x): shape {wanted} was expected, {y.shape} came. Which axis differs?"
            )
        return y.astype(float)

    def own_gradient(self, of: str, x: Array, w: Array, error: Array, stride: Pair) -> Array:
        """Return a gradient of the student's own forward, by exact differences; fail if it is not real.

        Args:
            of: "weights", "bias" or "input".
            x: the images.
            w: the weights.
            error: the gradient for the output, in the shape of the student's own.
            stride: of the layer.
        """
        self.check_real(w)
        if of == "weights":
            answers = self.answers_to_weights(x, w.shape[1:], stride)
            axes = "tbij,bsij->st"
        elif of == "bias":
            answers = self.answers_to_bias(x, w, stride)
            axes = "sbij,bsij->s"
        else:
            answers = self.answers_to_pixels(w, x.shape[1:], stride)
            axes = "nsij,bsij->bn"
        # A wrong stride may skip pixels, and weights that met zeros only.
        if answers.shape[2:] != error.shape[2:] or answering(answers).mean() < 0.5:
            raise CriterionFailed(
                Check.VALUES, f"forward(x) answers to a part of the {of} only. What is lost?"
            )
        return np.einsum(axes, answers, error).reshape(
            {"weights": w, "bias": w[:, 0, 0, 0], "input": x}[of].shape
        )


def answering(answers: Array) -> NDArray[np.bool_]:
    """Return which of the answers, along the first axis, are finite and not zero."""
    flat = np.abs(answers.reshape(len(answers), -1))
    return np.isfinite(flat).all(axis=1) & (flat.max(axis=1) > 1e-6)
