"""What several hidden tests share: inputs without chance in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def numbers(*shape: int, seed: int) -> NDArray[np.float64]:
    """Return quarters from -10 to 10 without 0: single precision adds and multiplies them exactly."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 41, shape) * rng.choice([-0.25, 0.25], shape)


def moderate(*shape: int, seed: int) -> NDArray[np.float64]:
    """Return numbers between -4 and 4 in steps of 1/8: a sigmoid is far from flat there."""
    return np.random.default_rng(seed).integers(-32, 33, shape) / 8.0
