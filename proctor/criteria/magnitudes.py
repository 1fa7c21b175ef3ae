"""Ways in which all entries of an array differ from the expected ones: a factor, an offset, a function, a sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from proctor.criteria.closeness import close

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


HUGE = 1e100
FEW = 7
"""Fewer entries are in the order of the right ones, or in the reverse, by chance."""


def scaled(got: Array, wanted: Array) -> str:
    """Return that all entries are 0, or have the same factor."""
    if not got.any():
        return "All entries are 0. Which result is never stored, or multiplied by 0?"
    square = float((wanted * wanted).sum())
    factor = float((got * wanted).sum()) / square if square else 0.0
    # One number is a multiple of any other: that says nothing.
    if wanted.size < 2 or not factor or not close(got, factor * wanted).all():
        return ""
    if abs(factor + 1) < 1e-3:
        return "All entries have the wrong sign. Where is a minus too many, or missing?"
    if abs(1 / factor - round(1 / factor)) < 1e-3 * abs(1 / factor):
        return f"All entries are 1/{round(1 / factor)} of what they should be. Is there a mean in place of a sum?"
    return f"All entries are {factor:.3g} times what they should be. What are they multiplied by that does not belong?"


def offset(got: Array, wanted: Array) -> str:
    """Return that all entries, or all of a channel, are off by the same number."""
    rest = got - wanted
    if wanted.size > 1 and close(got, wanted + rest.mean()).all():
        return "All entries are off by the same number. What is added to all of them, or missing?"
    if wanted.ndim == 4 and wanted[0, 0].size > 1:
        each = rest.mean(axis=(0, 2, 3), keepdims=True)
        if close(got, wanted + each).all():
            return "Within a channel all entries are off by the same number. Which bias is added to which channel?"
    return ""


def cut(got: Array, wanted: Array) -> str:
    """Return that entries are cut off, rounded, or made positive."""
    if close(got, np.maximum(wanted, 0)).all():
        return "What should be negative is 0. Where are negative numbers cut off?"
    if close(got, np.minimum(wanted, 0)).all():
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
        if wanted.size > 1 and np.isfinite(values).all() and close(got, values).all():
            return f"Each entry is {words}. Which step is too much, or missing?"
    return ""


def signs(got: Array, wanted: Array) -> str:
    """Return that the magnitudes are right."""
    if close(np.abs(got), np.abs(wanted)).all():
        off = np.count_nonzero(~close(got, wanted))
        return f"The magnitudes are right, the signs of {off} of {wanted.size} entries are not. What decides the sign?"
    return ""


def unfilled(got: Array, wanted: Array) -> str:
    """Return that numbers are of a size to which nothing adds up: what memory held before."""
    if np.abs(got).max(initial=0) > HUGE * max(1.0, np.abs(wanted).max(initial=0)):
        return "Some entries are larger than 1e100, as if nobody had filled them. np.empty, or np.zeros?"
    return ""


def company(got: Array, wanted: Array) -> str:
    """Return whether entries grow with the right ones, and how large they are on the whole: the last resort."""
    if wanted.size < 4:
        return "." if wanted.size == 1 else ". Which term is missing, or too much?"
    order = np.argsort(wanted, axis=None, kind="stable")
    steps = np.diff(got.ravel()[order])
    if wanted.size < FEW:
        steps = steps[:0]
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
