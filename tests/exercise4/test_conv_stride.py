"""Hidden tests of part 3: the convolutional layer, forward, with other strides than (1, 1)."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from closed_forms import correlate
from layer_criteria import PICTURES, LayerCriteria

from proctor.criteria import points
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from closed_forms import Array, Pair
    from layer_criteria import Scene


class ConvStride(LayerCriteria):
    """Convolution, forward, other strides"""

    grade_id = "conv_stride"

    @points(1)
    def test_dividing(self) -> None:
        """Strides that divide the picture keep every sp-th row and every sq-th column, from the first on."""
        self.stride(self.scene(2, 2, 3, seed=203, image=(6, 9), stride=(2, 3)))
        self.stride(self.scene(1, 1, 2, seed=207, image=(6, 7), kernel=(5, 3), stride=(2, 1)))
        self.stride(self.scene(3, 4, 1, seed=221, image=(5, 8), kernel=(3, 3), stride=(1, 2)))

    @points(1)
    def test_not_dividing(self) -> None:
        """Other strides do so, too, however large: ceil(p / sp) rows and ceil(q / sq) columns stay."""
        self.stride(self.scene(2, 2, 3, seed=211, image=(7, 10), stride=(2, 3)))
        self.stride(self.scene(1, 3, 2, seed=224, image=(7, 9), kernel=(3, 3), stride=(4, 5)))
        self.stride(self.scene(2, 1, 4, seed=227, image=(6, 5), kernel=(5, 3), stride=(7, 2)))

    def stride(self, scene: Scene) -> None:
        """Judge one stride, by definition or by the student's own forward with stride (1, 1)."""
        (x, w, b, stride, _), image = scene, scene.x.shape[2:]
        y = self.layer(w, b, stride=stride).forward(x.copy())
        self.better(
            lambda: self.check_shape_first(y, image, stride, correlate(x, w, b, stride)),
            lambda: self.check_own_subsample(y, x, w, b, stride),
        )

    def check_own_subsample(self, y: Any, x: Array, w: Array, b: Array, stride: Pair) -> None:
        """Judge by every sp-th row and sq-th column of the student's own forward without stride."""
        self.check_own_forward(w)
        self.check(y, self.output(w, x, b)[:, :, :: stride[0], :: stride[1]], "forward(x)", axes=PICTURES)

    def check_shape_first(self, y: Any, image: Pair, stride: Pair, wanted: Array) -> None:
        """Check an output; the typical wrong shapes have hints of their own."""
        (p, q), (sp, sq) = image, stride
        shape = y.shape[2:] if isinstance(y, np.ndarray) and y.ndim == 4 else None
        if shape == wanted.shape[2:]:
            pass
        elif shape == image:
            self.fail_with(
                Check.SHAPE,
                "The output is as large as x although the stride is not (1, 1). Where is it used?",
            )
        elif shape == (ceil(p / sq), ceil(q / sp)):
            self.fail_with(
                Check.SHAPE, "Rows and columns of the output do not fit. Which entry of stride is for rows?"
            )
        elif shape == (p // sp, q // sq):
            self.fail_with(
                Check.SHAPE, "The output lacks its last row or column. What becomes of a part of a step?"
            )
        self.check(y, wanted, "forward(x)", axes=PICTURES)
