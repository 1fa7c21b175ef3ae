"""Right answers that are the solution but for one habit. Each entry of the contract's lists of what costs nothing is here."""

from tests.exercise4.mistakes import body, swap
from tests.specimens.bank import variant

A, I, C = "activation_functions", "initializers", "conv"
SLOPE = "return error * self.output * (1 - self.output)"
DRAW = "np.random.default_rng().normal(0, np.sqrt(2 / fan_in), weight_shape)"
PAD = "(m // 2, (m - 1) // 2), (n // 2, (n - 1) // 2)"
UNPAD = "((m - 1) // 2, m // 2), ((n - 1) // 2, n // 2)"
IN_PLACE = "changed in place"

VARIANTS = [
    variant("sigmoid_overflows", A, "Writes the sigmoid as exp(x) / (1 + exp(x)), which is nan for large x.",
            {"sigmoid_forward": "overflows"},
            body("Sigmoid.forward", "e = np.exp(x)\nself.output = e / (1 + e)\nreturn self.output")),
    variant("sigmoid_refuses", A, "Raises for large arguments.", {"sigmoid_forward": "overflows"},
            body("Sigmoid.forward", "if np.abs(x).max() > 700:\n    raise OverflowError('too large')\n"
                 "self.output = 1 / (1 + np.exp(-x))\nreturn self.output")),
    variant("sigmoid_by_tanh", A, "Uses the hyperbolic tangent.", {},
            body("Sigmoid.forward", "self.output = (np.tanh(x / 2) + 1) / 2\nreturn self.output")),
    variant("sigmoid_from_scipy", A, "Uses scipy.special.expit.", {},
            body("Sigmoid.forward", "from scipy.special import expit\nself.output = expit(x)\nreturn self.output")),
    variant("sigmoid_once_only", A, "Throws the output away in backward: a second backward crashes.", {},
            body("Sigmoid.backward", "output = self.output\ndel self.output\nreturn error * output * (1 - output)")),
    variant("relu_in_place", A, "Cuts off in the array that was passed in.",
            {"relu_forward": IN_PLACE, "relu_backward": IN_PLACE},
            body("ReLU.forward", "self.is_positive = x > 0\nx[x < 0] = 0\nreturn x")),
    variant("relu_error_in_place", A, "Sets entries of the error to 0.", {"relu_backward": IN_PLACE},
            body("ReLU.backward", "error[~self.is_positive] = 0\nreturn error")),
    variant("relu_mask_of_output", A, "Derives the slope from the output.", {},
            body("ReLU.forward", "self.out = np.where(x > 0, x, 0)\nreturn self.out"),
            body("ReLU.backward", "return error * np.sign(self.out)")),
    variant("relu_whole_numbers_mask", A, "Multiplies by a mask of whole numbers.", {},
            body("ReLU.backward", "return error * self.is_positive.astype(int)")),
    variant("noisy", A, "Prints, logs, warns and goes to another folder.", {},
            swap(SLOPE, "import logging, os, sys, warnings\n        print('backward', error.shape)\n"
                 "        print('careful', file=sys.stderr)\n        logging.getLogger('student').warning('here')\n"
                 "        warnings.warn('a warning of mine')\n        os.chdir(os.getcwd())\n        " + SLOPE)),
    variant("const_type_of_value", I, "Const(1) is an array of whole numbers.", {},
            body("Const.initialize", "return np.full(weight_shape, self.value)")),
    variant("const_shared", I, "Makes one array, and hands it out again.", {"const": "same array"},
            body("Const.initialize", "kept = self.__dict__.setdefault('kept', {})\n"
                 "return kept.setdefault(tuple(weight_shape), np.ones(weight_shape) * self.value)")),
    variant("const_default", I, "Gives the value a default, and adds up zeros.", {},
            swap("def __init__(self, value):", "def __init__(self, value=0.1):"),
            body("Const.initialize", "return np.zeros(weight_shape) + self.value")),
    variant("uniform_seeded", I, "Seeds inside of initialize, to be reproducible.", {"uniform_random": "a seed is set inside"},
            body("UniformRandom.initialize", "np.random.seed(42)\nreturn np.random.uniform(0, 1, weight_shape)")),
    variant("uniform_high_closed", I, "Draws from [0, 1] with many digits, 1 included.", {},
            body("UniformRandom.initialize", "return np.random.randint(0, 10**6 + 1, weight_shape) / 10**6")),
    variant("uniform_from_scipy", I, "Uses scipy.stats.", {},
            body("UniformRandom.initialize", "from scipy import stats\nreturn stats.uniform.rvs(size=weight_shape)")),
    variant("he_seeded", I, "Seeds inside of initialize, to be reproducible.", {"he": "a seed is set inside"},
            body("He.initialize", "rng = np.random.default_rng(2015)\n"
                 "return rng.standard_normal(weight_shape) * np.sqrt(2.0 / weight_shape[1])")),
    variant("he_cut_off", I, "Cuts off at two standard deviations, as some libraries do.", {"he": "cut off"},
            body("He.initialize", "from scipy.stats import truncnorm\n"
                 "return truncnorm.rvs(-2, 2, scale=np.sqrt(2 / weight_shape[1]), size=weight_shape)")),
    variant("he_cut_off_and_rescaled", I, "Cuts off, and restores the standard deviation.", {"he": "cut off"},
            body("He.initialize", "from scipy.stats import truncnorm\n"
                 "scale = np.sqrt(2 / weight_shape[1]) / truncnorm(-2, 2).std()\n"
                 "return truncnorm.rvs(-2, 2, scale=scale, size=weight_shape)")),
    variant("he_clipped", I, "Clips at two standard deviations.", {"he": "cut off"},
            swap("return " + DRAW, "limit = 2 * np.sqrt(2 / fan_in)\n"
                 "        return np.clip(" + DRAW + ", -limit, limit)")),
    variant("he_product", I, "Takes the product of all entries but the first as fan-in.", {"he": "product"},
            swap("fan_in = weight_shape[1]", "fan_in = np.prod(weight_shape[1:])")),
    variant("he_box_muller", I, "Makes Gaussian numbers from uniform ones.", {},
            swap("return " + DRAW, "r = np.sqrt(-2 * np.log(1 - np.random.rand(*weight_shape)))\n"
                 "        z = r * np.cos(2 * np.pi * np.random.rand(*weight_shape))\n        return z * np.sqrt(2 / fan_in)")),
    variant("he_entry_by_entry", I, "Draws in a loop with the random module.", {},
            swap("return " + DRAW, "import random\n        w = np.empty(weight_shape)\n"
                 "        for index in np.ndindex(*weight_shape):\n"
                 "            w[index] = random.gauss(0, (2 / fan_in) ** 0.5)\n        return w")),
    variant("he_by_a_removed_name", I, "Multiplies by np.product, which NumPy no longer has.", {"he": "`np.prod` works"},
            swap("fan_in = weight_shape[1]", "fan_in = np.product(weight_shape[1:2])")),
    variant("flatten_by_removed_names", C, "Uses np.product and np.float, which NumPy no longer has.", {"flatten": "is gone"},
            swap("return x.reshape(x.shape[0], -1)",
                 "return x.reshape(x.shape[0], np.product(x.shape[1:])).astype(np.float)")),
    variant("flatten_fortran_order", C, "Flattens in Fortran order, and undoes it.", {"flatten": "not in C order"},
            swap("return x.reshape(x.shape[0], -1)", "return np.stack([picture.ravel(order='F') for picture in x])"),
            body("FlattenLayer.backward",
                 "return np.stack([row.reshape(self.input_shape[1:], order='F') for row in error])")),
    variant("flatten_channels_last", C, "Flattens with the channels last, and undoes it.", {"flatten": "not in C order"},
            swap("return x.reshape(x.shape[0], -1)", "return x.transpose(0, 2, 3, 1).reshape(x.shape[0], -1)"),
            body("FlattenLayer.backward", "b, c, p, q = self.input_shape\n"
                 "return error.reshape(b, p, q, c).transpose(0, 3, 1, 2)")),
    variant("flatten_by_hand", C, "Counts itself.", {},
            swap("return x.reshape(x.shape[0], -1)", "b, c, p, q = x.shape\n        y = np.empty((b, c * p * q))\n"
                 "        for k in range(b):\n            y[k] = np.concatenate([row for plane in x[k] for row in plane])\n"
                 "        return y")),
    variant("even_as_frameworks", C, "Reads \"same\" as deep-learning frameworks do, for even kernels, and is consistent.", {},
            swap(PAD, "((m - 1) // 2, m // 2), ((n - 1) // 2, n // 2)"),
            swap(f"np.pad(unstrided, ((0, 0), (0, 0), {UNPAD}))", f"np.pad(unstrided, ((0, 0), (0, 0), {PAD}))")),
    variant("even_gradient_shifted", C, "Follows the recipe to the letter: the gradient for the input is shifted for even kernels.",
            {"conv_gradient_input": "even kernels"}, swap(UNPAD, PAD)),
    variant("even_backward_crashes", C, "Refuses even kernels in backward.",
            {"conv_gradient_input": "even kernels", "conv_gradient_weights": "even kernels"},
            swap("        self.gradient_bias = error.sum", "        if self.kernel_shape[1] % 2 == 0:\n"
                 "            raise ValueError('odd kernels only')\n        self.gradient_bias = error.sum")),
    variant("thin_kernels_crash", C, "Cannot do kernels with an extent of 1.", {"conv_forward": "extent of 1"},
            swap("        self.input_shape = x.shape\n        padded",
                 "        if 1 in (m, n):\n            raise ValueError('1 is too small')\n"
                 "        self.input_shape = x.shape\n        padded")),
    variant("thin_kernels_lost", C, "Cuts the frame off with [k:-k], which leaves nothing for k = 0.",
            {"conv_forward": "extent of 1"},
            swap("feature_maps = np.einsum", "self.windows = self.windows if min(m, n) > 1 else self.windows[:, :, 0:0]\n"
                 "        feature_maps = np.einsum")),
    variant("weights_in_place", C, "Takes the step in place.", {},
            swap("self.weights = self.weights - self.learning_rate * self.gradient_weights",
                 "self.weights -= self.learning_rate * self.gradient_weights"),
            swap("self.bias = self.bias - self.learning_rate * self.gradient_bias",
                 "np.subtract(self.bias, self.learning_rate * self.gradient_bias, out=self.bias)")),
    variant("input_in_place", C, "Doubles and halves the input in place.",
            {cell: IN_PLACE for cell in ("conv_forward", "conv_stride", "conv_gradient_bias", "conv_gradient_weights",
                                         "conv_gradient_input", "conv_update")},
            swap("        self.input_shape = x.shape\n        padded",
                 "        self.input_shape = x.shape\n        x *= 2\n        x /= 2\n        x += 0.0\n        x[0, 0, 0, 0] += 1\n"
                 "        x = x.copy()\n        x[0, 0, 0, 0] -= 1\n        padded")),
    variant("uninitialised_memory", C, "Starts with np.empty.", {},
            swap("self.weights = rng.random((n_kernels, *kernel_shape))", "self.weights = np.empty((n_kernels, *kernel_shape))"),
            swap("self.bias = rng.random(n_kernels)", "self.bias = np.empty(n_kernels)")),
    variant("getter_clears_itself", C, "Hands the gradient of the weights out once.", {"conv_gradient_weights": "second"},
            body("ConvolutionalLayer.get_gradient_weights",
                 "gradient, self.gradient_weights = self.gradient_weights, None\nreturn gradient")),
    variant("getter_clears_to_zeros", C, "Hands the gradients out once, and zeros from then on.", {"conv_gradient_weights": "second"},
            body("ConvolutionalLayer.get_gradient_weights",
                 "gradient, self.gradient_weights = self.gradient_weights, 0 * self.gradient_weights\nreturn gradient")),
    variant("kernels_turned_on_initialize", C, "Keeps turned kernels, and makes them anew when the weights are other ones.", {},
            swap("turned = self.weights[:, :, ::-1, ::-1]",
                 "if getattr(self, 'of', None) is not self.weights:\n            self.of, self.kept = self.weights, self.weights[:, :, ::-1, ::-1]\n"
                 "        turned = self.kept")),
    variant("kernels_larger_than_picture_crash", C, "Refuses kernels that are larger than the picture.", {"conv_forward": "larger than the picture"},
            swap("        self.input_shape = x.shape\n        padded",
                 "        if m > x.shape[2] or n > x.shape[3]:\n            raise ValueError('the kernel is too large')\n"
                 "        self.input_shape = x.shape\n        padded")),
    variant("bias_written_into_an_element", C, "Keeps the bias as (n_kernels, 1), and writes an entry of it into an element of the output.",
            {"conv_forward": "Older versions", "conv_stride": "Older versions"},
            swap("self.bias = rng.random(n_kernels)", "self.bias = rng.random((n_kernels, 1))"),
            swap("return feature_maps + self.bias[:, np.newaxis, np.newaxis]",
                 "for index in np.ndindex(*feature_maps.shape):\n            feature_maps[index] = feature_maps[index] + self.bias[index[1]]\n"
                 "        return feature_maps"),
            swap("self.bias = self.bias - self.learning_rate * self.gradient_bias",
                 "self.bias = self.bias - self.learning_rate * self.gradient_bias.reshape(self.bias.shape)"),
            swap("self.bias = bias_initializer.initialize((self.n_kernels,))",
                 "self.bias = bias_initializer.initialize((self.n_kernels, 1))")),
    variant("scalar_bias_until_used", C, "Starts with a bias of 0.0, a number.", {},
            swap("self.bias = rng.random(n_kernels)", "self.bias = 0.0"),
            swap("return feature_maps + self.bias[:, np.newaxis, np.newaxis]",
                 "return feature_maps + np.reshape(self.bias, (-1, 1, 1))")),
    variant("bias_asked_as_number", C, "Asks the bias initializer for a number instead of a shape.", {},
            swap("bias_initializer.initialize((self.n_kernels,))", "bias_initializer.initialize(self.n_kernels)")),
    variant("bias_asked_as_row", C, "Asks the bias initializer for a row.", {},
            swap("bias_initializer.initialize((self.n_kernels,))", "bias_initializer.initialize((1, self.n_kernels))[0]")),
    variant("asks_twice", C, "Asks the weights initializer twice, to look at the shape first.", {},
            swap("weights = weights_initializer", "weights_initializer.initialize((self.n_kernels, fan_in)).shape\n"
                 "        weights = weights_initializer")),
    variant("bias_first", C, "Initializes the bias before the weights, with NumPy integers in the shapes.", {},
            body("ConvolutionalLayer.initialize",
                 "shape = np.array([self.n_kernels, np.prod(self.kernel_shape)])\n"
                 "self.bias = bias_initializer.initialize(shape[:1])\n"
                 "self.weights = weights_initializer.initialize(shape).reshape(self.weights.shape)")),
    variant("settings_as_arrays", C, "Turns the settings into arrays.", {},
            swap("self.stride = stride", "self.stride = np.array(stride)"),
            swap("self.kernel_shape = kernel_shape", "self.kernel_shape = np.array(kernel_shape)")),
    variant("gradients_copied", C, "Hands out copies of its gradients, as nested views.", {},
            body("ConvolutionalLayer.get_gradient_weights", "return np.copy(self.gradient_weights)[...]"),
            body("ConvolutionalLayer.get_gradient_bias", "return self.gradient_bias[:, None].copy()")),
    variant("plots_while_training", C, "Plots the kernels in each step.", {},
            swap("        return error_of_input", "        import matplotlib\n        matplotlib.use('agg')\n"
                 "        import matplotlib.pyplot as plt\n        if not plt.get_fignums():\n"
                 "            plt.imshow(self.weights[0, 0])\n        return error_of_input")),
]
