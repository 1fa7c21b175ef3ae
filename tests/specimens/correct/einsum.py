"""Loops over the few entries of a kernel, and leaves the rest to einsum; keeps no more state than needed."""

# %% conv
import numpy as np
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def __init__(self):
        super().__init__()
        self._undo = None

    def forward(self, x):
        shape = x.shape
        self._undo = lambda error: error.reshape(shape)
        return x.reshape(shape[0], -1)

    def backward(self, error):
        return self._undo(error)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.__dict__.update(stride=stride, kernel_shape=kernel_shape, n_kernels=n_kernels, learning_rate=learning_rate)
        self.weights = np.random.rand(n_kernels, *kernel_shape)
        self.bias = np.random.rand(n_kernels)

    def _taps(self, p, q):
        sp, sq = self.stride
        for i in range(self.kernel_shape[1]):
            for j in range(self.kernel_shape[2]):
                yield i, j, np.s_[:, :, i:i + p:sp, j:j + q:sq]

    def _frame(self, x):
        m, n = self.kernel_shape[1:]
        return np.pad(x, ((0, 0), (0, 0), (m // 2, m - 1 - m // 2), (n // 2, n - 1 - n // 2)))

    def forward(self, x):
        self._x = self._frame(x)
        self._pq = p, q = x.shape[2:]
        y = 0
        for i, j, where in self._taps(p, q):
            y = y + np.einsum("bcpq,sc->bspq", self._x[where], self.weights[:, :, i, j])
        return y + self.bias[:, None, None]

    def backward(self, error):
        p, q = self._pq
        m, n = self.kernel_shape[1:]
        gw, gx = np.zeros(self.weights.shape), np.zeros(self._x.shape)
        for i, j, where in self._taps(p, q):
            gw[:, :, i, j] = np.einsum("bspq,bcpq->sc", error, self._x[where])
            gx[where] += np.einsum("bspq,sc->bcpq", error, self.weights[:, :, i, j])
        self._g = gw, np.einsum("bspq->s", error)
        self.weights, self.bias = self.weights - self.learning_rate * gw, self.bias - self.learning_rate * self._g[1]
        return gx[:, :, m // 2:m // 2 + p, n // 2:n // 2 + q]

    def get_gradient_weights(self):
        return self._g[0]

    def get_gradient_bias(self):
        return self._g[1]

    def initialize(self, weights_initializer, bias_initializer):
        self.weights = weights_initializer.initialize((self.n_kernels, int(np.prod(self.kernel_shape))))
        self.weights.shape = (self.n_kernels, *self.kernel_shape)
        self.bias = bias_initializer.initialize((self.n_kernels, 1)).ravel()
