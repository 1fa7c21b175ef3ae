"""One channel as a sheet of cells, with or without numbers and a ring of zeros."""

# ruff: noqa: PLR0913, PLR0917 - a sheet has a place and a look, and both are named where it is drawn

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from figures.strokes import Box, Point, fill, outline, write
from figures.theme import BODY, PADDING, Tone

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = npt.NDArray[np.int64]


def cell_box(origin: Point, cell: float, row: int, column: int, rows: int = 1, columns: int = 1) -> Box:
    """Return where `rows` x `columns` cells from (row, column) on lie, on a sheet that begins at `origin`."""
    return Box(origin[0] + column * cell, origin[1] + row * cell, columns * cell, rows * cell)


def grid(axes: Axes, box: Box, shape: tuple[int, int], colour: str, *, z: float = 2) -> None:
    """Rule a rectangle into rows and columns with hairlines."""
    ys = box.y + box.h * np.arange(1, shape[0]) / shape[0]
    xs = box.x + box.w * np.arange(1, shape[1]) / shape[1]
    axes.hlines(ys, box.x, box.x + box.w, color=colour, linewidth=1, alpha=0.5, zorder=z)
    axes.vlines(xs, box.y, box.y + box.h, color=colour, linewidth=1, alpha=0.5, zorder=z)


def sheet(
    axes: Axes,
    origin: Point,
    shape: tuple[int, ...],
    cell: float,
    tone: Tone,
    *,
    values: Numbers | None = None,
    size: float = BODY,
    z: float = 1,
) -> Box:
    """Draw one channel, rows x columns = `shape`, with `values` (of that shape) if given. Return its box."""
    rows, columns = shape
    box = cell_box(origin, cell, 0, 0, rows, columns)
    fill(axes, box, tone.fill, z=z)
    grid(axes, box, (rows, columns), tone.line, z=z + 0.1)
    outline(axes, box, tone.line, width=2, z=z + 0.2)
    if values is not None:
        for (row, column), value in np.ndenumerate(values):
            write(
                axes,
                *cell_box(origin, cell, row, column).centre,
                str(value),
                size=size,
                colour=tone.text,
                z=z + 0.3,
            )
    return box


def padded_sheet(
    axes: Axes,
    origin: Point,
    values: Numbers,
    cell: float,
    tone: Tone,
    *,
    pads: tuple[int, int] = (1, 1),
    size: float = BODY,
) -> Box:
    """Draw one channel in a dashed ring of zeros, `pads` rows and columns wide. Return the ring's box."""
    zeros = np.pad(values * 0, [(pad, pad) for pad in pads])
    inner = cell_box(origin, cell, *pads)
    ring = cell_box(origin, cell, 0, 0, *zeros.shape)
    fill(axes, ring, PADDING.fill, z=1)
    grid(axes, ring, (zeros.shape[0], zeros.shape[1]), PADDING.line, z=1.1)
    outline(axes, ring, PADDING.line, width=2, z=1.2, dashed=True)
    image = sheet(axes, (inner.x, inner.y), values.shape, cell, tone, values=values, size=size, z=1.4)
    for row, column in np.ndindex(zeros.shape):
        x, y = cell_box(origin, cell, row, column).centre
        if not (image.x < x < image.x + image.w and image.y < y < image.y + image.h):
            write(axes, x, y, "0", size=size, colour=PADDING.text, z=1.3)
    return ring
