"""Writes every loop out by hand, pixel by pixel, with Python lists nowhere and vectorised NumPy hardly."""

# %% activation_functions
import math
import numpy as np
from src.base import BaseLayer


class Sigmoid(BaseLayer):
    def forward(self, x):
        y = np.zeros(x.shape)
        for index, value in np.ndenumerate(x):
            y[index] = 1 / (1 + math.exp(-value)) if value > -700 else 0.0
        self.y = y
        return y

    def backward(self, error):
        result = np.zeros(error.shape)
        for index, value in np.ndenumerate(error):
            result[index] = value * self.y[index] * (1 - self.y[index])
        return result


class ReLU(BaseLayer):
    def forward(self, x):
        self.x = x.copy()
        y = x.copy()
        for index, value in np.ndenumerate(x):
            if value < 0:
                y[index] = 0
        return y

    def backward(self, error):
        result = error.copy()
        for index, value in np.ndenumerate(self.x):
            if value <= 0:
                result[index] = 0
        return result

# %% conv
import numpy as np
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.shape = x.shape
        rows = []
        for picture in x:
            rows.append(picture.flatten())
        return np.array(rows)

    def backward(self, error):
        result = np.zeros(self.shape)
        for k in range(self.shape[0]):
            result[k] = error[k].reshape(self.shape[1:])
        return result


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride = stride
        self.c, self.m, self.n = kernel_shape
        self.n_kernels = n_kernels
        self.lr = learning_rate
        self.weights = np.random.rand(n_kernels, self.c, self.m, self.n)
        self.bias = np.random.rand(n_kernels)

    def pad(self, x):
        b, c, p, q = x.shape
        padded = np.zeros((b, c, p + self.m - 1, q + self.n - 1))
        padded[:, :, self.m // 2:self.m // 2 + p, self.n // 2:self.n // 2 + q] = x
        return padded

    def forward(self, x):
        self.x = x
        b, c, p, q = x.shape
        sp, sq = self.stride
        padded = self.pad(x)
        rows = list(range(0, p, sp))
        cols = list(range(0, q, sq))
        out = np.zeros((b, self.n_kernels, len(rows), len(cols)))
        for k in range(b):
            for s in range(self.n_kernels):
                for a, i in enumerate(rows):
                    for e, j in enumerate(cols):
                        patch = padded[k, :, i:i + self.m, j:j + self.n]
                        out[k, s, a, e] = np.sum(patch * self.weights[s]) + self.bias[s]
        return out

    def backward(self, error):
        b, c, p, q = self.x.shape
        sp, sq = self.stride
        padded = self.pad(self.x)
        dpadded = np.zeros(padded.shape)
        self.dw = np.zeros(self.weights.shape)
        self.db = np.zeros(self.n_kernels)
        for k in range(b):
            for s in range(self.n_kernels):
                for a in range(error.shape[2]):
                    for e in range(error.shape[3]):
                        i, j, err = a * sp, e * sq, error[k, s, a, e]
                        self.db[s] += err
                        self.dw[s] += err * padded[k, :, i:i + self.m, j:j + self.n]
                        dpadded[k, :, i:i + self.m, j:j + self.n] += err * self.weights[s]
        self.weights = self.weights - self.lr * self.dw
        self.bias = self.bias - self.lr * self.db
        return dpadded[:, :, self.m // 2:self.m // 2 + p, self.n // 2:self.n // 2 + q]

    def get_gradient_weights(self):
        return self.dw

    def get_gradient_bias(self):
        return self.db

    def initialize(self, weights_initializer, bias_initializer):
        w = weights_initializer.initialize((self.n_kernels, self.c * self.m * self.n))
        self.weights = w.reshape((self.n_kernels, self.c, self.m, self.n))
        self.bias = bias_initializer.initialize((self.n_kernels,))
