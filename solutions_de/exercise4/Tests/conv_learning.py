"""The checks of the step, of the first weights, and of all layers together."""

import contextlib
from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np

from Tests import conv_guesses as guess
from Tests import small
from Tests.compare import WrongError, as_numbers, assert_array, give_weights, in_tuple
from Tests.conv_backward import Rounds, right_weights
from Tests.conv_layer import BIAS, IMAGES, KERNELS, RATE, Layers


class Recorder:
    """An initializer that remembers which shape it was asked for, and counts upwards."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.asked = 0  # for how many numbers

    def initialize(self, weight_shape: Any) -> np.ndarray:
        """Return 0, 1, 2, ... in that shape."""
        self.shape = tuple(int(extent) for extent in np.atleast_1d(weight_shape))
        start, self.asked = self.asked, self.asked + int(np.prod(self.shape))
        return np.arange(start, self.asked, dtype=float).reshape(self.shape)


class Update(Rounds):
    """One step of gradient descent, then another."""

    def step(self) -> tuple[Any, np.ndarray]:
        """Return a layer after one round, if its backward is written to the end, and the error."""
        layer, error, came = self.backward((1, 1))
        if isinstance(came, Exception):
            raise came
        return layer, error

    def compare_step(self, after: Any, before: np.ndarray, gradients: Iterable[Any], what: str) -> None:
        """Compare the movement of the weights or of the bias with -learning_rate * gradient: the right one, or yours."""
        moved = as_numbers(after, what)
        if moved.size != before.size:
            raise WrongError(
                f"{what}: the shape {in_tuple(before.shape)} was expected, {in_tuple(moved.shape)} came."
            )
        moved = moved.reshape(before.shape) - before
        fitting = [
            np.asarray(each, dtype=float)
            for each in gradients
            if each is not None and np.size(each) == before.size
        ]
        fitting = [each.reshape(before.shape) for each in fitting]
        if any(np.allclose(moved, -RATE * each, rtol=1e-3, atol=1e-3) for each in fitting):
            return
        guesses = chain.from_iterable(
            guess.step_guesses(moved, each, RATE, before, len(IMAGES)) for each in fitting
        )
        assert_array(moved, -RATE * fitting[0], what, guesses=guesses)

    @staticmethod
    def own(layer: Any, name: str) -> Any:
        """Return a gradient that the layer has kept, or None."""
        with contextlib.suppress(NotImplementedError):
            return getattr(layer, name)()
        return None

    def test_conv_update_weights(self) -> None:
        """After backward the weights have moved by -learning_rate * gradient."""
        layer, error = self.step()
        moved = np.array(layer.weights)  # before a getter is called: that should not move them
        gradients = self.own(layer, "get_gradient_weights"), right_weights(error, (1, 1))
        self.compare_step(moved, KERNELS, gradients, "The step of the weights in backward")

    def test_conv_update_bias(self) -> None:
        """After backward the bias has moved by -learning_rate * gradient."""
        layer, error = self.step()
        moved = np.array(layer.bias)
        gradients = self.own(layer, "get_gradient_bias"), error.sum(axis=(0, 2, 3))
        self.compare_step(moved, BIAS, gradients, "The step of the bias in backward")

    def test_conv_update_learning_rate(self) -> None:
        """Another learning rate makes another step."""
        moved = []
        for rate in (RATE, 2 * RATE):
            layer = self.Conv((1, 1), small.W.shape[1:], 1, rate)
            give_weights(layer, small.W.astype(float), np.zeros(1))
            layer.forward(small.X.astype(float))
            layer.backward(small.ERROR.astype(float))
            moved.append([np.ravel(layer.weights)[0] - 1, np.ravel(layer.bias)[0]])
        for name, one, other in zip(("weights", "bias"), *moved, strict=True):
            if one and one == other:
                raise WrongError(
                    f"The step of the {name} in backward is the same whatever the learning rate: use self.learning_rate."
                )

    def test_conv_update_again(self) -> None:
        """A second step starts where the first one ended, and knows nothing of it."""
        layer, error = self.step()
        first = np.array(layer.weights, dtype=float).reshape(KERNELS.shape)
        layer.forward(IMAGES.copy())
        layer.backward(error.copy())
        own, right = self.own(layer, "get_gradient_weights"), right_weights(error, (1, 1))
        what = "The second step of the weights in backward"
        try:
            self.compare_step(layer.weights, first, (own, right), what)
        except WrongError:
            moved = np.asarray(layer.weights, dtype=float).reshape(KERNELS.shape) - first
            for says, add in (
                ("a step from the first weights: start from the present ones", KERNELS - first),
                *(
                    (f"the step and {part:g} of the one before (momentum)", part * (first - KERNELS))
                    for part in (0.5, 0.9, 0.99)
                ),
            ):
                if np.allclose(moved, add - RATE * right, rtol=1e-3, atol=1e-3):
                    raise WrongError(
                        f"{what}: it should be -learning_rate * gradient. This is {says}."
                    ) from None
            raise


class Initialize(Layers):
    """The shapes that the initializers are asked for."""

    def test_conv_initialize_fan_in(self) -> None:
        """The weights initializer is asked for a 2-D shape whose second entry is c * m * n."""
        weights, bias = Recorder(), Recorder()
        layer = self.layer()
        what = "ConvolutionalLayer.initialize"
        layer.initialize(weights, bias)
        if not weights.asked:
            raise WrongError(f"{what}: the weights initializer was not asked: call its initialize(shape).")
        if not bias.asked:
            raise WrongError(f"{what}: the bias initializer was not asked: call its initialize(shape).")
        if len(weights.shape) != 2 or weights.shape[1] != 2 * 3 * 5:
            seconds = {
                2: "the channels alone",
                15: "m * n, without the channels",
                45: "the fan-out, n_kernels * m * n",
            }
            whole = {
                (3, 2, 3, 5): "the shape of the weights: its second entry is only c",
                (30, 3): "the fan-in first: it belongs second",
                (1, 90): "all weights in one row",
                (3,): "the shape of the bias: are the two initializers swapped",
            }
            second = seconds.get(weights.shape[1]) if len(weights.shape) == 2 else None
            seen = whole.get(weights.shape, second)
            raise WrongError(
                f"{what}: the weights initializer should be asked for a 2-D shape with"
                f" the fan-in c * m * n = 30 as second entry, it was asked for {weights.shape}."
                + (f" This is {seen}." if seen else "")
            )
        offset = np.ravel(as_numbers(layer.weights, f"{what}: the weights"))[0]
        expected = np.arange(90.0).reshape(KERNELS.shape)
        if offset == 90:  # asked twice, which costs nothing
            expected += offset
        guesses = [
            ("the weights as a matrix: reshape them to [n_kernels, c, m, n]", np.arange(90.0).reshape(3, 30)),
            ("the weights in another order: reshape to [n_kernels, c, m, n] in one go",
             np.arange(90.0).reshape(3, 30).reshape(KERNELS.shape, order="F")),
            ("the weights in another order: the kernels come first",
             np.moveaxis(np.arange(90.0).reshape(2, 3, 5, 3), -1, 0)),
            ("the weights with the kernels as last axis: they come first", np.arange(90.0).reshape(2, 3, 5, 3)),
            ("the weights as they were: assign the result to self.weights", KERNELS),
        ]  # fmt: skip
        assert_array(layer.weights, expected, f"{what}: the weights", guesses=guesses)
        if bias.asked not in {3, 6}:
            raise WrongError(
                f"{what}: the bias initializer should be asked for n_kernels = 3 numbers, it was asked for {bias.shape}."
            )
        guesses = [
            ("the bias as it was: assign the result to self.bias", BIAS),
            ("0: use what the bias initializer returns", np.zeros(3)),
        ]
        bias_now = as_numbers(layer.bias, f"{what}: the bias")
        assert_array(
            bias_now.reshape(3) if bias_now.size == 3 else bias_now,
            np.arange(3.0),
            f"{what}: the bias",
            guesses=guesses,
        )


class Together(Layers):
    """A small network."""

    def test_layers_learn_together(self) -> None:
        """A small network of all your layers learns: its loss goes down."""
        conv = self.Conv((2, 2), (2, 3, 3), 4, 0.01)
        conv.initialize(self.He(), self.Constant(0.1))
        flatten, connected = self.Flatten(), self.FullyConnected(4 * 3 * 3, 1, 0.01)
        connected.initialize(self.He(), self.Constant(0.1))
        target = np.array([[1.0], [-1.0]])
        losses = []
        for _ in range(50):
            difference = connected.forward(flatten.forward(conv.forward(IMAGES.copy()))) - target
            losses.append(float(np.sum(difference**2)) / 2)
            conv.backward(flatten.backward(connected.backward(difference)))
        if not losses[-1] < 0.1 * losses[0]:
            raise WrongError(
                f"The loss should fall below a tenth, it went from {losses[0]:.3g} to {losses[-1]:.3g}."
            )
