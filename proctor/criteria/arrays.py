"""Checks of arrays, in order: one came, its shape, its values; the hint is that of the first check that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from proctor.criteria.assertions import Assertions
from proctor.criteria.closeness import TOLERANCE, close
from proctor.criteria.comparison import difference
from proctor.criteria.faults import CriterionFailed
from proctor.criteria.outcome import Check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray


class ArrayChecks(Assertions):
    """A test case that checks arrays of students."""

    close = staticmethod(close)

    def __init__(self, methodName: str = "runTest") -> None:
        """Start without remarks."""
        super().__init__(methodName)
        self.remarks: list[str] = []

    def remark(self, sentence: str) -> None:
        """Tell the student something that costs no points; said once, however often it is noticed."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    def array(self, value: Any, what: str) -> NDArray[Any]:
        """Return a student's result as an array, or fail at the check `type`.

        Lists (of numbers, of arrays) are accepted with a remark; anything else is not an array. Numbers
        count as arrays without axes.
        """
        if isinstance(value, np.ndarray | np.generic | float | int | complex) and not isinstance(value, bool):
            return np.asarray(value)
        if value is None:
            raise CriterionFailed(
                Check.TYPE, f"{what} is None. Is a `return` missing, or a value never stored?"
            )
        if isinstance(value, list | tuple):
            try:
                result = np.array(value)
            except ValueError:
                raise CriterionFailed(
                    Check.SHAPE,
                    f"{what} is a list whose parts have different shapes. Which part is too short?",
                ) from None
            if result.dtype.kind in "biufc":
                self.remark(f"{what} is a {type(value).__name__}; an array was expected. The values count.")
                return result
        raise CriterionFailed(
            Check.TYPE,
            f"{what} should be an array of numbers, and a {type(value).__name__} came. What do you return?",
        )

    def check(  # noqa: PLR0913  - two arrays, and how to compare them
        self,
        value: Any,
        expected: ArrayLike,
        what: str,
        *,
        shape: bool = True,
        tolerance: float = TOLERANCE,
        axes: Sequence[str] = (),
    ) -> NDArray[Any]:
        """Check that `value` is an array, then its shape, then its values.

        Args:
            value: what the student's code returned.
            expected: the right values, shape included.
            what: how the student calls this value, for instance ``"forward(x)"``.
            shape: False compares the values in C order, whatever the shape (a bias of (n, 1), say).
            tolerance: largest error, relative to the largest expected magnitude (at least the smallest normal).
            axes: what each axis counts, such as ("picture", "channel", "row", "column"), for the hint.

        Returns:
            The value as an array.

        Raises:
            CriterionFailed: at the first broken check, with a hint that shows no expected value.
        """
        wanted = np.asarray(expected)
        got = self.array(value, what)
        if shape and got.shape != wanted.shape:
            raise CriterionFailed(
                Check.SHAPE,
                f"{what}: shape {wanted.shape} was expected, {got.shape} came. Which axis differs?",
            )
        if got.size != wanted.size:
            raise CriterionFailed(
                Check.SHAPE,
                f"{what}: {wanted.size} values were expected, {got.size} came. What is too many or missing?",
            )
        got_flat, wanted_flat = got.reshape(wanted.shape), wanted
        if np.iscomplexobj(got_flat):
            raise CriterionFailed(
                Check.TYPE, f"{what} is complex. Was the real part to be taken after an FFT?"
            )
        if not np.isfinite(got_flat).all():
            raise CriterionFailed(
                Check.VALUES, f"{what} has entries that are nan or infinite. Where could they arise?"
            )
        if not self.close(got_flat, wanted_flat, tolerance).all():
            fact = difference(got_flat, wanted_flat, axes)
            raise CriterionFailed(Check.VALUES, f"{what}: the shape is right, the values are not. {fact}")
        return got

    def fail_with(self, check: Check, hint: str) -> None:
        """Fail this criterion at `check` with a hint: a fact, then a question."""
        raise CriterionFailed(check, hint)
