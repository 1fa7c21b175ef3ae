"""The numbers in the figures of part 3: loops find the same ones, and a wrong layer is not drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pytest

if TYPE_CHECKING:
    from types import SimpleNamespace

Array = npt.NDArray[Any]


def window_sums(image: Array, kernel: Array, stride: tuple[int, int]) -> dict[tuple[int, int], int]:
    """Correlate one channel with one kernel, zeros outside, by loops over every index."""
    (p, q), (m, n) = image.shape, kernel.shape
    sums = {}
    for row, top in enumerate(range(0, p, stride[0])):
        for column, left in enumerate(range(0, q, stride[1])):
            sums[row, column] = 0
            for i in range(m):
                for j in range(n):
                    y, x = top + i - m // 2, left + j - n // 2
                    if 0 <= y < p and 0 <= x < q:
                        sums[row, column] += image[y, x] * kernel[i, j]
    return sums


@pytest.mark.parametrize(
    ("shape", "kernel", "stride"),
    [
        ((5, 5), (3, 3), (1, 1)),
        ((5, 5), (3, 3), (2, 2)),
        ((4, 7), (3, 5), (2, 3)),
        ((6, 3), (5, 1), (4, 1)),
    ],
)
def test_positions_agree_with_loops(
    img: SimpleNamespace,
    layer: type[Any],
    shape: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
) -> None:
    """Each value is the sum that plain loops find at its position, and its window's products add up to it."""
    rng = np.random.default_rng(6)
    slide = img.sliding.Slide(
        "", "", rng.integers(0, 4, shape), rng.integers(0, 3, kernel), stride, 500, 500, frozenset()
    )
    places = img.sliding.positions(layer, slide)
    assert {(p.row, p.column): p.value for p in places} == window_sums(slide.image, slide.kernel, stride)
    assert all((p.window * slide.kernel).sum() == p.value for p in places)
    assert all((p.window[~p.inside] == 0).all() for p in places)
    assert [(p.row, p.column) for p in places] == sorted((p.row, p.column) for p in places)


@pytest.mark.parametrize("name", ["same_padding_no_strides.gif", "padding_strides.gif"])
def test_shown_slides_agree_with_loops(img: SimpleNamespace, layer: type[Any], name: str) -> None:
    """What is shown can be added up by hand: the loops' sums, of one-digit factors."""
    slide = img.draw.SLIDES[name]
    places = img.sliding.positions(layer, slide)
    assert {(p.row, p.column): p.value for p in places} == window_sums(
        slide.image, slide.kernel, slide.stride
    )
    assert max(slide.image.max(), slide.kernel.max()) <= 9
    assert min(slide.image.min(), slide.kernel.min()) >= 0
    assert (
        slide.kernel != slide.kernel[::-1, ::-1]
    ).any()  # else it could not tell correlation from convolution


