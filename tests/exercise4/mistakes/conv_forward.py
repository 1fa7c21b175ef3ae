"""Mistakes with the forward pass of the convolutional layer, its strides included."""

from .changes import body, swap
from .mistake import Mistake

PART = "conv"
EINSUM = 'np.einsum("bcpqmn,scmn->bspq", self.windows, self.weights, optimize=True)'
GRADIENT = 'self.gradient_weights = np.einsum("bcpqmn,bspq->scmn", self.windows, error, optimize=True)'
RETURN = "return feature_maps + self.bias[:, np.newaxis, np.newaxis]"
PAD = "padded = np.pad(x, ((0, 0), (0, 0), (m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)))"
VIEW = "sliding_window_view(padded, (m, n), axis=(2, 3))[:, :, ::sp, ::sq]"
PUT = "unstrided[:, :, ::sp, ::sq] = error"


def mistake(name, says, question, costs, *changes):
    costs = {cell: lost for cell, lost in costs.items() if lost}
    return Mistake(name, PART, says, question, costs, changes)


def result(name, code, says, question, costs):
    return mistake(name, says, question, costs, swap(RETURN, f"return {code}"))


def pad(name, code, says, question, costs, *more):
    return mistake(name, says, question, costs, swap(PAD, f"padded = {code}"), *more)


def view(name, code, says, question, costs, *more):
    return mistake(name, says, question, costs, swap(VIEW, code), *more)


NOTHING_BACK = {"conv_gradient_bias": 1, "conv_gradient_weights": 3, "conv_gradient_input": 3, "conv_update": 1}

