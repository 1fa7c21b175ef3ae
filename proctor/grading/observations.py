"""Comparison of traces: what came back from a student's side, and what a known mistake would have sent back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from proctor.criteria import TOLERANCE
from proctor.session.proxies import CallBack, SeenFault, Unkept

if TYPE_CHECKING:
    from numpy.typing import NDArray


def same_values(_: str, one: list[Any], other: list[Any]) -> bool:
    """Return whether two traces hold the same values, within the tolerance of the hidden tests."""
    return len(one) == len(other) and all(map(same, one, other))


def same(one: Any, other: Any) -> bool:
    """Return whether two entries of a trace are the same, whatever the precision, and for vectors the axis."""
    if {type(one), type(other)} & {CallBack, SeenFault, Unkept, str, type(None)}:
        return type(one) is type(other) and (
            _same_call(one, other) if isinstance(one, CallBack) else bool(one == other)
        )
    left, right = as_numbers(one), as_numbers(other)
    if left is None or right is None:
        return False
    if is_vector(left) and is_vector(right):
        left, right = left.ravel(), right.ravel()
    return bool(left.shape == right.shape and _close(left, right))


def _same_call(one: CallBack, other: CallBack) -> bool:
    """Return whether a test's object was called alike, with a shape most likely: 4, [4] and (1, 4) are the same."""
    pairs = [(as_numbers(left), as_numbers(right)) for left, right in zip(one.args, other.args, strict=False)]
    return (one.number, one.name, len(one.args)) == (other.number, other.name, len(other.args)) and all(
        left is not None and right is not None and np.array_equal(left[left != 1], right[right != 1])
        for left, right in pairs
    )


def as_numbers(value: Any) -> NDArray[Any] | None:
    """Return a value as an array of numbers, lists included, or None if it is none."""
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        return None
    return array if array.dtype.kind in "biufc" else None


def is_vector(array: NDArray[Any]) -> bool:
    """Return whether an array has one axis of more than one entry at most, such as a bias of shape (n, 1)."""
    return len([extent for extent in array.shape if extent != 1]) <= 1


def _close(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Return whether two arrays of a shape are equal up to the tolerance, and infinite or nan in the same places."""
    finite = np.isfinite(one)
    if np.iscomplexobj(one) != np.iscomplexobj(other) or not np.array_equal(finite, np.isfinite(other)):
        return False
    if not np.array_equal(one[~finite], other[~finite], equal_nan=True):
        return False
    left, right = one[finite].astype(complex), other[finite].astype(complex)
    scale = max(np.abs(left).max(initial=0.0), np.abs(right).max(initial=0.0))
    return bool(np.all(np.abs(left - right) <= TOLERANCE * scale))
