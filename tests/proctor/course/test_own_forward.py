"""A layer that is no convolution earns nothing by agreeing with itself."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.exercise4.closed_forms import correlate
from tests.proctor.support.judging import CELLS, judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Sizes = tuple[int, int, int, int, int]
    """Channels, rows and columns of the picture, rows and columns of the kernel."""


class AnyLinearLayer:
    """A layer of any linear maps, one for each weight, whose gradients fit its own forward."""

    maps: Callable[[Sizes], Array]
    """Return a matrix for each weight of a kernel, [c * m * n, p * q, c * p * q]."""
    power = 1
    """To which the pixels are raised first."""

    def __init__(self, stride: Any, kernel: Any, n_kernels: int, rate: float) -> None:
        self.stride, self.kernel, self.rate = stride, kernel, rate
        self.weights, self.bias = np.zeros((n_kernels, *kernel)), np.zeros(n_kernels)

    def initialize(self, weights: Any, bias: Any) -> None:
        """Take the values of two initializers."""
        count = len(self.weights)
        self.weights = weights.initialize((count, self.weights[0].size)).reshape(self.weights.shape)
        self.bias = bias.initialize((count,))

    def forward(self, x: Array) -> Array:
        """Add up what the maps make of the pixels, each times its weight."""
        self.x = x
        c, p, q = x.shape[1:]
        maps = made(type(self).maps, (c, p, q, *self.kernel[1:])).reshape(-1, p, q, c * p * q)
        self.maps_kept = maps[:, :: self.stride[0], :: self.stride[1]]
        self.flat = x.reshape(len(x), -1) ** self.power
        self.seen = np.tensordot(self.flat, self.maps_kept, (1, 3))  # [b, k, i, j]
        return np.einsum("bkij,sk->bsij", self.seen, self._matrix()) + self.bias.reshape(1, -1, 1, 1)

    def backward(self, error: Array) -> Array:
        """Step downhill, and return the gradient for the pixels."""
        own = np.tensordot(np.einsum("bsij,sk->bkij", error, self._matrix()), self.maps_kept, 3)
        self.for_weights = np.einsum("bkij,bsij->sk", self.seen, error)
        self.for_bias = error.sum(axis=(0, 2, 3))
        self.weights = self.weights - self.rate * self.get_gradient_weights()
        self.bias = self.bias - self.rate * self.for_bias
        return own.reshape(self.x.shape) * (1 if self.power == 1 else self.power * self.x)

    def get_gradient_weights(self) -> Array:
        """Return the gradient of the last step."""
        return self.for_weights.reshape(self.weights.shape)

    def get_gradient_bias(self) -> Array:
        """Return the gradient of the last step."""
        return self.for_bias

    def _matrix(self) -> Array:
        return self.weights.reshape(len(self.weights), -1)


@cache
def made(maps: Callable[[Sizes], Array], sizes: Sizes) -> Array:
    """Return the maps for some sizes, made once."""
    return maps(sizes)


def convolution(sizes: Sizes) -> Array:
    """Return the maps of the convolution."""
    c, p, q, m, n = sizes
    pixels, weights = np.eye(c * p * q).reshape(-1, c, p, q), np.eye(c * m * n).reshape(-1, c, m, n)
    return np.moveaxis(correlate(pixels, weights, np.zeros(len(weights))).reshape(c * p * q, -1, p * q), 0, 2)


def mean(sizes: Sizes) -> Array:
    """Return the maps of a kernel of 1 x 1, the mean of the kernel."""
    c, p, q, m, n = sizes
    single = np.eye(c * p * q).reshape(c, p * q, c * p * q)
    return np.repeat(single / (m * n), m * n, axis=0)


def rolled(sizes: Sizes) -> Array:
    """Return the maps of pictures in one row, each rolled by the number of its weight."""
    c, p, q, m, n = sizes
    single = np.eye(c * p * q).reshape(c, p * q, c * p * q)
    return np.concatenate([[np.roll(each, 3 * k + 1, axis=0) for k in range(m * n)] for each in single])


def far(sizes: Sizes) -> Array:
    """Return the maps of a convolution of a picture that is rolled by half its rows."""
    c, p, q, *_ = sizes
    pictures = convolution(sizes).reshape(-1, p, q, c, p, q)
    return np.roll(pictures, p // 2, axis=1).reshape(-1, p * q, c * p * q)


def lower(sizes: Sizes) -> Array:
    """Return the maps of a convolution whose output is one row too far down."""
    c, p, q, *_ = sizes
    pictures = convolution(sizes).reshape(-1, p, q, c * p * q).copy()
    pictures[:, 1:], pictures[:, 0] = pictures[:, :-1].copy(), 0
    return pictures.reshape(-1, p * q, c * p * q)


def uneven(sizes: Sizes) -> Array:
    """Return the maps of a convolution that counts a pixel the more, the farther down and right it is."""
    return convolution(sizes) * np.arange(1, sizes[1] * sizes[2] + 1).reshape(1, -1, 1)


def dense(sizes: Sizes) -> Array:
    """Return maps from all pixels to all others."""
    c, p, q, m, n = sizes
    return np.random.default_rng(18).normal(size=(c * m * n, p * q, c * p * q))


def earned(maps: Callable[[Sizes], Array], power: int = 1) -> dict[str, float]:
    """Return the points of each cell, where there are any, of a layer with such maps."""
    layer = type("ConvolutionalLayer", (AnyLinearLayer,), {"maps": staticmethod(maps), "power": power})
    reports = judge({"ConvolutionalLayer": layer}, CELLS["conv"])
    return {name: report.points for name, report in reports.items() if report.points}


RIGHT_ALL_THE_SAME = {"conv_gradient_bias": 1, "conv_update": 1, "conv_initialize": 1}
"""The errors are added up, the step is made and the initializers are asked as they should be."""


@pytest.mark.parametrize("maps", [mean, rolled, far, uneven, dense])
def test_what_is_no_convolution_earns_nothing_by_itself(maps: Callable[[Sizes], Array]) -> None:
    """Points come for what is right by definition, and not for gradients of a layer that was not asked for."""
    assert earned(maps) == RIGHT_ALL_THE_SAME


def test_what_is_not_linear_earns_nothing_by_itself() -> None:
    """So it is with a convolution of the squares of the pixels."""
    assert earned(convolution, power=2) == RIGHT_ALL_THE_SAME


def test_a_convolution_with_a_mistake_counts() -> None:
    """The same layer with the convolution's own maps earns all; one row too far down costs what is wrong itself."""
    everything = earned(convolution)
    assert sum(everything.values()) == 15  # all but the flatten layer's and the initializers'
    assert earned(lower) == everything | {"conv_forward": 3}
