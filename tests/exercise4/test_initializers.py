"""Hidden tests of part 2: the initializers. The false-alarm rates are derived in `draws`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from draws import CUT, CUT_VARIANCE, REPEATED, chi_square, cut_normal, distance, dkw, normal, repetition

from proctor.criteria import Criteria, points
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ASKED = "initialize(weight_shape)"
CUT_OFF = "Your bell curve is cut off at two standard deviations. That works, and He's has tails."


class Drawn(Criteria):
    """Common base of the tests of random initializers."""

    def draw(self, initializer: Any, *shape: int) -> Array:
        """Return random numbers of a shape, checked for shape and type, and that they are finite."""
        drawn = self.array(initializer.initialize(shape), ASKED)
        if drawn.shape != shape:
            self.fail_with(
                Check.SHAPE,
                f"{ASKED}: shape {shape} was expected, {drawn.shape} came. Is all of weight_shape used?",
            )
        if drawn.dtype.kind not in "biuf":
            self.fail_with(
                Check.TYPE, f"{ASKED} has entries of type {drawn.dtype}. Which numbers are weights?"
            )
        if not np.isfinite(drawn).all():
            self.fail_with(
                Check.VALUES, f"{ASKED} has entries that are nan or infinite. Where could they arise?"
            )
        return drawn.astype(float)

    def check_independent(self, matrix: Array) -> None:
        """Fail if entries are repeated, sorted or evenly spaced, not drawn one by one."""
        if np.ptp(matrix) == 0:
            self.fail_with(Check.VALUES, "All entries are the same number. How many numbers should be drawn?")
        if repetition(matrix) > REPEATED:
            self.fail_with(
                Check.VALUES, "Neighbouring entries depend on each other. Is each of them drawn for itself?"
            )

    def look_for_seed(self, initializer: Any) -> None:
        """Remark that two draws are equal."""
        first, second = (initializer.initialize((3, 4)) for _ in range(2))
        if np.array_equal(np.asarray(first), np.asarray(second)):
            self.remark(
                "Two draws are equal: a seed is set inside. Two layers would start with the same weights."
            )


class ConstTest(Criteria):
    """Const"""

    grade_id = "const"
    needs = ("Const",)

    @points(1)
    def test_values(self) -> None:
        """`Const(value).initialize(weight_shape)` has that shape, and each entry is the value."""
        small, negative, whole = self.Const(0.1), self.Const(-2.5), self.Const(2)
        for const, value, shape in (
            (small, 0.1, (4, 3)),
            (negative, -2.5, (5,)),
            (whole, 2, (2, 3)),
            (negative, -2.5, (2, 3, 4, 5)),
            (small, 0.1, (4, 3)),
        ):
            got = self.array(const.initialize(shape), ASKED)
            if value == 0.1 and got.dtype.kind in "iu":
                self.fail_with(
                    Check.VALUES, "A value with decimals became a whole number. Which type has the array?"
                )
            self.check(got, np.full(shape, value), ASKED)
        if self.noted("array shared"):
            self.remark(
                "Two calls return the same array: who changes one layer's weights changes the other's, too."
            )


class UniformRandomTest(Drawn):
    """UniformRandom"""

    grade_id = "uniform_random"
    needs = ("UniformRandom",)

    @points(1)
    def test_distribution(self) -> None:
        """`initialize(weight_shape)` has that shape, and its entries are drawn uniformly from [0, 1]."""
        uniform = self.UniformRandom()
        for shape in ((7,), (2, 3, 4, 5)):
            self.draw(uniform, *shape)
        matrix = self.draw(uniform, 200, 200)
        self.check_independent(matrix)
        if matrix.min() < 0 or matrix.max() > 1:
            side = "below 0" if matrix.min() < 0 else "above 1"
            self.fail_with(Check.VALUES, f"Some entries are {side}. From which interval do you draw?")
        if distance(matrix, lambda values: np.clip(values, 0, 1)) > dkw(matrix.size):
            self.fail_with(
                Check.VALUES, "Some parts of [0, 1] are hit more often than others. Which distribution is it?"
            )
        self.look_for_seed(uniform)


class HeTest(Drawn):
    """He"""

    grade_id = "he"
    needs = ("He",)

    @points(0.75)
    def test_spread(self) -> None:
        """The standard deviation of the weights is sqrt(2 / n_in); n_in is the second entry of the shape."""
        # So that fan-out, both fans together, and factors of 1/2, 1 and 4 for 2 are told from each other, too.
        n_out, n_in = 300, 190
        matrix = self.draw(self.He(), n_out, n_in)
        self.check_independent(matrix)
        wanted = 2 / n_in
        # Around 0 or around its own mean: a wrong mean is another criterion's business.
        variances = float(np.mean(matrix**2)), float(np.var(matrix))
        if any(abs(variance / wanted - 1) <= chi_square(matrix.size) for variance in variances):
            return
        # Whoever cuts off at two standard deviations shows the right one at the edge, and keeps 0.77 of the
        # variance (drawn anew) or 0.92 (clipped). The edge alone is not enough: without the square root the
        # largest of so many entries lies there, too, now and then.
        edge = np.abs(matrix).max() / wanted**0.5
        if CUT * 0.99 <= edge <= CUT * 1.001 and CUT_VARIANCE * 0.9 < variances[0] / wanted < 1:
            self.remark(CUT_OFF)
            return
        self.fail_with(Check.VALUES, self.explain_spread(variances[1], *matrix.shape))

    @staticmethod
    def explain_spread(variance: float, n_out: int, n_in: int) -> str:
        """Recognise typical wrong variances, and ask the question that leads on."""
        typical = {
            (2 / n_in) ** 2: "2 / n_in itself. Is that the variance, or the standard deviation?",
            1 / n_in: "sqrt(1 / n_in). What does a ReLU do to half of its inputs?",
            2 / n_out: "what the first entry of the shape would give. Which entry counts the inputs?",
            2 / (n_in + n_out): "what inputs and outputs would give together. Whose formula is that?",
            1.0: "1, however large the matrix is. Where does n_in come in?",
        }
        for value, words in typical.items():
            if abs(variance / value - 1) <= 0.06:
                return f"The standard deviation is {words}"
        side = "too small" if variance < 2 / n_in else "too large"
        return f"The standard deviation is {side}. What is n_in, and is the square root there?"

    @points(0.75)
    def test_bell_curve(self) -> None:
        """The weights are drawn from a Gaussian distribution with mean 0."""
        matrix = self.draw(self.He(), 6000, 10)
        self.check_independent(matrix)
        z = matrix / np.sqrt(np.mean(matrix**2))
        if self.is_cut_off(matrix):
            self.remark(CUT_OFF)
            return
        if distance(z, normal) <= self.threshold(z.size):
            return
        if abs(z.mean()) > 0.1:
            self.fail_with(Check.VALUES, "The mean is not 0. How many of the weights are negative?")
        self.fail_with(
            Check.VALUES, "A histogram of the weights is no bell curve. From which distribution do you draw?"
        )

    def is_cut_off(self, matrix: Array) -> bool:
        """Return whether the entries are those of a Gaussian cut off at two standard deviations.

        Entries at the very edge are left out: there are many if it is clipped, one if it is drawn anew. That
        an uncut draw of this size stays within the cut has a probability of 10^-500.
        """
        inside = matrix[np.abs(matrix) < np.abs(matrix).max() * (1 - 1e-6)]
        if 2 * inside.size < matrix.size:
            return False
        z = inside / np.sqrt(np.mean(inside**2))
        within = np.abs(z).max() <= CUT / CUT_VARIANCE**0.5 * (1 + chi_square(z.size))
        return bool(within) and distance(z, cut_normal) <= self.threshold(z.size)

    @staticmethod
    def threshold(n: int) -> float:
        """Return the distance of distributions that n draws of estimated scale exceed with probability RARE.

        An estimated scale s moves Phi(z s) by |s - 1| max z phi(z) at most, and z phi(z) < 0.25.
        """
        return dkw(n) + 0.25 * chi_square(n) / 2

    @points(0.5)
    def test_any_shape(self) -> None:
        """Any shape will do, four axes as well; n_in stays the second entry."""
        he = self.He()
        kernels = self.draw(he, 500, 20, 2, 3)
        self.check_independent(kernels.reshape(500, -1))
        # Judged by the student's own matrices: a wrong spread is another criterion's business. The bounds are
        # those of chi_square for 10^4 entries, 0.1, twice over and more; another entry as n_in gives a factor
        # of 6 at least.
        if not self.alike(kernels, self.draw(he, 500, 20)):
            if not self.alike(kernels, self.draw(he, 500, 120)):
                self.fail_with(
                    Check.VALUES, "For four axes the spread is not that of n_in. Which entry do you take?"
                )
            self.remark(
                "For four axes you take the product of all entries but the first for n_in, not the second."
            )
        self.look_for_seed(he)

    @staticmethod
    def alike(drawn: Array, other: Array) -> bool:
        """Return whether two draws have about the same mean square."""
        return bool(0.7 < np.mean(drawn**2) / np.mean(other**2) < 1.4)
