"""Right entries in wrong places: reversed, transposed, shifted, or in the place of another slice."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from proctor.criteria.closeness import close
from proctor.criteria.wrong_places import listed, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def reordered(got: Array, wanted: Array, names: Sequence[str]) -> str:
    """Return that the right entries are there, in other places: reversed, transposed, or shifted."""
    axes = [axis for axis in range(wanted.ndim) if wanted.shape[axis] > 1]
    for count in range(1, len(axes) + 1):
        for some in combinations(axes, count):
            if close(got, np.flip(wanted, some)).all():
                along = listed(some, names)
                return (
                    f"The order is reversed along the {along}. Is something turned too often, or not at all?"
                )
    for one, other in combinations(axes, 2):
        turned = wanted.swapaxes(one, other)
        if close(got, turned.reshape(wanted.shape)).all():
            return f"The {listed((one, other), names)} are swapped. Which axis is which?"
    for axis in axes:
        for step in (1, -1, 2, -2):
            if abs(step) < wanted.shape[axis] - 1 and _shifted(got, wanted, axis, step):
                way = "later" if step > 0 else "earlier"
                return (
                    f"The entries stand {abs(step)} {named(axis, names)}{'s' * (abs(step) > 1)} {way} than they should. "
                    "Where does the first one belong?"
                )
    return ""


def _shifted(got: Array, wanted: Array, axis: int, step: int) -> bool:
    got, wanted = np.moveaxis(got, axis, 0), np.moveaxis(wanted, axis, 0)
    if step < 0:
        got, wanted, step = wanted, got, -step
    return bool(close(got[step:], wanted[:-step]).all())


def shuffled(got: Array, wanted: Array) -> str:
    """Return that the right entries are there, in an order that has no other word."""
    if wanted.size > 2 and close(np.sort(got, axis=None), np.sort(wanted, axis=None)).all():
        return "The right entries are there, in another order. Which axis comes first?"
    return ""


def exchanged(got: Array, wanted: Array, names: Sequence[str]) -> str:
    """Return that each slice along an axis holds what belongs to another one."""
    for axis in range(min(wanted.ndim, 2)):
        one, other = np.moveaxis(got, axis, 0), np.moveaxis(wanted, axis, 0)
        if not 1 < len(one) <= 10 or other[0].size < 2:
            continue
        found = [next((j for j, right in enumerate(other) if close(mine, right).all()), None) for mine in one]
        name = named(axis, names)
        if None in found:
            continue
        if len(set(found)) == 1:
            which = f"{name} {found[0]}" if names else f"number {found[0]} of them"
            return f"Each {name} holds what belongs to {which}, counted from 0. Which index stands still?"
        return f"Some {name} holds what belongs to another {name}. Which index is meant?"
    return ""
