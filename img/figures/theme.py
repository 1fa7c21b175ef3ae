"""One look for all figures: colours, type sizes, and a card whose axes count in pixels.

A card is 800 pixels wide and is usually seen at half of that, so no letter is smaller than 22 pixels. It
brings its own pale background, because a figure must read the same in a light and in a dark notebook. The
hues lie apart along the blue-yellow axis, which red-green colour-blind eyes see as others do, or in
lightness; and no hue carries a meaning alone, a label always says it too.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

WIDTH, MARGIN = 800, 40
RADIUS = 22
DPI = 72  # one typographic point is one pixel, so every length below is in pixels

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Tone:
    """The shades of one role: a pale `fill`, a `line` for outlines, a dark `text` that reads on the fill."""

    fill: str
    line: str
    text: str


CARD, RIM, INK, MUTED = "#f7f8fa", "#d3d9e0", "#1c2733", "#55616e"
INPUT = Tone("#cfe4f4", "#0072b2", "#00446b")
OUTPUT = Tone("#c9ecdf", "#008f68", "#00523c")
KERNEL = Tone("#ffe0c2", "#c85200", "#843400")
KERNEL_2 = Tone("#dccbf2", "#6a3fa0", "#452270")
PADDING = Tone("#ffffff", "#9aa5b1", "#66717d")
EMPTY = Tone("#ffffff", "#9aa5b1", "#ffffff")

TITLE, BODY = 29, 23


@contextmanager
def card(height: int) -> Iterator[Axes]:
    """Yield axes on an empty card of WIDTH x `height` pixels, y downwards, whatever a matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, WIDTH), ylim=(height, 0))
        box = FancyBboxPatch(
            (1, 1),
            WIDTH - 2,
            height - 2,
            boxstyle=f"round,pad=0,rounding_size={RADIUS}",
            facecolor=CARD,
            edgecolor=RIM,
            linewidth=2,
            zorder=0,
        )
        axes.add_patch(box)
        yield axes


def pixels(axes: Axes) -> Pixels:
    """Rasterise the card of `axes`: [height, WIDTH, 4], straight alpha."""
    canvas = FigureCanvasAgg(axes.get_figure(root=True))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), dtype=np.uint8).copy()
