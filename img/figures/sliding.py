"""A kernel slides over a zero-padded input and fills the output, one position a frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from figures.files import Frame
from figures.reference import ConvolutionalLayer, integers
from figures.sheets import Numbers, cell_box, fill, outline, padded_sheet, sheet, write
from figures.theme import BODY, CARD, EMPTY, INK, INPUT, KERNEL, MUTED, NUMBER, OUTPUT, TITLE, card, pixels

CELL = 42
TOP, HEIGHT = 92, 620
MARGIN, GAP = 40, 45
SUM_TOP, SUM_STEP = 486, 40


@dataclass(frozen=True)
class Slide:
    """One animation: what slides over what, in which steps, and how long a frame stays.

    `image` [p, q] and `kernel` [m, n], with odd m = n. `pace` and `pause` are in milliseconds: `pause` goes to the
    positions in `stops` (row, column of the output), where there is something new to see, and to the last one.
    """

    title: str
    image: Numbers
    kernel: Numbers
    stride: tuple[int, int]
    pace: int
    pause: int
    stops: frozenset[tuple[int, int]]


@dataclass(frozen=True)
class Position:
    """One place of the kernel: its cell of the output, the window [m, n] under it, and the layer's value there."""

    row: int
    column: int
    window: Numbers
    value: int


def positions(layer_class: type[ConvolutionalLayer], slide: Slide) -> list[Position]:
    """Let the layer compute the output, and cut the window that belongs to each of its cells.

    ValueError if a value is not the sum of the products that the frame will show.
    """
    layer = layer_class(slide.stride, (1, *slide.kernel.shape), 1, 0.0)
    layer.weights, layer.bias = slide.kernel[None, None].astype(float), np.zeros(1)
    output = integers(layer.forward(slide.image[None, None].astype(float))[0, 0])
    padded = np.pad(slide.image, [(extent // 2, extent // 2) for extent in slide.kernel.shape])
    rows, columns = slide.kernel.shape
    found = []
    for (row, column), value in np.ndenumerate(output):
        top, left = row * slide.stride[0], column * slide.stride[1]
        window = padded[top : top + rows, left : left + columns]
        if (window * slide.kernel).sum() != value:
            message = f"the reference layer returns {value} at {row, column}, the window's sum is another number"
            raise ValueError(message)
        found.append(Position(row, column, window, int(value)))
    return found


def frames(layer_class: type[ConvolutionalLayer], slide: Slide) -> list[Frame]:
    """Draw one frame for each position of the kernel."""
    places = positions(layer_class, slide)
    pictures = []
    for number, place in enumerate(places, start=1):
        with card(HEIGHT) as axes:
            draw(axes, slide, places[:number])
            held = (place.row, place.column) in slide.stops or number == len(places)
            pictures.append(Frame(pixels(axes), slide.pause if held else slide.pace))
    return pictures


def draw(axes: Axes, slide: Slide, done: list[Position]) -> None:
    """Draw the state after the positions in `done`, the last of which is being computed."""
    now, pad = done[-1], slide.kernel.shape[0] // 2
    rows, columns = (extent + 2 * pad for extent in slide.image.shape)
    middle = TOP + rows * CELL / 2
    write(axes, MARGIN, 46, slide.title, size=TITLE, bold=True, align="left")

    origin = (MARGIN, TOP)
    padded_sheet(axes, origin, slide.image, CELL, INPUT, pad=pad)
    window = cell_box(origin, CELL, now.row * slide.stride[0], now.column * slide.stride[1], *slide.kernel.shape)
    outline(axes, window, CARD, width=9, z=4)
    outline(axes, window, KERNEL.line, width=5, z=4.1)

    kernel_at = (MARGIN + columns * CELL + GAP, middle - slide.kernel.shape[0] * CELL / 2)
    kernel = sheet(axes, kernel_at, slide.kernel.shape, CELL, KERNEL, values=slide.kernel)
    outline(axes, kernel, KERNEL.line, width=5)
    draw_output(axes, slide, done, kernel.x + kernel.w + GAP, middle)
    write(axes, kernel.x - GAP / 2, middle, "⋆", size=34, colour=MUTED)
    write(axes, kernel.x + kernel.w + GAP / 2, middle, "=", size=30, colour=MUTED)
    write(axes, origin[0] + columns * CELL / 2, TOP + rows * CELL + 26, "input, padded with 0", colour=INPUT.text)
    write(axes, kernel.centre[0], kernel.y + kernel.h + 26, "kernel", colour=KERNEL.text)
    draw_sum(axes, slide, now)


def draw_output(axes: Axes, slide: Slide, done: list[Position], left: float, middle: float) -> None:
    """Draw the output: the cells known so far, the current one framed, the others empty."""
    shape = tuple(-(-extent // step) for extent, step in zip(slide.image.shape, slide.stride, strict=True))
    origin = (left, middle - shape[0] * CELL / 2)
    box = sheet(axes, origin, (shape[0], shape[1]), CELL, EMPTY)
    outline(axes, box, OUTPUT.line, width=2, z=2)
    for place in done:
        cell = cell_box(origin, CELL, place.row, place.column)
        fill(axes, cell, OUTPUT.fill, z=1.05)
        write(axes, *cell.centre, str(place.value), size=NUMBER, colour=OUTPUT.text)
    outline(axes, cell_box(origin, CELL, done[-1].row, done[-1].column), OUTPUT.line, width=5)
    write(axes, box.centre[0], box.y + box.h + 26, "output", colour=OUTPUT.text)


def draw_sum(axes: Axes, slide: Slide, now: Position) -> None:
    """Write the products of the window and the kernel, laid out like the two, and their sum."""
    height = SUM_TOP + SUM_STEP
    write(axes, MARGIN, height, f"output[{now.row}, {now.column}]  =", colour=OUTPUT.text, align="left", bold=True)
    for (row, column), factor in np.ndenumerate(slide.kernel):
        x, y = 322 + column * 124, SUM_TOP + row * SUM_STEP
        write(axes, x - 26, y, str(now.window[row, column]), size=NUMBER, colour=INPUT.text, bold=True)
        write(axes, x, y, "·", size=NUMBER, colour=INK)
        write(axes, x + 26, y, str(factor), size=NUMBER, colour=KERNEL.text, bold=True)
        if (row, column) != (slide.kernel.shape[0] - 1, slide.kernel.shape[1] - 1):
            write(axes, x + 62, y, "+", size=BODY, colour=MUTED)
    write(axes, 668, height, f"=  {now.value}", size=TITLE, colour=OUTPUT.text, align="left", bold=True)
