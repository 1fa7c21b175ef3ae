"""Random inputs of the hidden tests: drawn from the course's seed, and never such that they hide a mistake."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from proctor.criteria import Criteria

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Seeded(Criteria):
    """A graded cell whose inputs depend on the course's seed; `seed` tells those of one criterion apart."""

    def numbers(self, *shape: int, seed: int) -> Array:
        """Return quarters from -10 to 10 without 0: single precision adds and multiplies them exactly."""
        return drawn((self.seed, seed), shape, quarters).copy()

    def moderate(self, *shape: int, seed: int) -> Array:
        """Return eighths from -4 to 4 without 0, of both signs: a sigmoid is far from flat there."""
        return drawn((self.seed, seed), shape, eighths).copy()

    def different(self, *shape: int) -> Array:
        """Return quarters no two of which are equal or opposite: a pixel that meets one weight only is told by it."""
        rng, size = np.random.default_rng((self.seed, 906)), int(np.prod(shape))
        return (rng.permutation(size) + 1).reshape(shape) * rng.choice([-0.25, 0.25], shape)

    def fitting(self, output: object, *, seed: int) -> Array:
        """Return numbers in the shape of a student's output, whatever that is: hence without a second draw."""
        return quarters(np.random.default_rng((self.seed, seed)), np.shape(output))


def quarters(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw quarters from -10 to 10 without 0."""
    return rng.integers(1, 41, shape) * rng.choice([-0.25, 0.25], shape)


def eighths(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw eighths from -4 to 4 without 0, some below -1 and some above 1."""
    while True:
        values = rng.integers(1, 33, shape) * rng.choice([-0.125, 0.125], shape)
        if values.min() < -1 and values.max() > 1:
            return values


@cache
def drawn(
    seed: tuple[int, int],
    shape: tuple[int, ...],
    draw: Callable[[np.random.Generator, tuple[int, ...]], Array],
) -> Array:
    """Return the first draw from a seed that could not hide a mistake."""
    rng = np.random.default_rng(seed)
    while True:
        values = draw(rng, shape)
        if not why_unfit(values):
            return values


def why_unfit(values: Array) -> str:
    """Return why an input could hide a mistake, or "" if it could not.

    Where two channels are equal, taking one for the other is not noticed; where an error adds up to 0, neither is a
    sum that is left out. Vectors, such as a bias, have slices of one number: there it means no ties.
    """
    if not values.all():
        return "zero entry"
    for axis in range(values.ndim):
        slices = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1)
        if any((one == other).all() or (one == -other).all() for one, other in combinations(slices, 2)):
            return f"equal or opposite slices along axis {axis}"
        sums = np.abs(slices.sum(axis=1))
        if values.ndim == 4 and axis < 2 and (not sums.all() or len(np.unique(sums)) < len(sums)):
            return f"sums along axis {axis} that are equal, opposite or 0"
    return ""
