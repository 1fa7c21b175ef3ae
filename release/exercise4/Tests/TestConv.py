"""Self-checks for part 3: flattening and the convolutional layer.

Each is tried on an example that can be followed by hand, then on random numbers. The images are not square and
neither are the kernels, so that a row that is taken for a column shows at once.
"""

import contextlib
import unittest
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from itertools import chain
from typing import Any

import numpy as np

from Tests import conv_guesses as guess
from Tests import small
from Tests.compare import WrongError, as_numbers, assert_array, give_weights, in_tuple
from Tests.errors import NotWritten
from Tests.selfcheck import Yours

IMAGES = np.random.default_rng(1).normal(size=(2, 2, 5, 6))  # b, c, p, q
TWINS = np.random.default_rng(5).normal(size=IMAGES.shape)
OTHERS = np.random.default_rng(4).normal(size=(3, 2, 7, 5))
BATCHES = {"images": IMAGES, "twins": TWINS, "others": OTHERS}
KERNELS = np.random.default_rng(2).normal(size=(3, 2, 3, 5))  # n_kernels, c, m, n
BIAS = np.array([0.5, -1.0, 2.0])
RATE = 0.25
STRIDES = [(1, 1), (2, 3)]
FORWARD = "ConvolutionalLayer.forward"
BACKWARD = "ConvolutionalLayer.backward"


def one_pixel(channel: int, row: int, column: int) -> np.ndarray:
    """Make a dark image of 2 channels and 5 x 7 pixels with a single bright pixel."""
    image = np.zeros((1, 2, 5, 7))
    image[0, channel, row, column] = 1
    return image


