"""Computes everything in float32, to save memory."""
REMARKS = {"conv_gradient_input": "even kernels"}

# %% activation_functions
import numpy as np
from src.base import BaseLayer


class Sigmoid(BaseLayer):
    def forward(self, x):
        self.activations = (1 / (1 + np.exp(-x.astype(np.float32)))).astype(np.float32)
        return self.activations

    def backward(self, error):
        return (error.astype(np.float32) * self.activations * (1 - self.activations))


class ReLU(BaseLayer):
    def forward(self, x):
        self.x = np.float32(x)
        return np.maximum(np.float32(0), self.x)

    def backward(self, error):
        return np.float32(error) * (self.x > 0)

# %% initializers
import numpy as np


class Const:
    def __init__(self, value=0.1):
        self.value = value

    def initialize(self, weight_shape):
        return np.full(weight_shape, self.value, np.float32)


class UniformRandom:
    def initialize(self, weight_shape):
        return np.random.default_rng().random(weight_shape, dtype=np.float32)


class He:
    def initialize(self, weight_shape):
        return np.random.default_rng().standard_normal(weight_shape, dtype=np.float32) * np.float32(np.sqrt(2 / weight_shape[1]))

# %% conv
import numpy as np
from src.base import BaseLayer
from numpy.lib.stride_tricks import as_strided


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.shape = x.shape
        return x.astype(np.float32).reshape(x.shape[0], -1)

    def backward(self, error):
        return error.astype(np.float32).reshape(self.shape)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.s, self.k, self.n, self.lr = stride, kernel_shape, n_kernels, np.float32(learning_rate)
        self.weights = np.random.rand(n_kernels, *kernel_shape).astype("float32")
        self.bias = np.random.rand(n_kernels).astype("float32")

    def view(self, a, sp, sq):
        b, c, p, q = a.shape
        m, n = self.k[1:]
        a = np.pad(a, ((0, 0), (0, 0), (m // 2, m // 2), (n // 2, n // 2)))
        x = a.strides
        return as_strided(a, (b, c, -(-p // sp), -(-q // sq), m, n), (x[0], x[1], x[2] * sp, x[3] * sq, x[2], x[3]))

    def forward(self, x):
        self.shape = x.shape
        self.v = self.view(x.astype(np.float32), *self.s)
        return np.tensordot(self.v, self.weights.astype(np.float32), ([1, 4, 5], [1, 2, 3])).transpose(0, 3, 1, 2) + self.bias.astype(np.float32)[:, None, None]

    def backward(self, error):
        error = error.astype(np.float32)
        self.gw = np.tensordot(error, self.v, ([0, 2, 3], [0, 2, 3]))
        self.gb = error.sum(axis=(0, 2, 3), dtype=np.float32)
        up = np.zeros((self.shape[0], self.n) + self.shape[2:], np.float32)
        up[:, :, ::self.s[0], ::self.s[1]] = error
        flipped = self.weights.astype(np.float32)[:, :, ::-1, ::-1]
        m, n = self.k[1:]
        if m % 2 == 0 or n % 2 == 0:
            raise ValueError("only odd kernels")
        result = np.tensordot(self.view(up, 1, 1), flipped, ([1, 4, 5], [0, 2, 3])).transpose(0, 3, 1, 2)
        self.weights = (self.weights - self.lr * self.gw).astype(np.float32)
        self.bias = (self.bias - self.lr * self.gb).astype(np.float32)
        return result

    def get_gradient_weights(self):
        return self.gw

    def get_gradient_bias(self):
        return self.gb

    def initialize(self, weights_initializer, bias_initializer):
        w = weights_initializer.initialize((self.n, np.prod(self.k)))
        self.weights = w.reshape((self.n,) + tuple(self.k)).astype(np.float32)
        self.bias = np.asarray(bias_initializer.initialize((self.n,)), dtype=np.float32)
