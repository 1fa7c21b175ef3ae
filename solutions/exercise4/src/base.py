"""Common base of all layers."""

from enum import Enum

import numpy as np


class Phase(Enum):
    """Phase that the network is in. Some layers of later exercises behave differently in each phase."""

    train = 1
    test = 2
    validation = 3


class BaseLayer:
    """One step of a network: it turns an input into an output, and can take an error back.

    A layer of your own inherits from this class and writes both methods anew.
    """

    def __init__(self) -> None:
        self.phase = Phase.train

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Compute the output of the layer.

        Args:
            x: The input, a batch: its first axis counts the b examples.

        Returns:
            The output, again with the b examples along its first axis.
        """
        raise NotImplementedError

    def backward(self, error: np.ndarray) -> np.ndarray:
        """Take the error one layer back, and learn from it if there are weights.

        Args:
            error: The gradient of the loss with respect to the last output, and of the same shape.

        Returns:
            The gradient of the loss with respect to the last input, and of the same shape.
        """
        raise NotImplementedError
