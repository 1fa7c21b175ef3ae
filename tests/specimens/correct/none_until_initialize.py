"""Has no weights until `initialize`, keeps the bias as a column, and its gradient likewise."""

# %% conv
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as windows
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.tail = x.shape[1:]
        return x.reshape(-1, np.prod(self.tail))

    def backward(self, error):
        return error.reshape(-1, *self.tail)


class ConvolutionalLayer(BaseLayer):
    weights = None
    bias = None

    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.conf = stride, kernel_shape, n_kernels, learning_rate

    def initialize(self, weights_initializer, bias_initializer):
        _, (c, m, n), s, _ = self.conf
        self.weights = weights_initializer.initialize((s, c * m * n)).reshape(s, c, m, n)
        self.bias = bias_initializer.initialize((s, 1))

    def forward(self, x):
        (sp, sq), (c, m, n), s, _ = self.conf
        self.x_shape = x.shape
        f = np.pad(x, ((0, 0), (0, 0), (m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)))
        v = windows(f, (m, n), axis=(2, 3))[:, :, ::sp, ::sq]
        self.cols = v.transpose(1, 4, 5, 0, 2, 3).reshape(c * m * n, -1)
        y = self.weights.reshape(s, -1) @ self.cols + self.bias
        return y.reshape(s, len(x), *v.shape[2:4]).transpose(1, 0, 2, 3)

    def backward(self, error):
        (sp, sq), (c, m, n), s, lr = self.conf
        b, _, p, q = self.x_shape
        e = error.transpose(1, 0, 2, 3).reshape(s, -1)
        self.gb = e.sum(axis=1, keepdims=True)
        self.gw = (e @ self.cols.T).reshape(self.weights.shape)
        d = (self.weights.reshape(s, -1).T @ e).reshape(c, m, n, b, *error.shape[2:])
        out = np.zeros((b, c, p + m - 1, q + n - 1))
        for i in range(m):
            for j in range(n):
                out[:, :, i:i + p:sp, j:j + q:sq] += d[:, i, j].transpose(1, 0, 2, 3)
        self.weights = self.weights - lr * self.gw
        self.bias = self.bias - lr * self.gb
        return out[:, :, m // 2:m // 2 + p, n // 2:n // 2 + q]

    def get_gradient_weights(self):
        return self.gw

    def get_gradient_bias(self):
        return self.gb
