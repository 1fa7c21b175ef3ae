"""Mistakes with the sigmoid and the ReLU."""

from .changes import body, swap
from .mistake import Mistake

PART = "activation_functions"
FORWARD = "return self.output\n\n    def backward"


def sigmoid(name, says, question, backward=0, forward=0, *changes):
    costs = {"sigmoid_forward": forward, "sigmoid_backward": backward}
    return Mistake(name, PART, says, question, {cell: lost for cell, lost in costs.items() if lost}, changes)


def relu(name, says, question, backward=0, forward=0, *changes):
    costs = {"relu_forward": forward, "relu_backward": backward}
    return Mistake(name, PART, says, question, {cell: lost for cell, lost in costs.items() if lost}, changes)


def sigmoid_slope(name, code, says, question):
    return sigmoid(name, says, question, 1, 0, body("Sigmoid.backward", code))


def relu_slope(name, code, says, question):
    return relu(name, says, question, 1, 0, body("ReLU.backward", code))


def sigmoid_values(name, code, says, question, backward=0):
    code = f"self.output = {code}\nreturn self.output"
    return sigmoid(name, says, question, backward, 1, body("Sigmoid.forward", code))


def relu_values(name, code, says, question):
    return relu(name, says, question, 0, 1, body("ReLU.forward", f"self.is_positive = x > 0\nreturn {code}"))


