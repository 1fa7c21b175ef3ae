"""Pictures of part 1: activation functions, their slopes, and what the slopes do to an error."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from Tests.compare import as_numbers

from src.see.frame import BLUE, GREEN, ORANGE, canvas, in_powers, picture


@picture()
def activations() -> Figure:
    """Draw sigmoid and ReLU, each with its derivative."""
    x = np.linspace(-6, 6, 601)
    sigmoid = (1 + np.tanh(x / 2)) / 2
    figure, (left, right) = canvas(1, 2, sharex=True)
    draw_curves(left, "Sigmoid", x, sigmoid, sigmoid * (1 - sigmoid))
    left.annotate("never steeper than 1/4", (0, 0.25), (1.2, 0.36), color=ORANGE)
    draw_curves(right, "ReLU", x, np.maximum(x, 0), np.where(x > 0, 1.0, 0.0))
    right.annotate("0 or 1, nothing in between", (2, 1), (-5.6, 1.35), color=ORANGE)
    return figure


@picture("Sigmoid", "ReLU")
def your_activations(sigmoid: type, relu: type) -> Figure:
    """Draw the same with your classes: what forward gives, and what backward makes of an error of 1."""
    x = np.linspace(-6, 6, 601)
    figure, panels = canvas(1, 2, sharex=True)
    for axes, activation in zip(panels, (sigmoid, relu), strict=True):
        name, layer = activation.__name__, activation()
        y = as_numbers(layer.forward(x[np.newaxis]), f"{name}.forward")[0]
        slope = as_numbers(layer.backward(np.ones((1, x.size))), f"{name}.backward")[0]
        draw_curves(axes, f"Your {name}", x, y, slope)
        axes.plot(0, slope[x == 0], "o", color=ORANGE, label="slope at exactly 0")
        axes.legend(loc="upper left", frameon=False)
    return figure


def draw_curves(axes: Any, title: str, x: np.ndarray, y: np.ndarray, slope: np.ndarray) -> None:
    """Draw a function and its slope, left and right of 0 apart, because the slope may jump there."""
    axes.plot(x, y, color=BLUE, lw=2, label="forward: the function")
    axes.plot(x[x < 0], slope[x < 0], color=ORANGE, lw=2, ls="--", label="backward: its slope")
    axes.plot(x[x > 0], slope[x > 0], color=ORANGE, lw=2, ls="--")
    axes.set(title=title, xlabel="x")
    axes.legend(loc="upper left", frameon=False)


@picture("Sigmoid", "ReLU")
def fading_errors(sigmoid: type, relu: type) -> Figure:
    """Send an error back through ten layers with your sigmoids, and through ten with your ReLUs."""
    figure, axes = canvas()
    layers = np.arange(11)
    for activation, colour, gain in [(sigmoid, BLUE, 1), (relu, GREEN, 2)]:
        sizes = error_sizes(activation, gain, len(layers) - 1)
        axes.semilogy(layers, sizes, "o-", color=colour)
        name = f"{activation.__name__}:\n{in_powers(sizes[-1])} is left"
        axes.annotate(
            name, (layers[-1], sizes[-1]), (10, 0), textcoords="offset points", va="center", color=colour
        )
    axes.set(xlabel="layers that the error has passed on its way back", ylabel="size of the error")
    axes.set(xlim=(-0.3, 12.2), xticks=layers)
    axes.margins(y=0.12)
    return figure


def error_sizes(activation: type, gain: float, n_layers: int, width: int = 100) -> np.ndarray:
    """Measure how large an error of size 1 is after each layer, from the last one back to the first."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(0, np.sqrt(gain / width), (width, width)) for _ in range(n_layers)]
    layers = [activation() for _ in weights]
    x = rng.normal(size=(200, width))
    for layer, w in zip(layers, weights, strict=True):
        x = as_numbers(layer.forward(x @ w), f"{activation.__name__}.forward")
    error = rng.normal(size=x.shape)
    sizes = [1.0]
    for layer, w in zip(reversed(layers), reversed(weights), strict=True):
        error = as_numbers(layer.backward(error), f"{activation.__name__}.backward") @ w.T
        sizes.append(float(np.sqrt(np.mean(error**2))))
    return np.array(sizes)
