"""The bank of mistakes, tried on the self-checks: for each, what the student is told.

A mistake is named if a red or grey sentence says where it is and what it is. Those that only show as an error with its
line, which names the place but not the mistake, have an empty text here.
"""

from __future__ import annotations

import linecache
from typing import Any

from tests.exercise4.mistakes import body, solution, swap
from tests.exercise4.mistakes.solution import given_code

CELLS = {
    "activation_functions": ("sigmoid_forward", "sigmoid_backward", "relu_forward", "relu_backward"),
    "initializers": ("const", "uniform_random", "he"),
    "conv": (
        "flatten", "conv_forward", "conv_stride", "conv_gradient_bias", "conv_gradient_weights", "conv_gradient_input",
        "conv_update", "conv_initialize",
    ),
}  # fmt: skip
PLACES = r"Sigmoid|ReLU|Const|UniformRandom|He\.|FlattenLayer|ConvolutionalLayer|get_gradient_|step of the"

SAID = {
    "sigmoid_sign": "1 / (1 + exp(x)): the minus in front of x is missing",
    "sigmoid_parentheses": "1 / 1 + exp(-x): parentheses are missing around 1 + exp(-x)",
    "sigmoid_tanh": "the hyperbolic tangent",
    "sigmoid_softmax": "the softmax",
    "sigmoid_step": "rounded to 0 and 1",
    "sigmoid_first_axis_only": "right for the first example only, without the axis of the batch",
    "sigmoid_slope_of_input": "error * x * (1 - x)",
    "sigmoid_without_error": "the slope alone: multiply it by the error",
    "sigmoid_slope_of_error": "the slope at the error: it is wanted at the input",
    "sigmoid_error_times_output": "error * s, without (1 - s)",
    "sigmoid_one_minus_square": "error * (1 - s**2), which belongs to the hyperbolic tangent",
    "sigmoid_twice": "the slope of the sigmoid of the output",
    "sigmoid_forward_again": "the sigmoid of the error: backward multiplies by the slope",
    "sigmoid_division": "the error divided by the slope",
    "sigmoid_summed": "summed over the batch: each number has its own error",
    "sigmoid_backward_nothing": "Is there a return?",
    "sigmoid_backward_unfinished": "Sigmoid.backward is not written yet",
    "sigmoid_first_only": "what an earlier forward would give",
    "sigmoid_class_state": "what the other layer would give",
    "relu_absolute": "the absolute value",
    "relu_clipped": "cut off above 1, too",
    "relu_mask": "where x is positive, not x itself",
    "relu_largest_entry": "np.max(x, 0), the largest entry along axis 0",
    "relu_minimum": "what is negative: np.minimum instead of np.maximum",
    "relu_flattened": "only the positive entries, the others are dropped",
    "relu_leaky": "the leaky ReLU: a hundredth of the negative numbers passes",
    "relu_zero_passes": "the slope 1 at exactly 0: write x > 0, not x >= 0",
    "relu_of_error": "the ReLU of the error",
    "relu_without_error": "the slope alone: multiply it by the error",
    "relu_passes_all": "the error as it came",
    "relu_times_input": "the error times the input: the slope is 1, not x",
    "relu_inverted": "the error where the input was not positive",
    "relu_sign": "the error with its sign turned where the input was negative",
    "relu_backward_unfinished": "ReLU.backward is not written yet",
    "relu_first_only": "what an earlier forward would give",
    "relu_class_state": "what the other layer would give",
    "bias_mean_of_batch": "the mean over the batch: a sum is wanted",
    "bias_mean_of_pixels": "the mean over the pixels: a sum is wanted",
    "bias_mean_of_all": "the mean over the pixels: a sum is wanted",
    "bias_last_picture": "the sum for the last image alone",
    "bias_first_picture": "the sum for the first image alone: sum over the batch",
    "bias_total": "the sum over the kernels, too: each bias has its own",
    "bias_not_over_pixels": "the sum over the batch only: sum over rows and columns, too",
    "bias_not_over_batch": "the sum over rows and columns only: sum over the batch, too",
    "bias_over_wrong_axes": "the sums for each image: axis 1 counts the kernels",
    "bias_accumulated": "added to the gradient of the backward before",
    "bias_times_rate": "the gradient times the learning rate",
    "bias_never_stored": "None came",
    "bias_of_itself": "the bias, not its gradient",
    "bias_class_state": "the gradient of an earlier backward, or of another layer",
    "bias_getter_unfinished": "ConvolutionalLayer.get_gradient_bias is not written yet",
    "bias_strides_repeated": "the sum of an error that is repeated where the stride has skipped",
    "weights_mean_of_batch": "a mean over the batch or the channels: a sum is wanted",
    "weights_last_picture": "the gradient of the last image alone",
    "weights_first_picture": "the gradient of the first image alone: sum over the batch",
    "weights_mean_of_pixels": "the mean over the pixels: a sum is wanted",
    "weights_turned": "the gradient with error and input exchanged, or turned by 180°",
    "weights_convolved": "the gradient with a turned error: correlate, do not convolve",
    "weights_turned_in_3d": "the gradient with error and input exchanged, or turned by 180°",
    "weights_swapped_extents": "right, but rows and columns are swapped",
    "weights_kernels_second": "right, but axis 0 and axis 1 are swapped",
    "weights_unpadded": "the gradient without the padding: correlate the padded input",
    "weights_first_channel": "the gradient of channel 0, for all channels",
    "weights_first_kernel": "the gradient of kernel 0, for all kernels",
    "weights_mean_of_channels": "a mean over the batch or the channels: a sum is wanted",
    "weights_accumulated": "added to the gradient of the backward before",
    "weights_times_rate": "the gradient times the learning rate",
    "weights_negative": "right but for its sign",
    "weights_never_stored": "None came",
    "weights_class_state": "the gradient of an earlier backward, or of another layer",
    "weights_of_itself": "the weights after the step, not their gradient",
    "weights_flat": "the right gradient as a matrix",
    "weights_strides_packed": "the gradient with the error side by side in a corner",
    "input_class_state": "",
    "conv_first_input_only": "",
    "strides_repeated": "the sum of an error that is repeated where the stride has skipped",
    "input_not_turned": "the gradient without the turn of the kernels by 180°",
    "input_turned_once": "the gradient with kernels whose rows alone are turned",
    "input_channels_turned": "the gradient with kernels turned along the channels, too",
    "input_kernels_turned": "the gradient with the kernels in reverse order",
    "input_not_restacked": "the gradient without restacking",
    "input_first_kernel": "the gradient of kernel 0 alone: sum over all kernels",
    "input_last_kernel": "the gradient of the last kernel alone",
    "input_mean_of_kernels": "the mean over the kernels: a sum is wanted",
    "input_mean_of_channels": "divided by the number of channels, or by the size of the batch",
    "input_sum_of_channels": "the sum over the channels, for all channels",
    "input_mean_of_batch": "divided by the number of channels, or by the size of the batch",
    "input_batch_summed": "summed over the batch: each image has its own gradient",
    "input_last_picture": "the gradient of the last image, for all images",
    "input_times_rate": "the gradient times the learning rate: only the step uses it",
    "input_error_returned": "the error as it came",
    "input_nothing": "the gradient of the input is not written yet, or its return is missing",
    "input_cropped": "right, but without its border",
    "input_after_step": "the gradient with weights that have moved already",
    "input_first_shape_only": "",
    "input_accumulated": "added to the gradient of the backward before",
    "input_strides_at_the_end": "the gradient with the error at the end of each step",
    "input_strides_swapped": "the gradient with the strides of rows and columns swapped",
    "input_strides_packed": "the gradient with the error side by side in a corner",
    "input_strides_ignored": "",
    "input_strides_multiplied": "There are too many rows or columns",
    "backward_unfinished": "ConvolutionalLayer.backward is not written yet",
    "backward_bias_only": "ConvolutionalLayer.backward is not written to its end yet",
    "backward_weights_and_bias": "ConvolutionalLayer.backward is not written to its end yet",
    "backward_strides_unfinished": "ConvolutionalLayer.backward is not written to its end yet",
    "backward_strides_crash": "",
    "conv_true_convolution": "a convolution, with kernels turned by 180°",
    "conv_true_convolution_throughout": "a convolution, with kernels turned by 180°",
    "conv_true_convolution_in_3d": "a convolution, with kernels turned by 180°",
    "conv_kernel_upside_down": "with kernels turned upside down: their rows in reverse order",
    "conv_valid": "right, but without padding",
    "conv_padding_edge": "with the border repeated around the image",
    "conv_padding_circular": "with the opposite border around the image (circular)",
    "conv_padding_in_front": "with all zeros above and to the left of the image",
    "conv_padding_behind": "with all zeros below and to the right of the image",
    "conv_padding_swapped": "There are too many rows or columns",
    "conv_padding_even_too_large": "a kernel of 2 x 4 should keep 5 rows and 6 columns",
    "conv_padding_even_too_small": "a kernel of 2 x 4 should keep 5 rows and 6 columns",
    "conv_padding_of_three": "Rows or columns are missing",
    "conv_without_bias": "right but for the bias, which is missing",
    "conv_bias_each_channel": "right but for the bias, which is added once for each channel",
    "conv_bias_of_first_kernel": "right but for the bias: that of kernel 0 is added everywhere",
    "conv_bias_total": "right but for the bias",
    "conv_bias_subtracted": "right but for the bias, which is subtracted",
    "conv_bias_of_first_picture": "right but for the bias: only the first image gets it",
    "conv_first_channel_only": "the answer of channel 0 alone: sum over all channels",
    "conv_first_channel_throughout": "the answer of channel 0 alone: sum over all channels",
    "conv_last_channel_only": "the answer of the last channel alone",
    "conv_mean_of_channels": "the mean over the channels: a sum is wanted",
    "conv_channels_reversed": "with the channels in reverse order, or another slice of a 3-D correlation than the",
    "conv_one_slice_of_3d": "with the channels in reverse order, or another slice of a 3-D correlation than the",
    "conv_first_kernel_only": "the answer of kernel 0 in all output channels",
    "conv_running_sum": "the answer of a kernel, added to those of the kernels before it",
    "conv_kernel_sum": "the sum over all kernels in each output channel",
    "conv_first_picture_only": "the answer of the first image, for all images",
    "conv_rest_of_batch_empty": "right but for the bias: only the first image gets it",
    "conv_batch_lost": "right, but without the axis of the batch",
    "conv_channels_last": "right, but with the channels as last axis",
    "conv_with_relu": "right, but with 0 for all that is negative",
    "conv_whole_numbers": "right, but cut to whole numbers",
    "conv_weights_of_constructor": "gives the same after self.weights has changed",
    "conv_adds_to_last_answer": "added to the answer of the call before",
    "conv_class_settings": "",
    "conv_forward_unfinished": "ConvolutionalLayer.forward is not written yet",
    "conv_constructor_only": "ConvolutionalLayer.forward is not written yet",
    "conv_weights_shape_of_constructor": "self.weights should be [n_kernels, c, m, n], (3, 2, 3, 5) here",
    "stride_ignored": "the output without stride",
    "stride_swapped": "with the strides of rows and columns swapped",
    "stride_swapped_throughout": "with the strides of rows and columns swapped",
    "stride_rows_only": "with the stride of the rows for the columns, too",
    "stride_columns_whole": "with every column: the stride of the columns is missing",
    "stride_from_the_middle": "begun in the middle of the first step",
    "stride_last_of_each_step": "the last row and column of each step: the first ones are kept",
    "stride_floor": "rounded down: the last, incomplete step counts, too",
    "stride_twice": "the stride applied twice",
    "stride_before_correlation": "what images give that are thinned out first",
    "stride_by_mean": "the mean of each step: that is pooling; keep its first number",
    "stride_unfinished": "ConvolutionalLayer.forward is not written to its end yet",
    "update_uphill": "a step uphill: subtract it",
    "update_without_rate": "the gradient without the learning rate",
    "update_weights_only": "no step at all: is the result assigned to self",
    "update_bias_only": "no step at all: is the result assigned to self",
    "update_nothing": "no step at all: is the result assigned to self",
    "update_lost": "no step at all: is the result assigned to self",
    "update_weights_uphill": "a step uphill: subtract it",
    "update_weights_without_rate": "the gradient without the learning rate",
    "update_bias_uphill": "a step uphill: subtract it",
    "update_bias_without_rate": "the gradient without the learning rate",
    "update_rate_squared": "the step with the learning rate twice",
    "update_divided_by_batch": "the step divided by the size of the batch",
    "update_replaces": "the step itself, in place of the weights",
    "update_only_signs": "the sign of the gradient: its size counts, too",
    "update_with_momentum": "the step and 0.9 of the one before (momentum)",
    "update_from_start": "a step from the first weights: start from the present ones",
    "update_decayed": "the step, and a part of the weights themselves (weight decay)",
    "relu_half_at_zero": "the slope 1/2 at exactly 0",
    "relu_two_axes": "can x have another number of axes",
    "input_kernels_of_first_call": "returns the same after self.weights has changed",
    "input_turned_in_all_axes": "the right gradient, but turned in all its axes",
    "input_kernels_and_channels_turned": "with the kernels in reverse order, and turned along the channels",
    "input_unflipped_and_negated": "without the turn of the kernels by 180°; and its sign is wrong",
    "input_square_only": "is the image taken for a square one, with p where q is meant",
    "input_strides_in_corner": "the gradient with the error side by side in a corner",
    "weights_mean_of_batch_and_pixels": "the mean over the pixels: a sum is wanted",
    "conv_weights_of_first_call": "gives the same after self.weights has changed",
    "conv_weights_in_class": "gives the same after self.weights has changed",
    "conv_even_channels_only": "the answer of channel 0 alone",
    "conv_plane_of_kernels": "with n_kernels = 1 and 3 channels, bias 0",
    "conv_square_pictures_only": "is the image taken for a square one, with p where q is meant",
    "stride_one_channel_crashes": "",
    "update_with_velocity": "a tenth of the step (momentum",
    "update_with_l2": "a part of the weights themselves (weight decay)",
    "update_hard_coded": "a step with the learning rate 0.01: use self.learning_rate",
    "update_hard_coded_in_constructor": "is the same whatever the learning rate",
    "update_before_gradients": "after the gradient is known",
    "initialize_four_axes": "the shape of the weights: its second entry is only c",
    "initialize_turned": "the fan-in first: it belongs second",
    "initialize_channels_only": "the channels alone",
    "initialize_extents_only": "m * n, without the channels",
    "initialize_fan_out": "the fan-out, n_kernels * m * n",
    "initialize_one_row": "all weights in one row",
    "initialize_not_reshaped": "the weights as a matrix: reshape them to [n_kernels, c, m, n]",
    "initialize_fortran": "the weights in another order",
    "initialize_kernels_last": "The axes are in another order",
    "initialize_lost": "the weights as they were: assign the result to self.weights",
    "initialize_bias_zeros": "the bias initializer was not asked: call its initialize(shape)",
    "initialize_bias_forgotten": "the bias initializer was not asked: call its initialize(shape)",
    "initialize_bias_from_weights": "the bias initializer was not asked: call its initialize(shape)",
    "initialize_swapped": "the shape of the bias: are the two initializers swapped",
    "initialize_bias_too_many": "should be asked for n_kernels = 3 numbers, it was asked for (3, 30)",
    "initialize_bias_of_one": "the bias initializer should be asked for n_kernels = 3 numbers, it was asked for (1,)",
    "initialize_one_kernel": "",
    "initialize_unfinished_and_none": "ConvolutionalLayer.initialize is not written yet",
    "initialize_unfinished": "ConvolutionalLayer.initialize is not written yet",
    "flatten_all": "the batch is flattened, too",
    "flatten_columns": "the images are columns, they should be rows",
    "flatten_fortran": "another order than forward has used",
    "flatten_mixed": "a row does not hold the numbers of its own image",
    "flatten_channels_kept": "the channels are still an axis of their own",
    "flatten_first_picture": "only one image is left",
    "flatten_channels_first": "a row does not hold the numbers of its own image",
    "flatten_identity": "the rows as they came: give them the shape of the input back",
    "flatten_backward_fortran": "another order than forward has used",
    "flatten_backward_channels_last": "The axes are in another order",
    "flatten_backward_transposed": "the channels read as if they were the last axis",
    "flatten_one_picture": "",
    "flatten_backward_nothing": "Is there a return?",
    "flatten_backward_unfinished": "FlattenLayer.backward is not written yet",
    "flatten_first_only": "it still uses another shape",
    "flatten_class_state": "it still uses another shape",
    "const_whole_numbers": "0",
    "const_zeros": "0",
    "const_ones": "1, whatever the value: multiply by it, or use np.full",
    "const_number": "a single number",
    "const_turned": "the shape turned around",
    "const_two_axes": "It has only the first 2 of the entries",
    "const_flat": "The array is flat",
    "const_class_state": "the value of the constant made last",
    "const_identity": "the value on the diagonal only",
    "const_unfinished": "Const.initialize is not written yet",
    "uniform_both_signs": "the range [-1, 1]",
    "uniform_centred": "the range [-0.5, 0.5]",
    "uniform_gaussian": "no uniform distribution: a Gaussian, perhaps",
    "uniform_absolute_gaussian": "not drawn uniformly",
    "uniform_one_number": "all numbers are the same",
    "uniform_one_row": "one row or column is repeated. Draw a number for each entry",
    "uniform_linspace": "the numbers come in order, evenly spaced",
    "uniform_coins": "among 10000 numbers only 2 are different: do you draw whole numbers?",
    "uniform_percent": "among 10000 numbers only 11 are different: do you draw whole numbers?",
    "uniform_scaled": "are they scaled",
    "uniform_two_axes": "",
    "uniform_flat": "The array is flat",
    "uniform_squared": "not drawn uniformly",
    "uniform_list": "It has only the first 1 of the entries",
    "he_fan_out": "sqrt(2 / n_in) with the first entry of the shape as n_in",
    "he_no_root": "2 / n_in: the root is missing",
    "he_one": "sqrt(1 / n_in): He has a 2 there",
    "he_glorot": "Glorot's sqrt(2 / (n_in + n_out))",
    "he_root_of_n": "2 / sqrt(n_in): the 2 belongs under the root",
    "he_multiplied": "sqrt(2 * n_in): divide by n_in",
    "he_standard_normal": "1",
    "he_all_entries": "sqrt(2 / (number of all weights))",
    "he_uniform": "no Gaussian",
    "he_absolute": "the mean should be about 0",
    "he_mean_one": "the mean should be about 0",
    "he_scale_as_mean": "the mean should be about 0",
    "he_uniform_times_scale": "the mean should be about 0",
    "he_last_entry": "for the shape (100, 8, 5, 2) n_in is 8, the second entry; you use the last entry",
    "he_two_axes": "",
    "he_two_axes_used": "It has only the first 2 of the entries",
    "he_one_row": "one row or column is repeated. Draw a number for each entry",
    "he_one_number": "all numbers are the same",
    "he_constant": "all numbers are the same",
    "he_transposed": "the shape turned around",
    "he_unfinished": "He.initialize is not written yet",
}

