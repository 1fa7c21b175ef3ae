"""A kernel slides over a zero-padded input and fills the output, one position a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from figures.files import Frame
from figures.reference import ConvolutionalLayer, integers
from figures.sheets import Numbers, cell_box, padded_sheet, sheet
from figures.strokes import Box, dot, fill, headline, outline, panel, write
from figures.theme import (
    CARD,
    EMPTY,
    INK,
    INPUT,
    KERNEL,
    MARGIN,
    MUTED,
    OUTPUT,
    PADDING,
    TITLE,
    WIDTH,
    card,
    pixels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 648
CELL, TOP = 42, 124
KERNEL_LEFT, OUTPUT_MIDDLE = 380, 655
SUM = Box(MARGIN, 488, WIDTH - 2 * MARGIN, 132)
TERM_LEFT, TERM_STEP, LINE_STEP = 304, 120, 38


@dataclass(frozen=True)
class Slide:
    """One animation: what slides over what, in which steps, and how long a frame stays.

    `image` is [p, q], `kernel` [m, n], both extents odd. `pace` and `pause` are in milliseconds: the longer
    `pause` goes to the last position, and to those in `stops` (row, column of the output), where there is
    something new to see. `shown` are the positions that have a frame; all of them if it is empty.
    """

    title: str
    text: str
    image: Numbers
    kernel: Numbers
    stride: tuple[int, int]
    pace: int
    pause: int
    stops: frozenset[tuple[int, int]]
    shown: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Position:
    """One place of the kernel: its cell of the output, what lies under it, and the layer's value there.

    `window` is [m, n]; `inside` has the same shape and tells the image's numbers from the zeros around it.
    """

    row: int
    column: int
    window: Numbers
    inside: npt.NDArray[np.bool_]
    value: int


def positions(layer_class: type[ConvolutionalLayer], slide: Slide) -> list[Position]:
    """Let the layer compute the output, and cut the window that belongs to each of its cells.

    ValueError if a value is not the sum of the products that its frame would show.
    """
    layer = layer_class(slide.stride, (1, *slide.kernel.shape), 1, 0.0)
    layer.weights, layer.bias = slide.kernel[None, None].astype(float), np.zeros(1)
    output = integers(layer.forward(slide.image[None, None].astype(float))[0, 0])
    pads = [(extent // 2, extent // 2) for extent in slide.kernel.shape]
    padded, inside = np.pad(slide.image, pads), np.pad(np.ones(slide.image.shape, dtype=bool), pads)
    found = []
    for (row, column), value in np.ndenumerate(output):
        under = tuple(
            slice(at * step, at * step + extent)
            for at, step, extent in zip((row, column), slide.stride, slide.kernel.shape, strict=True)
        )
        if (padded[under] * slide.kernel).sum() != value:
            message = (
                f"the reference layer returns {value} at {row, column}, which is not the sum of the products"
            )
            raise ValueError(message)
        found.append(Position(row, column, padded[under], inside[under], int(value)))
    return found


def frames(layer_class: type[ConvolutionalLayer], slide: Slide) -> list[Frame]:
    """Draw one frame for each position of the kernel that is shown."""
    places = positions(layer_class, slide)
    pictures = []
    for number, place in enumerate(places, start=1):
        if slide.shown and (place.row, place.column) not in slide.shown:
            continue
        with card(HEIGHT) as axes:
            draw(axes, slide, places[:number])
            held = (place.row, place.column) in slide.stops or number == len(places)
            pictures.append(Frame(pixels(axes), slide.pause if held else slide.pace))
    return pictures


def draw(axes: Axes, slide: Slide, done: list[Position]) -> None:
    """Draw the state after the positions in `done`, the last of which is being computed."""
    headline(axes, slide.title, slide.text)
    ring = draw_input(axes, slide, done[-1])
    middle = ring.centre[1]
    corner = (KERNEL_LEFT, middle - slide.kernel.shape[0] * CELL / 2)
    kernel = sheet(axes, corner, slide.kernel.shape, CELL, KERNEL, values=slide.kernel)
    outline(axes, kernel, KERNEL.line, width=5)
    output = draw_output(axes, slide, done, middle)
    write(axes, (ring.x + ring.w + kernel.x) / 2, middle, "⋆", size=44, colour=MUTED)
    write(axes, (kernel.x + kernel.w + OUTPUT_MIDDLE - 105) / 2, middle, "=", size=30, colour=MUTED)
    for box, name, tone in (
        (ring, "input, padded", INPUT),
        (kernel, "kernel", KERNEL),
        (output, "output", OUTPUT),
    ):
        write(axes, box.centre[0], box.y + box.h + 28, name, colour=tone.text)
    draw_sum(axes, slide, done[-1])


def draw_input(axes: Axes, slide: Slide, now: Position) -> Box:
    """Draw the padded input and the kernel's place on it, and dots where it stops, if it leaves out cells."""
    pads = (slide.kernel.shape[0] // 2, slide.kernel.shape[1] // 2)
    ring = padded_sheet(axes, (MARGIN, TOP), slide.image, CELL, INPUT, pads=pads)
    place = (now.row * slide.stride[0], now.column * slide.stride[1])
    window = cell_box((ring.x, ring.y), CELL, *place, *slide.kernel.shape)
    outline(axes, window, CARD, width=9, z=4)
    outline(axes, window, KERNEL.line, width=5, z=4.1)
    if slide.stride != (1, 1):
        for row in range(0, slide.image.shape[0], slide.stride[0]):
            for column in range(0, slide.image.shape[1], slide.stride[1]):
                cell = cell_box((ring.x, ring.y), CELL, row + pads[0], column + pads[1])
                dot(axes, cell.x + cell.w - 7, cell.y + cell.h - 7, KERNEL.line)
    return ring


def draw_output(axes: Axes, slide: Slide, done: list[Position], middle: float) -> Box:
    """Draw the output: the cells known so far, the current one framed, the others empty. Return its box."""
    rows, columns = (-(-extent // step) for extent, step in zip(slide.image.shape, slide.stride, strict=True))
    corner = (OUTPUT_MIDDLE - columns * CELL / 2, middle - rows * CELL / 2)
    box = sheet(axes, corner, (rows, columns), CELL, EMPTY)
    for place in done:
        cell = cell_box(corner, CELL, place.row, place.column)
        fill(axes, cell, OUTPUT.fill, z=1.05)
        write(axes, *cell.centre, str(place.value), colour=OUTPUT.text)
    outline(axes, box, OUTPUT.line, width=2, z=2)
    outline(axes, cell_box(corner, CELL, done[-1].row, done[-1].column), OUTPUT.line, width=5)
    return box


def draw_sum(axes: Axes, slide: Slide, now: Position) -> None:
    """Write the products of window and kernel, laid out like these two, and their sum."""
    panel(axes, SUM)
    middle = SUM.centre[1]
    last = (slide.kernel.shape[0] - 1, slide.kernel.shape[1] - 1)
    write(
        axes,
        SUM.x + 20,
        middle,
        f"output[{now.row}, {now.column}]",
        colour=OUTPUT.text,
        bold=True,
        align="left",
    )
    write(axes, SUM.x + 202, middle, "=", colour=MUTED)
    for (row, column), factor in np.ndenumerate(slide.kernel):
        x, y = TERM_LEFT + column * TERM_STEP, middle + (row - last[0] / 2) * LINE_STEP
        colour = INPUT.text if now.inside[row, column] else PADDING.text
        write(axes, x - 22, y, str(now.window[row, column]), colour=colour, bold=True)
        write(axes, x, y, "·", colour=INK, bold=True)
        write(axes, x + 22, y, str(factor), colour=KERNEL.text, bold=True)
        if (row, column) != last:
            write(axes, x + TERM_STEP / 2, y, "+", colour=MUTED)
    write(axes, SUM.x + 610, middle, "=", colour=MUTED)
    write(axes, SUM.x + 668, middle, str(now.value), size=TITLE, colour=OUTPUT.text, bold=True)
