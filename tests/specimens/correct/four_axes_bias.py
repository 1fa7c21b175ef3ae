"""Keeps the bias as (1, n_kernels, 1, 1) so that it can simply be added, and writes helpers in cells of their own."""

# %% before conv
def shifted(x, m, n, sp, sq):
    """Yield the picture, shifted by each entry of the kernel."""
    import numpy
    p, q = x.shape[2:]
    frame = numpy.pad(x, ((0, 0), (0, 0), (m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)))
    for i in range(m):
        for j in range(n):
            yield i, j, frame[:, :, i:i + p:sp, j:j + q:sq]

# %% conv
import numpy as np
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.old = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, error):
        return error.reshape(self.old)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.sp, self.sq = stride
        self.c, self.m, self.n = kernel_shape
        self.n_kernels = n_kernels
        self.learning_rate = learning_rate
        self.weights = np.random.rand(n_kernels, self.c, self.m, self.n)
        self.bias = np.random.rand(1, n_kernels, 1, 1)

    def forward(self, x):
        self.x = x
        return sum(np.einsum("bcij,sc->bsij", part, self.weights[:, :, i, j])
                   for i, j, part in shifted(x, self.m, self.n, self.sp, self.sq)) + self.bias

    def backward(self, error):
        self.dw = np.zeros(self.weights.shape)
        for i, j, part in shifted(self.x, self.m, self.n, self.sp, self.sq):
            self.dw[:, :, i, j] = np.einsum("bsij,bcij->sc", error, part)
        self.db = error.sum(axis=(0, 2, 3), keepdims=True)
        full = np.zeros((len(error), self.n_kernels) + self.x.shape[2:])
        full[:, :, ::self.sp, ::self.sq] = error
        p, q = self.x.shape[2:]
        m, n = self.m, self.n
        frame = np.pad(full, ((0, 0), (0, 0), ((m - 1) // 2, m // 2), ((n - 1) // 2, n // 2)))
        back = sum(np.einsum("bsij,sc->bcij", frame[:, :, i:i + p, j:j + q], self.weights[:, :, m - 1 - i, n - 1 - j])
                   for i in range(m) for j in range(n))
        self.weights -= self.learning_rate * self.dw
        self.bias -= self.learning_rate * self.db
        return back

    def get_gradient_weights(self):
        return self.dw

    def get_gradient_bias(self):
        return self.db

    def initialize(self, weights_initializer, bias_initializer):
        self.weights = weights_initializer.initialize((self.n_kernels, self.c * self.m * self.n)).reshape(self.weights.shape)
        self.bias = bias_initializer.initialize((1, self.n_kernels, 1, 1))