SLIPS: dict[str, tuple[str, Any, str]] = {
    "a shape where rand wants numbers": (
        "initializers", body("UniformRandom.initialize", "return np.random.rand(weight_shape)"),
        "`return np.random.rand(weight_shape)`, with TypeError",
    ),
    "a raise that was left behind": (
        "activation_functions",
        body("ReLU.forward", "self.is_positive = x > 0\nraise NotImplementedError()\nreturn np.maximum(x, 0)"),
        "ReLU.forward: `raise NotImplementedError()` still stands in line",
    ),
    "a name without self": (
        "activation_functions", swap("return error * self.output * (1", "return error * output * (1"),
        "name 'output' is not defined (is self. missing in front of it",
    ),
    "an attribute that is never set": (
        "activation_functions", swap("np.where(self.is_positive, error", "np.where(self.mask, error"),
        "has no attribute 'mask' (is it set, with self. in front",
    ),
    "two of three entries": (
        "conv", swap("(sp, sq), (m, n) = self.stride, self.kernel_shape[1:]\n        self.input_shape",
                     "(sp, sq), (m, n) = self.stride, self.kernel_shape\n        self.input_shape"),
        "too many values to unpack (expected 2) (how many entries are there",
    ),
    "a method without self": (
        "activation_functions", lambda source: source.replace("def forward(self, x):", "def forward(x):"),
        "positional argument",
    ),
    "a constructor of other arguments": (
        "conv", swap("def __init__(self, stride, kernel_shape, n_kernels, learning_rate):",
                     "def __init__(self, stride, kernel_shape, n_kernels):\n        learning_rate = 1"),
        "Your class does not fit what the exercise does with it: TypeError: ConvolutionalLayer.__init__() takes 4",
    ),
    "coins for uniform numbers": (
        "initializers", body("UniformRandom.initialize", "return np.random.randint(0, 2, weight_shape)"),
        "among 10000 numbers only 2 are different",
    ),
    "a bias of its own for each pixel": (
        "conv", swap("self.gradient_bias = error.sum(axis=(0, 2, 3))", "self.gradient_bias = error.sum(axis=0)"),
        "the shape (1,) was expected, (1, 3, 4) came. This is the sum over the batch only",
    ),
}  # fmt: skip
"""Slips of the pen: the part, what changes the solution, and a piece of what is said."""


