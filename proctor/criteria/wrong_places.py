"""Places at which entries are wrong: a border, some slices, or those of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


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
            where = _which(wrong, named(axis, names))
            return (
                f"{'' if where.startswith('every ') else 'all of them '}in {where}. What is different there?"
            )
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


def named(axis: int, names: Sequence[str]) -> str:
    """Return what an axis counts, in the singular."""
    return names[axis] if names else f"slice along axis {axis}"


def listed(axes: Sequence[int], names: Sequence[str]) -> str:
    """Return what some axes count, in the plural."""
    words = [f"{names[axis]}s" if names else f"axis {axis}" for axis in axes]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
