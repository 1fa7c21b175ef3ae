"""The checks of the three gradients: on an example that can be followed by hand, on random numbers, and again."""

from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from Tests import conv_guesses as guess
from Tests import small
from Tests.compare import WrongError, as_numbers, give_weights
from Tests.conv_backward import Rounds, earlier, right_input, right_weights, unless_stopped
from Tests.conv_layer import BACKWARD, BATCHES, BIAS, IMAGES, KERNELS, OTHERS, RATE, STRIDES, TWINS, error_for
from Tests.errors import NotWritten


class Bias(Rounds):
    """The gradient of the bias."""

    def test_conv_gradient_bias_small(self) -> None:
        """An error of 3 x 4 small numbers: the gradient of the bias is their sum."""
        layer = self.layer((1, 1), small.W, BIAS[:1])
        layer.forward(small.X.astype(float))
        came = self.gone_back(layer, small.ERROR.astype(float))
        self.compare_bias(layer, small.ERROR, came, "get_gradient_bias")

    def test_conv_gradient_bias_sum(self) -> None:
        """The gradient of each bias is the sum of the error over its channel and over the batch."""
        for stride in STRIDES:
            layer, error, came = self.backward(stride)
            self.compare_bias(layer, error, came, f"get_gradient_bias with stride {stride}")

    def test_conv_gradient_bias_again(self) -> None:
        """The gradient is that of the last backward, of its own layer."""
        layer = self.again()
        self.compare_bias(
            layer,
            error_for((1, 1)),
            self.came,
            "get_gradient_bias after a second backward, and beside a second layer",
        )

    def compare_bias(self, layer: Any, error: np.ndarray, came: Any, what: str) -> None:
        """Compare the gradient of the bias, whatever shape it is kept in."""
        gradient = as_numbers(self.kept(layer, "get_gradient_bias", came), what)
        right = error.sum(axis=(0, 2, 3))
        wide = error.repeat(2, 2).repeat(3, 3)[:, :, :5, :6]
        guesses = [
            ("the mean over the batch: a sum is wanted", right / len(error)),
            ("the mean over the pixels: a sum is wanted", error.mean(axis=(2, 3)).sum(axis=0)),
            ("the mean over the batch and the pixels: a sum is wanted", error.mean(axis=(0, 2, 3))),
            ("the sum for the last image alone: is there = where += is meant", error[-1].sum(axis=(1, 2))),
            ("the sum for the first image alone: sum over the batch", error[0].sum(axis=(1, 2))),
            ("the sum over the kernels, too: each bias has its own", np.full(len(right), error.sum())),
            ("the sum over all, one number: each bias has its own", error.sum()),
            ("the sum over the batch only: sum over rows and columns, too", error.sum(axis=0)),
            ("the sum over rows and columns only: sum over the batch, too", error.sum(axis=(2, 3))),
            ("the sum over batch and rows only: sum over the columns, too", error.sum(axis=(0, 2))),
            ("the sums for each image: axis 1 counts the kernels", np.resize(error.sum(axis=(1, 2, 3)), len(right))),
            ("the sum for each image: axis 1 counts the kernels, it stays", error.sum(axis=(1, 2, 3))),
            ("the gradient times the learning rate: keep the gradient itself", RATE * right),
            ("the step, not the gradient", -RATE * right),
            ("the bias, not its gradient", BIAS[: len(right)] - RATE * right),
            ("the bias, not its gradient", BIAS[: len(right)]),
            ("the gradient twice: is it added to the one before", 2 * right),
            ("the sum of an error that is repeated where the stride has skipped", wide.sum(axis=(0, 2, 3))),
        ]  # fmt: skip
        if len(right) == len(KERNELS):
            before = [error_for((1, 1), images).sum(axis=(0, 2, 3)) for images in (OTHERS, TWINS)]
            guesses += earlier(right, *(partial(np.copy, each) for each in before))
        same_size = gradient.size == right.size and gradient.shape != right.shape
        gradient = gradient.reshape(right.shape) if same_size else gradient
        unless_stopped(came, gradient, right, what, guesses)


