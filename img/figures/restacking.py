"""How S kernels of C channels come apart and become C kernels of S channels, each flipped, for the backward pass."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from figures.files import Frame
from figures.sheets import Box, Numbers, fill, grid, outline, write
from figures.theme import BODY, CARD, INK, KERNEL, KERNEL_2, MUTED, NUMBER, TITLE, Tone, card, pixels

HEIGHT = 560
CELL, TAB = 40, 32  # a cell's edge, and the height of the tab above the cells, with the sheet's name
COLUMNS, ROWS = (184, 372, 560), (130, 336)
TONES = (KERNEL, KERNEL_2)

Places = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Story:
    """`weights` [2, 3, 3, 3], and milliseconds: of a scene, of a step between two scenes; and how many such steps."""

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


def restacked(weights: Numbers) -> Numbers:
    """Turn S kernels of C channels, [S, C, m, n], into C kernels of S channels, [C, S, m, n], flipped in m and n."""
    return weights.swapaxes(0, 1)[..., ::-1, ::-1]


def scenes() -> list[Scene]:
    """Return what is held: the kernels, taken apart, rows flipped, columns flipped, stacked anew."""
    kernels, channels = np.mgrid[0:2, 0:3]
    x, y = np.array(COLUMNS)[channels], np.array(ROWS)[kernels]
    whole = np.stack([312 + 28 * channels, y + 8 + TAB * (1 - channels)], axis=-1).astype(float)
    apart = np.stack([x, y], axis=-1).astype(float)
    anew = np.stack([x - 10 + 28 * kernels, 250 - TAB * kernels], axis=-1).astype(float)
    by_kernel = [(40.0, ROWS[s] + TAB + 1.5 * CELL, f"kernel {s + 1}", TONES[s].text) for s in range(2)]
    by_channel = [(COLUMNS[c] + 62.0, 440.0, f"for input {c + 1}", INK) for c in range(3)]
    return [
        Scene(whole, "S = 2 kernels of C = 3 channels", "as the forward pass uses them", labels=by_kernel),
        Scene(apart, "1. Take the kernels apart", "one sheet for each kernel k and channel c", labels=by_kernel),
        Scene(apart, "2. Flip the rows", "what was at the bottom is now on top", -1, labels=by_kernel),
        Scene(apart, "3. Flip the columns", "what was on the right is now on the left", -1, -1, labels=by_kernel),
        Scene(anew, "4. Stack by channel", "C = 3 kernels of S = 2 channels, for the gradient", -1, -1, by_channel),
    ]


def frames(story: Story) -> list[Frame]:
    """Draw each scene, and the steps from one to the next."""
    held = scenes()
    pictures = []
    for number, scene in enumerate(held):
        if number:
            pictures += [picture(story, between(held[number - 1], scene, part), story.step, decisive=False)
                         for part in np.arange(1, story.steps + 1) / (story.steps + 1)]
        pictures.append(picture(story, scene, story.hold, decisive=True))
    return pictures


def picture(story: Story, scene: Scene, duration: int, *, decisive: bool) -> Frame:
    """Rasterise one scene."""
    with card(HEIGHT) as axes:
        draw(axes, story.weights, scene)
        return Frame(pixels(axes), duration, decisive)


def between(start: Scene, end: Scene, part: float) -> Scene:
    """Return the scene that lies `part` (0 to 1) of the way, slow at both ends, under the title of the later one."""
    part = part * part * (3 - 2 * part)
    places, rows, columns = (
        (1 - part) * old + part * new
        for old, new in ((start.places, end.places), (start.rows, end.rows), (start.columns, end.columns))
    )
    return Scene(places, end.title, end.text, rows, columns)


def draw(axes: Axes, weights: Numbers, scene: Scene) -> None:
    """Draw the sheets from the hindmost to the first, and the words."""
    write(axes, 40, 46, scene.title, size=TITLE, bold=True, align="left")
    write(axes, 40, 88, scene.text, colour=MUTED, align="left")
    for s, c in reversed(list(np.ndindex(weights.shape[:2]))):
        x, y = scene.places[s, c]
        z = 2 + (weights.shape[1] - c) + 3 * (weights.shape[0] - s)
        name = f"k{s + 1} c{c + 1}"
        draw_sheet(axes, (x, y), weights[s, c], (scene.rows, scene.columns), TONES[s], name, z)
    for x, y, text, colour in scene.labels:
        write(axes, x, y, text, colour=colour, align="left" if x == 40 else "center")


def draw_sheet(
    axes: Axes, at: tuple[float, float], values: Numbers, turned: tuple[float, float], tone: Tone, name: str, z: float
) -> None:
    """Draw one channel as an index card: a tab with its name, and its cells, turned over by `turned`."""
    side = CELL * len(values)
    tab = Box(at[0], at[1], side, TAB)
    cells = Box(
        at[0] + side * (1 - abs(turned[1])) / 2, at[1] + TAB + side * (1 - abs(turned[0])) / 2,
        side * abs(turned[1]), side * abs(turned[0]),
    )
    outline(axes, Box(tab.x, tab.y, side, side + TAB), CARD, width=5, z=z)
    fill(axes, tab, tone.line, z=z + 0.1)
    outline(axes, tab, tone.line, width=2, z=z + 0.1)
    write(axes, tab.centre[0], tab.centre[1], name, size=22, colour="#ffffff", bold=True, z=z + 0.2)
    fill(axes, cells, tone.fill, z=z + 0.1)
    grid(axes, cells, (3, 3), tone.line, z=z + 0.2)
    outline(axes, cells, tone.line, width=2, z=z + 0.3)
    if min(abs(extent) for extent in turned) > 0.45:
        for (row, column), value in np.ndenumerate(values):
            x = cells.centre[0] + turned[1] * CELL * (column - 1)
            y = cells.centre[1] + turned[0] * CELL * (row - 1)
            write(axes, x, y, str(value), size=NUMBER, colour=tone.text, z=z + 0.4)
