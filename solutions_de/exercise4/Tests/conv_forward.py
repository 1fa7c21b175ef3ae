"""The checks of the constructor and of forward, with and without stride."""

from typing import Any

import numpy as np

from Tests import conv_guesses as guess
from Tests import small
from Tests.compare import WrongError, as_numbers, assert_array, in_tuple
from Tests.conv_layer import BIAS, FORWARD, IMAGES, KERNELS, RATE, Layers


def one_pixel(channel: int, row: int, column: int) -> np.ndarray:
    """Make a dark image of 2 channels and 5 x 7 pixels with a single bright pixel."""
    image = np.zeros((1, 2, 5, 7))
    image[0, channel, row, column] = 1
    return image


class Forward(Layers):
    """Outputs against the definition."""

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

    def test_conv_forward_images(self) -> None:
        """Images with all their channels, in a batch, give the sum over the channels plus the bias."""
        self.compare_forward(self.layer().forward(IMAGES.copy()))

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

    def test_conv_forward_any_number_of_kernels(self) -> None:
        """There can be more kernels than channels, or fewer, or one of each."""
        for n_kernels, c in ((1, 3), (4, 1), (5, 2), (3, 4)):
            kernels, image = np.resize(KERNELS, (n_kernels, c, 3, 5)), np.resize(IMAGES, (1, c, 5, 6))
            guesses = guess.forward_guesses(image, kernels, np.zeros(n_kernels))
            what = f"{FORWARD} with n_kernels = {n_kernels} and {c} {'channel' if c == 1 else 'channels'}, bias 0"
            output = self.layer((1, 1), kernels, np.zeros(n_kernels)).forward(image.copy())
            assert_array(output, guess.answer(image, kernels), what, guesses=guesses)

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

    def test_conv_stride_one_channel(self) -> None:
        """A grey image, of one channel, is thinned out like any other."""
        for image in (small.X.astype(float), IMAGES[:1, :1]):
            whole = as_numbers(self.layer((1, 1), small.W, np.zeros(1)).forward(image.copy()), FORWARD)
            output = self.layer((2, 3), small.W, np.zeros(1)).forward(image.copy())
            what = f"{FORWARD} of one channel with stride (2, 3)"
            if whole.ndim == 4:
                assert_array(output, whole[:, :, ::2, ::3], what, guesses=guess.stride_guesses(whole, (2, 3)))