class Weights(Rounds):
    """The gradient of the weights."""

    def test_conv_gradient_weights_small(self) -> None:
        """The example of 3 x 4 small numbers: each weight collects what it was multiplied with."""
        layer = self.layer((1, 1), small.W, np.zeros(1))
        layer.forward(small.X.astype(float))
        came = self.gone_back(layer, small.ERROR.astype(float))
        gradient = self.kept(layer, "get_gradient_weights", came)
        whole = guess.responses_to_weights(guess.answer, small.X, small.W.shape)[:, 0, 0].reshape(3, 3, 3, 4)
        wanted = np.einsum("mnpq,pq->mn", whole, small.ERROR[0, 0])[None, None]

        def terms(at: tuple[int, int]) -> list[tuple[float, float]]:
            pairs = zip(whole[at].flat, small.ERROR.flat, strict=True)
            return [(pixel, error) for pixel, error in pairs if error]

        guesses = guess.weights_guesses(small.X, small.ERROR, (1, 1), RATE, small.W)
        self.compare_gradient(
            gradient, wanted, lambda: self.measured_weights(small.X, small.ERROR, (1, 1), small.W),
            "get_gradient_weights", guesses, small.details("gradient", wanted, terms),
        )  # fmt: skip

    def test_conv_gradient_weights_measured(self) -> None:
        """The gradient of the weights is the one that moving each weight a little measures."""
        for stride in STRIDES:
            layer, error, came = self.backward(stride)
            self.compare_weights(layer, error, stride, came, f"get_gradient_weights with stride {stride}")

    def test_conv_gradient_weights_again(self) -> None:
        """The gradient is that of the last backward, of its own layer."""
        what = "get_gradient_weights after a second backward, and beside a second layer (keep everything in self)"
        layer = self.again()
        self.compare_weights(layer, error_for((1, 1)), (1, 1), self.came, what)

    def compare_weights(
        self, layer: Any, error: np.ndarray, stride: tuple[int, int], came: Any, what: str
    ) -> None:
        """Compare the gradient of the weights for IMAGES."""
        gradient = self.kept(layer, "get_gradient_weights", came)
        wanted = right_weights(error, stride)
        before = [
            partial(right_weights, error_for((1, 1), BATCHES[batch]), (1, 1), batch)
            for batch in ("others", "twins")
        ]
        guesses = chain(earlier(wanted, *before), guess.weights_guesses(IMAGES, error, stride, RATE, KERNELS))
        measured = partial(self.measured_weights, IMAGES, error, stride, KERNELS)
        self.compare_gradient(gradient, wanted, measured, what, guesses, came=came)

    def measured_weights(
        self, x: np.ndarray, error: np.ndarray, stride: tuple[int, int], w: np.ndarray
    ) -> np.ndarray:
        """Measure the gradient of the weights on your own forward."""
        layer = self.layer(stride, w, np.zeros(len(w)))

        def forward(x: np.ndarray, w: np.ndarray) -> Any:
            layer.weights = w
            return layer.forward(x.astype(float))

        return np.einsum("ubspq,bspq->u", guess.responses_to_weights(forward, x, w.shape), error).reshape(
            w.shape
        )


class Input(Rounds):
    """The gradient of the input, which backward returns."""

    def test_conv_gradient_input_small(self) -> None:
        """The example of 3 x 4 small numbers: each pixel collects the errors of the outputs it took part in."""
        layer = self.layer((1, 1), small.W, np.zeros(1))
        layer.forward(small.X.astype(float))
        gradient = self.returned(self.gone_back(layer, small.ERROR.astype(float)))
        whole = guess.responses_to_pixels(lambda x: guess.answer(x, small.W), small.X.shape[1:])[
            :, 0
        ].reshape(3, 4, 3, 4)
        wanted = np.einsum("ijpq,pq->ij", whole, small.ERROR[0, 0])[None, None]
        seen = guess.responses_to_pixels(lambda x: guess.answer(x, np.ones(small.W.shape)), small.X.shape[1:])

        def terms(at: tuple[int, int]) -> list[tuple[float, float]]:
            windows = seen.reshape(3, 4, 3, 4)[at] > 0
            return list(zip(small.ERROR[0, 0][windows], whole[at][windows], strict=True))

        guesses = guess.input_guesses(small.X, small.ERROR, (1, 1), RATE, small.W)
        self.compare_gradient(
            gradient, wanted, lambda: self.measured_input(small.X, small.ERROR, (1, 1), small.W),
            BACKWARD, guesses, small.details("dx", wanted, terms),
        )  # fmt: skip

    def test_conv_gradient_input_measured(self) -> None:
        """What backward returns is the gradient that moving each pixel a little measures."""
        for stride in STRIDES:
            _, error, came = self.backward(stride)
            self.compare_input(came, error, stride, f"{BACKWARD} with stride {stride}")

    def test_conv_gradient_input_again(self) -> None:
        """What backward returns belongs to the last forward, of its own layer."""
        self.again()
        what = f"{BACKWARD} after a second forward, and beside a second layer (keep everything in self)"
        self.compare_input(self.came, error_for((1, 1)), (1, 1), what)

    def test_conv_gradient_input_other_weights(self) -> None:
        """Other weights give another gradient."""
        layer = self.layer((1, 1), small.W, np.zeros(1))
        rounds = []
        for weights in (small.W, 3.0 * small.W):
            give_weights(layer, weights.astype(float), np.zeros(1))
            layer.forward(small.X.astype(float))
            rounds.append(np.asarray(self.returned(self.gone_back(layer, small.ERROR.astype(float)))))
        if np.any(rounds[0]) and np.array_equal(*rounds):
            raise WrongError(
                f"{BACKWARD} returns the same after self.weights has changed: turn self.weights in each call."
            )

    def compare_input(self, came: Any, error: np.ndarray, stride: tuple[int, int], what: str) -> None:
        """Compare the gradient of the input for IMAGES."""
        gradient = self.returned(came)
        wanted = right_input(error, stride)
        guesses = chain(
            earlier(wanted, partial(right_input, error_for((1, 1), TWINS), (1, 1))),
            guess.input_guesses(IMAGES, error, stride, RATE, KERNELS),
        )
        self.compare_gradient(
            gradient, wanted, partial(self.measured_input, IMAGES, error, stride, KERNELS), what, guesses
        )

    @staticmethod
    def returned(came: Any) -> Any:
        """Return what backward has returned, if it is written so far."""
        if isinstance(came, Exception):
            raise came
        if came is None:
            raise NotWritten(
                f"{BACKWARD} returns None: the gradient of the input is not written yet, or its return is missing."
            )
        return came

    def measured_input(
        self, x: np.ndarray, error: np.ndarray, stride: tuple[int, int], w: np.ndarray
    ) -> np.ndarray:
        """Measure the gradient of the input on your own forward."""
        forward = self.layer(stride, w, np.zeros(len(w))).forward
        whole = guess.responses_to_pixels(forward, x.shape[1:])
        return np.einsum("uspq,bspq->bu", whole, error).reshape(x.shape)
