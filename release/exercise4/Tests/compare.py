"""Tools of the tests: arrays compared in words, mistakes recognised, given weights."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from Tests.hypotheses import recognise

Guesses = Iterable[tuple[str, Any]]


class WrongError(AssertionError):
    """Values are not what they should be; `details` are lines to show below the sentence."""

    def __init__(self, sentence: str, details: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.details = list(details)


def assert_array(  # noqa: PLR0913, PLR0917  # one thing is compared, in many words
    actual: Any,
    expected: Any,
    what: str,
    tolerance: float = 1e-3,
    guesses: Guesses = (),
    details: Callable[[np.ndarray], list[str]] | None = None,
) -> None:
    """Compare step by step, so that the first thing that is wrong is the one you read about.

    Args:
        actual: What came.
        expected: What should have come.
        what: What it is, for the sentence.
        tolerance: How far a value may be off, relatively and absolutely.
        guesses: What typical mistakes would give: pairs of words and an array. Only used if something is wrong.
        details: Makes the lines below the sentence from what came, if only values are wrong.

    Raises:
        WrongError: In one sentence: nothing returned, no numbers, another shape, another value and where, and
            which typical mistake would give just that.
    """
    expected = np.asarray(expected)
    actual = as_numbers(actual, what)
    if actual.shape != expected.shape:
        seen = recognise(actual, expected, guesses, tolerance)
        raise WrongError(
            f"{what}: the shape {in_tuple(expected.shape)} was expected, {in_tuple(actual.shape)} came.{seen}"
        )
    wrong = np.argwhere(~np.isclose(actual, expected, rtol=tolerance, atol=tolerance))
    if len(wrong):
        at = tuple(int(index) for index in wrong[0])
        seen = recognise(actual, expected, guesses, tolerance)
        raise WrongError(
            f"{what}: {expected[at]:.6g} was expected at {list(at)}, {actual[at]:.6g} came"
            f" ({len(wrong)} of {expected.size} values differ).{seen}",
            details(actual) if details else (),
        )


def in_tuple(shape: Iterable[Any]) -> str:
    """Return a shape as it is written, with plain numbers whatever their type is."""
    return str(tuple(int(extent) for extent in shape))


def as_numbers(actual: Any, what: str) -> np.ndarray:
    """Return an array of numbers, or raise an error that says what came instead."""
    if actual is None:
        raise WrongError(f"{what}: an array was expected, None came. Is there a return?")
    try:
        return np.asarray(actual, dtype=float)
    except (TypeError, ValueError):
        came = type(actual).__name__
        raise WrongError(f"{what}: an array of numbers was expected, {came} came.") from None


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
        return
    layer.weights = weights.copy()
    shape = np.shape(layer.bias)
    if not shape:
        shape = bias.shape  # one number until the first use
    elif np.size(layer.bias) != len(bias):
        raise WrongError(
            f"ConvolutionalLayer: bias should be one number for each kernel, its shape is {in_tuple(shape)}."
        )
    layer.bias = bias.copy().reshape(shape)
