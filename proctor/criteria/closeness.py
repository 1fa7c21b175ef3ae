"""Closeness of two numbers that count as equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

TOLERANCE = 2e-4
"""Largest error allowed, relative to the largest expected magnitude: loose enough for single precision."""


def close(got: ArrayLike, wanted: ArrayLike, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
    """Return for each entry whether it is right within `tolerance` times the largest expected magnitude."""
    got, wanted = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), float(np.finfo(float).tiny))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.abs(got - wanted) <= tolerance * scale)