def error_for(stride: tuple[int, int], images: np.ndarray = IMAGES) -> np.ndarray:
    """Make an error of the shape of the output."""
    rows, columns = (-(-extent // step) for extent, step in zip(images.shape[2:], stride, strict=True))
    return np.random.default_rng(3).normal(size=(len(images), len(KERNELS), rows, columns))


@cache
def to_weights(batch: str) -> np.ndarray:
    """Measure how the answer to a batch depends on each weight, on the definition."""
    return guess.responses_to_weights(guess.answer, BATCHES[batch], KERNELS.shape)


@cache
def to_pixels() -> np.ndarray:
    """Measure how the answer depends on each pixel, on the definition."""
    return guess.responses_to_pixels(lambda x: guess.answer(x, KERNELS), IMAGES.shape[1:])


def right_weights(error: np.ndarray, stride: tuple[int, int], batch: str = "images") -> np.ndarray:
    """Return the gradient of the weights."""
    return np.einsum("ubspq,bspq->u", to_weights(batch)[..., :: stride[0], :: stride[1]], error).reshape(
        KERNELS.shape
    )


def right_input(error: np.ndarray, stride: tuple[int, int]) -> np.ndarray:
    """Return the gradient of the input."""
    return np.einsum("uspq,bspq->bu", to_pixels()[..., :: stride[0], :: stride[1]], error).reshape(
        IMAGES.shape
    )


def earlier(right: np.ndarray, *rounds: Callable[[], np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what layers give that mix up the rounds: the gradients of those before are added, or come again."""
    before = [each() for each in rounds]
    added = "added to the gradient of the backward before: start anew in each backward"
    yield added, right + sum(before)
    yield added, right + before[-1]
    for each in before:
        yield (
            "the gradient of an earlier backward, or of another layer: keep it in self, anew each time",
            each,
        )


def unless_stopped(came: Any, actual: Any, *others: Any) -> None:
    """Compare; if the numbers are wrong and backward has stopped half-way, why it stopped is what is wrong."""
    what, guesses, *details = others[1:]
    try:
        assert_array(actual, others[0], what, guesses=guesses, details=details[0] if details else None)
    except WrongError:
        if isinstance(came, Exception):
            raise came from None
        raise


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


class TestConv(unittest.TestCase):
    """Your layers against the definition, and your gradients against measured ones."""

    Conv = Yours("ConvolutionalLayer")
    Flatten = Yours("FlattenLayer")
    FullyConnected = Yours("FullyConnectedLayer")
    He = Yours("He")
    Constant = Yours("Const")

    def layer(self, stride: tuple[int, int] = (1, 1), weights: Any = KERNELS, bias: Any = BIAS) -> Any:
        """Make a layer with these kernels and this bias."""
        layer = self.Conv(stride, weights.shape[1:], len(weights), RATE)
        give_weights(layer, weights.astype(float), bias)
        return layer

    # ------------------------------------------------------------------------------------------ flatten

    def test_flatten_forward(self) -> None:
        """An image of c x p x q numbers becomes a row of c * p * q numbers, and none is lost."""
        what = "FlattenLayer.forward"
        rows = as_numbers(self.Flatten().forward(IMAGES.copy()), what)
        known = {
            (120,): "the batch is flattened, too", (1, 120): "the batch is flattened, too",
            (60, 2): "the images are columns, they should be rows",
            (2, 2, 30): "the channels are still an axis of their own", (60,): "only one image is left",
            (1, 60): "only one image is left",
        }  # fmt: skip
        if rows.shape != (2, 60):
            says = f" It seems that {known[rows.shape]}." if rows.shape in known else ""
            raise WrongError(f"{what}: the shape (2, 60) was expected, {in_tuple(rows.shape)} came.{says}")
        # Sorted, because any fixed order is right as long as backward undoes it.
        if not np.allclose(np.sort(rows), np.sort(IMAGES.reshape(2, 60)), atol=1e-3):
            raise WrongError(
                f"{what}: a row does not hold the numbers of its own image: numbers of several images are mixed."
            )

    def test_flatten_there_and_back(self) -> None:
        """Backward undoes forward: each number is where it was."""
        flatten = self.Flatten()
        rows = np.asarray(flatten.forward(IMAGES.copy()))
        shape = IMAGES.shape
        guesses = [
            ("the rows as they came: give them the shape of the input back", rows),
            ("another order than forward has used", rows.reshape(shape, order="F"))
            if rows.size == IMAGES.size
            else ("", 0),
            ("another order than forward has used", IMAGES.reshape(2, -1).reshape(shape, order="F")),
            ("another order than forward has used", IMAGES.reshape(2, -1, order="F").reshape(shape)),
            (
                "the channels read as if they were the last axis",
                np.moveaxis(IMAGES.reshape(2, 5, 6, 2), -1, 1),
            ),
            ("the right numbers with the channels as last axis", np.moveaxis(IMAGES, 1, -1)),
        ]
        assert_array(flatten.backward(rows), IMAGES, "FlattenLayer.backward after forward", guesses=guesses)

    def test_flatten_again(self) -> None:
        """A second batch, and a second layer, have shapes of their own."""
        flatten, other = self.Flatten(), self.Flatten()
        flatten.forward(IMAGES.copy())
        rows = flatten.forward(OTHERS.copy())
        other.forward(IMAGES.copy())
        try:
            back = flatten.backward(rows)
        except ValueError as error:
            raise WrongError(
                "FlattenLayer.backward after a second forward, and beside a second layer: it still uses another shape:"
                f" {error}. Keep the shape of the last input in self."
            ) from error
        assert_array(back, OTHERS, "FlattenLayer.backward after a second forward, and beside a second layer")

    # ------------------------------------------------------------------------------------------ forward

    def test_conv_forward_constructor(self) -> None:
        """A new layer has weights of the shape [n_kernels, c, m, n] and a bias of n_kernels numbers."""
        layer = self.Conv((1, 1), (2, 3, 5), 3, RATE)
        for name, sizes in (("weights", (90,)), ("bias", (3, 1))):
            value = getattr(layer, name, None)
            if value is not None and np.size(value) not in sizes:
                raise WrongError(
                    f"ConvolutionalLayer.__init__: self.{name} should have {sizes[0]} numbers, it has {np.size(value)}."
                )
        if getattr(layer, "weights", None) is not None and np.shape(layer.weights) != (3, 2, 3, 5):
            came = in_tuple(np.shape(layer.weights))
            raise WrongError(
                f"ConvolutionalLayer.__init__: self.weights should be [n_kernels, c, m, n], (3, 2, 3, 5) here,"
                f" it is {came}."
            )

    def test_conv_forward_weights(self) -> None:
        """Other weights give another answer."""
        layer = self.layer((1, 1), small.W, np.zeros(1))
        before = np.array(layer.forward(small.X.astype(float)), dtype=float)
        layer.weights = 3.0 * small.W
        if np.any(before) and np.array_equal(before, layer.forward(small.X.astype(float))):
            raise WrongError(
                f"{FORWARD} gives the same after self.weights has changed: use self.weights, not a copy of it."
            )

    def test_conv_forward_small(self) -> None:
        """An image of 3 x 4 small numbers, and one kernel of 3 x 3, bias 0."""
        wanted = guess.answer(small.X, small.W)
        output = self.layer((1, 1), small.W, np.zeros(1)).forward(small.X.astype(float))
        guesses = guess.forward_guesses(small.X, small.W, np.zeros(1))
        assert_array(
            output, wanted, FORWARD, guesses=guesses, details=small.details("y", wanted, small.forward_terms)
        )

    def test_conv_forward_shape(self) -> None:
        """With stride (1, 1) the output is as large as the input, with one channel for each kernel."""
        output = as_numbers(self.layer().forward(IMAGES.copy()), FORWARD)
        if output.shape != (2, 3, 5, 6):
            self.compare_forward(output)

    def test_conv_forward_bias(self) -> None:
        """A dark image gives the bias, everywhere and one for each kernel."""
        dark = np.zeros((2, 2, 5, 7))
        expected = np.broadcast_to(BIAS[:, np.newaxis, np.newaxis], (2, 3, 5, 7))
        guesses = guess.forward_guesses(dark, KERNELS, BIAS)
        assert_array(
            self.layer().forward(dark.copy()), expected, f"{FORWARD} of dark images", guesses=guesses
        )

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

    def test_conv_forward_images(self) -> None:
        """Images with all their channels, in a batch, give the sum over the channels plus the bias."""
        self.compare_forward(self.layer().forward(IMAGES.copy()))

    def test_conv_forward_even(self) -> None:
        """Kernels with an even extent keep the size, too."""
        output = self.layer((1, 1), np.ones((1, 2, 2, 4)), np.zeros(1)).forward(IMAGES.copy())
        if np.shape(output) != (2, 1, 5, 6):
            raise WrongError(
                f"{FORWARD}: a kernel of 2 x 4 should keep 5 rows and 6 columns, the output is"
                f" {in_tuple(np.shape(output))}. Rows of zeros: m - 1 in all; columns: n - 1."
            )

    def test_conv_forward_again(self) -> None:
        """Weights that are changed count at once, a second call and a second layer change nothing."""
        layer = self.layer()
        layer.forward(IMAGES.copy())
        self.compare_forward(layer.forward(IMAGES.copy()), " called twice")
        layer = self.layer()
        self.layer((2, 2), small.W, np.zeros(1))
        self.compare_forward(
            layer.forward(IMAGES.copy()), " with a second layer (keep settings in self, not in the class)"
        )

    def compare_forward(self, output: Any, when: str = "") -> None:
        """Compare the output for IMAGES."""
        expected = guess.answer(IMAGES, KERNELS) + BIAS[:, np.newaxis, np.newaxis]
        added = "added to the answer of the call before: start anew in each call"
        guesses = [(added, 2 * expected), (added, 2 * expected - BIAS[:, np.newaxis, np.newaxis])]
        guesses += guess.forward_guesses(IMAGES, KERNELS, BIAS)
        assert_array(output, expected, f"{FORWARD}{when}", guesses=guesses)

    def assert_answer(self, image: np.ndarray, expected: np.ndarray) -> None:
        """Compare what an image adds to the bias."""
        output = as_numbers(self.layer().forward(image.copy()), FORWARD)
        answer = output - BIAS[:, np.newaxis, np.newaxis]
        channel, row, column = (int(index) for index in np.argwhere(image[0])[0])
        pixel = f"channel {channel}, row {row}, column {column}"
        what = f"{FORWARD}: the answer to a bright pixel in {pixel}, bias subtracted"
        guesses = guess.forward_guesses(image, KERNELS, np.zeros(3))
        assert_array(answer, expected[np.newaxis], what, guesses=guesses)

    def test_conv_stride_every_second_row_every_third_column(self) -> None:
        """With stride (2, 3) only every second row and every third column stays, the first included."""
        # Against your own output without stride: a slip in there is a matter of the tests above.
        for stride in [(2, 3), (3, 2), (2, 1)]:
            whole = as_numbers(self.layer().forward(IMAGES.copy()), FORWARD)
            if whole.ndim != 4:
                raise WrongError(f"{FORWARD} without stride should have four axes, it has {whole.ndim}.")
            output = self.layer(stride).forward(IMAGES.copy())
            guesses = [*guess.stride_guesses(whole, stride)]
            thin = (
                guess.answer(IMAGES[:, :, :: stride[0], :: stride[1]], KERNELS)
                + BIAS[:, np.newaxis, np.newaxis]
            )
            guesses.append(
                ("what images give that are thinned out first: correlate first, then drop rows", thin)
            )
            what = f"{FORWARD} with stride {stride}"
            assert_array(output, whole[:, :, :: stride[0], :: stride[1]], what, guesses=guesses)

    # ----------------------------------------------------------------------------------------- gradients

    def backward(self, stride: tuple[int, int]) -> tuple[Any, np.ndarray, Any]:
        """Go forward and backward once; return the layer, the error that went in, and what came out or was raised."""
        layer = self.layer(stride)
        error = error_for(stride)
        output = layer.forward(IMAGES.copy())
        if np.shape(output) != error.shape:
            raise NotWritten(
                f"{BACKWARD} waits for forward, whose output with stride {stride} has the shape"
                f" {in_tuple(np.shape(output))} instead of {in_tuple(error.shape)}."
            )
        return layer, error, self.gone_back(layer, error)

    @staticmethod
    def gone_back(layer: Any, error: np.ndarray) -> Any:
        """Return what backward returns, or what it raises: gradients that are kept by then count."""
        try:
            return layer.backward(error.copy())
        except Exception as stopped:  # noqa: BLE001
            return stopped

    @staticmethod
    def kept(layer: Any, name: str, came: Any) -> Any:
        """Return a gradient by its getter; if backward stopped before it, that is all there is to say."""
        gradient = getattr(layer, name)()
        if gradient is None and isinstance(came, Exception):
            raise came
        if gradient is None and came is None:
            raise NotWritten(f"{BACKWARD} has kept nothing for {name} yet.")
        if gradient is None:
            raise WrongError(
                f"{name}: an array was expected, None came. Does backward keep it in self, under the same name?"
            )
        return gradient

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

    def again(self) -> Any:
        """Return a layer after three rounds, the last one with IMAGES; another layer has worked in between."""
        layer, other = self.layer(), self.layer()
        for images in (OTHERS, TWINS):
            layer.forward(images.copy())
            self.gone_back(layer, error_for((1, 1), images))
            give_weights(layer, KERNELS, BIAS)
        layer.forward(IMAGES.copy())
        other.forward(OTHERS.copy())
        self.came = self.gone_back(layer, error_for((1, 1)))
        self.gone_back(other, error_for((1, 1), OTHERS))
        return layer

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

    @staticmethod
    def compare_gradient(  # noqa: PLR0913, PLR0917
        gradient: Any,
        wanted: np.ndarray,
        measured: Callable[[], np.ndarray],
        what: str,
        guesses: Iterable[Any],
        details: Any = None,
        came: Any = None,
    ) -> None:
        """Pass a gradient that is right for the definition, or for your own forward if that is another one."""
        try:
            unless_stopped(came, gradient, wanted, what, guesses, details)
        except WrongError:
            with contextlib.suppress(Exception):  # then the first sentence is the one to read
                own = measured()
                assert_array(gradient, own, what)
                if np.count_nonzero(own) >= np.count_nonzero(wanted):  # it answers to all
                    return
            raise

    # -------------------------------------------------------------------------------- update, initialize

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
        gradients = self.own(layer, "get_gradient_weights"), right_weights(error, (1, 1))
        self.compare_step(layer.weights, KERNELS, gradients, "The step of the weights in backward")

    def test_conv_update_bias(self) -> None:
        """After backward the bias has moved by -learning_rate * gradient."""
        layer, error = self.step()
        gradients = self.own(layer, "get_gradient_bias"), error.sum(axis=(0, 2, 3))
        self.compare_step(layer.bias, BIAS, gradients, "The step of the bias in backward")

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
            raise WrongError(
                f"The loss should fall below a tenth, it went from {losses[0]:.3g} to {losses[-1]:.3g}."
            )
