"""Results that typical mistakes with a convolutional layer would give, so that they can be called by their names.

The layer is linear: how it answers to one bright pixel, or to one weight of 1, says all about its gradients. So
no formula for a gradient is needed here, and none can be copied: each is measured, pixel by pixel, on SciPy's
`correlate2d` with right kernels and with wrong ones. That is slow, and does for images of this size.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.signal import correlate2d

Guess = tuple[str, np.ndarray]
WRONG_KERNELS = (
    ("without the turn of the kernels by 180°", lambda w: w[:, :, ::-1, ::-1]),
    ("with kernels whose rows alone are turned: columns have to be turned, too", lambda w: w[:, :, :, ::-1]),
    ("with kernels whose columns alone are turned: rows have to be turned, too", lambda w: w[:, :, ::-1]),
    ("with kernels turned along the channels, too: rows and columns only", lambda w: w[:, ::-1]),
    ("with the kernels in reverse order, and turned along the channels: rows and columns only", lambda w: w[::-1, ::-1]),
    ("with the kernels in reverse order", lambda w: w[::-1]),
    ("without restacking: kernels and channels are mixed up",
     lambda w: w.reshape(w.shape[1], w.shape[0], *w.shape[2:]).swapaxes(0, 1)),
)  # fmt: skip


def answer(x: np.ndarray, w: np.ndarray, boundary: str = "fill") -> np.ndarray:
    """Return what images, [b, c, p, q], give with kernels, [s, c, m, n], without bias and stride."""
    return np.array([
        [sum(correlate2d(*pair, "same", boundary) for pair in zip(image, kernel, strict=True)) for kernel in w]
        for image in x
    ])  # fmt: skip


def forward_guesses(x: np.ndarray, w: np.ndarray, bias: np.ndarray) -> Iterator[Guess]:
    """Yield what is wrong in forward, with the output that it would give."""
    column = bias[:, np.newaxis, np.newaxis]
    right = answer(x, w)
    c = w.shape[1]
    yield (
        "a convolution, with kernels turned by 180°: a cross-correlation is wanted",
        answer(x, w[:, :, ::-1, ::-1]) + column,
    )
    yield (
        "a convolution in three axes: kernels turned in rows, columns and channels",
        answer(x, w[:, ::-1, ::-1, ::-1]) + column,
    )
    yield "with kernels turned upside down: their rows in reverse order", answer(x, w[:, :, ::-1]) + column
    yield "with kernels whose columns are in reverse order", answer(x, w[:, :, :, ::-1]) + column
    yield "right but for the bias, which is missing", right
    yield "right but for the bias, which is subtracted", right - column
    yield "right but for the bias, which is added once for each channel", right + c * column
    yield "right but for the bias: that of kernel 0 is added everywhere", right + bias[0]
    yield "right but for the bias: the sum of all biases is added everywhere", right + bias.sum()
    yield (
        "right but for the bias: only the first image gets it",
        right + column * (np.arange(len(x)) == 0)[:, None, None, None],
    )
    yield "with the border repeated around the image: zeros are wanted there", answer(x, w, "symm") + column
    yield (
        "with the opposite border around the image (circular): zeros are wanted there",
        answer(x, w, "wrap") + column,
    )
    m, n = w.shape[2:]
    edge = np.pad(x, ((0, 0), (0, 0), (m // 2, m // 2), (n // 2, n // 2)), mode="edge")
    inside = slice(m // 2, m // 2 + x.shape[2]), slice(n // 2, n // 2 + x.shape[3])
    yield (
        "with the border repeated around the image: zeros are wanted there",
        answer(edge, w)[(..., *inside)] + column,
    )
    yield (
        "with all zeros above and to the left of the image: half of them belong on the other side",
        padded_on_one_side(x, w, 1) + column,
    )
    yield (
        "with all zeros below and to the right of the image: half of them belong on the other side",
        padded_on_one_side(x, w, -1) + column,
    )
    each = [answer(x[:, [k]], w[:, [k]]) for k in range(c)]
    yield "the answer of channel 0 alone: sum over all channels", each[0] + column
    yield "the answer of the last channel alone: is there = where += is meant", each[-1] + column
    yield "the mean over the channels: a sum is wanted", right / c + column
    yield (
        "with the channels in reverse order, or another slice of a 3-D correlation than the middle one",
        answer(x, w[:, ::-1]) + column,
    )
    yield (
        "one slice of a 3-D correlation in mode same: the middle one is wanted",
        sum((answer(x[:, [k]], w[:, [k + 1]]) for k in range(c - 1)), np.zeros(right.shape)) + column,
    )
    yield (
        "the answer of kernel 0 in all output channels",
        np.broadcast_to((right + column)[:, :1], right.shape),
    )
    yield (
        "the answer of a kernel, added to those of the kernels before it: start anew for each kernel",
        right.cumsum(axis=1) + column,
    )
    yield (
        "the sum over all kernels in each output channel",
        np.broadcast_to(right.sum(axis=1, keepdims=True), right.shape) + column,
    )
    yield "the answer of the first image, for all images", np.broadcast_to((right + column)[:1], right.shape)
    empty = np.zeros(right.shape)
    empty[0] = (right + column)[0]
    yield "the answer of the first image only, the others are 0", empty
    yield "right, but with 0 for all that is negative: that is the ReLU's work", np.maximum(right + column, 0)
    yield "right, but cut to whole numbers: is the array made with an integer type", np.trunc(right + column)
    yield "right, but cut to whole numbers: is the array made with an integer type", np.rint(right + column)
    yield "right, but without the axis of the batch", (right + column)[0]
    yield "right, but with the channels as last axis", np.moveaxis(right + column, 1, -1)
    valid = (slice(None), slice(None), slice(m // 2, x.shape[2] - m // 2), slice(n // 2, x.shape[3] - n // 2))
    yield "right, but without padding: the output is smaller than the input", (right + column)[valid]


def padded_on_one_side(x: np.ndarray, w: np.ndarray, sign: int) -> np.ndarray:
    """Return the answer with all zeros above and to the left of the images (sign 1), or below and to the right."""
    m, n = w.shape[2:]
    front = (m - 1, n - 1) if sign > 0 else (0, 0)
    frame = np.pad(
        x,
        (
            (0, 0),
            (0, 0),
            *((before, extent - 1 - before) for before, extent in zip(front, (m, n), strict=True)),
        ),
    )
    inside = slice(m // 2, m // 2 + x.shape[2]), slice(n // 2, n // 2 + x.shape[3])
    return answer(frame, w)[(..., *inside)]


def stride_guesses(whole: np.ndarray, stride: tuple[int, int]) -> Iterator[Guess]:
    """Yield what is wrong with a stride, made of the output without stride."""
    sp, sq = stride
    p, q = whole.shape[2:]
    yield "the output without stride", whole
    yield "with the strides of rows and columns swapped: sp belongs to the rows", whole[:, :, ::sq, ::sp]
    yield "with the stride of the rows for the columns, too", whole[:, :, ::sp, ::sp]
    yield "with the stride of the columns for the rows, too", whole[:, :, ::sq, ::sq]
    yield "with every column: the stride of the columns is missing", whole[:, :, ::sp]
    yield "with every row: the stride of the rows is missing", whole[:, :, :, ::sq]
    yield (
        "begun in the middle of the first step: row 0 and column 0 are kept",
        whole[:, :, sp // 2 :: sp, sq // 2 :: sq],
    )
    yield (
        "the last row and column of each step: the first ones are kept",
        whole[:, :, sp - 1 :: sp, sq - 1 :: sq],
    )
    yield (
        "rounded down: the last, incomplete step counts, too",
        whole[:, :, : p // sp * sp : sp, : q // sq * sq : sq],
    )
    yield "the stride applied twice", whole[:, :, :: sp * sp, :: sq * sq]
    for name, pool in (("mean", np.mean), ("largest number", np.max)):
        pooled = np.array([
            [pool(whole[:, :, row : row + sp, column : column + sq], axis=(2, 3)) for column in range(0, q, sq)]
            for row in range(0, p, sp)
        ])  # fmt: skip
        yield f"the {name} of each step: that is pooling; keep its first number", pooled.transpose(2, 3, 0, 1)


def responses_to_pixels(forward: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return how the output answers to each pixel, [c * p * q, s, p', q']: by 1 more, one pixel at a time."""
    units = np.eye(int(np.prod(shape))).reshape(-1, 1, *shape)
    dark = np.asarray(forward(np.zeros((1, *shape))), dtype=float)
    return np.array([(np.asarray(forward(unit), dtype=float) - dark)[0] for unit in units])


