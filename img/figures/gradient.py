"""The gradient of one kernel: each padded input channel, correlated with the error of that kernel's channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from figures.files import Frame
from figures.reference import ConvolutionalLayer, integers
from figures.sheets import Numbers, cell_box, outline, padded_sheet, sheet, write
from figures.theme import CARD, INK, INPUT, KERNEL, MUTED, TITLE, card, pixels

HEIGHT = 740
CELL, DIGIT = 33, 22
LEFT, TOP, STEP = 64, 108, 186
ERROR_LEFT, GRADIENT_LEFT = 380, 640


@dataclass(frozen=True)
class Example:
    """`image` [C, p, q], `error` [S, p, q], the kernel's extents, and the gradient entry that is marked.

    The stride is 1, the batch holds one image, and the first kernel (s = 1) is the one that is shown.
    """

    image: Numbers
    error: Numbers
    kernel: tuple[int, int]
    entry: tuple[int, int]


def gradients(layer_class: type[ConvolutionalLayer], example: Example) -> Numbers:
    """Let the layer compute the gradient of the weights, [S, C, m, n].

    ValueError if an entry is not the sum that the picture shows: window of the padded input times the error.
    """
    layer = layer_class((1, 1), (len(example.image), *example.kernel), len(example.error), 0.0)
    layer.weights = np.ones((len(example.error), len(example.image), *example.kernel))
    layer.bias = np.zeros(len(example.error))
    layer.forward(example.image[None].astype(float))
    layer.backward(example.error[None].astype(float))
    found = integers(layer.get_gradient_weights())
    (rows, columns), pads = example.error.shape[1:], [extent // 2 for extent in example.kernel]
    padded = np.pad(example.image, [(0, 0), *((pad, pad) for pad in pads)])
    for s, c, row, column in np.ndindex(found.shape):
        if (padded[c, row : row + rows, column : column + columns] * example.error[s]).sum() != found[s, c, row, column]:
            message = f"the reference layer's gradient at {s, c, row, column} is not the sum of the products there"
            raise ValueError(message)
    return found


def frames(layer_class: type[ConvolutionalLayer], example: Example) -> list[Frame]:
    """Draw the one picture."""
    with card(HEIGHT) as axes:
        draw(axes, example, gradients(layer_class, example)[0])
        return [Frame(pixels(axes))]


def draw(axes: Axes, example: Example, gradient: Numbers) -> None:
    """Draw the padded channels on the left, the error in the middle, the gradient's channels on the right."""
    write(axes, 40, 46, "Gradient of kernel 1", size=TITLE, bold=True, align="left")
    rows, columns = example.error.shape[1:]
    middle = TOP + STEP + (rows + 2) * CELL / 2
    error = sheet(axes, (ERROR_LEFT, middle - rows * CELL / 2), (rows, columns), CELL, KERNEL,
                  values=example.error[0], size=DIGIT, z=3)
    outline(axes, error, KERNEL.line, width=5)
    write(axes, error.centre[0], error.y - 24, "error, channel 1", colour=KERNEL.text)
    for c in range(len(example.image)):
        ring = padded_sheet(axes, (LEFT, TOP + c * STEP), example.image[c], CELL, INPUT, size=DIGIT)
        at = (GRADIENT_LEFT, ring.centre[1] - gradient.shape[1] * CELL / 2)
        result = sheet(axes, at, example.kernel, CELL, KERNEL, values=gradient[c], size=DIGIT)
        axes.plot([ring.x + ring.w + 8, error.x - 8], [ring.centre[1], error.centre[1] + (c - 1) * 40],
                  color=MUTED, linewidth=2)
        axes.plot([error.x + error.w + 8, result.x - 8], [error.centre[1] + (c - 1) * 40, result.centre[1]],
                  color=MUTED, linewidth=2)
        window = cell_box((ring.x, ring.y), CELL, *example.entry, rows, columns)
        outline(axes, window, CARD, width=7)
        outline(axes, window, KERNEL.line, z=4.1)
        outline(axes, cell_box(at, CELL, *example.entry), INK)
        write(axes, 40, ring.centre[1], f"{c + 1}", colour=INPUT.text)
    write(axes, LEFT + 99, TOP + 3 * STEP, "input, padded with 0", colour=INPUT.text)
    write(axes, GRADIENT_LEFT + 50, TOP + 3 * STEP, "gradient", colour=KERNEL.text)
