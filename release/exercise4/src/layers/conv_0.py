# %%writefile src/layers/conv.py
# Save: delete the "# " above, run. Reset: %load src/layers/conv_0.py
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view  # all windows at once: for the way without loops
from scipy.signal import convolve, correlate

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
        # 1. Keep the shape of x in self.input_shape.
        # 2. Return x reshaped to [b, c * p * q]; -1 stands for "as many as there are".
        # YOUR CODE HERE
        raise NotImplementedError()

    def backward(self, error):
        """Turn the error of the rows into the error of the pictures.

        Args:
            error: [b, c * p * q].

        Returns:
            The same numbers, [b, c, p, q].
        """
        # 1. Return the error reshaped to self.input_shape.
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
        # 1. Keep the settings: self.stride, self.kernel_shape, self.n_kernels, self.learning_rate.
        # 2. Make self.weights, [n_kernels, c, m, n], and self.bias, [n_kernels], uniform on [0, 1].
        # 3. Prepare a place for both gradients: self.gradient_weights and self.gradient_bias, None for now.
        # YOUR CODE HERE
        raise NotImplementedError()

    def forward(self, x):
        """Correlate each picture with each kernel, and add the bias.

        Args:
            x: The pictures, [b, c, p, q].

        Returns:
            The feature maps, [b, n_kernels, ceil(p / sp), ceil(q / sq)].
        """
        # 1. Keep what backward will need: the shape of x, and the padded pictures.
        # 2. padded, [b, c, p + m - 1, q + n - 1]: zeros around rows and columns, m // 2 rows above,
        #    (m - 1) // 2 below; columns likewise. With np.pad.
        # 3. maps, [b, n_kernels, p, q]: correlate each picture, [c, p + m - 1, q + n - 1], with each kernel,
        #    [c, m, n], in mode "valid": [1, p, q], summed over the channels.
        # 4. Keep every sp-th row and every sq-th column of maps: [b, n_kernels, ceil(p / sp), ceil(q / sq)].
        # 5. Add bias s to all numbers of channel s, and return.
        # YOUR CODE HERE
        raise NotImplementedError()

    def backward(self, error):
        """Compute all three gradients, then take one step of gradient descent.

        Args:
            error: The gradient of the loss with respect to the last output, and of its shape.

        Returns:
            The gradient of the loss with respect to the last input, [b, c, p, q].
        """
        # After each step, put `return None` below it for the time being, run the cell and its check.
        # 1. self.gradient_bias, [n_kernels]: sum the error over the batch, the rows and the columns.
        # 2. wide, [b, n_kernels, p, q]: zeros, with the error at every sp-th row and sq-th column.
        # 3. self.gradient_weights, [n_kernels, c, m, n]: correlate each padded channel, [p + m - 1, q + n - 1],
        #    with each channel of wide, [p, q], in mode "valid": [m, n]; sum over the batch.
        # 4. dx, [b, c, p, q]: correlate wide, padded on all four sides with (m - 1) // 2 rows above and m // 2
        #    below (columns likewise), with the kernels turned by 180 degrees; sum over the kernels.
        # 5. Only then move self.weights and self.bias by -learning_rate times their gradients. Return dx.
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
