"""Common base of the pictures: their look, and their patience with classes that are not ready."""

import base64
import html
import io
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from Tests.errors import in_words
from Tests.selfcheck import quiet, yours

BLUE, ORANGE, GREEN, PURPLE, INK = "#0072b2", "#c8500a", "#00805e", "#6b3fa0", "#1c2733"  # kind to all eyes
PAPER = "#f7f9fb"

Draw = Callable[..., Any]


def picture(*classes: str) -> Callable[[Draw], Draw]:
    """Make a function one for the notebook: it is handed your classes of these names before its arguments.

    If one of them is missing, or its code stops, a sentence says so instead of a traceback. Nothing is drawn
    while nbgrader runs the notebook (it sets NBGRADER_EXECUTION then), nor of what did not come about before.
    """

    def decorate(draw: Draw) -> Draw:
        @wraps(draw)
        def draw_if_ready(*arguments: Any) -> Any:
            if os.environ.get("NBGRADER_EXECUTION") or any(argument is None for argument in arguments):
                return None
            try:
                with quiet():
                    return with_words(draw(*[yours(name) for name in classes], *arguments), draw)
            except Exception as error:  # noqa: BLE001  # whatever your code raises is worth a sentence
                print(f"Waiting for your code: {in_words(error)}")
                return None

        return draw_if_ready

    return decorate


class Picture:
    """A figure with words for those who do not see it; a notebook shows both.

    Attributes:
        figure: the Matplotlib figure, to be saved or changed.
        words: what it shows.
    """

    def __init__(self, figure: Figure, words: str) -> None:
        self.figure, self.words = figure, words

    def _repr_html_(self) -> str:
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=100, facecolor=self.figure.get_facecolor())
        data = base64.b64encode(buffer.getvalue()).decode()
        return f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.words)}">'


def with_words(drawn: Any, draw: Draw) -> Any:
    """Return a figure with what its function says that it draws; anything else as it is."""
    if not isinstance(drawn, Figure):
        return drawn
    says = " ".join((draw.__doc__ or "").partition("\n\n")[0].split())
    return Picture(drawn, says.replace("Draw ", "A picture of ", 1))


def canvas(rows: int = 1, columns: int = 1, size: tuple[float, float] = (9, 3.2), **options: Any) -> Any:
    """Make a figure of that size in inches; return it and its axes, as `plt.subplots` does."""
    figure = Figure(figsize=size, layout="constrained", facecolor=PAPER)
    axes = figure.subplots(rows, columns, **options)
    for each in np.ravel(axes):
        each.spines[["top", "right"]].set_visible(False)
        each.grid(alpha=0.25)
    return figure, axes


def show_image(axes: Any, image: np.ndarray, title: str = "", **options: Any) -> None:
    """Draw an array as a picture, without the frame of a diagram."""
    axes.imshow(image, **{"cmap": "gray", **options})
    axes.set_title(title, fontsize=10)
    axes.grid(visible=False)
    axes.axis("off")


def in_powers(size: float) -> str:
    """Write a positive number so that it can be read at a glance: 1.4, or 3 times a power of ten."""
    if size == 0 or 0.01 <= size < 1000:
        return f"{size:.0f}" if size >= 10 else f"{size:.2g}"
    digit, exponent = f"{size:.0e}".split("e")
    return rf"${digit} \cdot 10^{{{int(exponent)}}}$"
