# %%writefile src/layers/conv.py
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    """Lay each picture out as one row of numbers."""

    def __init__(self):
        super().__init__()
        self.input_shape = None  # of the last input: backward needs it

    def forward(self, x):
        """Turn pictures into rows.

        Args:
            x: The pictures, [b, c, p, q].

        Returns:
            One row for each, [b, c * p * q].
        """
        # YOUR CODE HERE
        raise NotImplementedError()

    def backward(self, error):
        """Turn the error of the rows into the error of the pictures.

        Args:
            error: [b, c * p * q].

        Returns:
            The same numbers, [b, c, p, q].
        """
        # YOUR CODE HERE
        raise NotImplementedError()


class ConvolutionalLayer(BaseLayer):
    """Slide kernels over pictures, and learn the kernels."""

    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        """Keep the settings, and make weights so that the layer can be used at once.

        Args:
            stride: (sp, sq), how many rows and columns a kernel moves at a time.
            kernel_shape: (c, m, n), the channels, rows and columns of a kernel.
            n_kernels: How many kernels there are: the channels of the output.
            learning_rate: The size of a step of gradient descent.
        """
        super().__init__()
        # 1. Keep the settings.
        # 2. Make self.weights, [n_kernels, c, m, n], and self.bias, [n_kernels], uniform on [0, 1].
        # 3. Prepare a place for both gradients.
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        """Correlate each picture with each kernel, and add the bias.

        Args:
            x: The pictures, [b, c, p, q].

        Returns:
            The feature maps, [b, n_kernels, ceil(p / sp), ceil(q / sq)].
        """
        # 1. Keep what backward will need.
        # 2. Frame the pictures with zeros: m // 2 rows above, (m - 1) // 2 below; columns likewise.
        # 3. Correlate each picture with each kernel, and sum over the channels.
        # 4. Keep every sp-th row and every sq-th column only.
        # 5. Add the bias of each kernel to its channel.
        # YOUR CODE HERE
        raise NotImplementedError()

    def backward(self, error):
        """Compute all three gradients, then take one step of gradient descent.

        Args:
            error: The gradient of the loss with respect to the last output, and of its shape.

        Returns:
            The gradient of the loss with respect to the last input, [b, c, p, q].
        """
        # 1. Bias: sum the error over the batch, the rows and the columns.
        # 2. Put the error back to where it came from, with zeros for what the stride has skipped.
        # 3. Weights: correlate the padded input with the error, and sum over the batch.
        # 4. Input: correlate the padded error with the turned kernels, and sum over the kernels.
        # 5. Only then move weights and bias by one step, and return the gradient of the input.
        # YOUR CODE HERE
        raise NotImplementedError()

    def get_gradient_weights(self):
        """Return the gradient of the weights from the last backward, [n_kernels, c, m, n]."""
        # YOUR CODE HERE
        raise NotImplementedError()

    def get_gradient_bias(self):
        """Return the gradient of the bias from the last backward, [n_kernels]."""
        # YOUR CODE HERE
        raise NotImplementedError()

    def initialize(self, weights_initializer, bias_initializer):
        """Make the weights and the bias anew.

        Args:
            weights_initializer: Its initialize(weight_shape) makes the weights.
            bias_initializer: Its initialize(weight_shape) makes the bias.
        """
        # 1. One output of this layer sees c * m * n numbers: that is its fan-in. So ask the weights
        #    initializer for a shape with two entries, the second one c * m * n.
        # 2. Bring what you get into the shape of the weights, [n_kernels, c, m, n].
        # 3. Ask the bias initializer for n_kernels numbers.
        # YOUR CODE HERE
        raise NotImplementedError()
