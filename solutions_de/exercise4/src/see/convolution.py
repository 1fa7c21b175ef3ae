"""Pictures of part 3: your convolution on a photograph, and your gradients beside measured ones."""

from typing import Any

import numpy as np
from matplotlib import cbook, image
from matplotlib.figure import Figure
from Tests.compare import as_numbers, give_weights, numerical_gradient

from src.see.frame import INK, canvas, in_powers, picture, show_image


@picture()
def correlation_as_matrix() -> Figure:
    """Draw the matrix that slides a kernel of three numbers along a row of ten."""
    kernel, length = ["w₀", "w₁", "w₂"], 10
    matrix = sum((offset + 2) * np.eye(length, k=offset) for offset in (-1, 0, 1))
    figure, axes = canvas(size=(4.4, 4.2))
    axes.imshow(np.ma.masked_equal(matrix, 0), cmap="Blues", vmin=-1, vmax=6)
    for row, column in np.argwhere(matrix):
        axes.text(column, row, kernel[column - row + 1], ha="center", va="center", color=INK)
    axes.set(xlabel="number of the input", ylabel="number of the output")
    axes.set(xticks=range(length), yticks=range(length))
    axes.set_xticks(np.arange(length) - 0.5, minor=True)
    axes.set_yticks(np.arange(length) - 0.5, minor=True)
    axes.grid(visible=False)
    axes.grid(which="minor", alpha=0.4)
    axes.tick_params(which="both", length=0)
    return figure


KERNELS = {
    "upright edges": np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 4,
    "level edges": np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4,
    "emboss": np.array([[2, 1, 0], [1, 1, -1], [0, -1, -2]]) / 2,
    "blur": np.ones((7, 7)) / 49,
}


def photograph() -> np.ndarray:
    """Load the portrait of Grace Hopper that comes with Matplotlib, [1, 3, 200, 170], values from 0 to 1.

    Rear Admiral Hopper wrote one of the first compilers; she sits still while you convolve her.
    """
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        pixels = image.imread(file, format="jpg")[:600, :510] / 255
    # Each 3 x 3 pixels become one, so that slow layers need not wait long.
    small = pixels.reshape(200, 3, 170, 3, 3).mean(axis=(1, 3))
    return small.transpose(2, 0, 1)[np.newaxis]


def with_weights(conv: type, stride: tuple[int, int], weights: np.ndarray) -> Any:
    """Make a layer of yours with given weights, a bias of 0 and a learning rate of 0."""
    layer = conv(stride, weights.shape[1:], len(weights), 0.0)
    give_weights(layer, weights, np.zeros(len(weights)))
    return layer


def grey_kernels() -> np.ndarray:
    """Stack the kernels above, [4, 3, 7, 7]: each looks at the mean of the three colours."""
    sizes = [(7 - len(kernel)) // 2 for kernel in KERNELS.values()]
    framed = [np.pad(kernel, size) for kernel, size in zip(KERNELS.values(), sizes, strict=True)]
    return np.repeat(np.array(framed)[:, np.newaxis], 3, axis=1) / 3


@picture("ConvolutionalLayer")
def your_convolution(conv: type) -> Figure:
    """Draw a photograph, and what four kernels in your layer make of it; below, the kernels."""
    photo, kernels = photograph(), grey_kernels()
    maps = as_numbers(with_weights(conv, (1, 1), kernels).forward(photo), "ConvolutionalLayer.forward")[0]
    figure, (above, below) = canvas(2, 5, size=(9, 3.6), height_ratios=[3, 1])
    show_image(above[0], photo[0].transpose(1, 2, 0), "the photograph")
    below[0].axis("off")
    for index, (name, kernel) in enumerate(KERNELS.items(), start=1):
        show_image(above[index], maps[index - 1], name)
        limit = np.abs(kernel).max()
        show_image(below[index], kernel, cmap="RdBu_r", vmin=-limit, vmax=limit)
    return figure


@picture("ConvolutionalLayer")
def your_strides(conv: type) -> Figure:
    """Draw the outlines of the photograph with growing strides, true to scale."""
    photo, kernels = photograph(), grey_kernels()[:1]
    figure, panels = canvas(1, 3, size=(6.5, 4.1), width_ratios=[4, 2, 1])
    for axes, step in zip(panels, (1, 2, 4), strict=True):
        layer = with_weights(conv, (step, step), kernels)
        picture_of_edges = as_numbers(layer.forward(photo), "ConvolutionalLayer.forward")[0, 0]
        rows, columns = picture_of_edges.shape
        show_image(axes, picture_of_edges, f"stride ({step}, {step})\n{rows} x {columns}")
        axes.set_anchor("N")
    return figure


@picture("ConvolutionalLayer")
def your_gradients(conv: type) -> Figure:
    """Draw your gradients, the measured ones, and the difference, in the same colours."""
    rng = np.random.default_rng(0)
    images, weights = rng.normal(size=(1, 3, 6, 8)), rng.normal(size=(2, 3, 3, 5))
    layer = with_weights(conv, (2, 1), weights)
    error = rng.normal(size=as_numbers(layer.forward(images.copy()), "ConvolutionalLayer.forward").shape)
    of_input = as_numbers(layer.backward(error.copy()), "ConvolutionalLayer.backward")
    of_weights = as_numbers(layer.get_gradient_weights(), "get_gradient_weights")

    def loss(x: np.ndarray, w: np.ndarray) -> float:
        return float(np.sum(error * np.asarray(with_weights(conv, (2, 1), w).forward(x))))

    figure, panels = canvas(2, 3, size=(9, 3.9), height_ratios=[7, 6])
    figure.get_layout_engine().set(wspace=0.08)
    measured = numerical_gradient(lambda w: loss(images, w), weights)
    draw_comparison(panels[0], "weights", tiled(of_weights), tiled(measured))
    measured = numerical_gradient(lambda x: loss(x, weights), images)
    draw_comparison(panels[1], "input", tiled(of_input), tiled(measured))
    return figure


def tiled(stacks: np.ndarray) -> np.ndarray:
    """Put stacks of channels, [s, c, rows, columns], below each other, and the channels of each in a row."""
    rows = [side_by_side(channels) for channels in stacks]
    return np.vstack([np.pad(row, ((0, 1), (0, 0)), constant_values=np.nan) for row in rows])[:-1]


def side_by_side(channels: np.ndarray) -> np.ndarray:
    """Put channels, [c, rows, columns], beside each other with a gap of one column."""
    return np.hstack([np.pad(channel, ((0, 0), (0, 1)), constant_values=np.nan) for channel in channels])[
        :, :-1
    ]


def draw_comparison(panels: Any, what: str, yours: np.ndarray, measured: np.ndarray) -> None:
    """Draw yours, the measured gradient, and yours minus measured."""
    difference = yours - measured
    limit = np.nanmax(np.abs(measured))
    titles = [
        f"{what}: yours",
        f"{what}: measured",
        f"difference, at most {in_powers(np.nanmax(np.abs(difference)))}",
    ]
    for axes, gradient, title in zip(panels, (yours, measured, difference), titles, strict=True):
        show_image(axes, gradient, title, cmap="RdBu_r", vmin=-limit, vmax=limit)