class Checks:
    """The self-checks of the exercise, with classes put in by hand."""

    def __init__(self) -> None:
        with given_code():
            from src.layers.fully_connected import FullyConnectedLayer
            from Tests import TestActivationFunctions, TestConv, TestInitializers, selfcheck

        self.selfcheck = selfcheck
        sigmoid, relu = TestActivationFunctions.TestSigmoid, TestActivationFunctions.TestReLU
        initializers, conv = TestInitializers.TestInitializers, TestConv.TestConv
        conv.FullyConnected = FullyConnectedLayer
        self.places = {
            "Sigmoid": [(sigmoid, "Sigmoid")], "ReLU": [(relu, "ReLU")],
            "Const": [(initializers, "Const"), (conv, "Constant")], "UniformRandom": [(initializers, "Uniform")],
            "He": [(initializers, "He"), (conv, "He")], "ConvolutionalLayer": [(conv, "Conv")],
            "FlattenLayer": [(conv, "Flatten")],
        }  # fmt: skip
        self.solved: dict[str, Any] = {}
        for part, source in solution().items():
            self.solved |= names(source, part)

    def say(self, changed: dict[str, Any], part: str) -> dict[str, Any]:
        """Return the first result that is not right for each graded cell of a part, or a remark."""
        for name, places in self.places.items():
            for test_class, attribute in places:
                setattr(test_class, attribute, {**self.solved, **changed}[name])
        found = {}
        for grade_id in CELLS[part]:
            results = [self.selfcheck._run(test) for test in self.selfcheck._tests_of(grade_id)]
            wrong = [result for result in results if result.problem or result.remark]
            if wrong:
                found[grade_id] = wrong[0]
        return found


def names(source: str, cell: str) -> dict[str, Any]:
    """Run a cell, whose lines can be read in a traceback as those of a notebook can, and return its names."""
    file = f"<cell {cell}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    found: dict[str, Any] = {"__name__": "__main__"}
    with given_code():
        exec(compile(source, file, "exec"), found)
    return found


__all__ = ["CELLS", "PLACES", "SAID", "SLIPS", "Checks", "names", "solution"]
