"""The gradient of one kernel: each padded input channel, correlated with the error of its output channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from figures.files import Frame
from figures.reference import ConvolutionalLayer, integers
from figures.sheets import Numbers, cell_box, padded_sheet, sheet
from figures.strokes import Box, arrow, headline, outline, panel, write
from figures.theme import CARD, INK, INPUT, KERNEL, KERNEL_2, MARGIN, MUTED, WIDTH, card, pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 820
CELL, SIZE = 33, 22
TOP, STEP = 122, 184
INPUT_LEFT, ERROR_LEFT, GRADIENT_LEFT = 84, 372, 584
BEHIND = 16  # how far the error's second channel looks out from behind the first
FOOT = 684  # the height of the names below the sheets
SUM = Box(MARGIN, 724, WIDTH - 2 * MARGIN, 68)


@dataclass(frozen=True)
class Example:
    """`image` [C, p, q], `error` [S, p, q], the kernel's extents (odd), the entry of its gradient to mark.

    The stride is 1, the batch holds one image, and the gradient of the first kernel is what is drawn.
    """

    image: Numbers
    error: Numbers
    kernel: tuple[int, int]
    entry: tuple[int, int]


def window(example: Example, channel: int, entry: tuple[int, int]) -> Numbers:
    """Return the part of a padded input channel, [p, q], whose products with the error add up to `entry`."""
    padded = np.pad(example.image[channel], [(extent // 2, extent // 2) for extent in example.kernel])
    rows, columns = example.error.shape[1:]
    return padded[entry[0] : entry[0] + rows, entry[1] : entry[1] + columns]


def gradients(layer_class: type[ConvolutionalLayer], example: Example) -> Numbers:
    """Let the layer compute the gradient of its weights, [S, C, m, n].

    ValueError if an entry is not what the picture says it is: the window times the error, summed.
    """
    channels, kernels = len(example.image), len(example.error)
    layer = layer_class((1, 1), (channels, *example.kernel), kernels, 0.0)
    layer.weights, layer.bias = np.ones((kernels, channels, *example.kernel)), np.zeros(kernels)
    layer.forward(example.image[None].astype(float))
    layer.backward(example.error[None].astype(float))
    found = integers(layer.get_gradient_weights())
    for s, c, row, column in np.ndindex(found.shape):
        if (window(example, c, (row, column)) * example.error[s]).sum() != found[s, c, row, column]:
            message = (
                f"the reference layer's gradient at {s, c, row, column} is not the sum of the products there"
            )
            raise ValueError(message)
    return found


def frames(layer_class: type[ConvolutionalLayer], example: Example) -> list[Frame]:
    """Draw the one picture."""
    with card(HEIGHT) as axes:
        draw(axes, example, gradients(layer_class, example)[0])
        return [Frame(pixels(axes))]


def draw(axes: Axes, example: Example, gradient: Numbers) -> None:
    """Draw the padded channels on the left, the error in the middle, the gradient [C, m, n] on the right."""
    headline(axes, "The gradient of kernel 0", "Correlate each padded channel with the error of output 0.")
    error = draw_error(axes, example)
    for c, values in enumerate(example.image):
        ring = padded_sheet(axes, (INPUT_LEFT, TOP + c * STEP), values, CELL, INPUT, size=SIZE)
        corner = (GRADIENT_LEFT, ring.centre[1] - example.kernel[0] * CELL / 2)
        result = sheet(axes, corner, example.kernel, CELL, KERNEL, values=gradient[c], size=SIZE)
        height = error.centre[1] + (c - (len(example.image) - 1) / 2) * 32
        bend = 0.12 * (c - (len(example.image) - 1) / 2)
        arrow(axes, (ring.x + ring.w + 8, ring.centre[1]), (error.x - 8, height), MUTED, bend=bend)
        arrow(
            axes, (error.x + error.w + BEHIND + 8, height), (result.x - 8, result.centre[1]), MUTED, bend=bend
        )
        under = cell_box((ring.x, ring.y), CELL, *example.entry, *example.error.shape[1:])
        outline(axes, under, CARD, width=6)
        outline(axes, under, INK, z=4.1)
        outline(axes, cell_box(corner, CELL, *example.entry), INK)
        write(axes, MARGIN, ring.centre[1], f"c{c}", colour=INPUT.text, bold=True, align="left")
        write(
            axes,
            result.x + result.w + 12,
            result.centre[1],
            f"s0 c{c}",
            colour=KERNEL.text,
            bold=True,
            align="left",
        )
    write(axes, INPUT_LEFT + 3 * CELL, FOOT, "input, padded", colour=INPUT.text)
    write(axes, GRADIENT_LEFT + 1.5 * CELL, FOOT, "gradient", colour=KERNEL.text)
    draw_sum(axes, example, int(gradient[(0, *example.entry)]))


def draw_error(axes: Axes, example: Example) -> Box:
    """Draw the error: its first channel in front, with numbers, the second behind it. Return the front."""
    rows, columns = example.error.shape[1:]
    middle = TOP + (len(example.image) - 1) * STEP / 2 + (rows + 2) * CELL / 2
    corner = (ERROR_LEFT, middle - rows * CELL / 2)
    sheet(axes, (corner[0] + BEHIND, corner[1] - BEHIND), (rows, columns), CELL, KERNEL_2, z=2)
    front = sheet(axes, corner, (rows, columns), CELL, KERNEL, values=example.error[0], size=SIZE, z=3)
    outline(axes, front, KERNEL.line)
    write(axes, front.centre[0], front.y + front.h + 28, "error of", colour=KERNEL.text)
    write(axes, front.centre[0], front.y + front.h + 58, "output 0", colour=KERNEL.text)
    write(axes, front.centre[0], FOOT - 62, "kernel 1 likewise,", colour=KERNEL_2.text)
    write(axes, front.centre[0], FOOT - 32, "with output 1", colour=KERNEL_2.text)
    return front


def draw_sum(axes: Axes, example: Example, value: int) -> None:
    """Write the marked entry of the first channel as a sum, without the products with an error of 0."""
    panel(axes, SUM)
    pairs = zip(window(example, 0, example.entry).flat, example.error[0].flat, strict=True)
    terms = " + ".join(f"{x}·{e}" for x, e in pairs if e)
    write(axes, SUM.x + 24, SUM.centre[1], "framed in s0 c0:", colour=INK, align="left")
    write(axes, SUM.x + SUM.w - 24, SUM.centre[1], f"{terms} = {value}", colour=INK, bold=True, align="right")
