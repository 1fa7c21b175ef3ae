"""The forward pass in one picture: a block of channels, two kernels as deep as it, two output channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from figures.files import Frame
from figures.sheets import cell_box, sheet
from figures.strokes import Box, Point, arrow, face, headline, outline, panel, write
from figures.theme import BODY, INK, INPUT, KERNEL, KERNEL_2, MARGIN, WIDTH, Tone, card, pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 620
CELL = 30
TIMES = "\N{MULTIPLICATION SIGN}"
DEPTH = (22, -22)  # where a sheet lies, seen from the one before it
OUTPUT_DEPTH = (46, -76)
MIDDLE, KERNELS_LEFT, KERNELS_TOP, OUTPUT_LEFT = 312, 340, (166, 358), 534
SUM = Box(MARGIN, 524, WIDTH - 2 * MARGIN, 68)


@dataclass(frozen=True)
class Shapes:
    """The depth C, rows and columns of the image and of the two kernels (odd), and the output cell to mark.

    That cell must lie off the border, because no padding is drawn here.
    """

    channels: int
    image: tuple[int, int]
    kernel: tuple[int, int]
    marked: tuple[int, int]


def frames(shapes: Shapes) -> list[Frame]:
    """Draw the one picture."""
    with card(HEIGHT) as axes:
        draw(axes, shapes)
        return [Frame(pixels(axes))]


def draw(axes: Axes, shapes: Shapes) -> None:
    """Draw input, kernels and output from left to right, and the way from a window to its two values."""
    headline(
        axes,
        "A kernel is as deep as its input",
        f"C = {shapes.channels} channels go in, S = 2 kernels give S channels.",
    )
    height = shapes.image[0] * CELL
    back = shapes.channels - 1
    block = stack(
        axes, (MARGIN, MIDDLE - (height + back * DEPTH[1]) / 2), shapes.image, [INPUT] * shapes.channels
    )
    window = mark_window(axes, block, shapes)
    front = (OUTPUT_LEFT, MIDDLE - (height + OUTPUT_DEPTH[1]) / 2)
    second, first = stack(axes, front, shapes.image, [KERNEL_2, KERNEL], OUTPUT_DEPTH)
    for number, (tone, output) in enumerate(((KERNEL, first), (KERNEL_2, second))):
        corner = (KERNELS_LEFT, KERNELS_TOP[number])
        kernel = stack(axes, corner, shapes.kernel, [tone] * shapes.channels)[0]
        outline(axes, kernel, tone.line)
        pixel = cell_box((output.x, output.y), CELL, *shapes.marked)
        outline(axes, pixel, tone.line, z=4.2)
        bend = 0.16 - 0.32 * number
        arrow(
            axes,
            (window.x + window.w + 5, window.centre[1]),
            (kernel.x - 5, kernel.centre[1]),
            INK,
            bend=-bend,
        )
        start = (kernel.x + kernel.w + back * DEPTH[0] + 5, kernel.centre[1] - 14)
        arrow(axes, start, (pixel.x - 4, pixel.centre[1]), tone.line, bend=bend)
        write(
            axes,
            kernel.centre[0] + 16,
            kernel.y + kernel.h + 26,
            f"kernel {number}: C {TIMES} M {TIMES} N",
            colour=tone.text,
        )
    write(axes, block[0].centre[0], block[0].y + height + 28, "input", colour=INPUT.text)
    write(axes, first.centre[0], first.y - 24, "output 0", colour=KERNEL.text)
    write(axes, second.centre[0], second.y + height + 28, "output 1", colour=KERNEL_2.text)
    panel(axes, SUM)
    write(axes, *SUM.centre, "output s  =  Σ over c (input c ⋆ kernel s, c)  +  bias s", size=BODY)


def stack(
    axes: Axes, front: Point, shape: tuple[int, int], tones: list[Tone], depth: Point = DEPTH
) -> list[Box]:
    """Draw a sheet for each of `tones`, the first in front. Return their rectangles, from front to back."""
    return [
        sheet(
            axes,
            (front[0] + level * depth[0], front[1] + level * depth[1]),
            shape,
            CELL,
            tone,
            z=3 - level / 2,
        )
        for level, tone in enumerate(tones)
    ]


def mark_window(axes: Axes, block: list[Box], shapes: Shapes) -> Box:
    """Draw the solid that a kernel covers, through all sheets of `block`. Return its back."""
    row, column = (at - extent // 2 for at, extent in zip(shapes.marked, shapes.kernel, strict=True))
    front, *_, back = (cell_box((box.x, box.y), CELL, row, column, *shapes.kernel) for box in block)
    shift = np.array([back.x - front.x, back.y - front.y])
    left, right = np.array([front.x, front.y]), np.array([front.x + front.w, front.y])
    low = right + np.array([0, front.h])
    face(axes, np.array([left, right, right + shift, left + shift]), INK, z=4)
    face(axes, np.array([right, low, low + shift, right + shift]), INK, z=4)
    outline(axes, front, INK, z=4.1)
    return back
