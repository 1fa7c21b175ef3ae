"""Hidden tests of part 3: the convolutional layer, forward, with other strides than (1, 1)."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from closed_forms import correlate
from inputs import numbers
from layer_criteria import LayerCriteria

from proctor.criteria import points
from proctor.outcome import Rung

if TYPE_CHECKING:
    from closed_forms import Array, Pair


class ConvStride(LayerCriteria):
    """Convolution, forward, other strides"""

    grade_id = "conv_stride"

    @points(1)
    def test_dividing(self) -> None:
        """Strides that divide the picture keep every sp-th row and every sq-th column, from the first on."""
        for stride, image, seed in (((2, 3), (6, 9), 203), ((2, 1), (6, 7), 201), ((1, 2), (5, 8), 205)):
            self.stride(stride, image, seed)

    @points(1)
    def test_not_dividing(self) -> None:
        """Other strides do so, too, however large: ceil(p / sp) rows and ceil(q / sq) columns stay."""
        for stride, image, seed in (((2, 3), (7, 10), 211), ((4, 5), (7, 9), 213), ((7, 2), (6, 5), 215)):
            self.stride(stride, image, seed)

    def stride(self, stride: Pair, image: Pair, seed: int) -> None:
        """Judge one stride, by definition or by the student's own forward with stride (1, 1)."""
        x, w, b = (
            numbers(2, 2, *image, seed=seed),
            numbers(3, 2, 3, 5, seed=seed + 1),
            numbers(3, seed=seed + 2),
        )
        y = self.layer(w, b, stride=stride).forward(x.copy())
        self.better(
            lambda: self.check_shape_first(y, image, stride, correlate(x, w, b, stride)),
            lambda: self.check_own_subsample(y, x, w, b, stride),
        )

    def check_own_subsample(self, y: Any, x: Array, w: Array, b: Array, stride: Pair) -> None:
        """Judge by every sp-th row and sq-th column of the student's own forward without stride."""
        self.check_alive(w, x)
        self.check(y, self.output(w, x, b)[:, :, :: stride[0], :: stride[1]], "forward(x)")

    def check_shape_first(self, y: Any, image: Pair, stride: Pair, wanted: Array) -> None:
        """Check an output; the typical wrong shapes have hints of their own."""
        (p, q), (sp, sq) = image, stride
        shape = y.shape[2:] if isinstance(y, np.ndarray) and y.ndim == 4 else None
        if shape == wanted.shape[2:]:
            pass
        elif shape == image:
            self.fail_with(
                Rung.SHAPE, "The output is as large as x although the stride is not (1, 1). Where is it used?"
            )
        elif shape == (ceil(p / sq), ceil(q / sp)):
            self.fail_with(
                Rung.SHAPE, "Rows and columns of the output do not fit. Which entry of stride is for rows?"
            )
        elif shape == (p // sp, q // sq):
            self.fail_with(
                Rung.SHAPE, "The output lacks its last row or column. What becomes of a part of a step?"
            )
        self.check(y, wanted, "forward(x)")
