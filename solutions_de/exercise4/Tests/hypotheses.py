"""Typical mistakes, recognised by what they give: "this is k times too large", "turned", "right in image 0 only".

Nothing here knows your code: an array that is wrong is compared with what one mistake or another would give.
"""

from collections.abc import Iterable
from itertools import chain, combinations
from typing import Any

import numpy as np

AXES = {
    1: ("entries",),
    2: ("rows", "columns"),
    4: ("axis 0", "axis 1", "rows", "columns"),
}


def recognise(
    actual: np.ndarray, truth: np.ndarray, guesses: Iterable[tuple[str, Any]], tolerance: float
) -> str:
    """Return which mistake gives just these numbers, as a sentence with a blank before it, or ""."""
    for says, guess in chain(guesses, _changed(truth)):
        if _alike(actual, guess, tolerance):
            return f" This is {says}."
    if actual.shape != truth.shape:
        return _shape(actual.shape, truth.shape)
    return _factor(actual, truth, tolerance) or _place(actual, truth, tolerance)


def _alike(actual: np.ndarray, guess: Any, tolerance: float) -> bool:
    guess = np.asarray(guess)
    return actual.shape == guess.shape and np.allclose(actual, guess, rtol=tolerance, atol=tolerance)


def _changed(truth: np.ndarray) -> Iterable[tuple[str, np.ndarray]]:
    """Yield the right numbers in wrong places: turned, with swapped axes, with the wrong sign."""
    names = AXES.get(truth.ndim, tuple(f"axis {axis}" for axis in range(truth.ndim)))
    yield "right but for its sign", -truth
    yield "0 everywhere", np.zeros(truth.shape)
    if truth.ndim < 2:
        return
    last = truth.ndim - 2, truth.ndim - 1
    yield "right, but turned by 180°, in rows and columns", np.flip(truth, last)
    for axis in last:
        yield f"right, but its {names[axis]} stand in reverse order", np.flip(truth, axis)
    if truth.ndim > 2:
        yield "right, but turned in three axes, not only in rows and columns", np.flip(truth, (1, *last))
        yield "right, but axis 1 is in reverse order", np.flip(truth, 1)
    for one, other in combinations(range(truth.ndim), 2):
        yield f"right, but {names[one]} and {names[other]} are swapped", truth.swapaxes(one, other)
    yield "the right numbers without the axis of the batch", truth[0]
    yield "right, but axis 1 is at the end", np.moveaxis(truth, 1, -1)


def _factor(actual: np.ndarray, truth: np.ndarray, tolerance: float) -> str:
    """Return that all numbers are the same number of times too large."""
    size = float(np.sum(truth * truth))
    factor = float(np.sum(actual * truth)) / size if size else 0.0
    if (
        truth.size > 1
        and factor
        and np.allclose(actual, factor * truth, rtol=tolerance, atol=tolerance * abs(factor))
    ):
        return f" Every number is {factor:.4g} times what it should be."
    return ""


def _place(actual: np.ndarray, truth: np.ndarray, tolerance: float) -> str:
    """Return where the numbers are right and where not: in one image, one channel, or inside the border."""
    right = np.isclose(actual, truth, rtol=tolerance, atol=tolerance)
    if truth.ndim == 4:
        for axis, name in ((0, "axis 0, entry"), (1, "axis 1, entry")):
            each = right.all(axis=tuple(other for other in range(4) if other != axis))
            if each.any() and not each.all():
                good, bad = (", ".join(map(str, np.flatnonzero(found))) for found in (each, ~each))
                return f" It is right in {name} {good}, wrong in {bad}."
        if right[:, :, 1:-1, 1:-1].size > 1 and right[:, :, 1:-1, 1:-1].all():
            return " It is right inside and wrong at the border: look at the padding."
    return ""


def _shape(came: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """Return what is typically behind a shape."""
    if len(came) == len(wanted) - 1 and came == wanted[1:]:
        return " The axis of the batch is missing."
    if len(came) == len(wanted) and sorted(came) == sorted(wanted):
        return " The axes are in another order."
    if len(came) == len(wanted) and came[-2:] == (wanted[-2],) * 2:
        return " There are as many columns as rows: is the image taken for a square one, with p where q is meant?"
    if len(came) == len(wanted) and came[:-2] == wanted[:-2]:
        less = all(one <= other for one, other in zip(came, wanted, strict=True))
        return (
            " Rows or columns are missing: is it padded?" if less else " There are too many rows or columns."
        )
    if np.prod(came) == np.prod(wanted):
        return " The numbers are as many as they should be: is a reshape missing?"
    return ""