MISTAKES = [
    mistake("conv_true_convolution", "You turn the kernels: that is a convolution, not a cross-correlation.",
            "Which of the two does the text choose for forward?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.weights", "self.weights[:, :, ::-1, ::-1]"))),
    mistake("conv_true_convolution_throughout", "You turn the kernels: that is a convolution, not a cross-correlation.",
            "Which of the two does the text choose for forward?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.weights", "self.weights[:, :, ::-1, ::-1]")),
            swap(GRADIENT, GRADIENT + "[:, :, ::-1, ::-1]"),
            swap("turned = self.weights[:, :, ::-1, ::-1]", "turned = self.weights")),
    Mistake("conv_true_convolution_in_3d", PART, "You turn the kernels in all three axes, channels included.",
            "Which channel of the kernel meets which channel of the picture?", {"conv_forward": 2},
            (swap(EINSUM, EINSUM.replace("self.weights", "self.weights[:, ::-1, ::-1, ::-1]")),),
            ("conv_true_convolution",)),
    mistake("conv_kernel_upside_down", "You turn the kernels along the rows only.",
            "Is anything turned in a cross-correlation?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.weights", "self.weights[:, :, ::-1]"))),
    pad("conv_valid", "x", "You leave the padding out: the output shrinks.",
        "What happens to a pixel at the border of the picture?",
        {"conv_forward": 1.5, "conv_gradient_input": 3, "conv_update": 1}),
    pad("conv_padding_edge", PAD.split(" = ")[1][:-1] + ', mode="edge")', "You repeat the border instead of adding zeros.",
        "Which numbers does the text put around the picture?", {"conv_forward": 1}),
    pad("conv_padding_circular", PAD.split(" = ")[1][:-1] + ', mode="wrap")',
        "Your picture goes on at its opposite border, as in a circular convolution.",
        "Which numbers does the text put around the picture?", {"conv_forward": 1}),
    pad("conv_padding_in_front", "np.pad(x, ((0, 0), (0, 0), (m - 1, 0), (n - 1, 0)))",
        "All zeros are in front of the picture, none behind it.",
        "Where is the middle of the kernel for the first output pixel?", {"conv_forward": 1}),
    pad("conv_padding_behind", "np.pad(x, ((0, 0), (0, 0), (0, m - 1), (0, n - 1)))",
        "All zeros are behind the picture, none in front of it.",
        "Where is the middle of the kernel for the first output pixel?", {"conv_forward": 1}),
    pad("conv_padding_swapped", "np.pad(x, ((0, 0), (0, 0), (n // 2, (n - 1) // 2), (m // 2, (m - 1) // 2)))",
        "The padding of rows and columns is swapped.", "Which extent of the kernel belongs to the rows?",
        {"conv_forward": 1.5, "conv_gradient_input": 3, "conv_update": 1}),
    pad("conv_padding_even_too_large", "np.pad(x, ((0, 0), (0, 0), (m // 2, m // 2), (n // 2, n // 2)))",
        "For an even kernel you add one row or column of zeros too many.",
        "How many positions has a kernel of 2 rows in a picture with m - 1 more rows?", {"conv_forward": 0.5}),
    pad("conv_padding_even_too_small", "np.pad(x, ((0, 0), (0, 0), ((m - 1) // 2,) * 2, ((n - 1) // 2,) * 2))",
        "For an even kernel you add one row or column of zeros too few.",
        "How many positions has a kernel of 2 rows in a picture with m - 1 more rows?", {"conv_forward": 0.5}),
    pad("conv_padding_of_three", "np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))",
        "Your padding fits kernels of 3 x 3 only.", "How many rows of zeros does a kernel of 5 rows need?",
        {"conv_forward": 1.5, "conv_gradient_input": 3, "conv_update": 1}),
    result("conv_without_bias", "feature_maps", "You leave the bias out.", "Where does self.bias come in?",
           {"conv_forward": 0.5}),
    result("conv_bias_each_channel", "feature_maps + self.kernel_shape[0] * self.bias[:, None, None]",
           "You add the bias once for each channel of the picture.", "Is the addition inside of the loop over the channels?",
           {"conv_forward": 0.5}),
    result("conv_bias_of_first_kernel", "feature_maps + self.bias[0]", "You add the bias of the first kernel everywhere.",
           "How many biases are there?", {"conv_forward": 0.5}),
    result("conv_bias_total", "feature_maps + self.bias.sum()", "You add the sum of all biases everywhere.",
           "Which bias belongs to which channel of the output?", {"conv_forward": 0.5}),
    result("conv_bias_subtracted", "feature_maps - self.bias[:, None, None]", "You subtract the bias.",
           "Which sign has the bias in y = w x + b?", {"conv_forward": 0.5}),
    result("conv_bias_of_first_picture", "feature_maps + self.bias[:, None, None] * (np.arange(len(x)) == 0)[:, None, None, None]",
           "Only the first picture gets its bias.", "Which axis of the output counts the pictures?",
           {"conv_forward": 1}),
    mistake("conv_first_channel_only", "You use the first channel only.", "What becomes of the other channels?",
            {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.windows", "self.windows[:, :1]").replace("self.weights", "self.weights[:, :1]"))),
    mistake("conv_kernel_transposed", "Your kernels are transposed: their rows are taken for columns.",
            "Which axis of a kernel counts its rows?", {"conv_forward": 1},
            swap(RETURN, "maps = [[sum(correlate(plane, kernel[c].T, 'same') for c, plane in enumerate(picture)) "
                 "for kernel in self.weights] for picture in x]\n"
                 "        return np.array(maps)[:, :, ::sp, ::sq] + self.bias[:, None, None]")),
    mistake("conv_largest_channel", "You take the largest of the answers to the channels.",
            "What does a kernel do with its answers to all channels?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("->bspq", "->bcspq") + ".max(axis=1)")),
    mistake("conv_first_channel_throughout", "You use the first channel only.",
            "What becomes of the other channels?",
            {"conv_forward": 1, "conv_gradient_weights": 3, "conv_gradient_input": 3},
            swap(EINSUM, EINSUM.replace("self.windows", "self.windows[:, :1]").replace("self.weights", "self.weights[:, :1]")),
            swap(GRADIENT, GRADIENT + "\n        self.gradient_weights[:, 1:] = 0"),
            swap("return error_of_input", "error_of_input[:, 1:] = 0\n        return error_of_input")),
    mistake("conv_last_channel_only", "Only the last channel counts.",
            "Is there = where += is meant?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.windows", "self.windows[:, -1:]").replace("self.weights", "self.weights[:, -1:]"))),
    mistake("conv_mean_of_channels", "You take the mean over the channels.", "Does the text add up, or average?",
            {"conv_forward": 1}, swap(EINSUM, EINSUM + " / self.kernel_shape[0]")),
    mistake("conv_channels_reversed", "The channels of the kernel are in reversed order.",
            "Which channel of the kernel meets which channel of the picture?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.weights", "self.weights[:, ::-1]"))),
    mistake("conv_one_slice_of_3d", "You correlate in 3-D, and take the first slice instead of the middle one.",
            "In which slice do all channels overlap?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.windows", "self.windows[:, : (c + 1) // 2]")
                 .replace("self.weights", "self.weights[:, c - (c + 1) // 2 :]")),
            swap("(sp, sq), (m, n) = self.stride, self.kernel_shape[1:]\n        self.input_shape",
                 "(sp, sq), (c, m, n) = self.stride, self.kernel_shape\n        self.input_shape")),
    mistake("conv_first_kernel_only", "All output channels show the answer of the first kernel.",
            "Which kernel belongs to which channel of the output?", {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.weights", "np.repeat(self.weights[:1], self.n_kernels, axis=0)"))),
    result("conv_running_sum", "np.cumsum(feature_maps, axis=1) + self.bias[:, None, None]",
           "Each kernel's answer is added to those of the kernels before it.", "Where is the sum set back to 0?",
           {"conv_forward": 1}),
    mistake("conv_kernel_sum", "You add up over the kernels, too.", "What tells one channel of the output from another?",
            {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.weights", "np.repeat(self.weights.sum(axis=0)[None], self.n_kernels, axis=0)"))),
    result("conv_first_picture_only", "np.repeat((feature_maps + self.bias[:, None, None])[:1], len(x), axis=0)",
           "All pictures get the answer of the first one.", "Which index counts the pictures in your loop?",
           {"conv_forward": 0.5}),
    result("conv_rest_of_batch_empty",
           "(feature_maps + self.bias[:, None, None]) * (np.arange(len(x)) == 0)[:, None, None, None]",
           "Only the first picture of a batch is answered.", "Over what does your loop run?", {"conv_forward": 1}),
    result("conv_batch_lost", "(feature_maps + self.bias[:, None, None])[0]", "The output has no batch axis.",
           "How many axes should the output have?",
           {"conv_forward": 4, "conv_stride": 2}),
    result("conv_channels_last", "(feature_maps + self.bias[:, None, None]).transpose(0, 2, 3, 1)",
           "The channels are the last axis of your output.", "In which order are the axes of x?",
           {"conv_forward": 4, "conv_stride": 2}),
    result("conv_with_relu", "np.maximum(feature_maps + self.bias[:, None, None], 0)",
           "You cut off what is negative: that is the next layer's work.", "What would two such layers do in a row?",
           {"conv_forward": 2.5}),
    result("conv_whole_numbers", "(feature_maps + self.bias[:, None, None]).astype(int)",
           "Your output holds whole numbers.", "Which dtype has the array that you fill?",
           {"conv_forward": 2.5}),
    mistake("conv_weights_of_constructor", "You use a copy of the first weights for ever.",
            "Do the weights change in training?", {"conv_forward": 4, "conv_stride": 2},
            swap("self.gradient_weights = None", "self.gradient_weights = None\n        self.kernels = self.weights.copy()"),
            swap(EINSUM, EINSUM.replace("self.weights", "self.kernels"))),
    mistake("conv_weights_of_first_call", "Forward keeps the weights of its first call for ever.",
            "Do the weights change in training?", {"conv_forward": 0.5},
            swap("feature_maps = np", "self.kernels = getattr(self, 'kernels', self.weights).copy()\n        feature_maps = np"),
            swap(EINSUM, EINSUM.replace("self.weights", "self.kernels"))),
    mistake("conv_bias_of_first_call", "Forward keeps the bias of its first call for ever.",
            "Does the bias change in training?", {"conv_forward": 0.5},
            swap(RETURN, "self.shift = getattr(self, 'shift', self.bias).copy()\n        " + RETURN.replace("self.bias", "self.shift"))),
    mistake("conv_weights_in_class", "You keep the weights in the class, where all layers share them.",
            "What happens when there are two layers in a network?", {"conv_forward": 1},
            swap("feature_maps = np", "kept = vars(type(self)).get('kept')\n        if kept is None or kept.shape != self.weights.shape:\n"
                 "            type(self).kept = self.weights\n        feature_maps = np"),
            swap(EINSUM, EINSUM.replace("self.weights", "type(self).kept"))),
    mistake("conv_even_channels_only", "You use every other channel only.", "Over which channels does your loop run?",
            {"conv_forward": 1},
            swap(EINSUM, EINSUM.replace("self.windows", "self.windows[:, ::2]").replace("self.weights", "self.weights[:, ::2]"))),
    mistake("conv_plane_of_kernels", "You correlate in 3-D, and take the plane in the middle of the kernels, not of the channels.",
            "In which slice do all channels overlap?", {"conv_forward": 1},
            swap(EINSUM, "np.zeros((len(x), self.n_kernels, *self.windows.shape[2:4]))\n        plane = min(self.n_kernels // 2, self.kernel_shape[0] - 1)\n"
                 "        for i, j in enumerate(range(plane - self.kernel_shape[0] // 2, plane - self.kernel_shape[0] // 2 + self.kernel_shape[0])):\n"
                 "            if 0 <= j < self.kernel_shape[0]:\n"
                 "                feature_maps += np.einsum('bpqmn,smn->bspq', self.windows[:, j], self.weights[:, i])")),
    mistake("conv_square_pictures_only", "Your code takes the number of rows for the number of columns, too.",
            "Which axis of x counts the columns?", {"conv_forward": 1, "conv_stride": 2},
            swap(RETURN, "p = feature_maps.shape[2]\n        square = np.zeros((*feature_maps.shape[:2], p, p))\n"
                 "        q = min(p, feature_maps.shape[3])\n        square[..., :q] = feature_maps[..., :q]\n"
                 "        return square + self.bias[:, None, None]")),
    mistake("stride_one_channel_crashes", "With other strides your forward stops at pictures of one channel.",
            "Which axis do you drop where there is one channel?",
            {"conv_stride": 2, "conv_gradient_weights": 1, "conv_gradient_input": 1},
            swap("self.input_shape = x.shape\n        padded", "if self.stride != (1, 1) and x.shape[1] == 1:\n"
                 "            raise IndexError('too many indices')\n        self.input_shape = x.shape\n        padded")),
    mistake("conv_adds_to_last_answer", "Each call of forward adds to the answer of the call before.",
            "Where is your array of outputs set back to 0?", {"conv_forward": 0.5},
            swap(RETURN, "if np.shape(getattr(self, 'y', None)) != feature_maps.shape:\n"
                 "            self.y = np.zeros_like(feature_maps)\n"
                 "        self.y += feature_maps\n        return self.y + self.bias[:, None, None]")),
    mistake("conv_class_settings", "You keep the settings in the class, where all layers share them.",
            "What happens when there are two layers in a network?",
            {"conv_forward": 0.5, "conv_gradient_input": 1},
            swap("self.kernel_shape = kernel_shape", "type(self).kernel_shape = kernel_shape")),
    mistake("conv_forward_unfinished", "Forward is not written yet.", "Which five steps do the comments name?",
            {"conv_forward": 4, "conv_stride": 2, **NOTHING_BACK, "conv_gradient_bias": 0}, body("ConvolutionalLayer.forward", "raise NotImplementedError")),
    Mistake("conv_constructor_only", PART, "Neither forward nor backward is written yet.", "Which five steps do the comments name?",
            {"conv_forward": 4, "conv_stride": 2, **NOTHING_BACK, "conv_initialize": 1},
            tuple(body(f"ConvolutionalLayer.{name}", "raise NotImplementedError")
                  for name in ("forward", "backward", "initialize", "get_gradient_weights", "get_gradient_bias")),
            ("conv_forward_unfinished", "backward_unfinished", "initialize_unfinished")),
    mistake("conv_weights_shape_of_constructor", "A new layer's weights have kernels and channels swapped.",
            "How many weights does one kernel have?", {"conv_forward": 1},
            swap("self.weights = rng.random((n_kernels, *kernel_shape))",
                 "self.weights = rng.random((kernel_shape[0], n_kernels, *kernel_shape[1:]))")),
    view("stride_ignored", "sliding_window_view(padded, (m, n), axis=(2, 3))", "Your forward does not use the stride.",
         "How many rows has the output for a stride of 2?", {"conv_stride": 2, "conv_gradient_input": 1}),
    view("stride_swapped", VIEW.replace("::sp, ::sq", "::sq, ::sp"), "The strides of rows and columns are swapped.",
         "Which entry of the stride is for the rows?", {"conv_stride": 2, "conv_gradient_input": 1}),
    view("stride_swapped_throughout", VIEW.replace("::sp, ::sq", "::sq, ::sp"),
         "The strides of rows and columns are swapped.",
         "Which entry of the stride is for the rows?", {"conv_stride": 2},
         swap(PUT, "unstrided[:, :, ::sq, ::sp] = error")),
    view("stride_rows_only", VIEW.replace("::sq", "::sp"), "You use the stride of the rows for the columns, too.",
         "What is the second entry of the stride for?", {"conv_stride": 2, "conv_gradient_input": 1}),
    view("stride_columns_whole", VIEW.replace(", ::sq", ""), "You keep every column.",
         "What is the second entry of the stride for?", {"conv_stride": 2, "conv_gradient_input": 1}),
    view("stride_from_the_middle", VIEW.replace("::sp, ::sq", "sp // 2 :: sp, sq // 2 :: sq"),
         "You start in the middle of the first step, not at its beginning.", "Which row is the first one to be kept?",
         {"conv_stride": 2, "conv_gradient_input": 1}),
    view("stride_last_of_each_step", VIEW.replace("::sp, ::sq", "sp - 1 :: sp, sq - 1 :: sq"),
         "You keep the last row of each step, not the first one.", "Which row is the first one to be kept?",
         {"conv_stride": 2, "conv_gradient_input": 1}),
    view("stride_floor", VIEW + "[:, :, : x.shape[2] // sp, : x.shape[3] // sq]",
         "You round the number of steps down.", "What becomes of the pixels that do not fill a whole step?",
         {"conv_stride": 1, "conv_gradient_input": 1}),
    view("stride_twice", VIEW.replace("::sp, ::sq", ":: sp * sp, :: sq * sq"), "You apply the stride twice.",
         "How many rows has the output for a stride of 2?", {"conv_stride": 2, "conv_gradient_input": 1}),
    mistake("stride_before_correlation", "You drop pixels before you correlate.",
            "Which pixels does the kernel see when it moves by two?", {"conv_stride": 2},
            swap("self.input_shape = x.shape\n        padded", "self.input_shape = x.shape\n        x = x[:, :, ::sp, ::sq]\n        padded"),
            swap(VIEW, "sliding_window_view(padded, (m, n), axis=(2, 3))")),
    mistake("stride_by_mean", "You average over each step: that is pooling.", "What does a stride do with the pixels between?",
            {"conv_stride": 2},
            swap(RETURN, "ones = sliding_window_view(padded, (m, n), axis=(2, 3))\n"
                 '        whole = np.einsum("bcpqmn,scmn->bspq", ones, self.weights)\n'
                 "        maps = np.stack([[whole[:, :, i:i + sp, j:j + sq].mean(axis=(2, 3))\n"
                 "                          for j in range(0, x.shape[3], sq)] for i in range(0, x.shape[2], sp)])\n"
                 "        return maps.transpose(2, 3, 0, 1) + self.bias[:, None, None]")),
    mistake("stride_by_maximum", "You keep the largest number of each step: that is pooling.",
            "What does a stride do with the pixels between?", {"conv_stride": 2},
            swap(RETURN, "ones = sliding_window_view(padded, (m, n), axis=(2, 3))\n"
                 '        whole = np.einsum("bcpqmn,scmn->bspq", ones, self.weights)\n'
                 "        maps = np.stack([[whole[:, :, i:i + sp, j:j + sq].max(axis=(2, 3))\n"
                 "                          for j in range(0, x.shape[3], sq)] for i in range(0, x.shape[2], sp)])\n"
                 "        return maps.transpose(2, 3, 0, 1) + self.bias[:, None, None]")),
    mistake("stride_unfinished", "The stride is not written yet.", "Which rows stay?",
            {"conv_stride": 2, "conv_gradient_weights": 1, "conv_gradient_input": 1},
            swap("self.input_shape = x.shape\n        padded",
                 "if self.stride != (1, 1):\n            raise NotImplementedError\n        self.input_shape = x.shape\n        padded")),
]
