"""The reference layer, by which every number in the figures is computed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "solutions" / "exercise4"

Array = npt.NDArray[Any]


class ConvolutionalLayer(Protocol):
    """Numbers that the figures ask of the layer."""

    weights: Array
    bias: Array

    def __init__(
        self,
        stride: tuple[int, int],
        kernel_shape: tuple[int, int, int],
        n_kernels: int,
        learning_rate: float,
    ) -> None: ...

    def forward(self, x: Array) -> Array:
        """Return the output, [b, n_kernels, p', q'], for `x` [b, c, p, q]."""

    def backward(self, error: Array) -> Array:
        """Return the gradient for the last x, given that for the output."""

    def get_gradient_weights(self) -> Array:
        """Return the gradient of the weights, [n_kernels, c, m, n], from the last backward."""


class MissingReferenceError(Exception):
    """There is no solved layer yet; the text says where one was looked for."""


def load_layer(solutions: Path = SOLUTIONS) -> type[ConvolutionalLayer]:
    """Return the ConvolutionalLayer of `solutions`/src/layers/conv.py.

    It is imported as the course does, as `src.layers.conv` with `solutions` on the path. Both traces are
    removed again, because release and solutions each have a package of the name `src`.
    """
    path = solutions / "src" / "layers" / "conv.py"
    if not path.is_file():
        message = (
            f"{path}: no solved layer here; generate the solutions first, or name their folder by --solutions"
        )
        raise MissingReferenceError(message)
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "src"}
    sys.path.insert(0, str(solutions))
    importlib.invalidate_caches()
    try:
        layer: type[ConvolutionalLayer] = importlib.import_module("src.layers.conv").ConvolutionalLayer
    finally:
        sys.path.remove(str(solutions))
        for name in [name for name in sys.modules if name.split(".")[0] == "src"]:
            del sys.modules[name]
        sys.modules.update(before)
    return layer


def integers(values: Array) -> npt.NDArray[np.int64]:
    """Turn the layer's floats into the whole numbers that are drawn. ValueError if one is not whole."""
    whole = np.rint(values)
    if not np.allclose(values, whole, rtol=0, atol=1e-6):
        message = "the reference layer returns a fraction where whole numbers go in: is its arithmetic right?"
        raise ValueError(message)
    return whole.astype(np.int64)
