"""Self-checks for part 1: the sigmoid and the ReLU.

Run this file in the notebook, put your class in its place (`TestReLU.ReLU = ReLU`), and call unittest.
"""

import unittest

import numpy as np

from Tests.compare import assert_array, numerical_gradient
from Tests.selfcheck import Yours


class TestSigmoid(unittest.TestCase):
    """Your sigmoid against values that are known without a computer, and against a measured slope."""

    Sigmoid = Yours("Sigmoid")

    def test_sigmoid_forward_known_values(self) -> None:
        """The sigmoid of 0 is 1/2, that of log 3 is 3/4, that of -log 3 is 1/4."""
        x = np.array([[0.0, np.log(3), -np.log(3)]])
        assert_array(self.Sigmoid().forward(x), [[0.5, 0.75, 0.25]], "Sigmoid.forward")

    def test_sigmoid_forward_any_shape(self) -> None:
        """The output has the shape of the input, be it a table or a batch of images."""
        for shape in [(2, 3), (2, 3, 4, 5)]:
            assert_array(self.Sigmoid().forward(np.zeros(shape)), np.full(shape, 0.5), "Sigmoid.forward")

    def test_sigmoid_backward_slope(self) -> None:
        """The error is multiplied by the slope, which is 1/4 at 0 and 3/16 at log 3."""
        sigmoid = self.Sigmoid()
        sigmoid.forward(np.array([[0.0, np.log(3)]]))
        error = np.array([[8.0, -16.0]])
        assert_array(sigmoid.backward(error), [[2.0, -3.0]], "Sigmoid.backward")

    def test_sigmoid_backward_measured_slope(self) -> None:
        """The slope is the one that a small step to both sides measures."""
        # A sigmoid that is wrong in forward is a matter of the test above, so we measure the right one.
        x = np.linspace(-4, 4, 12).reshape(3, 4)
        error = np.cos(np.arange(12)).reshape(3, 4)
        measured = numerical_gradient(lambda x: np.sum(error * (1 + np.tanh(x / 2)) / 2), x, step=1e-4)
        sigmoid = self.Sigmoid()
        sigmoid.forward(x.copy())
        assert_array(sigmoid.backward(error.copy()), measured, "Sigmoid.backward")


class TestReLU(unittest.TestCase):
    """Your ReLU on both sides of the kink, and on it."""

    ReLU = Yours("ReLU")

    def test_relu_forward_cuts_off(self) -> None:
        """Positive numbers stay as they are, negative ones become 0."""
        x = np.array([[-2.0, -0.5, 0.0, 0.5, 2.0]])
        assert_array(self.ReLU().forward(x), [[0.0, 0.0, 0.0, 0.5, 2.0]], "ReLU.forward")

    def test_relu_forward_any_shape(self) -> None:
        """The output has the shape of the input, be it a table or a batch of images."""
        for shape in [(2, 3), (2, 3, 4, 5)]:
            assert_array(self.ReLU().forward(-np.ones(shape)), np.zeros(shape), "ReLU.forward")

    def test_relu_backward_lets_through(self) -> None:
        """The error passes where the input was positive, whatever its own sign, and is 0 elsewhere."""
        relu = self.ReLU()
        relu.forward(np.array([[-2.0, -0.5, 0.5, 2.0]]))
        error = np.array([[1.0, -1.0, -3.0, 5.0]])
        assert_array(relu.backward(error), [[0.0, 0.0, -3.0, 5.0]], "ReLU.backward")

    def test_relu_backward_at_the_kink(self) -> None:
        """At exactly 0 we choose the subgradient 0."""
        relu = self.ReLU()
        relu.forward(np.zeros((2, 2)))
        assert_array(relu.backward(np.ones((2, 2))), np.zeros((2, 2)), "ReLU.backward at x = 0")