def test_strided_slide_thins_out_the_other(img: SimpleNamespace, layer: type[Any]) -> None:
    """As the alt text says, stride 2 keeps every second row and column of the output with stride 1."""
    dense, thin = (
        {(p.row, p.column): p.value for p in img.sliding.positions(layer, slide)}
        for slide in img.draw.SLIDES.values()
    )
    assert thin == {(y // 2, x // 2): value for (y, x), value in dense.items() if y % 2 == x % 2 == 0}


def test_gradient_agrees_with_loops(img: SimpleNamespace, layer: type[Any]) -> None:
    """Each entry of the kernels' gradients is the loops' sum of padded input times error."""
    example = img.draw.GRADIENT
    found = img.gradient.gradients(layer, example)
    for (s, c, i, j), value in np.ndenumerate(found):
        total = 0
        for y, x in np.ndindex(example.error.shape[1:]):
            row, column = y + i - 1, x + j - 1
            if 0 <= row < example.image.shape[1] and 0 <= column < example.image.shape[2]:
                total += example.image[c, row, column] * example.error[s, y, x]
        assert value == total
    assert found[0, 0, 0, 1] == 9  # as the alt text says


def test_spread_errors_agree_with_loops(img: SimpleNamespace, layer: type[Any]) -> None:
    """The gradient of each scene is what loops over errors and weights find; a wrong layer is not drawn."""
    story = img.draw.SPREAD
    for scene in story.scenes:
        wide = img.spreading.wide_error(story, scene.stride)
        expected = np.zeros(story.size, dtype=int)
        for (row, column), error in np.ndenumerate(wide):
            if scene.places is None or (row, column) in scene.places:
                for (m, n), weight in np.ndenumerate(story.kernel):
                    i, j = row + m - 1, column + n - 1
                    if 0 <= i < story.size[0] and 0 <= j < story.size[1]:
                        expected[i, j] += error * weight
        assert (img.spreading.gradient(layer, story, scene) == expected).all()

    class Unturned(layer):
        def backward(self, error: Array) -> Array:
            self.weights = self.weights[:, :, ::-1, ::-1]
            return super().backward(error)

    with pytest.raises(ValueError, match="not the sum of what the errors spread"):
        img.spreading.gradient(Unturned, story, story.scenes[0])


def test_restacked_kernels_carry_the_error_back(img: SimpleNamespace, layer: type[Any]) -> None:
    """The last scene's sheets, stacked as they lie there, correlate the error to the layer's gradient."""
    weights, last = img.draw.KERNELS.weights, img.restacking.scenes()[-1]
    kernels, channels = weights.shape[:2]
    sheets = [
        [img.restacking.turned_over(weights[s, c], (last.rows, last.columns)) for s in range(kernels)]
        for c in range(channels)
    ]
    error = np.random.default_rng(7).integers(-3, 4, (kernels, 4, 5))
    reference = layer((1, 1), weights.shape[1:], kernels, 0.0)
    reference.weights, reference.bias = weights.astype(float), np.zeros(kernels)
    reference.forward(np.zeros((1, channels, 4, 5)))
    gradient = reference.backward(error[None].astype(float))[0]
    for c in range(channels):
        sums = [window_sums(error[s], sheets[c][s], (1, 1)) for s in range(kernels)]
        for place in np.ndindex(4, 5):
            assert round(gradient[(c, *place)], 9) == sum(part[place] for part in sums)
    lefts = last.places[0, :, 0]
    assert (np.diff(lefts) > 0).all()  # a stack for each channel, from left to right
    assert np.ptp(last.places[1, :, 0] - lefts) == 0  # each with its second sheet behind the first


def test_scenes_flip_rows_first_and_columns_next(img: SimpleNamespace) -> None:
    """The first sheet reads as titles and alt text say: rows flipped, then columns too."""
    sheet = img.draw.KERNELS.weights[0, 0]
    rows = [
        " ".join(
            "".join(map(str, row)) for row in img.restacking.turned_over(sheet, (scene.rows, scene.columns))
        )
        for scene in img.restacking.scenes()
    ]
    assert rows == ["123 456 789", "123 456 789", "789 456 123", "987 654 321", "987 654 321"]


def test_wrong_layers_are_not_drawn(img: SimpleNamespace, layer: type[Any]) -> None:
    """A layer that is off by one, or off by a fraction, stops the drawing and ends up in no picture."""

    class OffByOne(layer):
        def forward(self, x: Array) -> Array:
            return super().forward(x) + 1

        def get_gradient_weights(self) -> Array:
            return super().get_gradient_weights() + 1

    class Fraction(layer):
        def forward(self, x: Array) -> Array:
            return super().forward(x) + 0.25

    slide = img.draw.SLIDES["padding_strides.gif"]
    with pytest.raises(ValueError, match="not the sum of the products"):
        img.sliding.positions(OffByOne, slide)
    with pytest.raises(ValueError, match="not the sum of the products"):
        img.gradient.gradients(OffByOne, img.draw.GRADIENT)
    with pytest.raises(ValueError, match="fraction"):
        img.sliding.positions(Fraction, slide)
