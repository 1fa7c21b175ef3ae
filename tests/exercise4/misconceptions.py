"""Knowledge of this exercise beyond its hidden tests: the bank of mistakes, and the solution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from draws import dkw
from mistakes import mistakes, names_of, reference

from proctor.grading.diagnosis import Diagnostician, Misconception
from proctor.grading.observations import as_numbers, same, same_values

__all__ = ["NEEDS", "diagnosis", "reference"]

NEEDS = ("../../source/exercise4",)
"""Folders that this module reads, as seen from here; it goes along to the workers of a cluster."""

if TYPE_CHECKING:
    from mistakes import Mistake
    from numpy.typing import NDArray

DRAWN = ("uniform_random", "he")
"""The cells whose right answers are random."""
MANY = 10_000
"""From so many different numbers on, their distribution says something."""


def diagnosis() -> Diagnostician:
    """Return a diagnostician who knows the bank of mistakes."""
    return Diagnostician(
        [recognisable(mistake) for mistake in mistakes().values()], (same_values, same_draws)
    )


def recognisable(mistake: Mistake) -> Misconception:
    """Return a mistake of the bank in the form that a diagnostician knows."""
    return Misconception(
        mistake.says,
        mistake.question,
        frozenset(mistake.costs),
        lambda: names_of(mistake.source()),
        frozenset(mistakes()[name].words for name in mistake.also),
    )


def same_draws(grade_id: str, one: list[Any], other: list[Any]) -> bool:
    """Return whether two traces of a random initializer have the same shapes, distributions and repetitions."""
    return grade_id in DRAWN and len(one) == len(other) and all(map(_drawn_alike, one, other))


def _drawn_alike(one: Any, other: Any) -> bool:
    left, right = as_numbers(one), as_numbers(other)
    if left is None or right is None:
        return same(one, other)
    return left.shape == right.shape and (left.size < MANY or same_distribution(left, right))


def same_distribution(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Return whether n numbers each look drawn from one distribution.

    Two right draws of n numbers differ by more than sqrt(2) times the D of one with a probability of 10^-10
    (the two-sample form of the inequality in `draws`). Where few numbers are repeated, a distribution says
    nothing, unless both repeat the same ones, as two who throw coins do.
    """
    left, right = (np.unique(each, return_counts=True) for each in (one, other))
    if min(left[0].size, right[0].size) < MANY and not np.array_equal(left[0], right[0]):
        return False
    grid = np.union1d(left[0], right[0])
    steps = [
        np.searchsorted(np.sort(each, axis=None), grid, side="right") / each.size for each in (one, other)
    ]
    return float(np.abs(steps[0] - steps[1]).max()) <= 2**0.5 * dkw(one.size)
