"""Elements of the figures: words, frames, arrows. All lengths are in pixels, y grows downwards."""

# ruff: noqa: PLR0913 - a stroke has a place and a look, and both are named where it is drawn

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon, Rectangle

from figures.theme import BODY, INK, MARGIN, MUTED, RIM, TITLE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes

Point = tuple[float, float]

CAP_HEIGHT = 0.729  # of DejaVu Sans, in ems: words are centred by it, so that digits sit still in their cells


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> Point:
        """The middle of the rectangle."""
        return self.x + self.w / 2, self.y + self.h / 2


def write(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    *,
    size: float = BODY,
    colour: str = INK,
    bold: bool = False,
    align: Literal["left", "center", "right"] = "center",
    z: float = 5,
) -> None:
    """Write one line, its capitals centred on height `y`."""
    axes.text(
        x,
        y + CAP_HEIGHT * size / 2,
        text,
        size=size,
        color=colour,
        weight="bold" if bold else "normal",
        ha=align,
        va="baseline",
        zorder=z,
    )


def headline(axes: Axes, title: str, text: str) -> None:
    """Write what a figure shows, and one line more about it."""
    write(axes, MARGIN, 46, title, size=TITLE, bold=True, align="left")
    write(axes, MARGIN, 86, text, colour=MUTED, align="left")


def fill(axes: Axes, box: Box, colour: str, *, z: float = 1) -> None:
    """Colour a rectangle, without an outline."""
    axes.add_patch(Rectangle((box.x, box.y), box.w, box.h, facecolor=colour, edgecolor="none", zorder=z))


def outline(
    axes: Axes, box: Box, colour: str, *, width: float = 4, z: float = 4, dashed: bool = False
) -> None:
    """Draw a frame around a rectangle."""
    axes.add_patch(
        Rectangle(
            (box.x, box.y),
            box.w,
            box.h,
            facecolor="none",
            edgecolor=colour,
            linewidth=width,
            linestyle=(0, (3, 2)) if dashed else "solid",
            joinstyle="round",
            zorder=z,
        )
    )


def panel(axes: Axes, box: Box) -> None:
    """Draw a white, rounded area for what is to be read together."""
    axes.add_patch(
        FancyBboxPatch(
            (box.x, box.y),
            box.w,
            box.h,
            boxstyle="round,pad=0,rounding_size=14",
            facecolor="#ffffff",
            edgecolor=RIM,
            linewidth=2,
            zorder=1,
        )
    )


def face(axes: Axes, corners: npt.NDArray[np.float64], colour: str, *, z: float) -> None:
    """Draw one side of a solid, see-through, with its edges."""
    axes.add_patch(
        Polygon(
            corners,
            closed=True,
            facecolor=f"{colour}30",
            edgecolor=colour,
            linewidth=2,
            joinstyle="round",
            zorder=z,
        )
    )


def dot(axes: Axes, x: float, y: float, colour: str) -> None:
    """Draw a small mark."""
    axes.add_patch(Circle((x, y), 4, facecolor=colour, edgecolor="none", zorder=3))


def arrow(axes: Axes, start: Point, end: Point, colour: str, *, bend: float = 0, z: float = 4) -> None:
    """Draw an arrow, bent to its left (or right, if `bend` is negative)."""
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=18,
            shrinkA=0,
            shrinkB=0,
            linewidth=2.5,
            color=colour,
            connectionstyle=f"arc3,rad={bend}",
            zorder=z,
        )
    )
