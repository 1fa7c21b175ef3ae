"""The convolutional layer by definition: one sum over the entries of a kernel, and its three gradients.

`b` batch, `c` channels, `p x q` image, `m x n` kernel, `s` kernels, stride (sp, sq).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Pair = tuple[int, int]


class Gradients(NamedTuple):
    """The gradients of a loss for a layer's weights [s, c, m, n], bias [s] and input [b, c, p, q]."""

    weights: Array
    bias: Array
    input: Array


def padded(x: Array, w: Array, front: Pair | None) -> tuple[Array, tuple[slice, slice]]:
    """Return x framed with zeros for a kernel of w, and where x is in it. SciPy's front if None."""
    (p, q), (m, n) = x.shape[2:], w.shape[2:]
    above, left = front or (m // 2, n // 2)
    frame = np.zeros((*x.shape[:2], p + m - 1, q + n - 1))
    place = (slice(above, above + p), slice(left, left + q))
    frame[:, :, place[0], place[1]] = x
    return frame, place


def taps(x: Array, w: Array, stride: Pair) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Yield (i, j, where) for each entry of a kernel: where it meets the framed image, for all outputs."""
    (p, q), (m, n), (sp, sq) = x.shape[2:], w.shape[2:], stride
    for i in range(m):
        for j in range(n):
            yield i, j, (slice(None), slice(None), slice(i, i + p, sp), slice(j, j + q, sq))


def correlate(x: Array, w: Array, b: Array, stride: Pair = (1, 1), front: Pair | None = None) -> Array:
    """Return the layer's output, [b, s, ceil(p / sp), ceil(q / sq)]."""
    frame, _ = padded(x, w, front)
    terms = (np.einsum("bcpq,sc->bspq", frame[where], w[:, :, i, j]) for i, j, where in taps(x, w, stride))
    return sum(terms) + np.asarray(b).reshape(1, -1, 1, 1)


def gradients(
    x: Array, w: Array, error: Array, stride: Pair = (1, 1), front: Pair | None = None
) -> Gradients:
    """Return the gradients of the loss whose gradient for the output is `error`, summed over the batch."""
    frame, place = padded(x, w, front)
    for_frame, for_weights = np.zeros_like(frame), np.zeros(w.shape)
    for i, j, where in taps(x, w, stride):
        for_weights[:, :, i, j] = np.einsum("bspq,bcpq->sc", error, frame[where])
        for_frame[where] += np.einsum("bspq,sc->bcpq", error, w[:, :, i, j])
    return Gradients(for_weights, error.sum(axis=(0, 2, 3)), for_frame[:, :, place[0], place[1]])
