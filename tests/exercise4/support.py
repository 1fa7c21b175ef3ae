"""What several hidden tests share: inputs without chance in them, and a pair of layers that live side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def numbers(*shape: int, seed: int) -> NDArray[np.float64]:
    """Return whole numbers from -9 to 9 without 0, as floats: single precision adds and multiplies them exactly."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 10, shape) * rng.choice([-1.0, 1.0], shape)


def moderate(*shape: int, seed: int) -> NDArray[np.float64]:
    """Return numbers between -4 and 4 in steps of 1/8: a sigmoid is far from flat there."""
    return np.random.default_rng(seed).integers(-32, 33, shape) / 8.0
