"""Comparison of an array that came with the one that was expected: how it differs, and where.

:func:`difference` returns a fact and a question for the student, and never an expected value. A way in which all
entries differ (a factor, a sign, an order) goes before the places at which some do (a border, one channel).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TOLERANCE = 2e-4
"""Largest error of an equal entry, relative to the largest expected magnitude."""
MANY = 20_000
"""Above so many entries only the simplest differences are looked for."""


def equal(got: Array, wanted: Array) -> NDArray[np.bool_]:
    """Return for each entry whether it is equal, up to the tolerance."""
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), float(np.finfo(float).tiny))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.abs(got - wanted) <= TOLERANCE * scale)


def difference(got: Array, wanted: Array, axes: Sequence[str] = ()) -> str:
    """Return how and where finite arrays of the same shape differ: a fact, then a question.

    Args:
        got: what came.
        wanted: what was expected, and did not come.
        axes: what each axis counts, such as ("picture", "channel", "row", "column"); by default "entry".
    """
    got, wanted = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
    names = tuple(axes) if len(axes) == wanted.ndim else ()
    checks: list[Callable[[Array, Array], str]] = [scaled, offset, cut, mapped]
    if 1 < wanted.size <= MANY:
        checks += [lambda g, w: reordered(g, w, names), lambda g, w: exchanged(g, w, names), shuffled, signs]
    with np.errstate(all="ignore"):
        facts = (check(got, wanted) for check in checks)
        return next(filter(None, facts), "") or place(got, wanted, names)


def scaled(got: Array, wanted: Array) -> str:
    """Return that all entries are 0, or have the same factor."""
    if not got.any():
        return "All entries are 0. Which result is never stored, or multiplied by 0?"
    square = float((wanted * wanted).sum())
    factor = float((got * wanted).sum()) / square if square else 0.0
    # One number is a multiple of any other: that says nothing.
    if wanted.size < 2 or not factor or not equal(got, factor * wanted).all():
        return ""
    if abs(factor + 1) < 1e-3:
        return "All entries have the wrong sign. Where is a minus too many, or missing?"
    if abs(1 / factor - round(1 / factor)) < 1e-3 * abs(1 / factor):
        return f"All entries are 1/{round(1 / factor)} of what they should be. Is there a mean in place of a sum?"
    return f"All entries are {factor:.3g} times what they should be. What are they multiplied by that does not belong?"


def offset(got: Array, wanted: Array) -> str:
    """Return that all entries, or all of a channel, are off by the same number."""
    rest = got - wanted
    if wanted.size > 1 and equal(got, wanted + rest.mean()).all():
        return "All entries are off by the same number. What is added to all of them, or missing?"
    if wanted.ndim == 4 and wanted[0, 0].size > 1:
        each = rest.mean(axis=(0, 2, 3), keepdims=True)
        if equal(got, wanted + each).all():
            return "Within a channel all entries are off by the same number. Which bias is added to which channel?"
    return ""


def cut(got: Array, wanted: Array) -> str:
    """Return that entries are cut off, rounded, or made positive."""
    if equal(got, np.maximum(wanted, 0)).all():
        return "What should be negative is 0. Where are negative numbers cut off?"
    if equal(got, np.minimum(wanted, 0)).all():
        return "What should be positive is 0. Where are positive numbers cut off?"
    if (
        (got == np.round(got)).all()
        and (np.abs(got - wanted) <= 1).all()
        and (wanted != np.round(wanted)).any()
    ):
        return "All entries are whole numbers, and near the right ones. Where do the decimals get lost?"
    if wanted.size > 3 and np.ptp(got) == 0 and np.ptp(wanted) > 0:
        return "All entries are the same number. Over what is summed that should stay apart?"
    return ""


def mapped(got: Array, wanted: Array) -> str:
    """Return that each entry is a simple function of the right one."""
    functions = {
        "1 minus the right one": 1 - wanted,
        "the square of the right one": wanted**2,
        "the square root of the right one": np.sqrt(np.abs(wanted)),
        "1 divided by the right one": 1 / wanted,
        "the right one without its sign": np.abs(wanted),
    }
    for words, values in functions.items():
        if wanted.size > 1 and np.isfinite(values).all() and equal(got, values).all():
            return f"Each entry is {words}. Which step is too much, or missing?"
    return ""


def reordered(got: Array, wanted: Array, names: Sequence[str]) -> str:
    """Return that the right entries are there, and stand elsewhere: reversed, transposed, or shifted."""
    axes = [axis for axis in range(wanted.ndim) if wanted.shape[axis] > 1]
    for count in range(1, len(axes) + 1):
        for some in combinations(axes, count):
            if equal(got, np.flip(wanted, some)).all():
                along = _listed(some, names)
                return (
                    f"The order is reversed along the {along}. Is something turned too often, or not at all?"
                )
    for one, other in combinations(axes, 2):
        turned = wanted.swapaxes(one, other)
        if equal(got, turned.reshape(wanted.shape)).all():
            return f"The {_listed((one, other), names)} are swapped. Which axis is which?"
    for axis in axes:
        for step in (1, -1, 2, -2):
            if abs(step) < wanted.shape[axis] - 1 and _shifted(got, wanted, axis, step):
                way = "later" if step > 0 else "earlier"
                return (
                    f"The entries stand {abs(step)} {_name(axis, names)}{'s' * (abs(step) > 1)} {way} than they should. "
                    "Where does the first one belong?"
                )
    return ""


def shuffled(got: Array, wanted: Array) -> str:
    """Return that the right entries are there, in an order that has no other word."""
    if wanted.size > 2 and equal(np.sort(got, axis=None), np.sort(wanted, axis=None)).all():
        return "The right entries are there, in another order. Which axis comes first?"
    return ""


def _shifted(got: Array, wanted: Array, axis: int, step: int) -> bool:
    got, wanted = np.moveaxis(got, axis, 0), np.moveaxis(wanted, axis, 0)
    if step < 0:
        got, wanted, step = wanted, got, -step
    return bool(equal(got[step:], wanted[:-step]).all())


def exchanged(got: Array, wanted: Array, names: Sequence[str]) -> str:
    """Return that each slice along an axis holds what belongs to another one."""
    for axis in range(min(wanted.ndim, 2)):
        one, other = np.moveaxis(got, axis, 0), np.moveaxis(wanted, axis, 0)
        if not 1 < len(one) <= 10 or other[0].size < 2:
            continue
        found = [next((j for j, right in enumerate(other) if equal(mine, right).all()), None) for mine in one]
        name = _name(axis, names)
        if None in found:
            continue
        if len(set(found)) == 1:
            return f"Each {name} holds what belongs to {name} {found[0]}, counted from 0. Which index stands still?"
        return f"Some {name} holds what belongs to another {name}. Which index is meant?"
    return ""


def signs(got: Array, wanted: Array) -> str:
    """Return that the magnitudes are right."""
    if equal(np.abs(got), np.abs(wanted)).all():
        off = np.count_nonzero(~equal(got, wanted))
        return f"The magnitudes are right, the signs of {off} of {wanted.size} entries are not. What decides the sign?"
    return ""


def place(got: Array, wanted: Array, names: Sequence[str]) -> str:
    """Return which entries are wrong; if all are, how they go along with the right ones."""
    off = ~equal(got, wanted)
    count = (
        f"{np.count_nonzero(off)} of {off.size} entries are wrong"
        if off.size > 1
        else "The only entry is wrong"
    )
    for where in (by_border(off), by_slices(off, names), by_value(off, wanted)):
        if where:
            return f"{count}, {where}"
    return f"{count}{company(got, wanted)}"


def company(got: Array, wanted: Array) -> str:
    """Return whether entries grow with the right ones, and how large they are on the whole: the last resort."""
    if wanted.size < 4:
        return "." if wanted.size == 1 else ". Which term is missing, or too much?"
    order = np.argsort(wanted, axis=None, kind="stable")
    steps = np.diff(got.ravel()[order])
    if (steps >= 0).all() and steps.any():
        return ", and grow with the right ones. Which function is applied too often, or left out?"
    if (steps <= 0).all() and steps.any():
        return ", and fall where the right ones grow. Which sign or which quotient is turned around?"
    like = float(np.corrcoef(got.ravel(), wanted.ravel())[0, 1])
    ratio = float(np.sqrt((got * got).mean() / max((wanted * wanted).mean(), np.finfo(float).tiny)))
    size = "as large as" if 0.8 < ratio < 1.25 else f"{ratio:.2g} times as large as"
    if abs(like) > 0.5:
        return f", {size} the right ones on average, and similar to them. Which term is missing, or too much?"
    return f", {size} the right ones on average, and not similar to them. Which numbers go in, and in which order?"


def by_border(off: NDArray[np.bool_]) -> str:
    """Return that only the outermost rows and columns of pictures are wrong."""
    if off.ndim < 2 or min(off.shape[-2:]) < 3:
        return ""
    mask = np.asarray(off.reshape(-1, *off.shape[-2:]).any(axis=0))
    (p, q), rows, columns = mask.shape, np.asarray(mask.any(axis=1)), np.asarray(mask.any(axis=0))
    if rows.all() and columns.all():
        frame = next(
            (k for k in range(1, (min(p, q) + 1) // 2) if not mask[k : p - k, k : q - k].any()), None
        )
        inner = {
            (a, b)
            for a in range(p // 2 + 1)
            for b in range(q // 2 + 1)
            if p > 2 * a and q > 2 * b and a + b and not mask[a : p - a, b : q - b].any()
        }
        if frame or inner:
            return "and only at the border. Which numbers stand around the picture, and how many of them?"
    return ""


def by_slices(off: NDArray[np.bool_], names: Sequence[str]) -> str:
    """Return that some slices along an axis are right, and others are not."""
    for axis in range(off.ndim if off.ndim > 1 or names else 0):
        wrong = np.asarray(np.moveaxis(off, axis, 0).reshape(off.shape[axis], -1).any(axis=1))
        if off.shape[axis] > 1 and not wrong.all() and _which(wrong, ""):
            return f"all of them in {_which(wrong, _name(axis, names))}. What is different there?"
    return ""


def _which(wrong: NDArray[np.bool_], name: str) -> str:
    """Name the wrong ones of some slices; "" if they follow no rule."""
    (at,), n = np.nonzero(wrong), len(wrong)
    if len(at) == 1:
        words = {0: f"the first {name}", n - 1: f"the last {name}"}
        return words.get(int(at[0]), f"{name} {at[0]}, counted from 0")
    if (np.diff(at) == 2).all() and len(at) >= n // 2:
        return f"every other {name}"
    if len(at) == n - 1 and (not wrong[0] or not wrong[-1]):
        return f"every {name} but the {'first' if not wrong[0] else 'last'}"
    if (np.diff(at) == 1).all() and (wrong[0] or wrong[-1]):
        return f"{'the first' if wrong[0] else 'the last'} {len(at)} of {n}, counted by {name}"
    return ""


def by_value(off: NDArray[np.bool_], wanted: Array) -> str:
    """Return that only entries of a kind are wrong: those that should be 0, or of one sign."""
    kinds: tuple[tuple[str, Callable[[Array], NDArray[np.bool_]]], ...] = (
        ("should be 0", lambda values: values == 0),
        ("should not be 0", lambda values: values != 0),
        ("should be negative", lambda values: values < 0),
        ("should be positive", lambda values: values > 0),
    )
    for words, kind in kinds:
        if not off.all() and kind(wanted[off]).all() and not kind(wanted).all():
            return f"all of them ones that {words}. What is different about these?"
    return ""


def _name(axis: int, names: Sequence[str]) -> str:
    return names[axis] if names else f"slice along axis {axis}"


def _listed(axes: Sequence[int], names: Sequence[str]) -> str:
    words = [f"{names[axis]}s" if names else f"axis {axis}" for axis in axes]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
