"""Pictures for the notebook: what an idea looks like, and what your own layers do.

Nothing here is graded, and no solution is hidden here. Each picture is a function that returns a Matplotlib
figure with its words. While the notebook is graded or validated the pictures are left out, because nobody looks.
"""

from src.see.activations import activations, fading_errors, your_activations
from src.see.convolution import correlation_as_matrix, your_convolution, your_gradients, your_strides
from src.see.digits import confusion, learn_digits, learned_kernels, learning_curve, misread
from src.see.more import (
    dilated,
    learn_kernel_back,
    one_by_one,
    overfit,
    read_drawing,
    receptive_field,
    stopwatch,
)
from src.see.weights import signal_sizes, your_first_weights
from src.see.widget import play

__all__ = [
    "activations",
    "confusion",
    "correlation_as_matrix",
    "dilated",
    "fading_errors",
    "learn_digits",
    "learn_kernel_back",
    "learned_kernels",
    "learning_curve",
    "misread",
    "one_by_one",
    "overfit",
    "play",
    "read_drawing",
    "receptive_field",
    "signal_sizes",
    "stopwatch",
    "your_activations",
    "your_convolution",
    "your_first_weights",
    "your_gradients",
    "your_strides",
]
