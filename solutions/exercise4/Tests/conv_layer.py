"""Common ground of the checks of the convolutional layer: images, kernels and errors, and your layer with them."""

import unittest
from typing import Any

import numpy as np

from Tests.compare import give_weights
from Tests.selfcheck import Yours

IMAGES = np.random.default_rng(1).normal(size=(2, 2, 5, 6))  # b, c, p, q
TWINS = np.random.default_rng(5).normal(size=IMAGES.shape)
OTHERS = np.random.default_rng(4).normal(size=(3, 2, 7, 5))
BATCHES = {"images": IMAGES, "twins": TWINS, "others": OTHERS}
KERNELS = np.random.default_rng(2).normal(size=(3, 2, 3, 5))  # n_kernels, c, m, n
BIAS = np.array([0.5, -1.0, 2.0])
RATE = 0.25
STRIDES = [(1, 1), (2, 3)]
FORWARD = "ConvolutionalLayer.forward"
BACKWARD = "ConvolutionalLayer.backward"


def error_for(stride: tuple[int, int], images: np.ndarray = IMAGES) -> np.ndarray:
    """Make an error of the shape of the output."""
    rows, columns = (-(-extent // step) for extent, step in zip(images.shape[2:], stride, strict=True))
    return np.random.default_rng(3).normal(size=(len(images), len(KERNELS), rows, columns))


class Layers(unittest.TestCase):
    """Your classes, which `TestConv.Conv = ...` and the like put in by hand."""

    Conv = Yours("ConvolutionalLayer")
    Flatten = Yours("FlattenLayer")
    FullyConnected = Yours("FullyConnectedLayer")
    He = Yours("He")
    Constant = Yours("Const")

    def layer(self, stride: tuple[int, int] = (1, 1), weights: Any = KERNELS, bias: Any = BIAS) -> Any:
        """Make a layer with these kernels and this bias."""
        layer = self.Conv(stride, weights.shape[1:], len(weights), RATE)
        give_weights(layer, weights.astype(float), bias)
        return layer
