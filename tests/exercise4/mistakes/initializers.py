"""Mistakes with the initializers."""

from .changes import body
from .mistake import Mistake

PART = "initializers"


def const(name, code, says, question):
    return Mistake(name, PART, says, question, {"const": 1}, (body("Const.initialize", code),))


def uniform(name, code, says, question):
    return Mistake(name, PART, says, question, {"uniform_random": 1}, (body("UniformRandom.initialize", code),))


def he(name, code, says, question, lost=0.75):
    return Mistake(name, PART, says, question, {"he": lost}, (body("He.initialize", code),))


DRAW = "np.random.default_rng().normal(0, {}, weight_shape)"

MISTAKES = [
    const("const_whole_numbers", "return np.full(weight_shape, self.value, dtype=int)",
          "The array holds whole numbers: the decimals of the value are lost.", "Which dtype can hold 0.1?"),
    const("const_zeros", "return np.zeros(weight_shape)", "You return zeros, whatever the value.",
          "Where does the value come in?"),
    const("const_ones", "return np.ones(weight_shape)", "You return ones, whatever the value.",
          "Where does the value come in?"),
    const("const_number", "return self.value", "You return the number itself.", "What is weight_shape for?"),
    const("const_turned", "return np.full(weight_shape[::-1], self.value)", "The shape is turned around.",
          "Which entry of the shape comes first?"),
    const("const_two_axes", "return np.full(weight_shape[:2], self.value)", "You use the first two entries of the shape only.",
          "Which shape do the kernels of a convolution have?"),
    const("const_flat", "return np.full(np.prod(weight_shape), self.value)", "The array is flat.",
          "What should its shape be?"),
    Mistake("const_class_state", PART, "You keep the value in the class, where all constants share it.",
            "What happens when weights and bias get different constants?", {"const": 1},
            (body("Const.__init__", "Const.value = value"),)),
    const("const_identity", "return np.eye(*weight_shape[:2]) * self.value", "Only the diagonal has the value.",
          "Which entries should be constant?"),
    const("const_unfinished", "raise NotImplementedError", "Initialize is not written yet.",
          "Which NumPy function fills an array?"),
    uniform("uniform_both_signs", "return np.random.uniform(-1, 1, weight_shape)", "You draw from [-1, 1].",
            "From which interval should the numbers come?"),
    uniform("uniform_centred", "return np.random.uniform(-0.5, 0.5, weight_shape)", "You draw from [-0.5, 0.5].",
            "From which interval should the numbers come?"),
    uniform("uniform_gaussian", "return np.random.randn(*weight_shape)", "You draw from a Gaussian distribution.",
            "What does the n in randn stand for?"),
    uniform("uniform_absolute_gaussian", "return np.clip(np.abs(np.random.normal(0, 0.5, weight_shape)), 0, 1)",
            "You draw from half a bell curve.", "Are small and large numbers equally likely?"),
    uniform("uniform_one_number", "return np.full(weight_shape, np.random.rand())", "You draw one number and repeat it.",
            "How many numbers should be drawn?"),
    uniform("uniform_one_row", "return np.broadcast_to(np.random.rand(weight_shape[-1]), weight_shape).copy()",
            "You draw one row and repeat it.", "How many numbers should be drawn?"),
    uniform("uniform_linspace", "return np.linspace(0, 1, int(np.prod(weight_shape))).reshape(weight_shape)",
            "The numbers are evenly spaced, not drawn.", "What is random about them?"),
    uniform("uniform_coins", "return np.random.randint(0, 2, weight_shape)", "You draw 0 or 1.",
            "Which numbers lie between 0 and 1?"),
    uniform("uniform_percent", "return np.random.randint(0, 11, weight_shape) / 10", "You draw tenths only.",
            "Which numbers lie between 0.1 and 0.2?"),
    uniform("uniform_scaled", "return np.random.rand(*weight_shape) / np.sqrt(weight_shape[-1])",
            "You divide by the root of the fan-in.", "Is a scale asked for here?"),
    uniform("uniform_two_axes", "return np.random.rand(weight_shape[0], weight_shape[1])",
            "You use the first two entries of the shape only.", "Which shape do the kernels of a convolution have?"),
    uniform("uniform_flat", "return np.random.rand(int(np.prod(weight_shape)))", "The array is flat.",
            "What should its shape be?"),
    uniform("uniform_squared", "return np.random.rand(*weight_shape) * np.random.rand(*weight_shape)",
            "You multiply two draws: small numbers are more likely then.", "How likely is a number above 0.5?"),
    uniform("uniform_list", "return [np.random.rand() for _ in range(weight_shape[0])]",
            "You draw as many numbers as the first axis is long.", "What about the other axes?"),
    he("he_fan_out", f"return {DRAW.format('np.sqrt(2 / weight_shape[0])')}", "You take the first entry of the shape for n_in.",
       "Which entry counts the inputs?"),
    he("he_no_root", f"return {DRAW.format('2 / weight_shape[1]')}", "Your standard deviation is 2 / n_in.",
       "Is that the variance, or the standard deviation?"),
    he("he_one", f"return {DRAW.format('np.sqrt(1 / weight_shape[1])')}", "You use 1 / n_in instead of 2 / n_in.",
       "What does a ReLU do to half of its inputs?"),
    he("he_half", f"return {DRAW.format('np.sqrt(0.5 / weight_shape[1])')}", "You use 1 / (2 n_in) instead of 2 / n_in.",
       "On which side of the fraction is the 2?"),
    he("he_glorot", f"return {DRAW.format('np.sqrt(2 / (weight_shape[0] + weight_shape[1]))')}",
       "You use inputs and outputs together: that is Glorot's formula.", "Which of the two does He count?"),
    he("he_root_of_n", f"return {DRAW.format('2 / np.sqrt(weight_shape[1])')}", "The 2 stands outside of the root.",
       "What is the variance then?"),
    he("he_multiplied", f"return {DRAW.format('np.sqrt(2 * weight_shape[1])')}", "You multiply by n_in instead of dividing.",
       "Should more inputs make the weights larger or smaller?"),
    he("he_standard_normal", f"return {DRAW.format('1')}", "Your standard deviation is 1, however large the matrix is.",
       "Where does n_in come in?"),
    he("he_all_entries", f"return {DRAW.format('np.sqrt(2 / np.prod(weight_shape))')}",
       "You take the number of all weights for n_in.", "How many numbers does one output see?"),
    he("he_uniform", "limit = np.sqrt(6 / weight_shape[1])\nreturn np.random.uniform(-limit, limit, weight_shape)",
       "You draw from a uniform distribution.", "What is the shape of a Gaussian distribution?"),
    he("he_absolute", f"return np.abs({DRAW.format('np.sqrt(2 / weight_shape[1])')})", "All your weights are positive.",
       "What is the mean of the Gaussian in the text?"),
    he("he_mean_one", "return np.random.normal(1, np.sqrt(2 / weight_shape[1]), weight_shape)", "The mean is 1.",
       "What is the mean of the Gaussian in the text?"),
    he("he_scale_as_mean", "return np.random.normal(np.sqrt(2 / weight_shape[1]), size=weight_shape)",
       "The first argument of normal is the mean: you gave it the standard deviation.",
       "What does the signature of normal say?", 1.5),
    he("he_uniform_times_scale", "return np.random.rand(*weight_shape) * np.sqrt(2 / weight_shape[1])",
       "You scale uniform numbers from [0, 1].", "What does the n in randn stand for?", 1.5),
    he("he_last_entry", f"return {DRAW.format('np.sqrt(2 / weight_shape[-1])')}",
       "You take the last entry of the shape for n_in.", "Which entry is it, where there are four?", 0.5),
    he("he_two_axes", "n_out, n_in = weight_shape\nreturn np.random.normal(0, np.sqrt(2 / n_in), (n_out, n_in))",
       "Your code expects a shape with two entries.", "Which shape do the kernels of a convolution have?", 0.5),
    he("he_two_axes_used", "return np.random.randn(weight_shape[0], weight_shape[1]) * np.sqrt(2 / weight_shape[1])",
       "You use the first two entries of the shape only.", "Which shape do the kernels of a convolution have?", 0.5),
    he("he_one_row", "row = np.random.normal(0, np.sqrt(2 / weight_shape[1]), weight_shape[1:])\n"
       "return np.broadcast_to(row, weight_shape).copy()", "You draw one row and repeat it.",
       "How many numbers should be drawn?", 2),
    he("he_one_number", "return np.full(weight_shape, np.random.normal(0, np.sqrt(2 / weight_shape[1])))",
       "You draw one number and repeat it.", "How many numbers should be drawn?", 2),
    he("he_constant", "return np.full(weight_shape, np.sqrt(2 / weight_shape[1]))",
       "You return the standard deviation itself.", "What is drawn with that standard deviation?", 2),
    he("he_transposed", f"return {DRAW.format('np.sqrt(2 / weight_shape[1])')}.T", "The shape is turned around.",
       "Which shape was asked for?", 2),
    he("he_unfinished", "raise NotImplementedError", "Initialize is not written yet.", "What is n_in?", 2),
]
