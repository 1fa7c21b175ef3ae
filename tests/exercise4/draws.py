"""Tests of random numbers: statistics whose bounds a right answer misses once in 10^9 runs at most.

No seed of a test reaches a student's generator, so each bound is derived for every draw. With n entries:

- **Distribution.** D is the largest distance between the draws' empirical distribution function and the one
  wanted. Dvoretzky, Kiefer, Wolfowitz and Massart: P(D > d) <= 2 exp(-2 n d^2). :func:`dkw` solves for d at
  P = 10^-10.
- **Spread.** For Gaussian entries, S = mean(x^2) / sigma^2. Laurent and Massart: the probability that |S - 1|
  exceeds 2 sqrt(t / n) + 2 t / n is 2 exp(-t) at most. :func:`chi_square` gives the bound at P = 10^-10.
- **Repetition.** R is the correlation of each entry with the next along an axis, or with the one half an axis
  away, over k disjoint pairs. For independent Gaussian entries P(|R| > r) <= 2 exp(-k r^2 / 2), about; for
  uniform ones Hoeffding's inequality for the products gives 2 exp(-8 k (r / 12)^2). At r = 0.25 and k >= 10^4
  both are below 10^-14, with room for the estimated mean and variance. A repeated row or column, sorted or
  evenly spaced numbers give R near 1.

The wrong answers that students give are far on the other side. D is 0.5 for [-1, 1] instead of [0, 1], and
for absolute values; 0.057 for a uniform instead of a Gaussian distribution, where the threshold is 0.02. S is
0.5 for a factor of 1 instead of 2, and further off for a missing root or the wrong fan.
"""

from __future__ import annotations

from math import erf, exp, log, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RARE = 1e-10
REPEATED = 0.25
"""Correlation from which entries count as repeated, not drawn."""
CUT = 2.0
"""Where a truncated Gaussian is cut off, in standard deviations."""
CUT_VARIANCE = 1 - 2 * CUT * exp(-(CUT**2) / 2) / sqrt(2 * pi) / erf(CUT / sqrt(2))
"""Variance of the standard normal distribution after the cut, 0.774."""


def dkw(n: int) -> float:
    """Return the D that n right draws exceed with probability RARE at most."""
    return sqrt(log(2 / RARE) / (2 * n))


def chi_square(n: int) -> float:
    """Return the |S - 1| that n Gaussian draws exceed with probability RARE at most."""
    t = log(2 / RARE)
    return 2 * sqrt(t / n) + 2 * t / n


def distance(values: Array, cumulative: Callable[[Array], Array]) -> float:
    """Return D, the largest distance between the empirical distribution function and `cumulative`."""
    ordered = np.sort(values, axis=None)
    wanted, n = cumulative(ordered), ordered.size
    steps = np.arange(n)
    return float(max((wanted - steps / n).max(), ((steps + 1) / n - wanted).max()))


def normal(z: Array) -> Array:
    """Return the distribution function of the standard normal distribution."""
    grid = np.linspace(-8, 8, 4001)
    return np.interp(z, grid, [(1 + erf(point / sqrt(2))) / 2 for point in grid], left=0.0, right=1.0)


def cut_normal(z: Array) -> Array:
    """Return the distribution function of a Gaussian cut off at CUT, scaled to standard deviation 1."""
    inside = np.clip(z * sqrt(CUT_VARIANCE), -CUT, CUT)
    return (normal(inside) - normal(np.array(-CUT))) / erf(CUT / sqrt(2))


def repetition(matrix: Array) -> float:
    """Return the largest |R| of a matrix, of neighbours and of halves, along both axes; 1 if all is equal."""
    if np.ptp(matrix) == 0:
        return 1.0
    rows, columns = (size // 2 for size in matrix.shape)
    pairs = (
        (matrix[0 : 2 * rows : 2], matrix[1 : 2 * rows : 2]),
        (matrix[:, 0 : 2 * columns : 2], matrix[:, 1 : 2 * columns : 2]),
        (matrix[:rows], matrix[rows : 2 * rows]),
        (matrix[:, :columns], matrix[:, columns : 2 * columns]),
    )
    return max(abs(float(np.corrcoef(left.ravel(), right.ravel())[0, 1])) for left, right in pairs)
