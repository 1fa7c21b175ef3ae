"""Correlates in 3-D, all channels at once, and takes the slice in the middle; restacks the kernels for backward."""
REMARKS = {"conv_gradient_input": "even kernels"}

# %% conv
import numpy as np
from scipy.signal import correlate
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.b, self.c, self.p, self.q = x.shape
        return x.reshape(self.b, self.c * self.p * self.q)

    def backward(self, error):
        return error.reshape(self.b, self.c, self.p, self.q)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride, self.kernel_shape, self.n_kernels, self.learning_rate = stride, kernel_shape, n_kernels, learning_rate
        self.weights = np.random.random_sample((n_kernels, *kernel_shape))
        self.bias = np.random.random_sample((n_kernels,))
        self.gw = self.gb = None

    def forward(self, x):
        self.x = x
        c = self.kernel_shape[0]
        maps = [[correlate(image, kernel, mode="same")[c // 2] for kernel in self.weights] for image in x]
        maps = np.array(maps) + self.bias.reshape(1, -1, 1, 1)
        return maps[:, :, :: self.stride[0], :: self.stride[1]]

    def backward(self, error):
        b, c, p, q = self.x.shape
        m, n = self.kernel_shape[1:]
        up = np.zeros((b, self.n_kernels, p, q))
        up[:, :, :: self.stride[0], :: self.stride[1]] = error
        frame = np.pad(self.x, [(0, 0), (0, 0), (m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)], mode="constant")
        self.gw = sum(
            np.array([correlate(frame[i], up[i, s][np.newaxis], mode="valid") for s in range(self.n_kernels)])
            for i in range(b)
        )
        self.gb = error.sum((0, 2, 3))
        restacked = np.swapaxes(self.weights, 0, 1)
        result = np.zeros_like(self.x)
        for i in range(b):
            for k in range(c):
                kernel = restacked[k][:, ::-1, ::-1]
                result[i, k] = correlate(up[i], kernel, mode="same")[self.n_kernels // 2]
        self.weights = self.weights - self.learning_rate * self.gw
        self.bias = self.bias - self.learning_rate * self.gb
        return result

    def get_gradient_weights(self):
        return self.gw

    def get_gradient_bias(self):
        return self.gb

    def initialize(self, weights_initializer, bias_initializer):
        c, m, n = self.kernel_shape
        self.weights = np.reshape(weights_initializer.initialize((self.n_kernels, c * m * n)), (self.n_kernels, c, m, n))
        self.bias = bias_initializer.initialize(self.n_kernels)
