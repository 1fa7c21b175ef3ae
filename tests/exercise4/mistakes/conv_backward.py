"""Mistakes with the three gradients of the convolutional layer."""

from .changes import body, swap
from .mistake import Mistake

PART = "conv"
BIAS = "self.gradient_bias = error.sum(axis=(0, 2, 3))"
WEIGHTS = 'self.gradient_weights = np.einsum("bcpqmn,bspq->scmn", self.windows, error, optimize=True)'
PUT = "unstrided[:, :, ::sp, ::sq] = error"
TURNED = "turned = self.weights[:, :, ::-1, ::-1]"
INPUT = 'error_of_input = np.einsum("bspqmn,scmn->bcpq", windows, turned, optimize=True)'
RETURN = "return error_of_input"
STEP = "self.weights = self.weights - self.learning_rate * self.gradient_weights"
STEP_OF_BIAS = "self.bias = self.bias - self.learning_rate * self.gradient_bias"
SHAPE = 'self.input_shape = x.shape\n        padded'


def mistake(name, says, question, costs, *changes):
    return Mistake(name, PART, says, question, costs, changes)


def bias(name, code, says, question, lost=1, *more):
    """The gradient of the bias is wrong, and the step is taken with it."""
    return mistake(name, says, question, {"conv_gradient_bias": lost}, swap(BIAS, code), *more)


def local_bias(name, code, says, question, *more):
    """The step is right, what is stored is not."""
    return bias(name, f"gradient_bias = error.sum(axis=(0, 2, 3))\n        {code}", says, question, 1,
                swap(STEP_OF_BIAS, "self.bias = self.bias - self.learning_rate * gradient_bias"), *more)


def weights(name, code, says, question, lost, *more):
    return mistake(name, says, question, {"conv_gradient_weights": lost}, swap(WEIGHTS, code), *more)


def getter(name, code, says, question):
    return mistake(name, says, question, {"conv_gradient_weights": 3},
                   body("ConvolutionalLayer.get_gradient_weights", code))


def result(name, code, says, question, lost=3):
    return mistake(name, says, question, {"conv_gradient_input": lost}, swap(RETURN, f"return {code}"))


def put(name, code, says, question):
    return mistake(name, says, question, {"conv_gradient_input": 1}, swap(PUT, code))


