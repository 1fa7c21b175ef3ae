"""Mistakes with the step of gradient descent and with initialize."""

from .changes import body, swap
from .mistake import Mistake

PART = "conv"
STEP = "self.weights = self.weights - self.learning_rate * self.gradient_weights"
STEP_OF_BIAS = "self.bias = self.bias - self.learning_rate * self.gradient_bias"
ASK = "weights = weights_initializer.initialize((self.n_kernels, fan_in))"
RESHAPE = "self.weights = weights.reshape(self.n_kernels, *self.kernel_shape)"
ASK_BIAS = "self.bias = bias_initializer.initialize((self.n_kernels,))"


def update(name, says, question, lost, *changes):
    return Mistake(name, PART, says, question, {"conv_update": lost}, changes)


def initialize(name, says, question, lost, *changes):
    return Mistake(name, PART, says, question, {"conv_initialize": lost}, changes)


def both(old, new):
    return swap(STEP, STEP.replace(old, new)), swap(STEP_OF_BIAS, STEP_OF_BIAS.replace(old, new))


MISTAKES = [
    update("update_uphill", "You add the step: that is uphill.", "Which sign leads down?", 1, *both(" - ", " + ")),
    update("update_without_rate", "You move by the gradient itself.", "Where does the learning rate come in?", 1,
           *both("self.learning_rate * ", "")),
    update("update_weights_only", "The bias does not move.", "Is the bias learnt, too?", 0.5, swap(STEP_OF_BIAS, "pass")),
    update("update_bias_only", "The weights do not move.", "What happens after the gradients are known?", 0.5, swap(STEP, "pass")),
    update("update_nothing", "Neither weights nor bias move.",
           "What happens after the gradients are known, and where are the new values kept?", 1,
           swap(STEP, "pass"), swap(STEP_OF_BIAS, "pass")),
    update("update_lost", "Neither weights nor bias move.",
           "What happens after the gradients are known, and where are the new values kept?", 1,
           swap(STEP, STEP.replace("self.weights =", "weights =")),
           swap(STEP_OF_BIAS, STEP_OF_BIAS.replace("self.bias =", "bias ="))),
    update("update_weights_uphill", "The weights move uphill.", "Which sign leads down?", 0.5,
           swap(STEP, STEP.replace(" - ", " + "))),
    update("update_weights_without_rate", "The weights move by their gradient itself.",
           "Where does the learning rate come in?", 0.5, swap(STEP, STEP.replace("self.learning_rate * ", ""))),
    update("update_bias_uphill", "The bias moves uphill.", "Which sign leads down?", 0.5,
           swap(STEP_OF_BIAS, STEP_OF_BIAS.replace(" - ", " + "))),
    update("update_bias_without_rate", "The bias moves by its gradient itself.", "Where does the learning rate come in?", 0.5,
           swap(STEP_OF_BIAS, STEP_OF_BIAS.replace("self.learning_rate * ", ""))),
    update("update_rate_squared", "You multiply by the learning rate twice.", "How often does it occur in the formula?", 1,
           *both("self.learning_rate", "self.learning_rate**2")),
    update("update_divided_by_batch", "You divide the step by the size of the batch, not the gradient.",
           "Is the loss summed or averaged over the batch?", 1, *both("self.learning_rate", "self.learning_rate / len(error)")),
    update("update_halved", "You take half of the step.", "By what does the text multiply the gradient?", 1,
           *both("self.learning_rate", "0.5 * self.learning_rate")),
    update("update_twice", "You take each step twice.", "Where else do the weights move?", 1,
           *both("self.learning_rate", "2 * self.learning_rate")),
    update("update_with_falling_rate", "The learning rate falls from step to step.",
           "Which steps does plain gradient descent remember?", 1,
           swap(STEP_OF_BIAS, STEP_OF_BIAS + "\n        self.learning_rate *= 0.9")),
    update("update_in_getters", "Weights and bias move when their getters are called.", "Which method takes the step?", 1,
           swap(f"        {STEP}\n        {STEP_OF_BIAS}\n", ""),
           swap("        return self.gradient_weights\n", f"        {STEP}\n        return self.gradient_weights\n"),
           swap("        return self.gradient_bias", f"        {STEP_OF_BIAS}\n        return self.gradient_bias")),
    update("update_replaces", "The step replaces the weights.", "From where does the step start?", 1,
           swap(STEP, "self.weights = -self.learning_rate * self.gradient_weights"),
           swap(STEP_OF_BIAS, "self.bias = -self.learning_rate * self.gradient_bias")),
    update("update_only_signs", "You use the sign of the gradient only.", "How far is a step where it is steep?", 1,
           swap(STEP, STEP.replace("self.gradient_weights", "np.sign(self.gradient_weights)")),
           swap(STEP_OF_BIAS, STEP_OF_BIAS.replace("self.gradient_bias", "np.sign(self.gradient_bias)"))),
    update("update_with_momentum", "You add a part of the step before: that is momentum.",
           "Which steps does plain gradient descent remember?", 1,
           swap(STEP, "self.speed = 0.9 * getattr(self, 'speed', 0) - self.learning_rate * self.gradient_weights\n"
                "        self.weights = self.weights + self.speed"),
           swap(STEP_OF_BIAS, "self.drift = 0.9 * getattr(self, 'drift', 0) - self.learning_rate * self.gradient_bias\n"
                "        self.bias = self.bias + self.drift")),
    update("update_with_velocity", "You average the gradients of several steps: that is momentum.",
           "Which steps does plain gradient descent remember?", 1,
           swap(STEP, "self.speed = 0.9 * getattr(self, 'speed', 0) + 0.1 * self.gradient_weights\n"
                "        self.weights = self.weights - self.learning_rate * self.speed"),
           swap(STEP_OF_BIAS, "self.drift = 0.9 * getattr(self, 'drift', 0) + 0.1 * self.gradient_bias\n"
                "        self.bias = self.bias - self.learning_rate * self.drift")),
    update("update_with_l2", "You shrink the weights with each step: that is weight decay.",
           "Is there such a term in plain gradient descent?", 0.5,
           swap(STEP, STEP + " - self.learning_rate * 0.02 * self.weights")),
    update("update_hard_coded", "Your step has a learning rate of its own, 0.01.", "What is self.learning_rate for?", 1,
           *both("self.learning_rate", "0.01")),
    update("update_hard_coded_in_constructor", "Your step has a learning rate of its own, 0.25.",
           "What is self.learning_rate for?", 1, *both("self.learning_rate", "0.25")),
    update("update_before_gradients", "You take the step with the gradients of the backward before.",
           "Which comes first, the gradients or the step?", 1,
           *both("self.gradient_", "old_"),
           swap("self.gradient_bias = error.sum", "old_weights = 0 if self.gradient_weights is None else self.gradient_weights\n"
                "        old_bias = 0 if self.gradient_bias is None else self.gradient_bias\n        self.gradient_bias = error.sum")),
    update("update_from_start", "Each step starts from the first weights.", "From where does the second step start?", 1,
           swap(STEP, "self.start = getattr(self, 'start', (self.weights, self.bias))\n"
                "        self.weights = self.start[0] - self.learning_rate * self.gradient_weights"),
           swap(STEP_OF_BIAS, "self.bias = self.start[1] - self.learning_rate * self.gradient_bias")),
    update("update_decayed", "You shrink the weights with each step: that is weight decay.",
           "Is there such a term in plain gradient descent?", 1, *both("- self", "* 0.99 - self")),
    initialize("initialize_four_axes", "You ask for the shape of the weights, with four entries.",
               "Which number is the second entry then, and is it the fan-in?", 0.5,
               swap(ASK, ASK.replace("(self.n_kernels, fan_in)", "(self.n_kernels, *self.kernel_shape)"))),
    initialize("initialize_turned", "You ask for the fan-in first.", "Which entry of the shape is the fan-in?", 0.5,
               swap(ASK, ASK.replace("(self.n_kernels, fan_in)", "(fan_in, self.n_kernels)"))),
    initialize("initialize_channels_only", "You take the channels for the fan-in.",
               "How many numbers does one pixel of the output see?", 0.5,
               swap(ASK, ASK.replace("(self.n_kernels, fan_in)", "(self.n_kernels * fan_in // self.kernel_shape[0], self.kernel_shape[0])"))),
    initialize("initialize_extents_only", "You leave the channels out of the fan-in.",
               "How many numbers does one pixel of the output see?", 0.5,
               swap(ASK, ASK.replace("(self.n_kernels, fan_in)",
                                     "(self.n_kernels * self.kernel_shape[0], fan_in // self.kernel_shape[0])"))),
    initialize("initialize_fan_out", "You count what one pixel of the input serves: that is the fan-out.",
               "What does n_in count?", 0.5,
               swap(ASK, ASK.replace("(self.n_kernels, fan_in)",
                                     "(self.kernel_shape[0], self.n_kernels * fan_in // self.kernel_shape[0])"))),
    initialize("initialize_one_row", "You ask for a single row with all weights.", "How many numbers does one pixel see?", 0.5,
               swap(ASK, ASK.replace("(self.n_kernels, fan_in)", "(1, self.n_kernels * fan_in)"))),
    initialize("initialize_not_reshaped", "The weights stay a matrix.", "Which shape does forward expect?", 0.5,
               swap(RESHAPE, "self.weights = weights")),
    initialize("initialize_fortran", "You reshape in another order.", "Which entries belong to one kernel?", 0.5,
               swap(RESHAPE, RESHAPE.replace("*self.kernel_shape)", '*self.kernel_shape, order="F")'))),
    initialize("initialize_kernels_last", "The kernels end up on the last axis.", "Which axis counts the kernels?", 0.5,
               swap(RESHAPE, "self.weights = weights.T.reshape(*self.kernel_shape, self.n_kernels)")),
    initialize("initialize_lost", "You ask, and do not keep the answers.", "Where do the new weights go?", 1,
               swap(RESHAPE, "weights = weights.reshape(self.n_kernels, *self.kernel_shape)"),
               swap(ASK_BIAS, ASK_BIAS.replace("self.bias", "bias"))),
    initialize("initialize_bias_zeros", "You do not ask the initializer of the bias.",
               "What is the second argument for?", 0.5, swap(ASK_BIAS, "self.bias = np.zeros(self.n_kernels)")),
    initialize("initialize_bias_forgotten", "You do not ask the initializer of the bias.", "What is the second argument for?", 0.5,
               swap(ASK_BIAS, "pass")),
    initialize("initialize_bias_from_weights", "The bias comes from the initializer of the weights.",
               "What is the second argument for?", 0.5,
               swap(ASK_BIAS, ASK_BIAS.replace("bias_initializer", "weights_initializer"))),
    initialize("initialize_swapped", "The two initializers are swapped.", "Which argument comes first?", 1,
               swap(ASK, ASK.replace("weights_initializer", "bias_initializer")),
               swap(ASK_BIAS, ASK_BIAS.replace("bias_initializer", "weights_initializer"))),
    initialize("initialize_bias_too_many", "You ask for a bias for each weight.", "How many biases has one kernel?", 0.5,
               swap(ASK_BIAS, ASK_BIAS.replace("(self.n_kernels,)", "(self.n_kernels, fan_in)"))),
    initialize("initialize_bias_of_one", "You ask for one bias only.", "How many kernels are there?", 0.5,
               swap(ASK_BIAS, ASK_BIAS.replace("(self.n_kernels,)", "(1,)"))),
    initialize("initialize_one_kernel", "You bring the answer into the shape of a single kernel, which does not fit.",
               "How many kernels are there?", 1, swap(RESHAPE, "self.weights = weights.reshape(self.kernel_shape)")),
    initialize("initialize_unfinished_and_none", "Initialize is not written yet.", "What is the fan-in?", 1,
               swap("self.weights = rng.random((n_kernels, *kernel_shape))", "self.weights = None"),
               swap("self.bias = rng.random(n_kernels)", "self.bias = None"),
               body("ConvolutionalLayer.initialize", "raise NotImplementedError")),
    initialize("initialize_unfinished", "Initialize is not written yet.", "What is the fan-in?", 1,
               body("ConvolutionalLayer.initialize", "raise NotImplementedError")),
]
