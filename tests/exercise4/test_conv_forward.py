"""Hidden tests of part 3: the convolutional layer, forward, with stride (1, 1)."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from closed_forms import correlate
from layer_criteria import PICTURES, Fixed, LayerCriteria

from proctor.criteria import Broken, CriterionFailed, points
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from closed_forms import Array, Pair


class ConvForward(LayerCriteria):
    """Convolution, forward, stride (1, 1)"""

    grade_id = "conv_forward"

    @points(1)
    def test_one_channel(self) -> None:
        """One channel, one kernel: `forward(x)` is the cross-correlation with x, padded with zeros."""
        for image, kernel, seed in (((6, 9), (3, 5), 111), ((7, 5), (5, 3), 113)):
            x, w = self.numbers(1, 1, *image, seed=seed), self.numbers(1, 1, *kernel, seed=seed + 1)
            layer = self.layer(w)
            y = layer.forward(x.copy())
            try:
                self.check_output(y, correlate(x, w, np.zeros(1)))
            except CriterionFailed:
                self.look_for_other_weights(layer, x, w, y)
                raise
        if not self.works(self.numbers(2, 3, 3, 3, seed=115)):  # a matter of the other criteria
            return
        for kernel in ((1, 1), (1, 3), (3, 1)):
            if not self.works(self.numbers(2, 3, *kernel, seed=115)):
                self.remark(
                    "Kernels with an extent of 1 do not work. How many rows of zeros does such a kernel need?"
                )
                break
        if not self.works(self.numbers(2, 3, 5, 7, seed=117)):
            self.remark(
                "A kernel larger than the picture does not work. How many rows of zeros does it need around 4 rows?"
            )

    def look_for_other_weights(self, layer: Any, x: Array, w: Array, y: Any) -> None:
        """Fail if a layer's answer stays the same when it is given other weights."""
        with self.unrecorded():
            again, fault = (
                self.attempt(lambda: layer.forward(x.copy()))
                if self.put(layer, "weights", 2 * w)
                else (None, None)
            )
        if not fault and isinstance(y, np.ndarray) and y.any() and np.array_equal(y, again):
            self.fail_with(
                Check.VALUES,
                "forward(x) stays the same when self.weights is set anew. Which weights does it use, and since when?",
            )

    def works(self, w: Array) -> bool:
        """Return whether kernels work on pictures of 4 x 5 pixels, for a remark."""
        x = self.numbers(2, 3, 4, 5, seed=116)
        y, fault = self.aside(lambda: self.layer(w).forward(x.copy()))
        wanted = correlate(x, w, np.zeros(len(w)))
        return (
            not fault
            and isinstance(y, np.ndarray)
            and y.shape == wanted.shape
            and bool(self.close(y, wanted).all())
        )

    def check_output(self, y: Any, wanted: Array) -> None:
        """Check an output; a smaller one has a hint of its own."""
        if (
            isinstance(y, np.ndarray)
            and y.ndim == 4
            and y.shape[2] < wanted.shape[2]
            and y.shape[3] < wanted.shape[3]
        ):
            self.fail_with(
                Check.SHAPE, f"forward(x) of shape {y.shape} is smaller than x. What happens at its borders?"
            )
        self.check(y, wanted, "forward(x)", axes=PICTURES)

    @points(1)
    def test_channels(self) -> None:
        """Several channels and kernels: each kernel adds up its answers to all channels of x."""
        # First three channels: of two, the first one is every other one, too.
        for c, s, seed in ((3, 4, 123), (4, 2, 125), (2, 3, 121)):
            x, w = self.numbers(1, c, 5, 7, seed=seed), self.numbers(s, c, 3, 5, seed=seed + 1)
            x = x.astype(np.float32 if c == 4 else np.float64)
            self.look_at_new_layer(w)
            y = self.layer(w).forward(x.copy())
            self.better(
                lambda y=y, x=x, w=w: self.check(
                    y, correlate(x, w, np.zeros(len(w))), "forward(x)", axes=PICTURES
                ),
                lambda y=y, x=x, w=w: self.check(y, self.summed(x, w), "forward(x)", axes=PICTURES),
            )

    def look_at_new_layer(self, w: Array) -> None:
        """Fail if a new layer has weights of a wrong shape (none at all are fine)."""
        with self.unrecorded():
            new = self.ConvolutionalLayer((1, 1), w.shape[1:], len(w), 0.0)
            found, _ = self.attempt(lambda: new.weights)
        if isinstance(found, np.ndarray) and found.shape != w.shape:
            self.fail_with(
                Check.SHAPE,
                f"A new layer's weights: shape {w.shape} was expected, {found.shape} came. Why?",
            )

    def summed(self, x: Array, w: Array) -> Array:
        """Return the sums of the student's own answers to single channels, one kernel at a time."""
        self.check_real(w[:1, :1])
        kernels = [sum(self.output(kernel[None, [c]], x[:, [c]]) for c in range(len(kernel))) for kernel in w]
        return np.concatenate(kernels, axis=1)

    @points(0.5)
    def test_bias(self) -> None:
        """Each kernel's bias is added to all pixels of its own channel of the output."""
        x, w, b = (
            self.numbers(2, 2, 5, 6, seed=131),
            self.numbers(3, 2, 3, 5, seed=132),
            10 * self.numbers(3, seed=133),
        )
        y = self.layer(w, b).forward(x.copy())
        self.better(
            lambda: self.check(y, correlate(x, w, b), "forward(x)", axes=PICTURES),
            lambda: self.check_bias_alone(y, x, w, b),
        )

    def check_bias_alone(self, y: Any, x: Array, w: Array, b: Array) -> None:
        """Judge the bias by the difference that it makes."""
        self.check_own_forward(w)
        difference = self.four_axes(y, len(x), len(w)) - self.output(w, x)
        self.check(
            difference, np.broadcast_to(b.reshape(1, -1, 1, 1), difference.shape), "What the bias adds"
        )

    @points(0.5)
    def test_batch(self) -> None:
        """Each picture of a batch is answered on its own, whatever comes before or after it."""
        x, w, b = (
            self.numbers(3, 2, 5, 6, seed=141),
            self.numbers(2, 2, 3, 5, seed=142),
            self.numbers(2, seed=143),
        )
        y = self.layer(w, b).forward(x.copy())
        self.better(
            lambda: self.check(y, correlate(x, w, b), "forward(x)", axes=PICTURES),
            lambda: self.check_one_by_one(y, x, w, b),
        )

    def check_one_by_one(self, y: Any, x: Array, w: Array, b: Array) -> None:
        """Judge a batch by the student's own answers to its pictures."""
        self.check_own_forward(w)
        self.check(
            y,
            np.concatenate([self.output(w, picture[None], b) for picture in x]),
            "forward(x)",
            axes=PICTURES,
        )

    @points(0.5)
    def test_second_layer(self) -> None:
        """A layer uses the weights that it has now, whatever it or another layer has seen before."""
        x, w, b = (
            self.numbers(2, 2, 5, 6, seed=151),
            self.numbers(2, 2, 3, 5, seed=152),
            self.numbers(2, seed=153),
        )
        layer = self.layer(w, b, rate=0.25)
        alone = layer.forward(x.copy())
        second = self.layer(self.numbers(3, 1, 5, 3, seed=154), self.numbers(3, seed=155), stride=(2, 1))
        self.attempt(lambda: second.forward(self.numbers(1, 1, 6, 4, seed=156)))
        for other in (self.numbers(3, 2, 8, 7, seed=157), self.numbers(2, 2, 5, 6, seed=158)):
            layer.forward(other)
        y = layer.forward(x.copy())
        self.better(
            lambda: self.check(y, correlate(x, w, b), "forward(x)", axes=PICTURES),
            lambda: self.check_undisturbed(y, alone, w, x),
        )
        with self.unrecorded():  # the step and the values from initialize are other cells' business
            _, fault = self.aside(lambda: layer.backward(self.fitting(y, seed=159)))
        if isinstance(fault, Broken):  # a backward that never ends has taken the layer with it
            return
        self.check_weights_of_now(layer, w, x, "a step of training")
        other_w, other_b = self.numbers(*w.shape, seed=171), self.numbers(*b.shape, seed=172)
        with self.unrecorded():
            _, fault = self.aside(lambda: layer.initialize(Fixed(other_w), Fixed(other_b)))
        if not fault:
            self.check_weights_of_now(layer, w, x, "initialize")

    def check_weights_of_now(self, layer: Any, first: Array, x: Array, what: str) -> None:
        """Fail where forward is right by the weights from before, and not by those that the layer has now."""
        with self.unrecorded():
            w, b = (
                np.asarray(self.attempt(partial(getattr, layer, name))[0]) for name in ("weights", "bias")
            )
        if w.shape != first.shape or b.size != len(w) or {w.dtype.kind, b.dtype.kind} - set("iuf"):
            return
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            return
        w, b = w.astype(float), b.astype(float).ravel()
        if self.compatible:
            self.put(layer, "bias", b)
        with self.unrecorded():
            y = layer.forward(x.copy())
        try:
            self.better(
                lambda: self.check(y, correlate(x, w, b), "forward(x)", axes=PICTURES),
                lambda: self.check_like_new(y, w, x, b),
            )
        except CriterionFailed:
            new = self.not_used(y, correlate(x, w, b), correlate(x, first, b))
            self.fail_with(
                Check.VALUES,
                f"After {what}, forward(x) does not use {new}. Where does it take that from?",
            )

    def not_used(self, y: Any, by_new: Array, by_old: Array) -> str:
        """Return what an answer does not use, given those by the new bias with the new and with the old weights."""
        if not isinstance(y, np.ndarray) or y.shape != by_new.shape:
            return "the new weights and bias"
        apart = y - by_new
        if self.close(apart, apart[:1, :, :1, :1]).all():
            return "the new bias"
        return "the new weights" if self.close(y, by_old).all() else "the new weights and bias"

    def check_like_new(self, y: Any, w: Array, x: Array, b: Array) -> None:
        """Judge by a new layer of the student's with the same weights."""
        self.check_own_forward(w)
        with self.unrecorded():
            wanted = self.output(w, x, b)
        self.check(y, wanted, "forward(x)", axes=PICTURES)

    def check_undisturbed(self, y: Any, alone: Any, w: Array, x: Array) -> None:
        """Judge by what the same layer answered before there was another."""
        self.check_own_forward(w)
        self.check(y, self.four_axes(alone, len(x), len(w)), "forward(x), the second time,")

    @points(0.5)
    def test_even_kernel(self) -> None:
        """Kernels with an even number of rows or columns give an output of the picture's size, too."""
        for kernel, seed in (((2, 4), 161), ((4, 3), 163), ((3, 2), 165)):
            x, w = self.numbers(1, 2, 6, 7, seed=seed), self.numbers(2, 2, *kernel, seed=seed + 1)
            y = self.layer(w).forward(x.copy())
            readings = [correlate(x, w, np.zeros(2), front=front) for front in fronts(kernel)]
            self.better(
                *(
                    lambda y=y, wanted=wanted: self.check(y, wanted, "forward(x)", axes=PICTURES)
                    for wanted in readings
                ),
                lambda y=y, x=x, w=w: self.check_like_odd(y, x, w),
            )

    def check_like_odd(self, y: Any, x: Array, w: Array) -> None:
        """Judge by the student's own answers to odd kernels, the even ones with zeros in front or behind."""
        m, n = w.shape[2:]
        odd = (*w.shape[:2], m + 1 - m % 2, n + 1 - n % 2)
        self.check_own_forward(self.numbers(*odd, seed=167))
        readings = []
        for above, left in product(range(2 - m % 2), range(2 - n % 2)):
            longer = np.zeros(odd)
            longer[:, :, above : above + m, left : left + n] = w
            readings.append(self.output(longer, x))
        self.better(
            *(lambda wanted=wanted: self.check(y, wanted, "forward(x)", axes=PICTURES) for wanted in readings)
        )


def fronts(kernel: Pair) -> list[Pair]:
    """Return the readings of "same": rows and columns of zeros in front, SciPy's reading first."""
    m, n = kernel
    return list(dict.fromkeys([(m // 2, n // 2), ((m - 1) // 2, (n - 1) // 2)]))
