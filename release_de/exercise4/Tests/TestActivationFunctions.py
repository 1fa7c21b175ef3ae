"""Self-checks for part 1: the sigmoid and the ReLU.

Run this file in the notebook, put your class in its place (`TestReLU.ReLU = ReLU`), and call unittest.
"""

import unittest
from typing import Any

import numpy as np

from Tests.compare import assert_array, numerical_gradient
from Tests.selfcheck import Yours

TABLE = np.array([[-2.0, -0.5, 0.0], [0.5, 2.0, 3.0]])
TABLE_OF_ERRORS = np.array([[1.0, -4.0, 7.0], [-3.0, 5.0, 0.5]])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return the sigmoid, by way of the hyperbolic tangent."""
    return (1 + np.tanh(x / 2)) / 2


def follows(result: Any, error: np.ndarray, output: Any) -> bool:
    """Return whether a gradient is right for the output that forward gave: if that is wrong, it is so only once."""
    if output is None:
        return False
    slope = np.asarray(output) * (1 - np.asarray(output))
    return np.shape(result) == np.shape(slope) == error.shape and np.allclose(
        result, error * slope, atol=1e-4
    )


def assert_untouched(x: np.ndarray, before: np.ndarray, what: str) -> None:
    """Remark that an argument was changed in place: it costs nothing, and surprises whoever handed it in."""
    if not np.array_equal(x, before):
        raise unittest.SkipTest(
            f"{what} changes the array that it is handed. Work on a copy, or on a new array."
        )


def assert_apart(make: Any, what: str) -> None:
    """Check that two layers, and two calls in a row, do not mix up what forward has kept."""
    fresh = make()
    fresh.forward(TABLE.copy())
    right = np.array(fresh.backward(TABLE_OF_ERRORS.copy()), dtype=float)
    fresh = make()
    fresh.forward(np.flip(TABLE))
    of_other = np.array(fresh.backward(TABLE_OF_ERRORS.copy()), dtype=float)
    one, other = make(), make()
    one.forward(np.flip(TABLE))
    one.forward(TABLE.copy())
    earlier = [
        ("what an earlier forward would give: keep what the last forward has seen, every time", of_other)
    ]
    again = one.backward(TABLE_OF_ERRORS.copy())
    assert_array(again, right, f"{what} after two calls of forward", guesses=earlier)
    one.forward(TABLE.copy())
    other.forward(np.flip(TABLE))
    mixed = [("what the other layer would give: keep the values in self, not in the class", of_other)]
    apart = one.backward(TABLE_OF_ERRORS.copy())
    assert_array(apart, right, f"{what} with two layers at once", guesses=mixed)


class TestSigmoid(unittest.TestCase):
    """Your sigmoid against values that are known without a computer, and against a measured slope."""

    Sigmoid = Yours("Sigmoid")

    def test_sigmoid_forward_known_values(self) -> None:
        """The sigmoid of 0 is 1/2, that of log 3 is 3/4, that of -log 7 is 1/8."""
        x = np.array([[0.0, np.log(3), -np.log(7)]])
        powers = np.exp(x)
        guesses = [
            ("1 / (1 + exp(x)): the minus in front of x is missing", 1 / (1 + powers)),
            ("1 / 1 + exp(-x): parentheses are missing around 1 + exp(-x)", 1 + 1 / powers),
            ("the hyperbolic tangent", np.tanh(x)),
            (
                "the softmax: it divides by a sum over all entries, the sigmoid knows only its own",
                powers / powers.sum(),
            ),
            ("rounded to 0 and 1", np.round(sigmoid(x))),
            ("the slope of the sigmoid, not the sigmoid", sigmoid(x) * (1 - sigmoid(x))),
            ("exp(-x) alone", 1 / powers),
            ("the input itself", x),
            ("right for the first example only, without the axis of the batch", sigmoid(x)[0]),
        ]
        before = x.copy()
        assert_array(self.Sigmoid().forward(x), [[0.5, 0.75, 0.125]], "Sigmoid.forward", guesses=guesses)
        assert_untouched(x, before, "Sigmoid.forward")

    def test_sigmoid_forward_any_shape(self) -> None:
        """The output has the shape of the input, be it a table or a batch of images."""
        for shape in [(2, 3), (2, 3, 4, 5)]:
            assert_array(self.Sigmoid().forward(np.zeros(shape)), np.full(shape, 0.5), "Sigmoid.forward")

    def test_sigmoid_backward_slope(self) -> None:
        """The error is multiplied by the slope, which is 1/4 at 0 and 3/16 at log 3."""
        layer = self.Sigmoid()
        x, error = np.array([[0.0, np.log(3)]]), np.array([[8.0, -16.0]])
        own = layer.forward(x)
        s = np.array([[0.5, 0.75]])
        guesses = [
            ("the slope alone: multiply it by the error", s * (1 - s)),
            (
                "error * x * (1 - x): the formula wants the output of forward, not its input",
                error * x * (1 - x),
            ),
            ("the slope at the error: it is wanted at the input", sigmoid(error) * (1 - sigmoid(error))),
            (
                "error times the slope at the error: the slope is wanted at the input",
                error * sigmoid(error) * (1 - sigmoid(error)),
            ),
            ("error * s, without (1 - s)", error * s),
            ("error * s * 1 - s: parentheses are missing around 1 - s", error * s - s),
            ("the error and the slope added: multiply them", error + s * (1 - s)),
            ("error * (1 - s), without s", error * (1 - s)),
            ("error * (1 - s**2), which belongs to the hyperbolic tangent", error * (1 - s**2)),
            (
                "the slope of the sigmoid of the output: the sigmoid is applied once more",
                error * sigmoid(s) * (1 - sigmoid(s)),
            ),
            ("the sigmoid of the error: backward multiplies by the slope", sigmoid(error)),
            ("the error divided by the slope", error / (s * (1 - s))),
            ("the error as it came", error),
        ]
        before = error.copy()
        result = layer.backward(error)
        if follows(result, error, own):
            return
        if np.shape(result) == (2,):
            guesses.append(("summed over the batch: each number has its own error", [2.0, -3.0]))
        assert_array(result, [[2.0, -3.0]], "Sigmoid.backward", guesses=guesses)
        assert_untouched(error, before, "Sigmoid.backward")

    def test_sigmoid_backward_measured_slope(self) -> None:
        """The slope is the one that a small step to both sides measures."""
        # A sigmoid that is wrong in forward is a matter of the test above, so we measure the right one.
        x = np.linspace(-4, 4, 12).reshape(3, 4)
        error = np.cos(np.arange(12)).reshape(3, 4)
        measured = numerical_gradient(lambda x: np.sum(error * sigmoid(x)), x, step=1e-4)
        layer = self.Sigmoid()
        own = layer.forward(x.copy())
        if follows(layer.backward(error.copy()), error, own):
            return
        guesses = [("summed over the batch: each number has its own error", measured.sum(axis=0))]
        assert_array(layer.backward(error.copy()), measured, "Sigmoid.backward", guesses=guesses)

    def test_sigmoid_backward_apart(self) -> None:
        """Backward belongs to the last forward of its own layer."""
        assert_apart(self.Sigmoid, "Sigmoid.backward")


class TestReLU(unittest.TestCase):
    """Your ReLU on both sides of the kink, and on it."""

    ReLU = Yours("ReLU")

    def test_relu_forward_cuts_off(self) -> None:
        """Positive numbers stay as they are, negative ones become 0."""
        x = np.array([[-2.0, -0.5, 0.0, 0.5, 20.0]])
        guesses = [
            ("the absolute value", np.abs(x)),
            ("cut off above 1, too", np.clip(x, 0, 1)),
            ("where x is positive, not x itself", (x > 0).astype(float)),
            (
                "np.max(x, 0), the largest entry along axis 0: np.maximum(x, 0) compares number by number",
                x.max(axis=0),
            ),
            ("the largest entry of all: np.maximum(x, 0) compares number by number", x.max()),
            ("what is negative: np.minimum instead of np.maximum", np.minimum(x, 0)),
            ("only the positive entries, the others are dropped: they should become 0", x[x > 0]),
            ("the leaky ReLU: a hundredth of the negative numbers passes", np.where(x > 0, x, 0.01 * x)),
            ("the input itself", x),
        ]
        before = x.copy()
        assert_array(self.ReLU().forward(x), [[0.0, 0.0, 0.0, 0.5, 20.0]], "ReLU.forward", guesses=guesses)
        assert_untouched(x, before, "ReLU.forward")

    def test_relu_forward_any_shape(self) -> None:
        """The output has the shape of the input, be it a table or a batch of images."""
        for shape in [(2, 3), (2, 3, 4, 5)]:
            assert_array(self.ReLU().forward(-np.ones(shape)), np.zeros(shape), "ReLU.forward")

    def test_relu_backward_lets_through(self) -> None:
        """The error passes where the input was positive, whatever its own sign, and is 0 elsewhere."""
        relu = self.ReLU()
        x = np.array([[-2.0, -0.5, 0.5, 2.0], [3.0, -1.0, -4.0, 1.0]])
        error = np.array([[1.0, -1.0, 5.0, -2.5], [-3.0, 2.0, -6.0, 4.0]])
        relu.forward(x.copy())
        passes = (x > 0).astype(float)
        guesses = [
            ("the ReLU of the error: what counts is where the input was positive", np.maximum(error, 0)),
            (
                "error where input and error are positive: what counts is the input alone",
                np.maximum(error, 0) * passes,
            ),
            ("the slope alone: multiply it by the error", passes),
            ("the error where the first example was positive: each example has its own", error * passes[0]),
            ("the error as it came: it passes only where the input was positive", error),
            ("the error times the input: the slope is 1, not x", error * np.maximum(x, 0)),
            ("the error times the input: the slope is 1, not x", error * x),
            ("the error where the input was not positive: the other way round", error * (1 - passes)),
            ("the error with its sign turned where the input was negative", error * np.sign(x)),
            (
                "the backward of a leaky ReLU: where x is negative, the slope is 0",
                error * np.where(x > 0, 1, 0.01),
            ),
        ]
        handed = error.copy()
        assert_array(relu.backward(handed), error * passes, "ReLU.backward", guesses=guesses)
        assert_untouched(handed, error, "ReLU.backward")

    def test_relu_backward_at_the_kink(self) -> None:
        """At exactly 0 we choose the subgradient 0."""
        relu = self.ReLU()
        relu.forward(np.zeros((2, 2)))
        guesses = [
            ("the slope 1 at exactly 0: write x > 0, not x >= 0", np.ones((2, 2))),
            (
                "the slope 1/2 at exactly 0, as np.sign and np.heaviside give it: we agreed on 0",
                np.full((2, 2), 0.5),
            ),
        ]
        assert_array(
            relu.backward(np.ones((2, 2))), np.zeros((2, 2)), "ReLU.backward at x = 0", guesses=guesses
        )

    def test_relu_backward_apart(self) -> None:
        """Backward belongs to the last forward of its own layer."""
        assert_apart(self.ReLU, "ReLU.backward")
