"""Draw the figures of Exercise 4, or check that the committed ones are what would be drawn.

    python img/draw.py            draw all figures, beside this script
    python img/draw.py --check    draw them in memory and compare them, pixel by pixel; 1 if one has drifted

An animation or a picture is one row of the table below.
"""

from __future__ import annotations

import argparse
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from figures import forward, gradient, restacking, sliding, spreading
from figures.files import Frame, decode, difference, encode, steps
from figures.reference import SOLUTIONS, ConvolutionalLayer, MissingReferenceError, load_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from figures.sheets import Numbers

HERE = Path(__file__).resolve().parent


def matrix(rows: str) -> Numbers:
    """Read a matrix of one-digit numbers: rows parted by blanks."""
    return np.array([[int(digit) for digit in row] for row in rows.split()])


IMAGE = matrix("21031 10212 03120 12013 20131")
WEIGHTS = matrix("102 010 021")

SLIDES = {
    "same_padding_no_strides.gif": sliding.Slide(
        "Same padding, stride 1",
        "With a ring of zeros, the output is as large as the input.",
        IMAGE,
        WEIGHTS,
        stride=(1, 1),
        pace=1450,
        pause=1850,
        stops=frozenset(),
        shown=((0, 0), (0, 1), (0, 2), (0, 4), (1, 0), (1, 1), (3, 3), (4, 4)),
    ),
    "padding_strides.gif": sliding.Slide(
        "Same padding, stride 2",
        "The kernel's centre stops at every second cell (dots).",
        IMAGE,
        WEIGHTS,
        stride=(2, 2),
        pace=1250,
        pause=1600,
        stops=frozenset({(0, 0)}),
    ),
}

FORWARD = forward.Shapes(channels=3, image=(5, 6), kernel=(3, 3), marked=(1, 2))

KERNELS = restacking.Story(
    weights=np.array(
        [
            [matrix("123 456 789"), matrix("201 430 615"), matrix("907 125 338")],
            [matrix("314 159 265"), matrix("271 828 459"), matrix("161 803 398")],
        ]
    ),
    hold=2050,
    step=100,
    steps=4,
)

GRADIENT = gradient.Example(
    image=np.array([matrix("1021 2103 0112"), matrix("3010 1201 2120"), matrix("0132 1011 2301")]),
    error=np.array([matrix("1020 0110 2001"), matrix("0101 2010 0112")]),
    kernel=(3, 3),
    entry=(0, 1),
)


SPREAD = spreading.Story(
    kernel=WEIGHTS,
    errors={(1, 1): matrix("1021 0310 2101"), (2, 2): matrix("12 31")},
    size=(3, 4),
    scenes=(
        spreading.Scene((1, 1), ((1, 1),), "One error spreads back", "Each pixel in its window gets error · weight."),
        spreading.Scene((1, 1), ((1, 1), (1, 2)), "The next one adds up", "Where two windows overlap, both count."),
        spreading.Scene((1, 1), None, "All errors together", "This is the gradient of the input."),
        spreading.Scene((2, 2), ((0, 0),), "Stride 2: zeros in between", "Windows that were skipped have no error."),
        spreading.Scene((2, 2), ((0, 0), (2, 2)), "The rest is as before", "Each error spreads where its window was."),
        spreading.Scene((2, 2), None, "All errors, stride 2", "The gradient has the size of the input again."),
    ),
    pace=1950,
)  # fmt: skip


def figures(layer: type[ConvolutionalLayer]) -> dict[str, Callable[[], list[Frame]]]:
    """Return, for each file, what draws it."""
    table: dict[str, Callable[[], list[Frame]]] = {
        name: lambda slide=slide: sliding.frames(layer, slide) for name, slide in SLIDES.items()
    }
    table["conv_forward.png"] = lambda: forward.frames(FORWARD)
    table["restacking_filters.gif"] = lambda: restacking.frames(KERNELS)
    table["backward_input.gif"] = lambda: spreading.frames(layer, SPREAD)
    for name in [name for name in table if name.endswith(".gif")]:
        table[name] = cache(table[name])  # for the animation, and for its steps
        table[name.replace(".gif", "_steps.png")] = lambda draw=table[name]: [steps(draw())]
    table["conv_back_weights.png"] = lambda: gradient.frames(layer, GRADIENT)
    return table


def drift(path: Path, frames: list[Frame]) -> str:
    """Return how the file at `path` differs from what is drawn now; nothing if it does not."""
    try:
        found = decode(path.read_bytes())
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "not readable as a picture"
    return difference(decode(encode(frames)), found)


def main(arguments: list[str] | None = None) -> int:
    """Draw or check all figures; return the exit code."""
    parser = argparse.ArgumentParser(description="Draw the figures of Exercise 4.")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    parser.add_argument(
        "--solutions", type=Path, default=SOLUTIONS, help="folder with src/layers/conv.py, solved"
    )
    parser.add_argument(
        "--output", type=Path, default=HERE, help="folder of the figures (default: beside this script)"
    )
    options = parser.parse_args(arguments)
    try:
        layer = load_layer(options.solutions)
    except MissingReferenceError as error:
        print(error, file=sys.stderr)
        return 2
    drifted = 0
    for name, draw in figures(layer).items():
        path = options.output / name
        if not options.check:
            path.write_bytes(encode(draw()))
        elif fault := drift(path, draw()):
            drifted += 1
            print(
                f"{path}: {fault} (by Matplotlib {mpl.__version__}); draw it anew: python img/draw.py",
                file=sys.stderr,
            )
    return 1 if drifted else 0


if __name__ == "__main__":
    sys.exit(main())
