"""Someone whose classes get their names by other means than `class`: a string that is run, a star, one assignment for all."""

# %% activation_functions
SOURCE = """
import numpy as np
from src.base import BaseLayer


class Sigmoid(BaseLayer):
    def forward(self, x):
        self.y = 0.5 * (1 + np.tanh(x / 2))
        return self.y

    def backward(self, error):
        return error * self.y * (1 - self.y)


class ReLU(BaseLayer):
    def forward(self, x):
        self.x = x
        return (x + np.abs(x)) / 2

    def backward(self, error):
        return error * np.heaviside(self.x, 0)
"""
exec(SOURCE)

# %% initializers
from numpy import *


class Init:
    def initialize(self, weight_shape):
        raise NotImplementedError


class ConstInit(Init):
    def __init__(self, value):
        self.value = value

    def initialize(self, weight_shape):
        return zeros(weight_shape) + self.value


class UniformInit(Init):
    def initialize(self, weight_shape):
        return random.uniform(size=weight_shape)


class HeInit(Init):
    def initialize(self, weight_shape):
        return random.normal(scale=sqrt(2 / weight_shape[1]), size=weight_shape)


Initializer, Const, UniformRandom, He = Init, ConstInit, UniformInit, HeInit
