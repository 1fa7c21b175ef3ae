"""For those who want more: experiments with your own layers, each with a check or a picture."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.lib.stride_tricks import sliding_window_view
from scipy.signal import correlate2d
from Tests.compare import as_numbers
from Tests.selfcheck import GREEN, PLAIN, RED

from src.see.convolution import KERNELS, grey_kernels, photograph, with_weights
from src.see.digits import LAYERS, Learned, forward, learn_from, load_digits
from src.see.frame import BLUE, ORANGE, canvas, picture, show_image

FORWARD, BACKWARD = "ConvolutionalLayer.forward", "ConvolutionalLayer.backward"


def say(right: bool, text: str) -> None:  # noqa: FBT001
    """Print a line in green or red."""
    print(f"{GREEN}✓ {text}{PLAIN}" if right else f"{RED}✗ {text}{PLAIN}")


@picture(*LAYERS)
def overfit(*classes_and_network: Any) -> Figure:
    """Learn twenty digits by heart: a network that cannot even do that has a mistake, not too little data."""
    *classes, build = classes_and_network
    images, digits = (each[:20] for each in load_digits())
    network = build(*classes)
    losses = [learn_from(network, images, digits) for _ in range(40)]
    right = int(np.sum(forward(network, images).argmax(axis=1) == digits))
    say(right == 20, f"{right} of 20 digits are learned by heart.")
    figure, axes = canvas(size=(6, 2.6))
    axes.semilogy(losses, color=BLUE, lw=2)
    axes.set(xlabel="steps with the same 20 digits", ylabel="loss")
    return figure


@picture("ConvolutionalLayer")
def learn_kernel_back(conv: type) -> Figure:
    """Show a layer only what a kernel makes of noise, and let it find that kernel again."""
    wanted = KERNELS["upright edges"]
    rng = np.random.default_rng(0)
    images = rng.normal(size=(4, 1, 12, 12))
    target = np.array([[correlate2d(image[0], wanted, "same")] for image in images])
    layer = conv((1, 1), (1, 3, 3), 1, 1e-3)
    layer.weights, layer.bias = rng.normal(size=(1, 1, 3, 3)), np.zeros(1)
    shown = {0: np.array(layer.weights)[0, 0]}
    for step in range(1, 61):
        layer.backward(as_numbers(layer.forward(images), FORWARD) - target)
        shown[step] = np.array(layer.weights)[0, 0]
    far = np.abs(shown[60] - wanted).max()
    say(far < 0.05, f"after 60 steps no weight is further than {far:.2g} from the kernel that was hidden.")
    figure, panels = canvas(1, 5, size=(9, 2.2))
    for axes, (title, kernel) in zip(
        panels,
        [*((f"after {step} steps", shown[step]) for step in (0, 2, 10, 60)), ("hidden", wanted)],
        strict=True,
    ):
        show_image(axes, kernel, title, cmap="RdBu_r", vmin=-0.6, vmax=0.6)
    return figure


@picture()
def read_drawing(learned: Learned, drawing: Sequence[str]) -> Figure:
    """Let the network read a digit that you have drawn: 8 rows of 8 signs, blank or . for white, # for black."""
    rows = [row.ljust(8)[:8] for row in drawing][:8]
    image = np.array([[{" ": 0.0, ".": 0.0, "+": 0.5}.get(sign, 1.0) for sign in row] for row in rows])
    image = np.pad(image, ((0, 8 - len(image)), (0, 0)))
    chances = forward(learned.network, image[None, None])[0]
    print(f"The network reads a {chances.argmax()}, and gives it {chances.max():.0%}.")
    figure, (left, right) = canvas(1, 2, size=(6, 2.4), width_ratios=[1, 2])
    show_image(left, image, "your digit", cmap="gray_r")
    right.bar(range(10), chances, color=BLUE)
    right.set(xticks=range(10), ylim=(0, 1), ylabel="probability")
    return figure


