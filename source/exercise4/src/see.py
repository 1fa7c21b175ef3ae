"""Pictures for the notebook: what an idea looks like, drawn from formulas or from your own layers.

Nothing here is graded. While the notebook is graded or validated the pictures are left out, to save time.
"""

import os
from collections.abc import Callable
from functools import wraps

import numpy as np
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#767676"  # told apart by colour-blind eyes, too


def picture(draw: Callable[..., Figure]) -> Callable[..., Figure | None]:
    """Leave a picture out where nobody looks: nbgrader sets this variable when it runs a notebook."""

    @wraps(draw)
    def draw_for_a_reader(*args: object, **kwargs: object) -> Figure | None:
        return None if os.environ.get("NBGRADER_EXECUTION") else draw(*args, **kwargs)

    return draw_for_a_reader


@picture
def activations() -> Figure:
    """Draw sigmoid and ReLU, each beside its derivative."""
    x = np.linspace(-6, 6, 601)
    sigmoid = (1 + np.tanh(x / 2)) / 2
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharex=True)
    left.set_title("Sigmoid")
    left.plot(x, sigmoid, color=BLUE, label="the function")
    left.plot(x, sigmoid * (1 - sigmoid), color=ORANGE, ls="--", label="its derivative")
    left.annotate("never steeper than 1/4", (0, 0.25), (1.4, 0.36), color=ORANGE)
    right.set_title("ReLU")
    right.plot(x, np.maximum(x, 0), color=BLUE, label="the function")
    right.plot(x[x < 0], 0 * x[x < 0], color=ORANGE, ls="--", label="its derivative")
    right.plot(x[x > 0], 1 + 0 * x[x > 0], color=ORANGE, ls="--")
    right.plot([0, 0], [0, 1], "o", mfc="white", mec=ORANGE)
    right.annotate("0 or 1, nothing in between", (2, 1), (-5.6, 1.3), color=ORANGE)
    for axes in (left, right):
        axes.set_xlabel("x")
        axes.grid(alpha=0.3)
        axes.legend(loc="upper left", frameon=False)
    return figure


@picture
def signal_sizes() -> Figure:
    """Draw how the size of a signal changes through fifty linear layers, for three spreads of the weights."""
    rng = np.random.default_rng(4)
    n_in, n_layers = 100, 50
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    axes = figure.subplots()
    for factor, colour, name in [
        (1.3, ORANGE, "30 % too large"),
        (1.0, GREEN, "just right"),
        (0.7, BLUE, "30 % too small"),
    ]:
        signal, sizes = rng.normal(size=(200, n_in)), []
        for _ in range(n_layers):
            signal = signal @ rng.normal(0, factor / np.sqrt(n_in), (n_in, n_in))
            sizes.append(signal.std())
        axes.semilogy(range(1, n_layers + 1), sizes, color=colour)
        axes.annotate(
            name, (n_layers, sizes[-1]), (6, 0), textcoords="offset points", va="center", color=colour
        )
    axes.set(xlabel="layer", ylabel="size of the signal", xlim=(1, n_layers + 8))
    axes.grid(alpha=0.3)
    return figure


@picture
def correlation_as_matrix() -> Figure:
    """Draw the matrix that slides a kernel of three numbers along a signal of ten."""
    kernel, length = ["w₀", "w₁", "w₂"], 10
    matrix = sum((offset + 2) * np.eye(length, k=offset) for offset in (-1, 0, 1))
    figure = Figure(figsize=(4.2, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.imshow(np.ma.masked_equal(matrix, 0), cmap="Blues", vmin=-1, vmax=5)
    for row, column in np.argwhere(matrix):
        axes.text(column, row, kernel[column - row + 1], ha="center", va="center")
    axes.set(
        xlabel="number of the input",
        ylabel="number of the output",
        xticks=range(length),
        yticks=range(length),
    )
    axes.set_xticks(np.arange(length) - 0.5, minor=True)
    axes.set_yticks(np.arange(length) - 0.5, minor=True)
    axes.grid(which="minor", alpha=0.3)
    axes.tick_params(which="both", length=0)
    return figure
