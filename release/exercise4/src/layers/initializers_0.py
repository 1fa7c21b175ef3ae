# %%writefile src/layers/initializers.py
import numpy as np


class Initializer:
    """Whatever makes first weights. The classes below say how."""

    def initialize(self, weight_shape):
        """Make the first weights of a layer.

        Args:
            weight_shape: The shape wanted, a tuple. Its second entry is the fan-in.

        Returns:
            An array of that shape.
        """
        raise NotImplementedError


class Const(Initializer):
    """The same value everywhere."""

    def __init__(self, value):
        """Keep the value.

        Args:
            value: A number.
        """
        # YOUR CODE HERE
        raise NotImplementedError()

    def initialize(self, weight_shape):
        """Return an array of shape weight_shape, each entry the value."""
        # YOUR CODE HERE
        raise NotImplementedError()


class UniformRandom(Initializer):
    """Random numbers, each value between 0 and 1 as likely as any other."""

    def initialize(self, weight_shape):
        """Return an array of shape weight_shape, drawn uniformly from [0, 1]."""
        # YOUR CODE HERE
        raise NotImplementedError()


class He(Initializer):
    """Random numbers for layers with ReLUs: Gaussian, as wide as the fan-in asks for."""

    def initialize(self, weight_shape):
        """Return an array of shape weight_shape, Gaussian, mean 0, standard deviation sqrt(2 / fan-in)."""
        # 1. The fan-in is the second entry of the shape.
        # 2. Draw from the normal distribution.
        # YOUR CODE HERE
        raise NotImplementedError()
