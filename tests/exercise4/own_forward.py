"""Properties that a student's own forward must share with a convolution before anything is judged by it.

Criteria on what comes after forward judge twice: by the definition, and by the student's own forward, so that one
mistake there is not charged again. That is fair as long as the own forward is a convolution with a mistake. A layer
that is none agrees with itself, too: a mean, pixels in another order, a matrix from all pixels to all others. So an
own forward counts only if it is

- linear: its answer to a sum of weights, or of pictures, is the sum of its answers, channel by channel;
- local: what a pixel causes is no larger than a kernel, upright or transposed, and less than its extent away;
- equal under shifts: what a pixel causes moves with it, away from the borders;
- spread: what a pixel causes is more than half as large as a kernel.

Padding, borders, offsets, flipped and transposed kernels, a forgotten bias, channels in another order, and whatever is
done to them instead of adding them up, are all within that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from inputs import Seeded

from proctor.criteria import CriterionFailed
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from closed_forms import Array, Pair

    Forward = Callable[[Array, Array], Array]
    """From weights [1, c, m, n] and a picture [1, c, p, q] to the answer [1, 1, i, j]."""

STEPS = ((0, 0), (1, 0), (0, 1))
"""Where the pixel stands whose traces are compared, from the middle of the picture."""


class OwnForward(Seeded):
    """Judges whether a student's forward is a convolution, be it a wrong one."""

    def check_convolution(self, forward: Forward, channels: int, kernel: Pair) -> None:
        """Fail unless a student's forward is linear, local, equal under shifts and spread (see the module).

        Args:
            forward: the student's, of a new layer each time.
            channels: of the pictures.
            kernel: rows and columns of a kernel.
        """
        m, n = kernel
        # Positive whole numbers, one kernel and one picture at a time: integers for an output, a rectifier behind the
        # layer and mistakes with batches are no business of this.
        w, x = (
            4 * np.abs(self.numbers(2, channels, *extent, seed=905)) for extent in (kernel, (m + 2, n + 2))
        )
        traces = [self._trace(forward, w[:1], step) for step in STEPS]
        if not (
            self._adds(lambda each: forward(each, x[:1, :1]), w[:, :1])
            and self._adds(lambda each: forward(w[:1, :1], each), x[:, :1])
        ):
            broken = "the answer to a sum is not the sum of the answers"
        elif not _is_local(traces[0], kernel):
            broken = "a pixel counts farther away than a kernel reaches"
        elif not all(self.close(*_moved(traces[0], *each)).all() for each in zip(traces, STEPS, strict=True)):
            broken = "a pixel counts differently where it is moved"
        elif 2 * np.count_nonzero(traces[0]) <= m * n:
            broken = "a pixel counts at too few places"
        else:
            return
        raise CriterionFailed(
            Check.VALUES, f"forward(x) is no convolution: {broken}. Which pixels does it add up?"
        )

    def _trace(self, forward: Forward, w: Array, step: Pair) -> Array:
        """Return what a pixel of 1 in all channels causes in a picture whose borders are out of reach, [i, j]."""
        m, n = w.shape[2:]
        x = np.zeros((1, w.shape[1], 2 * m + 1, 2 * n + 1))
        empty = forward(w, x)
        x[:, :, m + step[0], n + step[1]] = 1
        trace: Array = (forward(w, x) - empty)[0, 0]
        return np.where(np.abs(trace) > 1e-6, trace, 0)

    def _adds(self, answer: Callable[[Array], Array], parts: Array) -> bool:
        """Return whether the answer to a sum of two parts is the sum of the answers, but for a constant."""
        one, other, both, none = (
            answer(part) for part in (parts[:1], parts[1:], parts[:1] + parts[1:], 0 * parts[:1])
        )
        return bool(self.close(one + other, both + none).all())


def _is_local(trace: Array, kernel: Pair) -> bool:
    """Return whether a trace of the pixel at (m, n) is no larger than a kernel [m, n], and within its reach."""
    seen = [np.flatnonzero(trace.any(axis=1 - axis)) for axis in (0, 1)]
    if not trace.any() or any(at[0] <= 0 or at[-1] >= 2 * m for at, m in zip(seen, kernel, strict=True)):
        return False
    extents = [at[-1] - at[0] + 1 for at in seen]
    return any(np.less_equal(extents, turned).all() for turned in (kernel, kernel[::-1]))


def _moved(trace: Array, other: Array, step: Pair) -> tuple[Array, Array]:
    """Return two traces where they should be equal, the other one of a pixel that was moved by `step`."""
    (down, right), (rows, columns) = step, trace.shape
    return trace[: rows - down, : columns - right], other[down:, right:]
