"""Restacking: S kernels of C channels become C kernels of S channels, each flipped, for the backward pass."""

# ruff: noqa: PLR0913 - as in sheets.py

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from figures.files import Frame
from figures.sheets import Numbers, grid
from figures.strokes import Box, fill, headline, outline, write
from figures.theme import BODY, CARD, INK, KERNEL, KERNEL_2, Tone, card, pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HEIGHT = 620
CELL, TAB = 40, 32  # a cell's edge, and the height of the tab above the cells, with the sheet's name
COLUMNS, ROWS = (196, 386, 576), (150, 390)  # of the sheets that lie side by side
STACKS, BEHIND = (70, 300, 530), 80  # left edges of the new stacks; how far a sheet looks out to the right
TONES = (KERNEL, KERNEL_2)

Places = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Story:
    """`weights` [2, 3, 3, 3], milliseconds for a scene and a step between two, and how many such steps."""

    weights: Numbers
    hold: int
    step: int
    steps: int


@dataclass(frozen=True)
class Scene:
    """A moment that is held: `places` [S, C, 2] of the sheets' left top corners, and what is said about it.

    `rows` and `columns` tell how far the sheets are turned over, from 1, as they were, to -1, flipped.
    """

    places: Places
    title: str
    text: str
    rows: float = 1
    columns: float = 1
    labels: list[tuple[float, float, str, str]] = field(default_factory=list)


def turned_over(values: Numbers, turned: tuple[float, float]) -> Numbers:
    """Return the cells of one sheet, [m, n], as they read with rows and columns `turned` (from 1 to -1)."""
    rows, columns = (-1 if extent < 0 else 1 for extent in turned)
    return values[::rows, ::columns]


def scenes() -> list[Scene]:
    """Return what is held: the kernels, taken apart, rows flipped, columns flipped, stacked anew."""
    kernels, channels = np.mgrid[0:2, 0:3]
    x, y = np.array(COLUMNS)[channels], np.array(ROWS)[kernels]
    whole = np.stack([270 + BEHIND * channels, y + TAB * (1 - channels)], axis=-1).astype(float)
    apart = np.stack([x, y], axis=-1).astype(float)
    anew = np.stack([np.array(STACKS)[channels] + BEHIND * kernels, 272 - TAB * kernels], axis=-1).astype(
        float
    )
    by_kernel = [(40.0, ROWS[s] + TAB + 1.5 * CELL, f"kernel {s}", TONES[s].text) for s in range(2)]
    by_channel = [(STACKS[c] + 60.0, 458.0, f"for input {c}", INK) for c in range(3)]
    return [
        Scene(
            whole,
            "S = 2 kernels of C = 3 channels",
            "This is how the forward pass uses them.",
            labels=by_kernel,
        ),
        Scene(
            apart, "1. Take the kernels apart", "One sheet for each kernel s and channel c.", labels=by_kernel
        ),
        Scene(apart, "2. Flip the rows", "What was at the bottom is now on top.", -1, labels=by_kernel),
        Scene(
            apart,
            "3. Flip the columns",
            "What was on the right is now on the left.",
            -1,
            -1,
            labels=by_kernel,
        ),
        Scene(
            anew,
            "4. Stack by channel",
            "C = 3 kernels of S = 2 channels carry the error back.",
            -1,
            -1,
            by_channel,
        ),
    ]


def frames(story: Story) -> list[Frame]:
    """Draw each scene, and the steps from one to the next."""
    held = scenes()
    pictures = []
    for number, scene in enumerate(held):
        if number:
            pictures += [
                picture(story, between(held[number - 1], scene, part), story.step, decisive=False)
                for part in np.arange(1, story.steps + 1) / (story.steps + 1)
            ]
        pictures.append(picture(story, scene, story.hold, decisive=True))
    return pictures


def picture(story: Story, scene: Scene, duration: int, *, decisive: bool) -> Frame:
    """Rasterise one scene."""
    with card(HEIGHT) as axes:
        draw(axes, story.weights, scene)
        return Frame(pixels(axes), duration, decisive)


def between(start: Scene, end: Scene, part: float) -> Scene:
    """Return the scene that lies `part` (0 to 1) of the way, slow at both ends, in the later one's words."""
    part = part * part * (3 - 2 * part)
    places, rows, columns = (
        (1 - part) * old + part * new
        for old, new in ((start.places, end.places), (start.rows, end.rows), (start.columns, end.columns))
    )
    return Scene(
        places, end.title, end.text, rows, columns, [label for label in end.labels if label in start.labels]
    )


def draw(axes: Axes, weights: Numbers, scene: Scene) -> None:
    """Draw the sheets from the hindmost to the first, and the words."""
    headline(axes, scene.title, scene.text)
    for s, c in reversed(list(np.ndindex(weights.shape[:2]))):
        x, y = scene.places[s, c]
        z = 2 + (weights.shape[1] - c) + 3 * (weights.shape[0] - s)
        name = f"s{s} c{c}"
        draw_sheet(axes, (x, y), weights[s, c], (scene.rows, scene.columns), tone=TONES[s], name=name, z=z)
    for x, y, text, colour in scene.labels:
        write(axes, x, y, text, colour=colour, align="left" if x == 40 else "center")


def draw_sheet(
    axes: Axes,
    at: tuple[float, float],
    values: Numbers,
    turned: tuple[float, float],
    *,
    tone: Tone,
    name: str,
    z: float,
) -> None:
    """Draw one channel as an index card: a tab with its name, and its cells, turned over by `turned`."""
    side = CELL * len(values)
    tab = Box(at[0], at[1], side, TAB)
    cells = Box(
        at[0] + side * (1 - abs(turned[1])) / 2,
        at[1] + TAB + side * (1 - abs(turned[0])) / 2,
        side * abs(turned[1]),
        side * abs(turned[0]),
    )
    outline(axes, Box(tab.x, tab.y, side, side + TAB), CARD, width=5, z=z)
    fill(axes, tab, tone.line, z=z + 0.1)
    outline(axes, tab, tone.line, width=2, z=z + 0.1)
    write(axes, tab.centre[0], tab.centre[1], name, size=22, colour="#ffffff", bold=True, z=z + 0.2)
    fill(axes, cells, tone.fill, z=z + 0.1)
    grid(axes, cells, (3, 3), tone.line, z=z + 0.2)
    outline(axes, cells, tone.line, width=2, z=z + 0.3)
    size = BODY * min(1, *(1.5 * abs(extent) for extent in turned))
    for (row, column), value in np.ndenumerate(turned_over(values, turned)):
        x = cells.centre[0] + abs(turned[1]) * CELL * (column - 1)
        y = cells.centre[1] + abs(turned[0]) * CELL * (row - 1)
        write(axes, x, y, str(value), size=size, colour=tone.text, z=z + 0.4)
