"""Comparison of an array that came with the one that was expected: how it differs, and where.

:func:`difference` returns a fact and a question for the student, and never an expected value. A way in which all
entries differ (a factor, a sign, an order) goes before the places at which some do (a border, one channel).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from proctor.criteria.closeness import close
from proctor.criteria.magnitudes import company, cut, mapped, offset, scaled, signs, unfilled
from proctor.criteria.misplaced import exchanged, reordered, shuffled
from proctor.criteria.wrong_places import by_border, by_slices, by_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MANY = 20_000
"""Above so many entries only the simplest differences are looked for."""


def difference(got: Array, wanted: Array, axes: Sequence[str] = ()) -> str:
    """Return how and where finite arrays of the same shape differ: a fact, then a question.

    Args:
        got: what came.
        wanted: what was expected, and did not come.
        axes: what each axis counts, such as ("picture", "channel", "row", "column"); by default "entry".
    """
    got, wanted = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
    names = tuple(axes) if len(axes) == wanted.ndim else ()
    checks: list[Callable[[Array, Array], str]] = [unfilled, scaled, offset, cut, mapped]
    if 1 < wanted.size <= MANY:
        checks += [lambda g, w: reordered(g, w, names), lambda g, w: exchanged(g, w, names), shuffled, signs]
    with np.errstate(all="ignore"):
        facts = (check(got, wanted) for check in checks)
        return next(filter(None, facts), "") or place(got, wanted, names)


def place(got: Array, wanted: Array, names: Sequence[str]) -> str:
    """Return which entries are wrong; if all are, how they go along with the right ones."""
    off = ~close(got, wanted)
    count = (
        f"{np.count_nonzero(off)} of {off.size} entries are wrong"
        if off.size > 1
        else "The only entry is wrong"
    )
    for where in (by_border(off), by_slices(off, names), by_value(off, wanted)):
        if where:
            return f"{count}, {where}"
    return f"{count}{company(got, wanted)}"
