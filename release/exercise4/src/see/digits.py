"""The pay-off: a small network of your own layers learns to read handwritten digits."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure
from Tests.compare import as_numbers

from src.see.frame import BLUE, ORANGE, canvas, picture, show_image

BATCH, ROUNDS, FEWEST_ROUNDS, SECONDS = 32, 12, 3, 7.0
FASTER = (
    'Faster: correlate(..., method="direct") need not choose a method each time; one 3-D correlate for all channels is'
    " faster than a loop over them; np.einsum on sliding_window_view needs no loop at all."
)

LAYERS = ("ConvolutionalLayer", "ReLU", "FlattenLayer", "FullyConnectedLayer", "He", "Const")


@dataclass
class Learned:
    """A network that has learned, how it went, and what it says about digits that it has never seen."""

    network: list[Any]
    losses: list[float]
    images: np.ndarray  # [b, 1, 8, 8]
    digits: np.ndarray  # [b], what is written
    guesses: np.ndarray  # [b], what the network reads


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Load 1797 handwritten digits: the images, [b, 1, 8, 8], from 0 to 1, and what they show, [b]."""
    from sklearn import datasets  # only this part needs it

    data = datasets.load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    return data.images[order, np.newaxis] / 16, data.target[order]


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Turn ten scores for each image into ten probabilities: the softmax."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def forward(network: list[Any], images: np.ndarray) -> np.ndarray:
    """Send images through all layers; return the probabilities, [b, 10]."""
    signal = images
    for layer in network:
        signal = as_numbers(layer.forward(signal), f"{type(layer).__name__}.forward")
    return probabilities(signal)


def learn_from(network: list[Any], images: np.ndarray, digits: np.ndarray) -> float:
    """Take one step with a batch; return its mean loss, the cross-entropy."""
    predicted = forward(network, images)
    error = predicted - np.eye(10)[digits]
    for layer in reversed(network):
        error = as_numbers(layer.backward(error), f"{type(layer).__name__}.backward")
    return float(-np.mean(np.log(predicted[np.arange(len(digits)), digits] + 1e-12)))


@picture(*LAYERS)
def learn_digits(*classes_and_network: Any) -> Learned | None:
    """Build a network of your layers, let it learn from four digits in five, and test it on the rest.

    It goes through the digits twelve times, if your layers do that in about seven seconds; slower ones take fewer
    rounds, and fewer digits if need be, and it is said beforehand.
    """
    *classes, build = classes_and_network
    try:
        images, digits = load_digits()
    except ImportError:
        print("The digits come with scikit-learn: run `%pip install scikit-learn`, restart, and come back.")
        return None
    network, n_learn = build(*classes), 4 * len(digits) // 5
    losses, stopped = learn(network, images[:n_learn], digits[:n_learn])
    guesses = forward(network, images[n_learn:]).argmax(axis=1)
    learned = Learned(network, losses, images[n_learn:], digits[n_learn:], guesses)
    right = np.mean(guesses == learned.digits)
    print(
        f"{stopped}{right:.1%} of {len(guesses)} digits that the network has never seen are read correctly."
    )
    return learned