MISTAKES = [
    sigmoid_values("sigmoid_sign", "1 / (1 + np.exp(x))", "Your sigmoid falls where it should rise.",
                   "What does exp(x) do for large x, and what should the sigmoid do there?"),
    sigmoid_values("sigmoid_parentheses", "1 / 1 + np.exp(-x)", "You divide by 1, and add exp(-x) to the result.",
                   "Which operation does Python carry out first here?"),
    sigmoid_values("sigmoid_tanh", "np.tanh(x)", "You return the hyperbolic tangent, which reaches from -1 to 1.",
                   "From where to where does the sigmoid reach?"),
    sigmoid_values("sigmoid_softmax", "np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)",
                   "You divide by a sum over all entries: that is the softmax.",
                   "Does an entry of the sigmoid know about its neighbours?"),
    sigmoid_values("sigmoid_step", "np.round(1 / (1 + np.exp(-x)))", "You round to 0 or 1.",
                   "What is the slope of a function that only jumps?", backward=0),
    sigmoid_values("sigmoid_first_axis_only", "1 / (1 + np.exp(-x[0]))", "You take the first entry of x only.",
                   "Which shape does the output have to have?", backward=1),
    sigmoid("sigmoid_slope_of_input", "You compute x * (1 - x) from the input; the formula needs the output.",
            "What does s stand for in s * (1 - s)?", 1, 0,
            body("Sigmoid.forward", "self.output = x\nreturn 1 / (1 + np.exp(-x))")),
    sigmoid_slope("sigmoid_without_error", "return self.output * (1 - self.output)",
                  "You return the slope alone.", "By what does the chain rule multiply it?"),
    sigmoid_slope("sigmoid_slope_of_error", "s = 1 / (1 + np.exp(-error))\nreturn s * (1 - s)",
                  "You apply the slope to the error instead of to the input.", "At which point is the slope needed?"),
    sigmoid_slope("sigmoid_error_times_output", "return error * self.output",
                  "You multiply the error by s, without 1 - s.", "What is the slope where the sigmoid is nearly 1?"),
    sigmoid_slope("sigmoid_one_minus_square", "return error * (1 - self.output**2)",
                  "You use 1 - s^2, the slope of the hyperbolic tangent.", "Whose slope is s * (1 - s)?"),
    sigmoid_slope("sigmoid_twice", "s = 1 / (1 + np.exp(-self.output))\nreturn error * s * (1 - s)",
                  "You apply the sigmoid once more to what is already its output.", "What did you keep in forward?"),
    sigmoid_slope("sigmoid_slope_without_parentheses", "return error * self.output * 1 - self.output",
                  "Parentheses are missing around 1 - output.", "What does Python compute first, the product or the difference?"),
    sigmoid_slope("sigmoid_slope_added", "return error + self.output * (1 - self.output)",
                  "You add the slope to the error.", "How does the chain rule put the two together?"),
    sigmoid_slope("sigmoid_forward_again", "return 1 / (1 + np.exp(-error))",
                  "You send the error through the sigmoid itself.", "Does backward need the function or its slope?"),
    sigmoid_slope("sigmoid_division", "return error / (self.output * (1 - self.output))",
                  "You divide the error by the slope.", "Where the sigmoid is flat, should much or little come through?"),
    sigmoid_slope("sigmoid_summed", "return (error * self.output * (1 - self.output)).sum(axis=0)",
                  "You add up over the batch.", "Which shape does the input have, and so its gradient?"),
    sigmoid_slope("sigmoid_backward_nothing", "result = error * self.output * (1 - self.output)",
                  "Backward returns nothing.", "What does a function without `return` return?"),
    sigmoid_slope("sigmoid_backward_unfinished", "raise NotImplementedError",
                  "Backward is not written yet.", "Which slope has the sigmoid?"),
    sigmoid("sigmoid_first_only", "You keep the output of the first forward for ever.",
            "Which forward does a backward belong to?", 1, 0,
            swap("        return self.output\n\n    def backward",
                 "        if not hasattr(self, 'kept'):\n            self.kept = self.output\n"
                 "        return self.output\n\n    def backward"),
            swap("return error * self.output * (1 - self.output)", "return error * self.kept * (1 - self.kept)")),
    sigmoid("sigmoid_class_state", "You keep the output in the class, where all sigmoids share it.",
            "What happens when there are two sigmoids in a network?", 1, 0,
            body("Sigmoid.forward", "Sigmoid.shared = 1 / (1 + np.exp(-x))\nreturn Sigmoid.shared"),
            body("Sigmoid.backward", "return error * Sigmoid.shared * (1 - Sigmoid.shared)")),
    relu_values("relu_absolute", "np.abs(x)", "You return the absolute value.", "What becomes of negative numbers?"),
    relu_values("relu_clipped", "np.clip(x, 0, 1)", "You cut off above 1, too.", "Is there an upper bound in max(0, x)?"),
    relu_values("relu_mask", "(x > 0) * 1.0", "You return where x is positive, not x itself.",
                "What is the ReLU of 3?"),
    relu_values("relu_largest_entry", "np.max(x, 0)", "np.max(x, 0) takes the largest entry along axis 0.",
                "Which NumPy function compares entry by entry?"),
    relu_values("relu_minimum", "np.minimum(x, 0)", "You keep what is negative.", "Which half of x should pass?"),
    relu_values("relu_flattened", "x[x > 0]", "You drop the entries that are not positive.",
                "Which shape should the output have?"),
    relu("relu_leaky", "A hundredth of the negative numbers passes: that is the leaky ReLU.",
         "What is max(0, x) for a negative x?", 1, 1,
         body("ReLU.forward", "self.is_positive = x > 0\nreturn np.where(x > 0, x, 0.01 * x)"),
         body("ReLU.backward", "return np.where(self.is_positive, error, 0.01 * error)")),
    relu("relu_zero_passes", "The error also passes where the input was exactly 0.",
         "Which subgradient does the text choose at the kink?", 1, 0,
         swap("self.is_positive = x > 0", "self.is_positive = x >= 0")),
    relu("relu_half_at_zero", "Half of the error passes where the input was exactly 0.",
         "Which subgradient does the text choose at the kink?", 1, 0,
         swap("self.is_positive = x > 0", "self.is_positive = np.heaviside(x, 0.5)"),
         body("ReLU.backward", "return error * self.is_positive")),
    relu("relu_two_axes", "Your forward expects two axes.", "Which shape has a batch of pictures?", 0, 1,
         swap("self.is_positive = x > 0", "rows, columns = x.shape\n        self.is_positive = x > 0")),
    relu_slope("relu_of_error", "return np.maximum(error, 0)", "You cut off negative errors.",
               "Whose sign decides, that of the error or of the input?"),
    relu_slope("relu_without_error", "return self.is_positive * 1.0", "You return the slope alone.",
               "By what does the chain rule multiply it?"),
    relu_slope("relu_passes_all", "return error", "You let every error pass.", "What is the slope of the ReLU left of 0?"),
    relu("relu_times_input", "You multiply the error by the input.", "What is the slope of x where it is positive?", 1, 0,
         swap("self.is_positive = x > 0", "self.is_positive = np.maximum(x, 0)"),
         body("ReLU.backward", "return error * self.is_positive")),
    relu_slope("relu_inverted", "return np.where(self.is_positive, 0, error)",
               "The error passes where the input was not positive.", "Which numbers came through in forward?"),
    relu_slope("relu_sign", "return np.where(self.is_positive, error, -error)",
               "You turn the error around where the input was negative.", "What is the slope of a constant 0?"),
    relu_slope("relu_backward_unfinished", "raise NotImplementedError", "Backward is not written yet.",
               "Where did the input pass?"),
    relu("relu_first_only", "You keep where the first input was positive for ever.",
         "Which forward does a backward belong to?", 1, 0,
         swap("self.is_positive = x > 0", "if self.is_positive is None:\n            self.is_positive = x > 0")),
    relu("relu_class_state", "You keep where x is positive in the class, where all ReLUs share it.",
         "What happens when there are two ReLUs in a network?", 1, 0,
         swap("self.is_positive = x > 0", "ReLU.mask = x > 0"),
         body("ReLU.backward", "return np.where(ReLU.mask, error, 0)")),
    relu("relu_mask_of_first_example", "You keep where the first example is positive, for all of them.",
         "What is the shape of what you keep?", 1, 0, swap("self.is_positive = x > 0", "self.is_positive = x[0] > 0")),
    relu_slope("relu_guided", "return np.where(self.is_positive & (error > 0), error, 0)",
               "You let positive errors pass only.", "Whose sign decides, that of the input or that of the error?"),
    relu_values("relu_six", "np.clip(x, 0, 6)", "You cut off above 6: that is another function.",
                "How large may the output of a ReLU be?"),
]
