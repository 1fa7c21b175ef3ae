"""Self-checks for part 3: flattening and the convolutional layer.

Each is tried on an example that can be followed by hand, then on random numbers. The images are not square and
neither are the kernels, so that a row that is taken for a column shows at once. The checks are in the modules
`conv_flatten`, `conv_forward`, `conv_gradients` and `conv_learning` beside this one.
"""

import unittest

from Tests import conv_flatten, conv_forward, conv_gradients, conv_learning


class TestConv(
    conv_flatten.Flatten,
    conv_forward.Forward,
    conv_gradients.Bias,
    conv_gradients.Weights,
    conv_gradients.Input,
    conv_learning.Update,
    conv_learning.Initialize,
    conv_learning.Together,
    unittest.TestCase,
):
    """Your layers against the definition, and your gradients against measured ones."""
