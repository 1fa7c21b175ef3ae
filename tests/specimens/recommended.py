"""The convolutional layer as the lesson's hints lead to it: `correlate` in loops over pictures, kernels and channels."""

CONV = '''\
import numpy as np
from scipy.signal import convolve, correlate

from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.input_shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, error):
        return error.reshape(self.input_shape)


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride, self.kernel_shape = stride, kernel_shape
        self.n_kernels, self.learning_rate = n_kernels, learning_rate
        self.weights = np.random.uniform(0, 1, (n_kernels, *kernel_shape))
        self.bias = np.random.uniform(0, 1, n_kernels)
        self.gradient_weights = None
        self.gradient_bias = None

    def forward(self, x):
        c, m, n = self.kernel_shape
        sp, sq = self.stride
        self.input_shape = x.shape
        self.padded = np.pad(x, ((0, 0), (0, 0), (m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)))
        maps = []
        for picture in self.padded:
            maps.append([correlate(picture, kernel, mode="valid")[0] for kernel in self.weights])
        maps = np.array(maps)[:, :, ::sp, ::sq]
        return maps + self.bias[:, np.newaxis, np.newaxis]

    def backward(self, error):
        self.gradient_bias = error.sum(axis=(0, 2, 3))
        b, c, p, q = self.input_shape
        sp, sq = self.stride
        wide = np.zeros((b, self.n_kernels, p, q))
        wide[:, :, ::sp, ::sq] = error
        self.gradient_weights = np.zeros(self.weights.shape)
        for picture, sheet in zip(self.padded, wide):
            for s in range(self.n_kernels):
                for channel in range(c):
                    self.gradient_weights[s, channel] += correlate(picture[channel], sheet[s], mode="valid")
        c, m, n = self.kernel_shape
        padded = np.pad(wide, ((0, 0), (0, 0), ((m - 1) // 2, m // 2), ((n - 1) // 2, n // 2)))
        turned = self.weights[:, :, ::-1, ::-1]
        dx = []
        for sheets in padded:
            dx.append([correlate(sheets, turned[:, channel], mode="valid")[0] for channel in range(c)])
        self.weights = self.weights - self.learning_rate * self.gradient_weights
        self.bias = self.bias - self.learning_rate * self.gradient_bias
        return np.array(dx)

    def get_gradient_weights(self):
        return self.gradient_weights

    def get_gradient_bias(self):
        return self.gradient_bias

    def initialize(self, weights_initializer, bias_initializer):
        fan_in = int(np.prod(self.kernel_shape))
        weights = weights_initializer.initialize((self.n_kernels, fan_in))
        self.weights = weights.reshape(self.n_kernels, *self.kernel_shape)
        self.bias = bias_initializer.initialize((self.n_kernels,))
'''
