"""Keeps the error in backward, and computes the gradients when they are asked for, as properties."""

# %% activation_functions
import numpy as np
from functools import cached_property
from src.base import BaseLayer


class Activation(BaseLayer):
    def forward(self, x):
        self.__dict__.pop("slope", None)
        self.x = x
        return self.function(x)

    def backward(self, error):
        return error * self.slope


class Sigmoid(Activation):
    def function(self, x):
        return np.exp(-np.logaddexp(0, -x))

    @cached_property
    def slope(self):
        return np.exp(-np.logaddexp(0, -self.x) - np.logaddexp(0, self.x))


class ReLU(Activation):
    def function(self, x):
        return (np.abs(x) + x) / 2

    @cached_property
    def slope(self):
        return np.heaviside(self.x, 0.0)

# %% conv
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    forward = lambda self, x: (setattr(self, "shape", x.shape), x.reshape(len(x), -1))[1]
    backward = lambda self, error: error.reshape(self.shape)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride, self.kernel_shape, self.n_kernels, self.learning_rate = stride, kernel_shape, n_kernels, learning_rate
        self._weights, self._bias = np.random.rand(n_kernels, *kernel_shape), np.random.rand(n_kernels)
        self._x = self._error = None

    @property
    def weights(self):
        return self._weights

    @weights.setter
    def weights(self, value):
        self._weights = np.asarray(value, dtype=float)

    @property
    def bias(self):
        return self._bias.copy()

    @bias.setter
    def bias(self, value):
        self._bias = np.array(value, dtype=float).reshape(self.n_kernels)

    @property
    def _windows(self):
        m, n = self.kernel_shape[1:]
        frame = np.pad(self._x, ((0, 0), (0, 0), (m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)))
        return sliding_window_view(frame, (m, n), (2, 3))[:, :, :: self.stride[0], :: self.stride[1]]

    def forward(self, x):
        self._x = x
        return np.einsum("bcpqmn,scmn->bspq", self._windows, self._weights) + self._bias[:, None, None]

    def backward(self, error):
        self._error = error
        b, c, p, q = self._x.shape
        (sp, sq), (_, m, n) = self.stride, self.kernel_shape
        frame = np.zeros((b, c, p + m - 1, q + n - 1))
        for i in range(error.shape[2]):
            for j in range(error.shape[3]):
                frame[:, :, i * sp : i * sp + m, j * sq : j * sq + n] += np.tensordot(error[:, :, i, j], self._weights, 1)
        self._weights = self._weights - self.learning_rate * self.get_gradient_weights()
        self._bias = self._bias - self.learning_rate * self.get_gradient_bias()
        return frame[:, :, m // 2 : m // 2 + p, n // 2 : n // 2 + q]

    def get_gradient_weights(self):
        return np.einsum("bcpqmn,bspq->scmn", self._windows, self._error)

    def get_gradient_bias(self):
        return np.array([self._error[:, s].sum() for s in range(self.n_kernels)])

    def initialize(self, weights_initializer, bias_initializer):
        self.weights = weights_initializer.initialize((self.n_kernels, self._weights[0].size)).reshape(self._weights.shape)
        self.bias = bias_initializer.initialize((self.n_kernels,))
