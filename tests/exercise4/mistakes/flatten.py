"""Mistakes with the flatten layer."""

from .changes import body, swap
from .mistake import Mistake

PART = "conv"
RETURN = "return x.reshape(x.shape[0], -1)"


def forward(name, code, says, question, lost=1):
    return Mistake(name, PART, says, question, {"flatten": lost}, (swap(RETURN, f"return {code}"),))


def backward(name, code, says, question, *more):
    return Mistake(name, PART, says, question, {"flatten": 1}, (body("FlattenLayer.backward", code), *more))


MISTAKES = [
    forward("flatten_all", "x.reshape(-1)", "You flatten the batch, too.", "Which axis has to stay?"),
    forward("flatten_columns", "x.reshape(x.shape[0], -1).T", "The pictures are columns, not rows.",
            "Which axis counts the pictures in the output?"),
    forward("flatten_fortran", "x.reshape(x.shape[0], -1, order='F')", "Forward uses another order than backward.",
            "Does backward bring each number back to its place?"),
    forward("flatten_mixed", "x.reshape(-1, x.shape[0]).T", "Numbers of different pictures end up in one row.",
            "What does reshape do with the first axis here?"),
    forward("flatten_channels_kept", "x.reshape(x.shape[0], x.shape[1], -1)", "The channels are still an axis of their own.",
            "How many axes should the output have?"),
    forward("flatten_squeezed", "x.reshape(x.shape[0], -1).squeeze()", "A batch of one picture loses its first axis.",
            "Which shape has a batch of one?"),
    forward("flatten_first_picture", "x[0].reshape(1, -1)", "You flatten the first picture only.",
            "What about the rest of the batch?"),
    forward("flatten_channels_first", "x.transpose(1, 0, 2, 3).reshape(x.shape[0], -1)",
            "You swap batch and channels before you flatten.", "Which axis counts the pictures?"),
    backward("flatten_identity", "return error", "Backward returns the error as it came.",
             "Which shape does the layer before expect?"),
    backward("flatten_backward_fortran", "return error.reshape(self.input_shape, order='F')",
             "Backward uses another order than forward.", "Where was each number before?"),
    backward("flatten_backward_channels_last", "b, c, p, q = self.input_shape\nreturn error.reshape(b, p, q, c)",
             "You put the channels last.", "Which order of axes did the input have?"),
    backward("flatten_backward_transposed",
             "b, c, p, q = self.input_shape\nreturn error.reshape(b, p, q, c).transpose(0, 3, 1, 2)",
             "You read the rows as if the channels were the last axis.", "In which order did forward lay them out?"),
    backward("flatten_one_picture", "return error.reshape(1, *self.input_shape[1:])", "You expect a single picture.",
             "What is the first entry of the shape?"),
    backward("flatten_backward_nothing", "error.reshape(self.input_shape)", "Backward returns nothing.",
             "Does reshape change the array, or return another?"),
    backward("flatten_backward_unfinished", "raise NotImplementedError", "Backward is not written yet.",
             "Which shape did forward see?"),
    Mistake("flatten_first_only", PART, "You keep the shape of the first input for ever.",
            "Which forward does a backward belong to?", {"flatten": 1},
            (swap("self.input_shape = x.shape\n        " + RETURN,
                  "self.input_shape = self.input_shape or x.shape\n        " + RETURN),)),
    Mistake("flatten_class_state", PART, "You keep the shape in the class, where all layers share it.",
            "What happens when there are two such layers?", {"flatten": 1},
            (swap("self.input_shape = x.shape\n        " + RETURN, "FlattenLayer.kept = x.shape\n        " + RETURN),
             body("FlattenLayer.backward", "return error.reshape(FlattenLayer.kept)"))),
]
