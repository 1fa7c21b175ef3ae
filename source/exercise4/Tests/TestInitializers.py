"""Self-checks for part 2: the initializers.

Random numbers cannot be compared one by one, but ten thousand of them have a mean and a spread that hardly
ever stray. Each bound below is at least 6.5 standard errors wide: a right initializer fails here less than
once in a thousand million runs.
"""

import unittest
from typing import Any

import numpy as np

from Tests.compare import WrongError, as_numbers, assert_array, in_tuple
from Tests.selfcheck import Yours

MANY = (250, 40)  # 10000 weights


def drawn(initializer: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Return weights of that shape, as an array."""
    weights = as_numbers(initializer.initialize(shape), what)
    if weights.shape == shape:
        return weights
    says = f"{what}: the shape {in_tuple(shape)} was asked for, {in_tuple(weights.shape)} came."
    if weights.shape == shape[::-1]:
        says += " This is the shape turned around."
    elif not weights.shape:
        says += " This is a single number: give the shape to the function that draws or fills."
    elif weights.ndim == 1 and weights.size == np.prod(shape):
        says += " The array is flat: is a reshape missing?"
    elif weights.shape in {shape[:2], shape[:1]}:
        says += f" It has only the first {weights.ndim} of the entries: hand the whole shape on."
    raise WrongError(says)


def assert_random(weights: np.ndarray, what: str) -> None:
    """Fail if numbers repeat or come in order, which drawn ones do not."""
    different = len(np.unique(weights))
    if different == 1:
        raise WrongError(f"{what}: all numbers are the same, {weights.flat[0]:.4g}. Draw one for each entry.")
    if (weights == weights[0]).all() or (weights == weights[:, :1]).all():
        raise WrongError(f"{what}: one row or column is repeated. Draw a number for each entry.")
    if different < 0.2 * weights.size:
        raise WrongError(
            f"{what}: among {weights.size} numbers only {different} are different: do you draw whole numbers?"
        )
    steps = np.diff(np.ravel(weights))
    if (steps >= 0).all() or (steps <= 0).all():
        raise WrongError(f"{what}: the numbers come in order, evenly spaced: they should be drawn at random.")


class TestInitializers(unittest.TestCase):
    """Your initializers: the shape that was asked for, and the distribution that was promised."""

    Const = Yours("Const")
    Uniform = Yours("UniformRandom")
    He = Yours("He")

    def test_const_value_everywhere(self) -> None:
        """Every entry is the value given, in any shape."""
        for shape in [(3, 4), (2, 3, 4, 5)]:
            weights = drawn(self.Const(0.1), shape, "Const(0.1).initialize")
            guesses = [
                ("0: an array of whole numbers lost the decimals, or the value is not used", np.zeros(shape)),
                ("1, whatever the value: multiply by it, or use np.full", np.ones(shape)),
            ]
            if len(shape) == 2:
                guesses.append(("the value on the diagonal only", 0.1 * np.eye(*shape)))
            assert_array(weights, np.full(shape, 0.1), "Const(0.1).initialize", guesses=guesses)

    def test_const_apart(self) -> None:
        """Two constants keep their own values."""
        one, _ = self.Const(0.1), self.Const(0.7)
        guesses = [
            ("the value of the constant made last: keep it in self, not in the class", np.full((2, 2), 0.7))
        ]
        assert_array(one.initialize((2, 2)), np.full((2, 2), 0.1), "Const(0.1).initialize", guesses=guesses)

    def test_uniform_random_shape(self) -> None:
        """Any shape can be asked for."""
        for shape in [(7,), (2, 3, 4, 5)]:
            drawn(self.Uniform(), shape, "UniformRandom.initialize")

    def test_uniform_random_range(self) -> None:
        """All numbers are in [0, 1], and they fill it evenly."""
        what = "UniformRandom.initialize"
        weights = drawn(self.Uniform(), MANY, what)
        assert_random(weights, what)
        low, high = weights.min(), weights.max()
        if low < 0 or high > 1:
            known = {(-1, 1): "[-1, 1]", (0, -0.5): "[-0.5, 0.5]"}
            bounds = (
                (-1, 1)
                if -1 <= low < -0.9 and 0.9 < high <= 1
                else (0, -0.5)
                if low >= -0.5 and high <= 0.5
                else None
            )
            says = f"the range {known[bounds]}" if bounds else "another range, or another distribution"
            raise WrongError(
                f"{what}: the numbers should lie in [0, 1], they go from {low:.3g} to {high:.3g}. This is {says}."
            )
        if high < 0.9:
            raise WrongError(
                f"{what}: the largest of 10000 numbers is {high:.3g}, it should be close to 1: are they scaled?"
            )
        # One tenth of [0, 1] holds 1000 of 10000 numbers, give or take 30.
        shares = np.histogram(weights, bins=10, range=(0, 1))[0] / weights.size
        if np.abs(shares - 0.1).max() > 0.025:
            raise WrongError(
                f"{what}: each tenth of [0, 1] should hold a tenth of the numbers, the first holds {shares[0]:.0%},"
                f" the last {shares[-1]:.0%}: they are not drawn uniformly."
            )

    def test_he_shape(self) -> None:
        """Any shape can be asked for, also that of convolution kernels."""
        for shape in [(4, 5), (2, 3, 4, 5)]:
            drawn(self.He(), shape, "He.initialize")

    def test_he_spread(self) -> None:
        """Mean 0 and standard deviation sqrt(2 / n_in), where n_in is the second entry of the shape."""
        what = "He.initialize"
        weights = drawn(self.He(), MANY, what)
        assert_random(weights, what)
        n_out, n_in = MANY
        sigma = np.sqrt(2 / n_in)
        mean, spread = weights.mean(), weights.std()
        if abs(mean) > 0.07 * max(sigma, spread):
            says = (
                "all weights are positive"
                if weights.min() >= 0
                else "is the first argument of normal the mean, 0"
            )
            raise WrongError(f"{what}: the mean should be about 0, it is {mean:.3g}: {says}.")
        guesses = {
            "sqrt(2 / n_in) with the first entry of the shape as n_in: it is the second": np.sqrt(2 / n_out),
            "2 / n_in: the root is missing": 2 / n_in,
            "sqrt(1 / n_in): He has a 2 there": np.sqrt(1 / n_in),
            "Glorot's sqrt(2 / (n_in + n_out))": np.sqrt(2 / (n_in + n_out)),
            "2 / sqrt(n_in): the 2 belongs under the root": 2 / np.sqrt(n_in),
            "sqrt(2 * n_in): divide by n_in": np.sqrt(2 * n_in),
            "1: normal(mean, sigma, shape) wants the standard deviation second": 1.0,
            "sqrt(2 / (number of all weights)): n_in is weight_shape[1] alone": np.sqrt(2 / (n_in * n_out)),
            "half of it: is it squared or halved twice": sigma / 2,
        }
        # Wide enough for a Gaussian that is cut off at two standard deviations, which some libraries draw.
        if not 0.82 * sigma <= spread <= 1.08 * sigma:
            near = [says for says, guess in guesses.items() if abs(spread / guess - 1) < 0.05]
            seen = f" This is {near[0]}." if near else ""
            raise WrongError(
                f"{what}: for n_in = {n_in} the standard deviation should be {sigma:.3g}, it is {spread:.3g}.{seen}"
            )

    def test_he_kernels(self) -> None:
        """The second entry counts in a shape of four entries, too."""
        spread = drawn(self.He(), (100, 8, 5, 2), "He.initialize").std()
        for says, n_in in (("last entry", 2), ("third entry", 5), ("product of all but the first", 80)):
            if abs(spread / np.sqrt(2 / n_in) - 1) < 0.08 and n_in != 80:
                raise WrongError(
                    f"He.initialize: for the shape (100, 8, 5, 2) n_in is 8, the second entry; you use the {says}."
                )

    def test_he_gaussian(self) -> None:
        """The weights follow a bell curve: about two thirds are within one standard deviation."""
        weights = drawn(self.He(), MANY, "He.initialize")
        within = np.mean(np.abs(weights) < np.sqrt(2 / MANY[1]))
        if not 0.64 <= within <= 0.745:
            raise WrongError(
                f"He.initialize: 68 % of the weights should lie within one standard deviation, {within:.0%} do:"
                " this is no Gaussian (a bell curve)."
            )
