"""Self-checks for part 3: flattening and the convolutional layer.

Small enough to follow by hand. The images are not square and neither are the kernels, so that a row that is
taken for a column shows at once.
"""

import unittest
from collections.abc import Callable
from typing import Any

import numpy as np

from Tests.compare import as_numbers, assert_array, give_weights, numerical_gradient
from Tests.selfcheck import Yours

IMAGES = np.random.default_rng(1).normal(size=(2, 2, 5, 6))  # b, c, p, q
KERNELS = np.random.default_rng(2).normal(size=(3, 2, 3, 5))  # n_kernels, c, m, n
BIAS = np.array([0.5, -1.0, 2.0])
STRIDES = [(1, 1), (2, 3)]


def one_pixel(channel: int, row: int, column: int) -> np.ndarray:
    """Make a dark image of 2 channels and 5 x 7 pixels with a single bright pixel."""
    image = np.zeros((1, 2, 5, 7))
    image[0, channel, row, column] = 1
    return image


class Recorder:
    """An initializer that remembers which shape it was asked for, and counts upwards."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()

    def initialize(self, weight_shape: Any) -> np.ndarray:
        """Return 0, 1, 2, ... in that shape."""
        self.shape = tuple(np.atleast_1d(weight_shape))
        return np.arange(np.prod(self.shape), dtype=float).reshape(self.shape)


class TestConv(unittest.TestCase):
    """Your layers against the definition, and your gradients against measured ones."""

    Conv = Yours("ConvolutionalLayer")
    Flatten = Yours("FlattenLayer")
    FullyConnected = Yours("FullyConnectedLayer")
    He = Yours("He")
    Constant = Yours("Const")

    def layer(self, stride: tuple[int, int] = (1, 1), learning_rate: float = 0.5) -> Any:
        """Make a layer with the kernels and the bias above."""
        layer = self.Conv(stride, KERNELS.shape[1:], len(KERNELS), learning_rate)
        give_weights(layer, KERNELS, BIAS)
        return layer

    def backward(self, stride: tuple[int, int]) -> tuple[Any, np.ndarray, Any]:
        """Go forward and backward once; return the layer, the error that went in, and what came out."""
        layer = self.layer(stride)
        output = as_numbers(layer.forward(IMAGES.copy()), "ConvolutionalLayer.forward")
        error = np.random.default_rng(3).normal(size=output.shape)
        return layer, error, layer.backward(error.copy())

    # ------------------------------------------------------------------------------------------ flatten

    def test_flatten_forward(self) -> None:
        """An image of c x p x q numbers becomes a row of c * p * q numbers, and none is lost."""
        rows = as_numbers(self.Flatten().forward(IMAGES.copy()), "FlattenLayer.forward")
        if rows.shape != (2, 60):
            self.fail(f"FlattenLayer.forward: the shape (2, 60) was expected, {rows.shape} came.")
        # Sorted, because any fixed order is right as long as backward undoes it.
        assert_array(np.sort(rows), np.sort(IMAGES.reshape(2, 60)), "FlattenLayer.forward, each row sorted")

    def test_flatten_there_and_back(self) -> None:
        """Backward undoes forward: each number is where it was."""
        flatten = self.Flatten()
        rows = flatten.forward(IMAGES.copy())
        assert_array(flatten.backward(rows), IMAGES, "FlattenLayer.backward after forward")

    # ------------------------------------------------------------------------------------------ forward

    def test_conv_forward_shape(self) -> None:
        """With stride (1, 1) the output is as large as the input, with one channel for each kernel."""
        output = as_numbers(self.layer().forward(IMAGES.copy()), "ConvolutionalLayer.forward")
        if output.shape != (2, 3, 5, 6):
            self.fail(
                f"ConvolutionalLayer.forward: the shape (2, 3, 5, 6) was expected, {output.shape} came."
            )

    def test_conv_forward_bias(self) -> None:
        """A dark image gives the bias, everywhere and one for each kernel."""
        expected = np.broadcast_to(BIAS[:, np.newaxis, np.newaxis], (1, 3, 5, 7))
        assert_array(self.layer().forward(np.zeros((1, 2, 5, 7))), expected, "The answer to a dark image")

    def test_conv_forward_one_pixel(self) -> None:
        """A single bright pixel gives back the kernel of its channel, turned by half a turn."""
        for channel in (0, 1):
            # The pixel is in row 2, column 3; kernels of 3 x 5 see it from rows 1 to 3 and columns 1 to 5.
            expected = np.zeros((3, 5, 7))
            expected[:, 1:4, 1:6] = KERNELS[:, channel, ::-1, ::-1]
            self.assert_answer(one_pixel(channel, 2, 3), expected)

    def test_conv_forward_corner(self) -> None:
        """A bright pixel in the first corner is seen by the windows that reach into the padding."""
        expected = np.zeros((3, 5, 7))
        expected[:, :2, :3] = KERNELS[:, 0, 1::-1, 2::-1]
        self.assert_answer(one_pixel(0, 0, 0), expected)

    def test_conv_forward_sums(self) -> None:
        """Two bright pixels, in two channels, give the sum of what each gives alone."""
        one, two = one_pixel(0, 2, 3), one_pixel(1, 2, 4)
        expected = np.zeros((3, 5, 7))
        expected[:, 1:4, 1:6] += KERNELS[:, 0, ::-1, ::-1]
        expected[:, 1:4, 2:7] += KERNELS[:, 1, ::-1, ::-1]
        self.assert_answer(one + two, expected)

    def test_conv_forward_batch(self) -> None:
        """Each image of a batch is answered as if it were alone."""
        together = as_numbers(self.layer().forward(IMAGES.copy()), "ConvolutionalLayer.forward")
        assert_array(together[1:], self.layer().forward(IMAGES[1:].copy()), "The second of two images")

    def assert_answer(self, image: np.ndarray, expected: np.ndarray) -> None:
        """Compare what an image adds to the bias."""
        output = as_numbers(self.layer().forward(image), "ConvolutionalLayer.forward")
        answer = output - BIAS[:, np.newaxis, np.newaxis]
        channel, row, column = (int(index) for index in np.argwhere(image[0])[0])
        what = (
            f"The answer to a bright pixel in channel {channel}, row {row}, column {column}, bias subtracted"
        )
        assert_array(answer, expected[np.newaxis], what)

    def test_conv_stride_every_second_row_every_third_column(self) -> None:
        """With stride (2, 3) only every second row and every third column stays, the first included."""
        # Against your own output without stride: a slip in there is a matter of the tests above.
        whole = as_numbers(self.layer().forward(IMAGES.copy()), "ConvolutionalLayer.forward")
        output = self.layer((2, 3)).forward(IMAGES.copy())
        assert_array(output, whole[:, :, ::2, ::3], "ConvolutionalLayer.forward with stride (2, 3)")

    # ----------------------------------------------------------------------------------------- gradients

    def test_conv_gradient_bias_sum(self) -> None:
        """The gradient of each bias is the sum of the error over its channel and over the batch."""
        for stride in STRIDES:
            layer, error, _ = self.backward(stride)
            gradient = np.ravel(as_numbers(layer.get_gradient_bias(), "get_gradient_bias"))
            assert_array(gradient, error.sum(axis=(0, 2, 3)), f"get_gradient_bias with stride {stride}")

    def test_conv_gradient_weights_measured(self) -> None:
        """The gradient of the weights is the one that moving each weight a little measures."""
        for stride in STRIDES:
            layer, error, _ = self.backward(stride)
            gradient = layer.get_gradient_weights()
            other = self.layer(stride)

            def loss(weights: np.ndarray, layer: Any = other, error: np.ndarray = error) -> float:
                layer.weights = weights
                return float(np.sum(error * np.asarray(layer.forward(IMAGES.copy()))))

            self.assert_gradient(gradient, loss, KERNELS, f"get_gradient_weights with stride {stride}")

    def test_conv_gradient_input_measured(self) -> None:
        """What backward returns is the gradient that moving each pixel a little measures."""
        for stride in STRIDES:
            _, error, gradient = self.backward(stride)
            other = self.layer(stride)

            def loss(images: np.ndarray, layer: Any = other, error: np.ndarray = error) -> float:
                return float(np.sum(error * np.asarray(layer.forward(images))))

            self.assert_gradient(gradient, loss, IMAGES, f"ConvolutionalLayer.backward with stride {stride}")

    def assert_gradient(
        self, gradient: Any, loss: Callable[[np.ndarray], float], at: np.ndarray, what: str
    ) -> None:
        """Compare a gradient with the one measured on your own forward."""
        measured = numerical_gradient(loss, at)
        if not np.any(measured):
            self.fail(f"{what} waits for forward, which does not answer to its weights and its input yet.")
        assert_array(gradient, measured, what)

    # -------------------------------------------------------------------------------- update, initialize

    def test_conv_update_weights(self) -> None:
        """After backward the weights have moved by -learning_rate * gradient."""
        layer, _, _ = self.backward((1, 1))
        step = -0.5 * as_numbers(layer.get_gradient_weights(), "get_gradient_weights")
        assert_array(np.subtract(layer.weights, KERNELS), step, "The step of the weights, learning rate 0.5")

    def test_conv_update_bias(self) -> None:
        """After backward the bias has moved by -learning_rate * gradient."""
        layer, _, _ = self.backward((1, 1))
        step = -0.5 * np.ravel(as_numbers(layer.get_gradient_bias(), "get_gradient_bias"))
        assert_array(np.ravel(layer.bias) - BIAS, step, "The step of the bias, learning rate 0.5")

    def test_conv_initialize_fan_in(self) -> None:
        """The weights initializer is asked for a 2-D shape whose second entry is c * m * n."""
        weights, bias = Recorder(), Recorder()
        layer = self.layer()
        layer.initialize(weights, bias)
        if len(weights.shape) != 2 or weights.shape[1] != 2 * 3 * 5:
            self.fail(
                "ConvolutionalLayer.initialize: the weights initializer should be asked for a 2-D shape with"
                f" the fan-in c * m * n = 30 as second entry, it was asked for {weights.shape}."
            )
        expected = np.arange(90.0).reshape(KERNELS.shape)
        assert_array(layer.weights, expected, "The weights after initialize")
        assert_array(np.ravel(layer.bias), np.arange(3.0), "The bias after initialize")

    # ---------------------------------------------------------------------------------------- all of it

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
            self.fail(
                f"The loss should fall below a tenth, it went from {losses[0]:.3g} to {losses[-1]:.3g}."
            )
