"""The gradient of the input: each error spreads back through the kernel; with a stride, zeros lie in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from figures.files import Frame
from figures.reference import Array, ConvolutionalLayer, integers
from figures.sheets import Numbers, cell_box, sheet
from figures.strokes import Box, arrow, headline, outline, panel, write
from figures.theme import INK, INPUT, KERNEL, MARGIN, MUTED, OUTPUT, PADDING, WIDTH, card, pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 480
CELL, TOP, MIDDLE = 48, 150, 246
LEFTS = (MARGIN, 344, 564)  # of the error, the kernel and the gradient
FOOT = Box(MARGIN, 388, WIDTH - 2 * MARGIN, 64)
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Scene:
    """A moment that is held.

    Attributes:
        stride: how far the kernel moved in forward.
        places: the cells of the wide error that have been spread so far, the last one just now; all if None.
        title: what happens.
        text: one line more.
    """

    stride: tuple[int, int]
    places: tuple[tuple[int, int], ...] | None
    title: str
    text: str


@dataclass(frozen=True)
class Story:
    """A kernel [m, n], the errors by stride, the extents of the input, the scenes, and how long each stays."""

    kernel: Numbers
    errors: dict[tuple[int, int], Numbers]
    size: tuple[int, int]
    scenes: tuple[Scene, ...]
    pace: int


def wide_error(story: Story, stride: tuple[int, int]) -> Numbers:
    """Return the error on a sheet as large as the input, with zeros where the stride has skipped."""
    wide = np.zeros(story.size, dtype=np.int64)
    wide[:: stride[0], :: stride[1]] = story.errors[stride]
    return wide


def gradient(layer_class: type[ConvolutionalLayer], story: Story, scene: Scene) -> Numbers:
    """Let the layer carry back the errors that a scene has spread so far, and return the gradient of the input.

    ValueError if it is not the sum of kernels, each times an error and laid where its window was.
    """
    wide = wide_error(story, scene.stride)
    places = [*np.ndindex(*story.size)] if scene.places is None else scene.places
    chosen = np.zeros_like(wide)
    for place in places:
        chosen[place] = wide[place]
    layer = layer_class(scene.stride, (1, *story.kernel.shape), 1, 0.0)
    layer.weights, layer.bias = story.kernel[None, None].astype(float), np.zeros(1)
    layer.forward(np.zeros((1, 1, *story.size)))
    error: Array = chosen[:: scene.stride[0], :: scene.stride[1]].astype(float)
    found = integers(layer.backward(error[None, None])[0, 0])
    if (found != spread(chosen, story.kernel)).any():
        raise ValueError("the reference layer's gradient is not the sum of what the errors spread")
    return found


def spread(wide: Numbers, kernel: Numbers) -> Numbers:
    """Add the kernel, times each error, around the place of that error; what lies outside is cut off."""
    rows, columns = wide.shape
    m, n = kernel.shape
    total = np.zeros((rows + m - 1, columns + n - 1), dtype=np.int64)
    for (row, column), error in np.ndenumerate(wide):
        total[row : row + m, column : column + n] += error * kernel
    return total[m // 2 : m // 2 + rows, n // 2 : n // 2 + columns]


def frames(layer_class: type[ConvolutionalLayer], story: Story) -> list[Frame]:
    """Draw one frame for each scene."""
    pictures = []
    for scene in story.scenes:
        with card(HEIGHT) as axes:
            draw(axes, story, scene, gradient(layer_class, story, scene))
            pictures.append(Frame(pixels(axes), story.pace))
    return pictures


def draw(axes: Axes, story: Story, scene: Scene, found: Numbers) -> None:
    """Draw the error on the left, the kernel in the middle, and the gradient so far on the right."""
    headline(axes, scene.title, scene.text)
    wide = wide_error(story, scene.stride)
    corners = [
        (left, MIDDLE - len(rows) * CELL / 2)
        for left, rows in zip(LEFTS, (wide, story.kernel, found), strict=True)
    ]
    errors = sheet(axes, corners[0], wide.shape, CELL, OUTPUT)
    for (row, column), value in np.ndenumerate(wide):
        between = bool(row % scene.stride[0] or column % scene.stride[1])
        cell = cell_box(corners[0], CELL, row, column)
        if between:
            sheet(axes, (cell.x, cell.y), (1, 1), CELL, PADDING, z=1.2)
        write(
            axes, *cell.centre, str(value), colour=PADDING.text if between else OUTPUT.text, bold=not between
        )
    weights = sheet(axes, corners[1], story.kernel.shape, CELL, KERNEL, values=story.kernel)
    result = sheet(axes, corners[2], found.shape, CELL, INPUT, values=found)
    arrow(axes, (errors.x + errors.w + 10, MIDDLE), (weights.x - 10, MIDDLE), MUTED)
    arrow(axes, (weights.x + weights.w + 10, MIDDLE), (result.x - 10, MIDDLE), MUTED)
    for box, name, tone in (
        (errors, "error of y", OUTPUT),
        (weights, "kernel", KERNEL),
        (result, "dx", INPUT),
    ):
        write(axes, box.centre[0], TOP - 2, name, colour=tone.text, bold=True)
    panel(axes, FOOT)
    if not scene.places:
        write(axes, *FOOT.centre, "dx = sum of all kernels, each times its error")
        return
    row, column = scene.places[-1]
    outline(axes, cell_box(corners[0], CELL, row, column), INK)
    m, n = story.kernel.shape
    low = max(row - m // 2, 0), max(column - n // 2, 0)
    high = min(row + m // 2 + 1, found.shape[0]), min(column + n // 2 + 1, found.shape[1])
    outline(axes, cell_box(corners[2], CELL, *low, high[0] - low[0], high[1] - low[1]), INK)
    write(axes, *FOOT.centre, f"{wide[row, column]} {TIMES} kernel is added where its window was", colour=INK)
