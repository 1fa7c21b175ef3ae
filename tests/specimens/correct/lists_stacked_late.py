"""Collects arrays in lists and stacks them at the very end; in the initializers not even then."""
REMARKS = {
    "sigmoid_backward": "list", "relu_backward": "list", "const": "list", "flatten": "list",
    "conv_gradient_bias": "list", "conv_gradient_input": "even kernels",
}

# %% activation_functions
import numpy as np
from src.base import BaseLayer


class Sigmoid(BaseLayer):
    def forward(self, x):
        self.s = 1.0 / (1.0 + np.exp(-x))
        return self.s

    def backward(self, error):
        return [e * s * (1 - s) for e, s in zip(error, self.s)]


class ReLU(BaseLayer):
    def forward(self, x):
        self.x = x
        return x * (x > 0)

    def backward(self, error):
        return [e * (x > 0) for e, x in zip(error, self.x)]

# %% initializers
import numpy as np


class Initializer:
    def initialize(self, weight_shape):
        raise NotImplementedError


class Const(Initializer):
    def __init__(self, value):
        self.value = value

    def initialize(self, weight_shape):
        return (np.zeros(weight_shape) + self.value).tolist()


class UniformRandom(Initializer):
    def initialize(self, weight_shape):
        return np.array([np.random.uniform() for _ in range(np.prod(weight_shape))]).reshape(weight_shape)


class He(Initializer):
    def initialize(self, weight_shape):
        sigma = (2.0 / weight_shape[1]) ** 0.5
        return np.stack([np.random.normal(0.0, sigma, weight_shape[1:]) for _ in range(weight_shape[0])])

# %% conv
import numpy as np
from scipy.signal import correlate, convolve
from src.base import BaseLayer


class FlattenLayer(BaseLayer):
    def forward(self, x):
        self.shape = x.shape[1:]
        return [picture.ravel() for picture in x]

    def backward(self, error):
        return [row.reshape(self.shape) for row in error]


class ConvolutionalLayer(BaseLayer):
    def __init__(self, stride, kernel_shape, n_kernels, learning_rate):
        super().__init__()
        self.stride, self.kernel_shape, self.n_kernels, self.learning_rate = stride, kernel_shape, n_kernels, learning_rate
        self.weights = np.random.rand(n_kernels, *kernel_shape)
        self.bias = np.random.rand(n_kernels)

    def forward(self, x):
        self.x = x
        batch = []
        for image in x:
            maps = []
            for kernel, bias in zip(self.weights, self.bias):
                channels = [correlate(plane, k, "same") for plane, k in zip(image, kernel)]
                maps.append(np.sum(channels, axis=0)[:: self.stride[0], :: self.stride[1]] + bias)
            batch.append(np.stack(maps))
        return np.stack(batch)

    def backward(self, error):
        _, m, n = self.kernel_shape
        images, self.gw = [], np.zeros(self.weights.shape)
        for image, e in zip(self.x, error):
            planes = [np.zeros(image.shape[1:]) for _ in image]
            for s in range(self.n_kernels):
                up = np.zeros(image.shape[1:])
                up[:: self.stride[0], :: self.stride[1]] = e[s]
                for c, plane in enumerate(image):
                    padded = np.pad(plane, ((m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)))
                    self.gw[s, c] += correlate(padded, up, "valid")
                    planes[c] = planes[c] + convolve(up, self.weights[s, c], "same")
            images.append(planes)
        self.gb = [float(error[:, s].sum()) for s in range(self.n_kernels)]
        self.weights = self.weights - self.learning_rate * self.gw
        self.bias = np.array([b - self.learning_rate * g for b, g in zip(self.bias, self.gb)])
        return np.array(images)

    def get_gradient_weights(self):
        return self.gw

    def get_gradient_bias(self):
        return self.gb

    def initialize(self, weights_initializer, bias_initializer):
        self.weights = np.array([
            np.reshape(weights_initializer.initialize((1, np.prod(self.kernel_shape))), self.kernel_shape)
            for _ in range(self.n_kernels)])
        self.bias = np.concatenate([np.ravel(bias_initializer.initialize((1,))) for _ in range(self.n_kernels)])