MISTAKES = [
    bias("bias_mean_of_batch", BIAS + " / len(error)", "You take the mean over the batch.",
         "Is the loss summed or averaged over the batch?"),
    bias("bias_mean_of_pixels", "self.gradient_bias = error.mean(axis=(2, 3)).sum(axis=0)", "You take the mean over the pixels.",
         "To how many pixels is one bias added?"),
    bias("bias_mean_of_all", "self.gradient_bias = error.mean(axis=(0, 2, 3))", "You take the mean of the error.",
         "To how many numbers is one bias added?"),
    bias("bias_last_picture", "self.gradient_bias = error[-1].sum(axis=(1, 2))", "Only the last picture counts.",
         "Is there = where += is meant?"),
    bias("bias_first_picture", "self.gradient_bias = error[0].sum(axis=(1, 2))", "Only the first picture counts.",
         "Which axis of the error counts the pictures?"),
    bias("bias_total", "self.gradient_bias = np.full(self.n_kernels, error.sum())",
         "You add up over the kernels, too.", "How many biases are there?"),
    bias("bias_not_over_pixels", "self.gradient_bias = error.sum(axis=0)", "You add up over the batch only.",
         "How many numbers does the gradient of the bias have?", 1,
         swap(STEP_OF_BIAS, "self.bias = self.bias - self.learning_rate * self.gradient_bias.sum(axis=(1, 2))")),
    bias("bias_not_over_batch", "self.gradient_bias = error.sum(axis=(2, 3))", "You do not add up over the batch.",
         "How many numbers does the gradient of the bias have?", 1,
         swap(STEP_OF_BIAS, "self.bias = self.bias - self.learning_rate * self.gradient_bias.sum(axis=0)")),
    bias("bias_over_wrong_axes", "self.gradient_bias = np.resize(error.sum(axis=(1, 2, 3)), self.n_kernels)",
         "You add up over the kernels, and keep the pictures.", "Which axis of the error counts the kernels?"),
    local_bias("bias_accumulated", "self.gradient_bias = gradient_bias + (0 if self.gradient_bias is None else self.gradient_bias)",
               "You add to the gradient of the backward before.", "Which backward should the getter answer for?"),
    local_bias("bias_times_rate", "self.gradient_bias = self.learning_rate * gradient_bias",
               "You keep the step, not the gradient.", "Where does the learning rate belong?"),
    local_bias("bias_never_stored", "self.gradient_bias = None", "The getter returns nothing.",
               "What does backward store, and what does the getter return?"),
    local_bias("bias_of_itself", "self.gradient_bias = self.bias", "The getter returns the bias, not its gradient.",
               "What is stored where?"),
    local_bias("bias_class_state", "type(self).shared = gradient_bias",
               "You keep the gradient in the class, where all layers share it.",
               "What happens when there are two layers in a network?",
               body("ConvolutionalLayer.get_gradient_bias", "return self.shared")),
    mistake("bias_getter_unfinished", "The getter is not written yet.", "What did backward store?", {"conv_gradient_bias": 1},
            body("ConvolutionalLayer.get_gradient_bias", "raise NotImplementedError")),
    bias("bias_strides_repeated", "(sp, sq), shape = self.stride, self.input_shape\n"
         "        whole = error.repeat(sp, axis=2).repeat(sq, axis=3)[:, :, : shape[2], : shape[3]]\n"
         "        self.gradient_bias = whole.sum(axis=(0, 2, 3))",
         "You repeat the error where the stride has skipped pixels.", "What stands there: the same error, or none?", 0.25),
    weights("weights_batch_mixed", "self.gradient_weights = np.einsum("
            "'cpqmn,spq->scmn', self.windows.sum(axis=0), error.sum(axis=0))",
            "You sum over the batch first: each error meets the pictures of the others.",
            "Which picture has an error to do with?", 1),
    weights("weights_mean_of_batch", WEIGHTS + " / len(error)", "You take the mean over the batch.",
            "Is the loss summed or averaged over the batch?", 1),
    weights("weights_last_picture", WEIGHTS.replace("self.windows", "self.windows[-1:]").replace("error", "error[-1:]"),
            "Only the last picture counts.", "Is there = where += is meant?", 1),
    weights("weights_first_picture", WEIGHTS.replace("self.windows", "self.windows[:1]").replace("error", "error[:1]"),
            "Only the first picture counts.", "Which axis of the error counts the pictures?", 1),
    weights("weights_mean_of_pixels", WEIGHTS + " / error[0, 0].size", "You divide by the number of pixels.",
            "How often is one weight used in a picture?", 3),
    weights("weights_turned", WEIGHTS + "[:, :, ::-1, ::-1]", "Your gradient is turned: picture and error have changed places.",
            "Which of picture and error slides over which?", 3),
    weights("weights_convolved", "sp, sq = self.stride\n"
            "        whole = np.zeros((len(error), self.n_kernels, *self.input_shape[2:]))\n"
            "        whole[:, :, ::sp, ::sq] = error\n"
            "        close = sliding_window_view(self.padded, self.kernel_shape[1:], axis=(2, 3))\n"
            '        self.gradient_weights = np.einsum("bcpqmn,bspq->scmn", close, whole[:, :, ::-1, ::-1], optimize=True)',
            "You turn the error: that is a convolution, not a cross-correlation.",
            "Which of the two does the text choose for the weights?", 3,
            swap("feature_maps = np", "self.padded = padded\n        feature_maps = np")),
    weights("weights_turned_in_3d", WEIGHTS + "[:, ::-1, ::-1, ::-1]", "Your gradient is turned in all three axes.",
            "Which of picture and error slides over which?", 3),
    weights("weights_swapped_extents", WEIGHTS + "\n        self.gradient_weights = self.gradient_weights.swapaxes(2, 3)",
            "Rows and columns of the gradient are swapped.", "Which shape do the weights have?", 3,
            swap(STEP, STEP + ".swapaxes(2, 3)")),
    getter("weights_kernels_second", "return self.gradient_weights.swapaxes(0, 1)",
           "Kernels and channels of the gradient are swapped.", "Which shape do the weights have?"),
    weights("weights_unpadded", "p, q = self.windows.shape[2:4]\n"
            "        inner = self.windows * ((np.arange(p) % (p - 1) > 0)[:, None] & (np.arange(q) % (q - 1) > 0))[..., None, None]\n"
            '        self.gradient_weights = np.einsum("bcpqmn,bspq->scmn", inner, error, optimize=True)',
            "You leave out the windows that reach over the border.", "Which picture did forward see, with or without zeros?", 3),
    weights("weights_first_channel", WEIGHTS + "\n        self.gradient_weights = np.repeat(self.gradient_weights[:, :1], "
            "self.kernel_shape[0], axis=1)", "All channels get the gradient of the first one.",
            "Which channel of the picture did the weight meet?", 3),
    weights("weights_first_kernel", WEIGHTS + "\n        self.gradient_weights = np.repeat(self.gradient_weights[:1], "
            "self.n_kernels, axis=0)", "All kernels get the gradient of the first one.",
            "Which channel of the error belongs to which kernel?", 3),
    weights("weights_mean_of_channels", WEIGHTS + " / self.kernel_shape[0]", "You divide by the number of channels.",
            "Does the text add up, or average?", 3),
    weights("weights_accumulated", "earlier = 0 if self.gradient_weights is None else self.gradient_weights\n        "
            + WEIGHTS + " + earlier", "You add to the gradient of the backward before.",
            "Which backward should the getter answer for?", 1),
    weights("weights_times_rate", WEIGHTS.replace("self.gradient_weights = ", "self.gradient_weights = self.learning_rate * "),
            "You keep the step, not the gradient.", "Where does the learning rate belong?", 3,
            swap(STEP, "self.weights = self.weights - self.gradient_weights")),
    weights("weights_negative", WEIGHTS.replace("= np", "= -np"), "You keep the direction of the step, not the gradient.",
            "Where does the minus sign belong?", 3, swap(STEP, STEP.replace(" - ", " + "))),
    weights("weights_never_stored", WEIGHTS.replace("self.gradient_weights", "gradient_weights", 1),
            "The getter returns nothing.", "What does backward store, and what does the getter return?", 3,
            swap(STEP, STEP.replace("self.gradient_weights", "gradient_weights"))),
    weights("weights_class_state", WEIGHTS + "\n        type(self).shared = self.gradient_weights",
            "You keep the gradient in the class, where all layers share it.",
            "What happens when there are two layers in a network?", 1,
            body("ConvolutionalLayer.get_gradient_weights", "return self.shared")),
    getter("weights_of_itself", "return self.weights", "The getter returns the weights, not their gradient.",
           "What is stored where?"),
    getter("weights_flat", "return self.gradient_weights.reshape(self.n_kernels, -1)",
           "The gradient is a matrix.", "Which shape do the weights have?"),
    weights("weights_strides_packed", "sp, sq = self.stride\n        close = sliding_window_view(self.padded, self.kernel_shape[1:], axis=(2, 3))\n"
            "        close = close[:, :, : error.shape[2], : error.shape[3]]\n"
            '        self.gradient_weights = np.einsum("bcpqmn,bspq->scmn", close, error, optimize=True)',
            "You correlate with the error as it came, without zeros for the pixels that were skipped.",
            "How far apart were two neighbouring outputs in the picture?", 1,
            swap("feature_maps = np", "self.padded = padded\n        feature_maps = np")),
    mistake("input_class_state", "You keep the input in the class, where all layers share it.",
            "What happens when there are two layers in a network?",
            {"conv_gradient_weights": 1, "conv_gradient_input": 1},
            swap("self.windows = sliding", "type(self).windows = sliding"), swap("        self.windows = None\n", "")),
    mistake("conv_first_input_only", "You keep the first input for ever.", "Which forward does a backward belong to?",
            {"conv_gradient_weights": 1, "conv_gradient_input": 1},
            swap("self.windows = sliding_window_view(padded, (m, n), axis=(2, 3))[:, :, ::sp, ::sq]",
                 "windows = sliding_window_view(padded, (m, n), axis=(2, 3))[:, :, ::sp, ::sq]\n"
                 "        if self.windows is None:\n            self.windows = windows"),
            swap('np.einsum("bcpqmn,scmn->bspq", self.windows', 'np.einsum("bcpqmn,scmn->bspq", windows')),
    mistake("strides_repeated", "You repeat the error where the stride has skipped pixels.",
            "What stands there: the same error, or none?",
            {"conv_gradient_bias": 0.25, "conv_gradient_weights": 1, "conv_gradient_input": 1},
            swap("        " + BIAS, "        (sp, sq), (b, _, p, q) = self.stride, self.input_shape\n"
                 "        error = error.repeat(sp, axis=2).repeat(sq, axis=3)[:, :, :p, :q]\n        " + BIAS),
            swap(WEIGHTS, 'windows = sliding_window_view(self.padded, self.kernel_shape[1:], axis=(2, 3))\n'
                 '        self.gradient_weights = np.einsum("bcpqmn,bspq->scmn", windows, error, optimize=True)'),
            swap(PUT, "unstrided[:] = error"),
            swap("feature_maps = np", "self.padded = padded\n        feature_maps = np")),
    mistake("input_not_turned", "You do not turn the kernels.", "Which pixel of the output did a weight at the left edge serve?",
            {"conv_gradient_input": 3}, swap(TURNED, "turned = self.weights")),
    mistake("input_turned_once", "You turn the kernels along the rows only.", "By how many degrees are they turned?",
            {"conv_gradient_input": 3}, swap(TURNED, "turned = self.weights[:, :, ::-1]")),
    mistake("input_channels_turned", "You turn the kernels along the channels, too.", "Along which axes do kernels slide?",
            {"conv_gradient_input": 3}, swap(TURNED, "turned = self.weights[:, ::-1, ::-1, ::-1]")),
    mistake("input_kernels_turned", "You reverse the order of the kernels.", "Which kernel made which channel of the output?",
            {"conv_gradient_input": 3}, swap(TURNED, "turned = self.weights[::-1, :, ::-1, ::-1]")),
    mistake("input_not_restacked", "You do not restack the kernels: they still are n_kernels times c.",
            "How many channels should the result have, and how many does it have?", {"conv_gradient_input": 3},
            swap(TURNED, "turned = self.weights[:, :, ::-1, ::-1].reshape(self.kernel_shape[0], self.n_kernels, m, n)"),
            swap(INPUT, INPUT.replace("scmn->bcpq", "csmn->bcpq"))),
    mistake("input_first_kernel", "Only the first kernel counts.", "Which kernels saw a pixel?", {"conv_gradient_input": 3},
            swap(INPUT, INPUT.replace("windows,", "windows[:, :1],").replace("turned,", "turned[:1],"))),
    mistake("input_last_kernel", "Only the last kernel counts.",
            "Is there = where += is meant?", {"conv_gradient_input": 3},
            swap(INPUT, INPUT.replace("windows,", "windows[:, -1:],").replace("turned,", "turned[-1:],"))),
    mistake("input_kernels_of_first_call", "You keep the turned kernels of the first backward for ever.",
            "Do the weights change in training?", {"conv_gradient_input": 1},
            swap(TURNED, "self.turned = getattr(self, 'turned', self.weights[:, :, ::-1, ::-1])\n        turned = self.turned")),
    mistake("input_kernels_of_last_step", "You turn the kernels after each step only, not after initialize.",
            "What else changes the weights?", {"conv_gradient_input": 1},
            swap(TURNED, "self.turned = getattr(self, 'turned', self.weights[:, :, ::-1, ::-1])\n        turned = self.turned"),
            swap(RETURN, "self.turned = self.weights[:, :, ::-1, ::-1]\n        " + RETURN)),
    result("input_turned_in_all_axes", "error_of_input[::-1, ::-1, ::-1, ::-1]", "You turn the result along all axes.",
           "Which pixel of the input has caused this error?"),
    mistake("input_kernels_and_channels_turned", "You turn the kernels along all four axes.",
            "Along which axes do kernels slide?", {"conv_gradient_input": 3}, swap(TURNED, "turned = self.weights[::-1, ::-1, ::-1, ::-1]")),
    mistake("input_unflipped_and_negated", "You do not turn the kernels, and change the sign.",
            "Which pixel of the output did a weight at the left edge serve, and with which sign?",
            {"conv_gradient_input": 3}, swap(TURNED, "turned = -self.weights")),
    mistake("input_square_only", "Your backward takes the number of rows for the number of columns, too.",
            "Which axis of x counts the columns?", {"conv_gradient_input": 3},
            swap(RETURN, "q = min(error_of_input.shape[2:])\n        square = np.zeros((*error_of_input.shape[:2], p, p))\n"
                 "        square[..., :q] = error_of_input[..., :q]\n        return square")),
    put("input_strides_in_corner", "unstrided = unstrided[:, :, : error.shape[2], : error.shape[3]]\n"
        "        unstrided[:] = error\n        unstrided = np.pad(unstrided, ((0, 0), (0, 0), (0, p - error.shape[2]), (0, q - error.shape[3])))",
        "You put the errors side by side into a corner.", "How far apart were two neighbouring outputs in the picture?"),
    weights("weights_mean_of_batch_and_pixels", WEIGHTS + " / (len(error) * error[0, 0].size)",
            "You take the mean over the batch and the pixels.", "Is the loss summed or averaged?", 3),
    result("input_mean_of_kernels", "error_of_input / self.n_kernels", "You take the mean over the kernels.",
           "Does the text add up, or average?"),
    result("input_mean_of_channels", "error_of_input / self.kernel_shape[0]", "You divide by the number of channels.",
           "Over what is the sum for one pixel?"),
    result("input_sum_of_channels", "error_of_input * 0 + error_of_input.sum(axis=1, keepdims=True)",
           "All channels get the same error.", "Which weights met which channel?"),
    result("input_mean_of_batch", "error_of_input / len(error)", "You divide by the size of the batch.",
           "Does one picture know about the others?", 1),
    result("input_batch_summed", "error_of_input * 0 + error_of_input.sum(axis=0)", "You add up over the batch.",
           "Does one picture know about the others?", 1),
    result("input_last_picture", "np.repeat(error_of_input[-1:], len(error), axis=0)",
           "All pictures get the error of the last one.", "Which index counts the pictures in your loop?", 1),
    result("input_times_rate", "self.learning_rate * error_of_input", "You multiply by the learning rate.",
           "Which numbers does the learning rate move?"),
    result("input_error_returned", "error", "You return the error as it came.", "Which shape does the input have?"),
    result("input_nothing", "None", "You return nothing.", "What does the layer before need?"),
    result("input_cropped", "error_of_input[:, :, m // 2 : p - m // 2, n // 2 : q - n // 2]",
           "You cut off the border of the result.", "Which shape does the input have?"),
    mistake("input_after_step", "You compute the error of the input with weights that have moved already.",
            "Which weights made the output?", {"conv_gradient_input": 1},
            swap("        " + STEP + "\n", ""), swap(WEIGHTS, WEIGHTS + "\n        " + STEP)),
    mistake("input_first_shape_only", "You keep the shape of the first input for ever.",
            "Which forward does a backward belong to?", {"conv_gradient_input": 1},
            swap(SHAPE, SHAPE.replace("= x.shape", "= self.input_shape or x.shape"))),
    mistake("input_accumulated", "You add to the error of the backward before.", "Where is your array set back to 0?",
            {"conv_gradient_input": 1},
            swap(RETURN, "same = np.shape(getattr(self, 'total', None)) == error_of_input.shape\n"
                 "        self.total = error_of_input + (self.total if same else 0)\n        return self.total")),
    put("input_strides_at_the_end", "for i in range(error.shape[2]):\n            for j in range(error.shape[3]):\n"
        "                unstrided[:, :, min(i * sp + sp - 1, p - 1), min(j * sq + sq - 1, q - 1)] = error[:, :, i, j]",
        "You put each error at the end of its step.", "Which pixel of a step did forward keep?"),
    put("input_strides_swapped", "for i in range(error.shape[2]):\n            for j in range(error.shape[3]):\n"
        "                unstrided[:, :, min(i * sq, p - 1), min(j * sp, q - 1)] = error[:, :, i, j]",
        "The strides of rows and columns are swapped.", "Which entry of the stride is for the rows?"),
    put("input_strides_packed", "unstrided[:, :, : error.shape[2], : error.shape[3]] = error",
        "You put the errors side by side into a corner.", "How far apart were two neighbouring outputs in the picture?"),
    put("input_strides_ignored", "unstrided[:] = error", "Your backward does not expect a smaller error.",
        "Which shape has the error for a stride of 2?"),
    mistake("input_strides_multiplied", "You expect the input to be as large as the error times the stride.",
            "What if the stride does not divide the picture?", {"conv_gradient_input": 1},
            swap("unstrided = np.zeros((b, self.n_kernels, p, q)",
                 "unstrided = np.zeros((b, self.n_kernels, error.shape[2] * sp, error.shape[3] * sq)")),
    mistake("backward_unfinished", "Backward is not written yet.", "Which five steps do the comments name?",
            {"conv_gradient_bias": 1, "conv_gradient_weights": 3, "conv_gradient_input": 3, "conv_update": 1},
            body("ConvolutionalLayer.backward", "raise NotImplementedError")),
    mistake("backward_bias_only", "Of backward, the gradient of the bias is there.", "Which step comes next?",
            {"conv_gradient_weights": 3, "conv_gradient_input": 3, "conv_update": 1},
            body("ConvolutionalLayer.backward", BIAS + "\nraise NotImplementedError")),
    mistake("backward_weights_and_bias", "Of backward, the gradients of weights and bias are there.",
            "Which step comes next?", {"conv_gradient_input": 3, "conv_update": 1},
            body("ConvolutionalLayer.backward", BIAS + "\n" + WEIGHTS + "\nraise NotImplementedError")),
    mistake("backward_strides_unfinished", "Backward with other strides than (1, 1) is not written yet.",
            "Which shape has the error for a stride of 2?",
            {"conv_gradient_bias": 0.25, "conv_gradient_weights": 1, "conv_gradient_input": 1},
            swap("        " + BIAS, "        if self.stride != (1, 1):\n            raise NotImplementedError\n        " + BIAS)),
    mistake("backward_strides_crash", "Backward stops at the first stride that is not (1, 1).",
            "Which shape has the error for a stride of 2?", {"conv_gradient_weights": 1, "conv_gradient_input": 1},
            swap("        " + BIAS, "        if self.stride != (1, 1):\n            raise ValueError('shapes do not match')\n        " + BIAS)),
]
