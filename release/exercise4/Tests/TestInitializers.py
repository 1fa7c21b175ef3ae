"""Self-checks for part 2: the initializers.

Random numbers cannot be compared one by one, but ten thousand of them have a mean and a spread that hardly
ever stray. Each bound below is at least 6.5 standard errors wide: a right initializer fails here less than
once in a thousand million runs.
"""

import unittest

import numpy as np

from Tests.compare import as_numbers, assert_array
from Tests.selfcheck import Yours


class TestInitializers(unittest.TestCase):
    """Your initializers: the shape that was asked for, and the distribution that was promised."""

    Const = Yours("Const")
    Uniform = Yours("UniformRandom")
    He = Yours("He")

    def assert_shape(self, weights: np.ndarray, shape: tuple[int, ...], what: str) -> np.ndarray:
        """Return the weights as an array if they have the shape."""
        weights = as_numbers(weights, what)
        if weights.shape != shape:
            self.fail(f"{what}: the shape {shape} was expected, {weights.shape} came.")
        return weights

    def assert_between(self, value: float, low: float, high: float, what: str) -> None:
        """Pass if the value is within both bounds."""
        if not low <= value <= high:
            self.fail(f"{what} should be between {low:.4g} and {high:.4g}, it is {value:.4g}.")

    def test_const_value_everywhere(self) -> None:
        """Every entry is the value given, in any shape."""
        for shape in [(3, 4), (2, 3, 4, 5)]:
            assert_array(self.Const(0.1).initialize(shape), np.full(shape, 0.1), "Const(0.1).initialize")

    def test_uniform_random_range(self) -> None:
        """All numbers are in [0, 1], and they fill it evenly."""
        weights = self.assert_shape(
            self.Uniform().initialize((100, 100)), (100, 100), "UniformRandom.initialize"
        )
        self.assert_between(weights.min(), 0, 0.1, "UniformRandom: the smallest of 10000 numbers")
        self.assert_between(weights.max(), 0.9, 1, "UniformRandom: the largest of 10000 numbers")
        # One number has the variance 1/12, so the mean of 10000 the standard error 0.0029.
        self.assert_between(weights.mean(), 0.48, 0.52, "UniformRandom: the mean of 10000 numbers")

    def test_uniform_random_shape(self) -> None:
        """Any shape can be asked for."""
        for shape in [(7,), (2, 3, 4, 5)]:
            self.assert_shape(self.Uniform().initialize(shape), shape, "UniformRandom.initialize")

    def test_he_shape(self) -> None:
        """Any shape can be asked for, also that of convolution kernels."""
        for shape in [(4, 5), (2, 3, 4, 5)]:
            self.assert_shape(self.He().initialize(shape), shape, "He.initialize")

    def test_he_spread(self) -> None:
        """Mean 0 and standard deviation sqrt(2 / n_in), where n_in is the second entry of the shape."""
        shape = (400, 25)
        weights = self.assert_shape(self.He().initialize(shape), shape, "He.initialize")
        spread = np.sqrt(2 / shape[1])
        self.assert_between(weights.mean(), -0.07 * spread, 0.07 * spread, "He: the mean of 10000 weights")
        # Wide enough for a Gaussian that is cut off at two standard deviations, which some libraries draw.
        self.assert_between(
            weights.std(), 0.82 * spread, 1.08 * spread, "He: the standard deviation for n_in = 25"
        )

    def test_he_gaussian(self) -> None:
        """The weights follow a bell curve: about two thirds are within one standard deviation."""
        shape = (400, 25)
        weights = self.assert_shape(self.He().initialize(shape), shape, "He.initialize")
        within = np.mean(np.abs(weights) < np.sqrt(2 / shape[1]))
        self.assert_between(within, 0.64, 0.76, "He: the share of weights within one standard deviation")
