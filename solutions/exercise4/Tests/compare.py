"""What the tests are made with: arrays compared in words, measured gradients, given weights."""

from collections.abc import Callable
from typing import Any

import numpy as np


def assert_array(actual: Any, expected: Any, what: str, tolerance: float = 1e-3) -> None:
    """Compare step by step, so that the first thing that is wrong is the one you read about.

    Raises:
        AssertionError: In one sentence: nothing returned, no numbers, another shape, another value and where.
    """
    expected = np.asarray(expected)
    actual = as_numbers(actual, what)
    if actual.shape != expected.shape:
        raise AssertionError(f"{what}: the shape {expected.shape} was expected, {actual.shape} came.")
    wrong = np.argwhere(~np.isclose(actual, expected, rtol=tolerance, atol=tolerance))
    if len(wrong):
        at = tuple(int(index) for index in wrong[0])
        raise AssertionError(
            f"{what}: {expected[at]:.6g} was expected at {list(at)}, {actual[at]:.6g} came"
            f" ({len(wrong)} of {expected.size} values differ)."
        )


def as_numbers(actual: Any, what: str) -> np.ndarray:
    """Return an array of numbers, or raise an AssertionError that says what came instead."""
    if actual is None:
        raise AssertionError(f"{what}: an array was expected, None came. Is there a return?")
    try:
        return np.asarray(actual, dtype=float)
    except (TypeError, ValueError):
        came = type(actual).__name__
        raise AssertionError(f"{what}: an array of numbers was expected, {came} came.") from None


def numerical_gradient(
    function: Callable[[np.ndarray], float], at: np.ndarray, step: float = 1.0
) -> np.ndarray:
    """Measure a gradient by trying: move one number up, then down, and see how much the value changes.

    The central difference (f(x + h) - f(x - h)) / 2h is exact for every step h where f is linear, as it is
    for a convolution; a large step then keeps rounding errors small.
    """
    gradient = np.zeros(at.shape)
    for index in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (function(up) - function(down)) / (2 * step)
    return gradient


class Given:
    """An initializer that hands out given numbers in the shape it is asked for."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers = numbers

    def initialize(self, weight_shape: Any) -> np.ndarray:
        """Return the numbers in that shape."""
        return self.numbers.copy().reshape(weight_shape)


def give_weights(layer: Any, weights: np.ndarray, bias: np.ndarray) -> None:
    """Put weights and bias into a layer: directly, or through initialize if it has none before that."""
    if getattr(layer, "weights", None) is None or getattr(layer, "bias", None) is None:
        layer.initialize(Given(weights), Given(bias))
    else:
        layer.weights = weights.copy()
        layer.bias = bias.reshape(np.shape(layer.bias))