def responses_to_weights(forward: Any, x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return how the output for x answers to each weight, [weights, b, s, p', q']; forward takes x and kernels."""
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    none = np.array([forward(image[None], np.zeros(shape)) for image in x], dtype=float)[:, 0]
    return np.array(
        [np.array([forward(image[None], unit) for image in x], dtype=float)[:, 0] - none for unit in units]
    )


def wide_guesses(error: np.ndarray, stride: tuple[int, int], size: tuple[int, int]) -> Iterator[Guess]:
    """Yield errors that are put back to the wrong places, on sheets as large as the input."""
    sp, sq = stride
    (b, s, rows, columns), (p, q) = error.shape, size
    corner = np.zeros((b, s, p, q))
    corner[:, :, :rows, :columns] = error
    yield "with the error side by side in a corner: zeros belong between", corner
    yield (
        "with the error repeated where the stride has skipped: zeros belong there",
        error.repeat(sp, 2).repeat(sq, 3)[:, :, :p, :q],
    )
    for says, start, step in (
        (
            "with the error at the end of each step: it belongs to its first row and column",
            (sp - 1, sq - 1),
            (sp, sq),
        ),
        ("with the strides of rows and columns swapped", (0, 0), (sq, sp)),
    ):
        wide = np.zeros((b, s, p, q))
        for i, j in np.ndindex(rows, columns):
            wide[:, :, min(i * step[0] + start[0], p - 1), min(j * step[1] + start[1], q - 1)] = error[
                :, :, i, j
            ]
        yield says, wide


def weights_guesses(
    x: np.ndarray, error: np.ndarray, stride: tuple[int, int], rate: float, w: np.ndarray
) -> Iterator[Guess]:
    """Yield what is wrong in the gradient of the weights, with the gradient that it would give."""
    size = x.shape[2:]
    whole = responses_to_weights(answer, x, w.shape)
    wide = np.zeros((*error.shape[:2], *size))
    wide[:, :, :: stride[0], :: stride[1]] = error

    def gradient(error: np.ndarray, pictures: slice = slice(None)) -> np.ndarray:
        return np.einsum("ubspq,bspq->u", whole[:, pictures], error[pictures]).reshape(w.shape)

    right = gradient(wide)
    yield "a mean over the batch or the channels: a sum is wanted", right / len(x)
    yield (
        "the gradient of the last image alone: is there = where += is meant",
        gradient(wide, slice(-1, None)),
    )
    yield "the gradient of the first image alone: sum over the batch", gradient(wide, slice(1))
    yield "the mean over the pixels: a sum is wanted", right / error[0, 0].size
    yield "the mean over the pixels: a sum is wanted", right / wide[0, 0].size
    yield "the mean over the channels: each channel has its own gradient", right / w.shape[1]
    yield "the gradient times the learning rate: keep the gradient itself", rate * right
    yield "the step, -learning_rate times the gradient: keep the gradient itself", -rate * right
    yield "the gradient twice: is it added to the one before", 2 * right
    yield "the weights, not their gradient", w
    yield "the weights after the step, not their gradient", w - rate * right
    yield "the gradient with error and input exchanged, or turned by 180°", right[:, :, ::-1, ::-1]
    yield "the gradient with a turned error: correlate, do not convolve", gradient(wide[:, :, ::-1, ::-1])
    yield "the gradient with a turned error: correlate, do not convolve", gradient(wide[:, ::-1, ::-1, ::-1])
    inner = np.zeros(wide.shape)
    inner[:, :, 1:-1, 1:-1] = wide[:, :, 1:-1, 1:-1]
    yield "the gradient without the padding: correlate the padded input", gradient(inner)
    yield "the gradient of channel 0, for all channels", np.broadcast_to(right[:, :1], right.shape)
    yield "the gradient of kernel 0, for all kernels", np.broadcast_to(right[:1], right.shape)
    yield "the right gradient as a matrix: reshape it to the shape of the weights", right.reshape(len(w), -1)
    for says, wrong in wide_guesses(error, stride, size) if stride != (1, 1) else ():
        yield f"the gradient {says}", gradient(wrong)


def input_guesses(
    x: np.ndarray, error: np.ndarray, stride: tuple[int, int], rate: float, w: np.ndarray
) -> Iterator[Guess]:
    """Yield what is wrong in the gradient of the input, with the gradient that it would give."""
    shape = x.shape[1:]
    wide = np.zeros((*error.shape[:2], *x.shape[2:]))
    wide[:, :, :: stride[0], :: stride[1]] = error

    def gradient(error: np.ndarray, w: np.ndarray = w) -> np.ndarray:
        whole = responses_to_pixels(lambda x: answer(x, w), shape)
        return np.einsum("uspq,bspq->bu", whole, error).reshape(x.shape)

    right = gradient(wide)
    for says, change in WRONG_KERNELS:
        yield f"the gradient {says}", gradient(wide, change(w))
        if not np.array_equal(change(w), w):  # as with a single channel: then the sign alone is wrong
            yield f"the gradient {says}; and its sign is wrong", -gradient(wide, change(w))
    yield (
        "the right gradient, but turned in all its axes: turn the kernels, not what comes out",
        np.flip(right),
    )
    weights = np.einsum("ubspq,bspq->u", responses_to_weights(answer, x, w.shape), wide).reshape(w.shape)
    yield (
        "the gradient with weights that have moved already: compute it before the step",
        gradient(wide, w - rate * weights),
    )
    kernels = np.arange(len(w))[:, None, None]
    yield "the gradient of kernel 0 alone: sum over all kernels", gradient(wide * (kernels == 0))
    yield (
        "the gradient of the last kernel alone: is there = where += is meant",
        gradient(wide * (kernels == len(w) - 1)),
    )
    yield "the mean over the kernels: a sum is wanted", right / len(w)
    yield "divided by the number of channels, or by the size of the batch", right / shape[0]
    yield (
        "the sum over the channels, for all channels: each has its own gradient",
        np.broadcast_to(right.sum(1, keepdims=True), right.shape),
    )
    yield "summed over the batch: each image has its own gradient", np.broadcast_to(right.sum(0), right.shape)
    yield "summed over the batch: each image has its own gradient", right.sum(0)
    yield "the gradient of the last image, for all images", np.broadcast_to(right[-1], right.shape)
    yield "the gradient times the learning rate: only the step uses it", rate * right
    yield "the error as it came", error
    yield "the error, put back to its places, but not correlated with the kernels", wide
    inner = np.zeros(right.shape)
    inner[:, :, 1:-1, 1:-1] = right[:, :, 1:-1, 1:-1]
    yield "right, but with 0 at the border: pad the error on all four sides", inner
    yield "right, but without its border: pad the error on all four sides", right[:, :, 1:-1, 1:-1]
    for says, sign in (("above and to the left", 1), ("below and to the right", -1)):
        turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
        yield (
            f"the gradient with the error padded only {says}: pad it on all four sides",
            padded_on_one_side(wide, turned, sign),
        )
    for says, wrong in wide_guesses(error, stride, x.shape[2:]) if stride != (1, 1) else ():
        yield f"the gradient {says}", gradient(wrong)


def step_guesses(
    moved: np.ndarray, gradient: np.ndarray, rate: float, before: np.ndarray, batch: int
) -> Iterator[Guess]:
    """Yield what is wrong in a step, with the movement that it would give."""
    yield (
        "no step at all: is the result assigned to self, after the gradient is known",
        np.zeros(gradient.shape),
    )
    yield "a step uphill: subtract it", rate * gradient
    yield "the gradient without the learning rate", -gradient
    yield "the gradient without the learning rate, and uphill", gradient
    yield "the step with the learning rate twice", -rate * rate * gradient
    yield f"1/{batch} of the step, as if divided by the size of the batch", -rate * gradient / batch
    yield (
        "a tenth of the step (momentum, with a running mean): take the whole gradient",
        -rate * gradient / 10,
    )
    for fixed in (0.1, 0.01, 0.001, 0.0001):
        yield f"a step with the learning rate {fixed:g}: use self.learning_rate", -fixed * gradient
    yield "the step itself, in place of the weights: subtract it from them", -rate * gradient - before
    yield "the sign of the gradient: its size counts, too", -rate * np.sign(gradient)
    if moved.shape == before.shape:
        part = float(np.sum((moved + rate * gradient) * before) / np.sum(before * before))
        yield "the step, and a part of the weights themselves (weight decay)", part * before - rate * gradient
