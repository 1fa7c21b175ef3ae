# %%writefile src/layers/activation_functions.py
# Save: delete the "# " above, run. Reset: %load src/layers/activation_functions_0.py
import numpy as np

from src.base import BaseLayer


class Sigmoid(BaseLayer):
    """The sigmoid, 1 / (1 + exp(-x)), of each number."""

    def __init__(self):
        super().__init__()
        self.output = None  # what the last forward returned: backward needs it

    def forward(self, x):
        """Squeeze each number into the range from 0 to 1.

        Args:
            x: The input, of any shape.

        Returns:
            The sigmoid of each number, of the shape of x.
        """
        # 1. Compute the sigmoid of each number of x with np.exp: an array of the shape of x.
        # 2. Keep it in self.output for backward, and return it.
        # Both ways to write the sigmoid, each where its exponent is not positive: so nothing can overflow.
        e = np.exp(-np.abs(x))
        self.output = np.where(x >= 0, 1, e) / (1 + e)
        return self.output

    def backward(self, error):
        """Multiply the error by the slope, number by number.

        Args:
            error: The gradient of the loss with respect to the last output, and of its shape.

        Returns:
            The gradient of the loss with respect to the last input, of the same shape.
        """
        # 1. Compute the slope from self.output, which forward has kept: output times (1 - output).
        # 2. Return error times slope, number by number: an array of the shape of error.
        return error * self.output * (1 - self.output)


class ReLU(BaseLayer):
    """The rectified linear unit, max(0, x), of each number."""

    def __init__(self):
        super().__init__()
        self.is_positive = None  # where the last input was positive: backward needs it

    def forward(self, x):
        """Let positive numbers pass, and set all others to 0.

        Args:
            x: The input, of any shape.

        Returns:
            The larger one of 0 and each number, of the shape of x.
        """
        # 1. Keep in self.is_positive where x is larger than 0: True and False, of the shape of x.
        # 2. Return the larger one of 0 and each number, as a new array: x itself stays as it is.
        self.is_positive = x > 0
        return np.maximum(x, 0)

    def backward(self, error):
        """Let the error pass where the input was positive, and nowhere else.

        Args:
            error: The gradient of the loss with respect to the last output, and of its shape.

        Returns:
            The gradient of the loss with respect to the last input, of the same shape.
        """
        # 1. Return the error where self.is_positive is True, and 0 elsewhere, also at exactly 0.
        return np.where(self.is_positive, error, 0)
