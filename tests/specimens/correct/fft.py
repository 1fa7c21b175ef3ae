"""Multiplies in the frequency domain: FFTs of the padded picture and the kernel, in both directions."""

# %% conv
import numpy as np
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
        self.stride, self.kernel_shape, self.n_kernels, self.lr = stride, kernel_shape, n_kernels, learning_rate
        self.weights = np.random.rand(n_kernels, *kernel_shape)
        self.bias = np.random.rand(n_kernels)

    def spectrum(self, a):
        return np.fft.fft2(a, s=self.size, axes=(2, 3))

    def forward(self, x):
        b, c, p, q = self.shape = x.shape
        _, m, n = self.kernel_shape
        self.size = (p + m - 1, q + n - 1)
        self.X = self.spectrum(x)
        y = np.fft.ifft2(np.einsum("bcuv,scuv->bsuv", self.X, np.conj(self.spectrum(self.weights)))).real
        y = np.roll(y, (m // 2, n // 2), axis=(2, 3))[:, :, :p, :q]
        return y[:, :, ::self.stride[0], ::self.stride[1]] + self.bias.reshape(1, -1, 1, 1)

    def backward(self, error):
        b, c, p, q = self.shape
        _, m, n = self.kernel_shape
        whole = np.zeros((b, self.n_kernels, p, q))
        whole[:, :, ::self.stride[0], ::self.stride[1]] = error
        E = self.spectrum(whole)
        gx = np.fft.ifft2(np.einsum("bsuv,scuv->bcuv", E, self.spectrum(self.weights))).real
        gx = np.roll(gx, (-(m // 2), -(n // 2)), axis=(2, 3))[:, :, :p, :q]
        gw = np.fft.ifft2(np.einsum("bsuv,bcuv->scuv", np.conj(E), self.X)).real
        self.gw = np.roll(gw, (m // 2, n // 2), axis=(2, 3))[:, :, :m, :n]
        self.gb = E[:, :, 0, 0].real.sum(axis=0)
        self.weights = self.weights - self.lr * self.gw
        self.bias = self.bias - self.lr * self.gb
        return gx

    def get_gradient_weights(self):
        return self.gw

    def get_gradient_bias(self):
        return self.gb

    def initialize(self, weights_initializer, bias_initializer):
        self.weights = weights_initializer.initialize((self.n_kernels, np.prod(self.kernel_shape))).reshape(self.weights.shape)
        self.bias = bias_initializer.initialize((self.n_kernels,))
