"""Hidden tests of part 3: flattening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from inputs import Seeded

from proctor.criteria import CriterionFailed, points
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from closed_forms import Array


class FlattenTest(Seeded):
    """FlattenLayer"""

    grade_id = "flatten"
    needs = ("FlattenLayer",)

    @points(1)
    def test_forward(self) -> None:
        """`forward(x)` lays each picture out as one row: [b, c, p, q] becomes [b, c * p * q]."""
        for shape in ((2, 3, 4, 5), (3, 1, 2, 6), (1, 4, 3, 2)):
            layer = self.FlattenLayer()
            x = np.arange(float(np.prod(shape))).reshape(shape) - 7
            rows = layer.forward(x.copy())
            self.better(
                lambda rows=rows, x=x: self.check(rows, x.reshape(len(x), -1), "forward(x)"),
                lambda rows=rows, x=x, layer=layer: self.check_other_order(layer, rows, x),
            )

    def check_other_order(self, layer: Any, rows: Any, x: Array) -> None:
        """Accept another order, the same for each picture, if backward undoes it."""
        order(self.array(rows, "forward(x)"), x)
        self.check(layer.backward(np.array(rows, dtype=float)), x, "backward(forward(x))")
        self.remark(
            "Your rows are not in C order, and backward undoes it. Other people's layers expect C order."
        )

    @points(1)
    def test_backward(self) -> None:
        """`backward(error)` brings each number of the error back to its place in the last input's shape."""
        layer, other = self.FlattenLayer(), self.FlattenLayer()
        x = np.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
        self.attempt(lambda: layer.forward(np.ones((3, 2, 4, 3))))
        rows, fault = self.attempt(lambda: layer.forward(x.copy()))
        self.attempt(lambda: other.forward(np.ones((2, 2, 5, 6))))
        error = self.numbers(2, 60, seed=101)
        returned, crash = self.attempt(lambda: layer.backward(error.copy()))
        if crash:
            raise fault or crash
        self.better(
            lambda: self.check(returned, error.reshape(x.shape), "backward(error)"),
            lambda: self.check_undone(returned, error, rows, x),
        )
        single = np.arange(12.0).reshape(1, 1, 3, 4)
        self.attempt(lambda: layer.forward(single.copy()))
        returned = layer.backward(self.numbers(1, 12, seed=102))
        if np.shape(returned) != single.shape:
            self.check(returned, single, "backward(error)")

    def check_undone(self, returned: Any, error: Array, rows: Any, x: Array) -> None:
        """Judge by the order of the student's own forward."""
        back = np.empty_like(error)
        back[:, order(self.array(rows, "forward(x)"), x)] = error
        self.check(returned, back.reshape(x.shape), "backward(error)")


def order(rows: Array, x: Array) -> Array:
    """Return the order in which rows hold the entries of each picture of x, which are consecutive numbers."""
    size = x[0].size
    if rows.shape != (len(x), size):
        raise CriterionFailed(
            Check.SHAPE,
            f"forward(x): shape {(len(x), size)} was expected, {rows.shape} came. Which axis differs?",
        )
    places = rows - x.reshape(len(x), -1)[:, :1]
    if (places != places[0]).any() or (np.sort(places[0]) != np.arange(size)).any():
        raise CriterionFailed(
            Check.VALUES, "forward(x) mixes the pictures. Which axis has to stay the first?"
        )
    return places[0].astype(int)
