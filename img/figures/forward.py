"""The forward pass in one picture: a block of channels, two kernels as deep as the block, two output channels."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes

from figures.files import Frame
from figures.sheets import Box, cell_box, outline, sheet, write
from figures.theme import CARD, INK, INPUT, KERNEL, KERNEL_2, MUTED, TITLE, Tone, card, pixels

HEIGHT = 560
CELL = 30
DEPTH = 20  # how far a sheet lies behind the one before it, to the right and upwards
LEFT, MIDDLE = 40, 262


@dataclass(frozen=True)
class Shapes:
    """The extents to draw: `channels` deep, `image` rows x columns, `kernel` rows x columns, all odd kernels.

    `window` is the output cell (row, column) whose window is marked; it must lie off the border.
    """

    channels: int
    image: tuple[int, int]
    kernel: tuple[int, int]
    window: tuple[int, int]


def frames(shapes: Shapes) -> list[Frame]:
    """Draw the one picture."""
    with card(HEIGHT) as axes:
        draw(axes, shapes)
        return [Frame(pixels(axes))]


def stack(axes: Axes, x: float, y: float, shape: tuple[int, int], tones: list[Tone], depth: float = DEPTH) -> list[Box]:
    """Draw sheets behind each other, the first one in front at (x, y). Return their rectangles, in that order."""
    boxes = []
    for level in reversed(range(len(tones))):
        at = (x + level * depth, y - level * depth)
        boxes.append(sheet(axes, at, shape, CELL, tones[level], z=3 - level))
    return boxes[::-1]


def draw(axes: Axes, shapes: Shapes) -> None:
    """Draw input, kernels and output from left to right, and the lines that lead one window to its two values."""
    write(axes, LEFT, 46, "Each kernel gives one output channel", size=TITLE, bold=True, align="left")
    rows, columns = shapes.image
    top = MIDDLE - rows * CELL / 2 + (shapes.channels - 1) * DEPTH / 2
    block = stack(axes, LEFT, top, shapes.image, [INPUT] * shapes.channels)
    window = mark(axes, block, shapes, INK)
    output = stack(axes, 800 - LEFT - columns * CELL - 40, top + 8, shapes.image, [KERNEL, KERNEL_2], depth=40)
    for number, (tone, y) in enumerate(((KERNEL, MIDDLE - 92), (KERNEL_2, MIDDLE + 62))):
        kernel = stack(axes, 340, y, shapes.kernel, [tone] * shapes.channels, depth=16)
        pixel = cell_box((output[number].x, output[number].y), CELL, *shapes.window)
        outline(axes, pixel, tone.line, z=4)
        for start, end in ((window, kernel[0]), (kernel[0], pixel)):
            axes.plot([start.x + start.w, end.x], [start.centre[1], end.centre[1]], color=tone.line, zorder=4)
        write(axes, kernel[0].centre[0] + 10, kernel[0].y + kernel[0].h + 22, f"kernel {number + 1}", colour=tone.text)
    write(axes, block[0].centre[0], 452, "input", colour=INPUT.text)
    write(axes, output[0].centre[0], 452, "output", colour=MUTED)


def mark(axes: Axes, block: list[Box], shapes: Shapes, colour: str) -> Box:
    """Outline the window on the front sheet of `block`. Return its rectangle."""
    row, column = (at - extent // 2 for at, extent in zip(shapes.window, shapes.kernel, strict=True))
    window = cell_box((block[0].x, block[0].y), CELL, row, column, *shapes.kernel)
    outline(axes, window, CARD, width=7)
    outline(axes, window, colour, z=4.1)
    return window