def plan(seconds: float, n_digits: int) -> tuple[int, int]:
    """Return how many rounds, and how many digits in each, fit into the time if a batch takes so many seconds."""
    affordable = int(SECONDS / max(seconds, 1e-6))
    rounds = min(ROUNDS, max(FEWEST_ROUNDS, affordable // -(-n_digits // BATCH)))
    return rounds, min(n_digits, BATCH * max(2, affordable // rounds))


def learn(network: list[Any], images: np.ndarray, digits: np.ndarray) -> tuple[list[float], str]:
    """Go through the images again and again, in batches and in a new order each time.

    Returns:
        The losses, and a sentence if it had to stop before its end, with a blank behind it.
    """
    rng, started = np.random.default_rng(1), time.monotonic()
    losses = [learn_from(network, images[at : at + BATCH], digits[at : at + BATCH]) for at in (0, BATCH)]
    seconds = (time.monotonic() - started) / 2
    rounds, used = plan(seconds, len(digits))
    announce(seconds, rounds, used, len(digits))
    starts = range(0, used, BATCH)
    bar = Bar(rounds * len(starts))
    for done in range(rounds):
        order = rng.permutation(used)
        for start in starts:
            batch = order[start : start + BATCH]
            losses.append(learn_from(network, images[batch], digits[batch]))
            bar.show(len(losses) - 2, f"loss {np.mean(losses[-20:]):.2f}")
            if time.monotonic() - started > 3 * SECONDS:  # something else slows the computer down
                seconds = (time.monotonic() - started) / len(losses)
                return (
                    losses,
                    f"Time is up after {done} of {rounds} rounds, at {seconds:.2g} s a batch. {FASTER}\n",
                )
    return losses, ""


def announce(seconds: float, rounds: int, used: int, all_digits: int) -> None:
    """Return how long it will take, and what is left out to be done by then."""
    takes = seconds * rounds * -(-used // BATCH)
    print(
        f"Two batches took {seconds:.2g} s each: {rounds} rounds with {used} digits will take about {takes:.0f} s."
    )
    if (rounds, used) != (ROUNDS, all_digits):
        whole = seconds * ROUNDS * -(-all_digits // BATCH)
        print(f"(All {ROUNDS} rounds with {all_digits} digits would take {whole:.0f} s. {FASTER})")


class Bar:
    """A progress bar that is redrawn in place, at most ten times a second."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.drawn = 0.0
        in_notebook = get_ipython() is not None
        self.output = display({"text/plain": ""}, raw=True, display_id=True) if in_notebook else None

    def show(self, done: int, note: str) -> None:
        """Draw how much is done, if it is time to draw."""
        if self.output is None or (done < self.total and time.monotonic() - self.drawn < 0.1):
            return
        self.drawn = time.monotonic()
        share = done / self.total
        bar = "█" * round(30 * share) + "░" * (30 - round(30 * share))
        self.output.update({"text/plain": f"learning {bar} {share:4.0%}   {note}"}, raw=True)


@picture()
def learning_curve(learned: Learned) -> Figure:
    """Draw the loss of each batch, and its course."""
    figure, axes = canvas()
    smooth = np.convolve(learned.losses, np.ones(20) / 20, mode="valid")
    axes.semilogy(learned.losses, color=BLUE, alpha=0.25, label="each batch")
    axes.semilogy(np.arange(len(smooth)) + 10, smooth, color=BLUE, lw=2, label="mean of 20")
    axes.axhline(np.log(10), color=ORANGE, ls="--", label="pure guessing")
    axes.set(xlabel="batches seen", ylabel="loss")
    axes.legend(frameon=False)
    return figure


@picture()
def confusion(learned: Learned) -> Figure:
    """Draw how often each digit is read as which."""
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (learned.digits, learned.guesses), 1)
    figure, axes = canvas(size=(4.8, 4.6))
    axes.imshow(counts, cmap="Blues", vmax=1.6 * counts.max())
    for row, column in np.argwhere(counts):
        colour = "black" if row == column else ORANGE
        axes.text(column, row, counts[row, column], ha="center", va="center", color=colour, weight="bold")
    axes.set(xlabel="read as", ylabel="written", xticks=range(10), yticks=range(10))
    axes.grid(visible=False)
    return figure


@picture()
def learned_kernels(learned: Learned) -> Figure:
    """Draw the kernels of the first layer, and what each of them sees in a digit."""
    convolution, activation = learned.network[:2]
    kernels = np.asarray(convolution.weights)
    digit = learned.images[:1]
    maps = np.asarray(activation.forward(convolution.forward(digit)))[0]
    figure, (above, below) = canvas(2, len(kernels) + 1, size=(9, 2.6))
    above[0].axis("off")
    show_image(below[0], digit[0, 0], "a digit", cmap="gray_r")
    limit = np.abs(kernels).max()
    for index, kernel in enumerate(kernels):
        show_image(above[index + 1], kernel[0], f"kernel {index + 1}", cmap="RdBu_r", vmin=-limit, vmax=limit)
        show_image(below[index + 1], maps[index], cmap="gray_r")
    return figure


@picture()
def misread(learned: Learned) -> Figure | None:
    """Draw the first dozen of digits that the network still gets wrong."""
    wrong = np.flatnonzero(learned.guesses != learned.digits)[:12]
    if not len(wrong):
        print("Not a single one is wrong!")
        return None
    figure, panels = canvas(-(-len(wrong) // 6), 6, size=(9, 1.8 * -(-len(wrong) // 6)), squeeze=False)
    for axes in panels.flat:
        axes.axis("off")
    for axes, index in zip(panels.flat, wrong, strict=False):
        title = f"{learned.digits[index]}, read as {learned.guesses[index]}"
        show_image(axes, learned.images[index, 0], title, cmap="gray_r")
    return figure
