"""Builds the sparse matrix of the text, with the weights at their places, and multiplies with it and its transpose."""

# %% conv
import numpy as np
from scipy.sparse import coo_matrix
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, error):
        return error.reshape(self.shape)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride = stride
        self.kernel_shape = kernel_shape
        self.n_kernels = n_kernels
        self.learning_rate = learning_rate
        self.weights = np.random.rand(n_kernels, *kernel_shape)
        self.bias = np.random.rand(n_kernels)

    def entries(self, p, q):
        """Row (output pixel), column (input pixel) and weight of each entry of the matrix that is not 0."""
        (sp, sq), (c, m, n) = self.stride, self.kernel_shape
        rows, cols = range(0, p, sp), range(0, q, sq)
        self.out_shape = (self.n_kernels, len(rows), len(cols))
        r, k, w = [], [], []
        for s, a, b in np.ndindex(*self.out_shape):
            for ch, i, j in np.ndindex(c, m, n):
                y, x = rows[a] + i - m // 2, cols[b] + j - n // 2
                if 0 <= y < p and 0 <= x < q:
                    r.append(np.ravel_multi_index((s, a, b), self.out_shape))
                    k.append(np.ravel_multi_index((ch, y, x), (c, p, q)))
                    w.append(np.ravel_multi_index((s, ch, i, j), self.weights.shape))
        return np.array(r), np.array(k), np.array(w)

    def forward(self, x):
        self.x = x
        r, k, w = self.places = self.entries(*x.shape[2:])
        self.matrix = coo_matrix((self.weights.ravel()[w], (r, k)), shape=(np.prod(self.out_shape), x[0].size)).tocsr()
        y = (self.matrix @ x.reshape(len(x), -1).T).T
        return y.reshape(len(x), *self.out_shape) + self.bias[:, None, None]

    def backward(self, error):
        flat = error.reshape(len(error), -1)
        r, k, w = self.places
        products = (flat[:, r] * self.x.reshape(len(self.x), -1)[:, k]).sum(axis=0)
        self.gradient_weights = np.bincount(w, products, minlength=self.weights.size).reshape(self.weights.shape)
        self.gradient_bias = error.sum(axis=(0, 2, 3))
        result = (self.matrix.T @ flat.T).T.reshape(self.x.shape)
        self.weights = self.weights - self.learning_rate * self.gradient_weights
        self.bias = self.bias - self.learning_rate * self.gradient_bias
        return result

    def get_gradient_weights(self):
        return self.gradient_weights

    def get_gradient_bias(self):
        return self.gradient_bias

    def initialize(self, weights_initializer, bias_initializer):
        size = np.prod(self.kernel_shape)
        self.weights = weights_initializer.initialize((self.n_kernels, size)).reshape((self.n_kernels,) + tuple(self.kernel_shape))
        self.bias = bias_initializer.initialize((self.n_kernels,))