@picture("ConvolutionalLayer")
def one_by_one(conv: type) -> Figure:
    """Mix the colours of a photograph with kernels of 1 x 1: each pixel for itself."""
    photo = photograph()
    weights = np.array([[0.3, 0.59, 0.11], [1, -1, 0], [-0.5, -0.5, 1]])[:, :, None, None]
    maps = as_numbers(with_weights(conv, (1, 1), weights).forward(photo), FORWARD)[0]
    mixed = np.tensordot(weights[:, :, 0, 0], photo[0], 1)
    say(
        np.allclose(maps, mixed, atol=1e-3), "a 1 x 1 kernel is a small fully connected layer for each pixel."
    )
    figure, panels = canvas(1, 4, size=(9, 3))
    show_image(panels[0], photo[0].transpose(1, 2, 0), "3 channels")
    for axes, title, values in zip(
        panels[1:], ("brightness", "red - green", "blue - yellow"), maps, strict=True
    ):
        show_image(axes, values, title)
    return figure


@picture("ConvolutionalLayer")
def dilated(conv: type) -> Figure:
    """Look further with the same nine weights: a kernel with zeros between them."""
    photo = photograph().mean(axis=1, keepdims=True)
    figure, panels = canvas(1, 3, size=(7.5, 3.2))
    for axes, step in zip(panels, (1, 3, 6), strict=True):
        kernel = np.zeros((2 * step + 1, 2 * step + 1))
        kernel[::step, ::step] = KERNELS["upright edges"]
        maps = as_numbers(with_weights(conv, (1, 1), kernel[None, None]).forward(photo), FORWARD)
        show_image(axes, maps[0, 0], f"dilation {step}: sees {2 * step + 1} x {2 * step + 1}")
    return figure


@picture("ConvolutionalLayer")
def stopwatch(conv: type) -> Figure:
    """Compare your forward with im2col: all windows as the rows of one matrix, times the kernels."""
    photo, kernels = photograph(), grey_kernels()
    layer = with_weights(conv, (1, 1), kernels)
    started = time.perf_counter()
    yours = as_numbers(layer.forward(photo), FORWARD)
    middle = time.perf_counter()
    frame = np.pad(photo, ((0, 0), (0, 0), (3, 3), (3, 3)))
    windows = sliding_window_view(frame[0], (7, 7), axis=(1, 2))
    rows = windows.transpose(1, 2, 0, 3, 4).reshape(-1, 3 * 7 * 7)
    by_matrix = (rows @ kernels.reshape(4, -1).T).T.reshape(1, 4, *photo.shape[2:])
    times = middle - started, time.perf_counter() - middle
    say(
        np.allclose(yours, by_matrix, atol=1e-3),
        f"the same numbers: yours in {times[0]:.2g} s, im2col in {times[1]:.2g} s.",
    )
    figure, axes = canvas(size=(6, 1.6))
    axes.barh(["yours", "im2col"], times, color=[BLUE, ORANGE])
    axes.invert_yaxis()
    axes.set(xlabel="seconds for the photograph")
    return figure


@picture("ConvolutionalLayer")
def receptive_field(conv: type) -> Figure:
    """Send the error of one pixel back through layers of 3 x 3 kernels: which inputs has it seen?"""
    figure, panels = canvas(1, 4, size=(9, 2.6))
    cases = [
        ([1], "1 layer"),
        ([1, 1], "2 layers"),
        ([1, 1, 1], "3 layers"),
        ([2, 2, 1], "3, two with stride 2"),
    ]
    for axes, (strides, title) in zip(panels, cases, strict=True):
        layers = [with_weights(conv, (step, step), np.ones((1, 1, 3, 3))) for step in strides]
        signal = np.ones((1, 1, 21, 21))
        for layer in layers:
            signal = as_numbers(layer.forward(signal), FORWARD)
        error = np.zeros(signal.shape)
        error[0, 0, signal.shape[2] // 2, signal.shape[3] // 2] = 1
        for layer in reversed(layers):
            error = as_numbers(layer.backward(error), BACKWARD)
        seen = int((error[0, 0] != 0).any(axis=0).sum())
        show_image(axes, error[0, 0], f"{title}\nsees {seen} x {seen}", cmap="Blues")
    return figure
