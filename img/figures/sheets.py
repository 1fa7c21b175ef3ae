"""Strokes that the figures share: a line of text, a sheet of cells, a stack of sheets, an outlined window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from figures.theme import BODY, INK, NUMBER, PADDING, Tone

Numbers = npt.NDArray[np.int64]

CAP_HEIGHT = 0.729  # of DejaVu Sans, in ems; letters are centred by it, so that digits sit still in their cells


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the rectangle."""
        return self.x + self.w / 2, self.y + self.h / 2


def write(
    axes: Axes, x: float, y: float, text: str, *, size: float = BODY, colour: str = INK, bold: bool = False,
    align: Literal["left", "center", "right"] = "center", z: float = 5, alpha: float = 1,
) -> None:
    """Write one line with its capitals centred on height y."""
    axes.text(
        x, y + CAP_HEIGHT * size / 2, text, size=size, color=colour, weight="bold" if bold else "normal",
        ha=align, va="baseline", zorder=z, alpha=alpha,
    )


def cell_box(origin: tuple[float, float], cell: float, row: int, column: int, rows: int = 1, columns: int = 1) -> Box:
    """Return where the cells from (row, column) on, `rows` x `columns` of them, lie on a sheet at `origin`."""
    return Box(origin[0] + column * cell, origin[1] + row * cell, columns * cell, rows * cell)


def fill(axes: Axes, box: Box, colour: str, *, z: float = 1) -> None:
    """Colour a rectangle, without an outline."""
    axes.add_patch(Rectangle((box.x, box.y), box.w, box.h, facecolor=colour, edgecolor="none", zorder=z))


def outline(axes: Axes, box: Box, colour: str, *, width: float = 4, z: float = 4, dashed: bool = False) -> None:
    """Draw a frame around a rectangle."""
    axes.add_patch(
        Rectangle((box.x, box.y), box.w, box.h, facecolor="none", edgecolor=colour, linewidth=width, zorder=z,
                  linestyle=(0, (3, 2)) if dashed else "solid", joinstyle="round"),
    )


def grid(axes: Axes, box: Box, shape: tuple[int, int], colour: str, *, z: float = 2) -> None:
    """Rule a rectangle into rows and columns with hairlines."""
    rows, columns = shape
    for row in range(1, rows):
        y = box.y + row * box.h / rows
        axes.plot([box.x, box.x + box.w], [y, y], color=colour, linewidth=1, alpha=0.55, zorder=z)
    for column in range(1, columns):
        x = box.x + column * box.w / columns
        axes.plot([x, x], [box.y, box.y + box.h], color=colour, linewidth=1, alpha=0.55, zorder=z)


def sheet(
    axes: Axes, origin: tuple[float, float], shape: tuple[int, int], cell: float, tone: Tone, *,
    values: Numbers | None = None, size: float = NUMBER, z: float = 1,
) -> Box:
    """Draw one channel: `shape` cells, with `values` (same shape) in them if given. Return its rectangle."""
    box = cell_box(origin, cell, 0, 0, *shape)
    fill(axes, box, tone.fill, z=z)
    grid(axes, box, shape, tone.line, z=z + 0.1)
    outline(axes, box, tone.line, width=2, z=z + 0.2)
    if values is not None:
        for (row, column), value in np.ndenumerate(values):
            x, y = cell_box(origin, cell, row, column).centre
            write(axes, x, y, str(value), size=size, colour=tone.text, z=z + 0.3)
    return box


def padded_sheet(
    axes: Axes, origin: tuple[float, float], values: Numbers, cell: float, tone: Tone, *, pad: int = 1,
    size: float = NUMBER, z: float = 1,
) -> Box:
    """Draw one channel with `pad` rings of dashed zeros around it. Return the rectangle with the ring."""
    rows, columns = values.shape[0] + 2 * pad, values.shape[1] + 2 * pad
    ring = cell_box(origin, cell, 0, 0, rows, columns)
    fill(axes, ring, PADDING.fill, z=z)
    grid(axes, ring, (rows, columns), PADDING.line, z=z + 0.1)
    outline(axes, ring, PADDING.line, width=2, z=z + 0.2, dashed=True)
    for row, column in np.ndindex(rows, columns):
        if not (pad <= row < rows - pad and pad <= column < columns - pad):
            x, y = cell_box(origin, cell, row, column).centre
            write(axes, x, y, "0", size=size, colour=PADDING.text, z=z + 0.3)
    inner = cell_box(origin, cell, pad, pad)
    sheet(axes, (inner.x, inner.y), values.shape, cell, tone, values=values, size=size, z=z + 0.4)
    return ring
