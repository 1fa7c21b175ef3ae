"""The fully connected layer of the exercise before: each output sees each input."""

from typing import Any

import numpy as np

from src.base import BaseLayer


class FullyConnectedLayer(BaseLayer):
    """The affine map y = x W + b, trained by gradient descent.

    Weights and bias live in one array, `weights`, of shape [input_size + 1, output_size]; the bias is its
    last row. An input with a column of ones appended makes both a single matrix product.
    """

    def __init__(self, input_size: int, output_size: int, learning_rate: float) -> None:
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.learning_rate = learning_rate
        self.weights = np.random.default_rng().random((input_size + 1, output_size))
        self._input_with_ones: np.ndarray | None = None
        self._gradient_weights: np.ndarray | None = None

    def initialize(self, weights_initializer: Any, bias_initializer: Any) -> None:
        """Fill the weights and the bias anew.

        Args:
            weights_initializer: Its initialize(weight_shape) makes the weights. It is asked for
                [output_size, input_size], the fan-in second; ours are stored the other way round.
            bias_initializer: Its initialize(weight_shape) makes the bias.
        """
        weights = weights_initializer.initialize((self.output_size, self.input_size)).T
        bias = bias_initializer.initialize((1, self.output_size))
        self.weights = np.vstack([weights, bias])

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Map a batch of shape [b, input_size] to one of shape [b, output_size]."""
        ones = np.ones((x.shape[0], 1))
        self._input_with_ones = np.hstack([x, ones])
        return self._input_with_ones @ self.weights

    def backward(self, error: np.ndarray) -> np.ndarray:
        """Learn from an error of shape [b, output_size]; return the one of the input, [b, input_size]."""
        # With the weights that made the output, so before they change. The bias has no input to blame.
        error_of_input = error @ self.weights[:-1].T
        self._gradient_weights = self._input_with_ones.T @ error
        self.weights = self.weights - self.learning_rate * self._gradient_weights
        return error_of_input

    def get_gradient_weights(self) -> np.ndarray:
        """Return the gradient of the last backward, of the shape of `weights`, summed over the batch."""
        return self._gradient_weights
