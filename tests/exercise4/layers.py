"""Builds a student's convolutional layers with given weights, and judges a layer by its own forward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from support import numbers

from proctor.criteria import Criteria, CriterionFailed
from proctor.outcome import Rung

if TYPE_CHECKING:
    from closed_forms import Array, Pair
    from numpy.typing import NDArray


class Fixed:
    """An initializer that hands out given values, in whatever shape it is asked for."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def initialize(self, weight_shape: Any, *_: Any) -> Array:
        """Return the values; repeated or cut where the shape asks for another number of them."""
        shape = tuple(int(extent) for extent in np.ravel(weight_shape))
        return np.resize(self.values, shape).astype(float)


class LayerCriteria(Criteria):
    """A graded cell of the convolutional layer."""

    needs = ("ConvolutionalLayer",)

    def layer(self, w: Array, b: Array | None = None, *, stride: Pair = (1, 1), rate: float = 0.0) -> Any:
        """Return a new layer of the student's, with weights w [s, c, m, n] and bias b [s] (zeros unless told)."""
        layer = self.ConvolutionalLayer(stride, w.shape[1:], w.shape[0], rate)
        self.fill(layer, w, np.zeros(w.shape[0]) if b is None else b)
        return layer

    def fill(self, layer: Any, w: Array, b: Array) -> None:
        """Give a layer its weights and bias: set them where arrays are found, else call `initialize` first."""
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
        """Set an attribute that is an array already, a bias in the shape that is found; say if it holds the values."""
        found, _ = self.attempt(lambda: getattr(layer, name))
        if not isinstance(found, np.ndarray) or found.size != values.size:
            return False
        wanted = values.reshape(found.shape if name == "bias" else values.shape)
        if found.shape == wanted.shape and self.close(found, wanted).all():
            return True
        _, fault = self.attempt(lambda: setattr(layer, name, wanted.copy()))
        return fault is None

    def check_real(self, w: Array) -> None:
        """Fail unless the student's forward answers to every weight and every pixel, each in a way of its own.

        What a layer's own forward says counts only then: a layer of zeros agrees with itself.
        """
        rows, columns = max(4, w.shape[2] + 1), max(5, w.shape[3] + 1)
        x = numbers(1, w.shape[1], rows, columns, seed=901)
        for answers in (self.answers_to_weights(x, w.shape[1:]), self.answers_to_pixels(w, x.shape[1:])):
            flat = answers.reshape(len(answers), -1)
            if not answering(answers).all() or len(np.unique(np.round(flat, 6), axis=0)) < len(flat):
                raise CriterionFailed(
                    Rung.VALUES, "forward(x) does not answer to all weights and pixels. Which are lost?"
                )

    def answers_to_weights(self, x: Array, kernel_shape: tuple[int, ...], stride: Pair = (1, 1)) -> Array:
        """Return d forward(x) / d weight for each weight of a kernel, [c * m * n, b, i, j].

        One kernel for each weight, 1 there and 0 elsewhere, and one of zeros to compare with: exact, since the
        layer is affine in its weights.
        """
        size = int(np.prod(kernel_shape))
        kernels = np.eye(size + 1, size).reshape(-1, *kernel_shape)
        y = self.output(self.layer(kernels, stride=stride), x)
        self.check_axes(y, len(x), len(kernels))
        return np.moveaxis(y[:, :-1] - y[:, -1:], 1, 0)

    def answers_to_pixels(self, w: Array, image_shape: tuple[int, ...], stride: Pair = (1, 1)) -> Array:
        """Return d forward(x) / d pixel for each pixel of an image, [c * p * q, s, i, j]; images along the batch."""
        size = int(np.prod(image_shape))
        images = np.eye(size + 1, size).reshape(-1, *image_shape)
        y = self.output(self.layer(w, stride=stride), images)
        self.check_axes(y, len(images), len(w))
        return y[:-1] - y[-1:]

    def answers_to_bias(self, x: Array, w: Array, stride: Pair = (1, 1)) -> Array:
        """Return d forward(x) / d bias for each kernel, [b, s, i, j]."""
        low, high = (
            self.output(self.layer(w, np.full(len(w), value), stride=stride), x) for value in (0.0, 1.0)
        )
        self.check_axes(high - low, len(x), len(w))
        return high - low

    def output(self, layer: Any, x: Array) -> Array:
        """Return a forward pass, checked up to the rung of its type."""
        return self.array(layer.forward(x.copy()), "forward(x)").astype(float)

    def check_axes(self, y: Array, images: int, kernels: int) -> None:
        """Fail unless an output has four axes, and its batch and its channels."""
        if y.ndim != 4 or y.shape[:2] != (images, kernels) or 0 in y.shape:
            raise CriterionFailed(
                Rung.SHAPE,
                f"forward(x): ({images}, {kernels}, rows, columns) was expected, {y.shape} came. Which axis?",
            )

    def own_gradient(self, of: str, x: Array, w: Array, error: Array, stride: Pair) -> Array:
        """Return a gradient of the student's own forward, by differences that are exact; fail if it is not real.

        Args:
            of: "weights", "bias" or "input".
            x: the images.
            w: the weights.
            error: the gradient for the output, in the shape of the student's own.
            stride: of the layer.
        """
        self.check_real(w)
        if of == "weights":
            answers, least = self.answers_to_weights(x, w.shape[1:], stride), 1.0
            gradient = np.einsum("tbij,bsij->st", answers, error).reshape(w.shape)
        elif of == "bias":
            answers, least = np.moveaxis(self.answers_to_bias(x, w, stride), 1, 0), 1.0
            gradient = np.einsum("sbij,bsij->s", answers, error)
        else:  # a wrong stride may skip pixels
            answers, least = self.answers_to_pixels(w, x.shape[1:], stride), 0.5
            gradient = np.einsum("nsij,bsij->bn", answers, error).reshape(x.shape)
        if answering(answers).mean() < least:
            raise CriterionFailed(
                Rung.VALUES, f"forward(x) answers to a part of the {of} only. What is lost?"
            )
        return gradient


def answering(answers: Array) -> NDArray[np.bool_]:
    """Say which of the answers, along the first axis, are finite and not zero."""
    flat = np.abs(answers.reshape(len(answers), -1))
    return np.isfinite(flat).all(axis=1) & (flat.max(axis=1) > 1e-6)
