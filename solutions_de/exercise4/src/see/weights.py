"""Pictures of part 2: what the first weights do to a signal on its way through many layers."""

import numpy as np
from matplotlib.figure import Figure
from Tests.compare import as_numbers

from src.see.frame import BLUE, GREEN, ORANGE, PURPLE, canvas, in_powers, picture

WIDTH, LAYERS, SHOWN = 400, 10, (1, 2, 4, 7, 10)


@picture()
def signal_sizes() -> Figure:
    """Draw how the size of a signal changes through fifty linear layers, for three spreads of the weights."""
    rng = np.random.default_rng(4)
    n_in, n_layers = 100, 50
    figure, axes = canvas()
    choices = [(1.3, ORANGE, "30 % too large"), (1.0, GREEN, "just right"), (0.7, BLUE, "30 % too small")]
    for factor, colour, name in choices:
        signal, sizes = rng.normal(size=(200, n_in)), []
        for _ in range(n_layers):
            signal = signal @ rng.normal(0, factor / np.sqrt(n_in), (n_in, n_in))
            sizes.append(signal.std())
        axes.semilogy(range(1, n_layers + 1), sizes, color=colour, lw=2)
        at = (n_layers, sizes[-1])
        axes.annotate(name, at, (6, 0), textcoords="offset points", va="center", color=colour)
    axes.set(xlabel="layer", ylabel="size of the signal", xlim=(1, n_layers + 9))
    return figure


@picture("ReLU", "Const", "UniformRandom", "He")
def your_first_weights(relu: type, const: type, uniform: type, he: type) -> Figure:
    """Draw what reaches the neurons of ten layers with ReLUs, for one example and five kinds of weights."""
    rng = np.random.default_rng(0)
    spread = np.sqrt(2 / WIDTH)
    kinds = {
        "Const(0.1)": lambda shape: const(0.1).initialize(shape),
        "UniformRandom()": lambda shape: uniform().initialize(shape),
        "Gaussian, too small": lambda shape: rng.normal(0, 0.3 * spread, shape),
        "Gaussian, too large": lambda shape: rng.normal(0, 3 * spread, shape),
        "He()": lambda shape: he().initialize(shape),
    }
    figure, panels = canvas(len(kinds), len(SHOWN), size=(9, 7.2), sharex=True)
    example = np.abs(rng.normal(size=(1, WIDTH)))  # positive, as the brightness of pixels is
    for row, (name, make) in zip(panels, kinds.items(), strict=True):
        signals = through_layers(relu, make, example)
        label = f"{name}\n{verdict(signals)}"
        row[0].set_ylabel(label, fontsize=10, rotation=0, ha="left", va="center", labelpad=110)
        for axes, layer in zip(row, SHOWN, strict=True):
            signal = signals[layer - 1].ravel()
            axes.hist(np.clip(signal, -4, 4), bins=np.linspace(-4, 4, 41), color=PURPLE)
            size = np.sqrt(np.mean(signal**2))
            axes.set_title(f"size {in_powers(size)}", fontsize=9)
            axes.set(yticks=[], xlim=(-4.3, 4.3), xticks=[-4, 0, 4])
    for axes, layer in zip(panels[-1], SHOWN, strict=True):
        axes.set_xlabel(f"layer {layer}")
    return figure


def through_layers(relu: type, make: object, signal: np.ndarray) -> list[np.ndarray]:
    """Return what reaches the activation functions of each layer."""
    signals = []
    for _ in range(LAYERS):
        weights = as_numbers(make((WIDTH, WIDTH)), "initialize")
        signals.append(signal @ weights.T)
        signal = as_numbers(relu().forward(signals[-1]), "ReLU.forward")
    return signals


def verdict(signals: list[np.ndarray]) -> str:
    """Return in a word or two what became of the signal."""
    first, last = signals[0], signals[-1]
    if np.allclose(last, last.ravel()[0]):
        return "all neurons alike"
    change = np.sqrt(np.mean(last**2) / np.mean(first**2))
    if change < 1e-2:
        return "fades"
    return "explodes" if change > 1e2 else "stays alive"
