"""Lays the windows out as columns of a matrix (im2col), and adds them up again on the way back (col2im)."""

# %% conv
import numpy as np
from src.base import BaseLayer


def im2col_indices(p, q, m, n, sp, sq):
    i0 = np.repeat(np.arange(m), n)
    j0 = np.tile(np.arange(n), m)
    rows = np.arange(0, p, sp)
    cols = np.arange(0, q, sq)
    i = i0[:, None] + np.repeat(rows, len(cols))[None, :]
    j = j0[:, None] + np.tile(cols, len(rows))[None, :]
    return i, j, len(rows), len(cols)


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, error):
        return error.reshape(*self.shape)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride = stride
        self.kernel_shape = kernel_shape
        self.n_kernels = n_kernels
        self.eta = learning_rate
        self.weights = np.random.rand(n_kernels, *kernel_shape)
        self.bias = np.random.rand(n_kernels)

    def forward(self, x):
        b, c, p, q = x.shape
        _, m, n = self.kernel_shape
        padded = np.pad(x, ((0,), (0,), (m // 2,), (n // 2,)))
        i, j, h, w = im2col_indices(p, q, m, n, *self.stride)
        self.columns = padded[:, :, i, j].reshape(b, c * m * n, h * w)
        self.cache = x.shape, padded.shape, i, j
        y = self.weights.reshape(self.n_kernels, -1) @ self.columns
        return y.reshape(b, self.n_kernels, h, w) + self.bias[None, :, None, None]

    def backward(self, error):
        (b, c, p, q), padded_shape, i, j = self.cache
        _, m, n = self.kernel_shape
        rows = error.reshape(b, self.n_kernels, -1)
        self.grad_b = rows.sum(axis=(0, 2))
        self.grad_w = (rows @ self.columns.transpose(0, 2, 1)).sum(axis=0).reshape(self.weights.shape)
        columns = self.weights.reshape(self.n_kernels, -1).T @ rows
        back = np.zeros(padded_shape)
        np.add.at(back, (slice(None), slice(None), i, j), columns.reshape(b, c, m * n, -1))
        self.weights -= self.eta * self.grad_w
        self.bias -= self.eta * self.grad_b
        del self.columns  # memory is precious; a second backward needs another forward
        return back[:, :, m // 2:m // 2 + p, n // 2:n // 2 + q]

    def get_gradient_weights(self):
        return self.grad_w

    def get_gradient_bias(self):
        return self.grad_b

    def initialize(self, weights_initializer, bias_initializer):
        c, m, n = self.kernel_shape
        self.weights = weights_initializer.initialize([self.n_kernels, c * m * n]).reshape(self.n_kernels, c, m, n)
        self.bias = bias_initializer.initialize([self.n_kernels])
