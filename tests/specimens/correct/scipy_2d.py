"""Follows the recipe of the text with scipy.signal, one channel at a time; even kernels get a wrong gradient."""
REMARKS = {"conv_gradient_input": "even kernels", "conv_gradient_weights": "even kernels"}

# %% conv
import numpy as np
from scipy import signal
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.shape = np.shape(x)
        return np.reshape(x, (self.shape[0], np.prod(self.shape[1:])))

    def backward(self, error):
        return np.reshape(error, self.shape)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride_shape = stride
        self.kernel_shape = kernel_shape
        self.n_kernels = n_kernels
        self.learning_rate = learning_rate
        self.weights = np.random.uniform(0, 1, (n_kernels,) + tuple(kernel_shape))
        self.bias = np.random.uniform(0, 1, n_kernels)

    def forward(self, input_tensor):
        self.input_tensor = input_tensor
        out = np.zeros((input_tensor.shape[0], self.n_kernels) + input_tensor.shape[2:])
        for b in range(input_tensor.shape[0]):
            for k in range(self.n_kernels):
                for c in range(self.kernel_shape[0]):
                    out[b, k] += signal.correlate2d(input_tensor[b, c], self.weights[k, c], mode="same", boundary="fill")
                out[b, k] += self.bias[k]
        return out[:, :, ::self.stride_shape[0], ::self.stride_shape[1]]

    def backward(self, error_tensor):
        x = self.input_tensor
        up = np.zeros((x.shape[0], self.n_kernels) + x.shape[2:])
        up[:, :, ::self.stride_shape[0], ::self.stride_shape[1]] = error_tensor
        m, n = self.kernel_shape[1:]
        px, py = m // 2, n // 2
        padded = np.pad(x, ((0, 0), (0, 0), (px, px), (py, py)))
        self._gradient_weights = np.zeros_like(self.weights)
        grad_x = np.zeros(x.shape)
        for b in range(x.shape[0]):
            for k in range(self.n_kernels):
                for c in range(self.kernel_shape[0]):
                    g = signal.correlate2d(padded[b, c], up[b, k], mode="valid")
                    self._gradient_weights[k, c] += g
                    grad_x[b, c] += signal.correlate2d(up[b, k], np.rot90(self.weights[k, c], 2), mode="same")
        self._gradient_bias = np.sum(error_tensor, axis=(0, 2, 3))
        self.weights -= self.learning_rate * self._gradient_weights
        self.bias -= self.learning_rate * self._gradient_bias
        return grad_x

    def get_gradient_weights(self):
        return self._gradient_weights

    def get_gradient_bias(self):
        return self._gradient_bias

    def initialize(self, weights_initializer, bias_initializer):
        fan_in = np.prod(self.kernel_shape)
        self.weights = weights_initializer.initialize((self.n_kernels, fan_in)).reshape(self.weights.shape)
        self.bias = bias_initializer.initialize((1, self.n_kernels)).reshape(-1)
