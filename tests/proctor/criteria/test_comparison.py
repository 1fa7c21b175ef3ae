"""Differences in words: each kind of difference is fed to the comparison, which says it, asks, and shows no value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from proctor.criteria.comparison import difference

if TYPE_CHECKING:
    from collections.abc import Callable

PICTURES = ("picture", "channel", "row", "column")
WANTED = np.random.default_rng(3).integers(1, 200, (3, 4, 5, 5)) * np.random.default_rng(4).choice(
    [-0.37, 0.37], (3, 4, 5, 5)
)


def changed(place: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Return what adds different numbers at a place."""

    def change(values: np.ndarray) -> np.ndarray:
        other = values.copy()
        other[place] += 50 + np.arange(other[place].size).reshape(other[place].shape) ** 1.5
        return other

    return change


def border(values: np.ndarray) -> np.ndarray:
    """Return values that are right in the middle of each picture only."""
    other = changed(...)(values)
    other[:, :, 1:-1, 1:-1] = values[:, :, 1:-1, 1:-1]
    return other


CASES = [
    ("All entries are 0.", lambda v: 0 * v),
    ("All entries have the wrong sign.", lambda v: -v),
    ("All entries are 1/3 of what they should be.", lambda v: v / 3),
    ("All entries are 2.5 times", lambda v: v * 2.5),
    ("All entries are off by the same number.", lambda v: v + 7),
    ("Within a channel all entries are off", lambda v: v + np.arange(1, 5).reshape(4, 1, 1)),
    ("What should be negative is 0.", lambda v: np.maximum(v, 0)),
    ("whole numbers", np.trunc),
    ("All entries are the same number.", lambda v: np.full(v.shape, v.sum())),
    ("Each entry is 1 minus the right one.", lambda v: 1 - v),
    ("reversed along the rows and columns", lambda v: v[:, :, ::-1, ::-1]),
    ("reversed along the rows.", lambda v: v[:, :, ::-1]),
    ("The rows and columns are swapped.", lambda v: v.swapaxes(2, 3)),
    ("1 column later", lambda v: np.roll(v, 1, axis=3)),
    ("2 rows earlier", lambda v: np.roll(v, -2, axis=2)),
    ("in another order", lambda v: v.reshape(5, 5, 3, 4).transpose(2, 3, 0, 1)),
    ("Each picture holds what belongs to picture 0", lambda v: np.repeat(v[:1], 3, axis=0)),
    ("Some channel holds what belongs to another", lambda v: v[:, [1, 0, 3, 2]]),
    ("without its sign", np.abs),
    ("the signs of", lambda v: v * np.where(np.arange(5) % 3 == 0, -1, 1)),
    ("only at the border", border),
    ("in the last picture", changed(-1)),
    ("in channel 2, counted from 0", changed((slice(None), 2))),
    ("every other row", changed((slice(None), slice(None), slice(0, None, 2)))),
    ("every picture but the first", changed(slice(1, None))),
    ("similar to them", lambda v: v + 10 * np.random.default_rng(1).normal(size=v.shape)),
    ("not similar to them", lambda v: np.random.default_rng(2).normal(size=v.shape)),
]


@pytest.mark.parametrize(("words", "change"), CASES, ids=[words for words, _ in CASES])
def test_differences_are_said(words: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """The fact comes first, then a question; no expected value is in it."""
    said = difference(change(WANTED), WANTED, PICTURES)
    assert words in said
    assert said.endswith("?")
    numbers = {float(number) for number in re.findall(r"-?\d+\.\d+", said)}
    assert not numbers & {round(float(value), 2) for value in WANTED.ravel()}


def test_single_precision_says_the_same() -> None:
    """The words do not depend on the precision of what came."""
    for _, change in CASES[:-2]:
        got = change(WANTED)
        assert difference(got.astype(np.float32), WANTED, PICTURES) == difference(got, WANTED, PICTURES)


@pytest.mark.parametrize("shape", [(), (1,), (2,), (3, 1), (0,), (1, 1, 1, 1), (2, 3, 1, 1)])
def test_small_arrays_have_words_too(shape: tuple[int, ...]) -> None:
    """Numbers, vectors, and axes of one entry are compared without an error, and a factor of one number is none."""
    wanted = np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)
    said = difference(wanted * 1.7 + 3.1, wanted)
    assert said
    assert "times what" not in said


def test_what_differs_in_kind_is_said() -> None:
    """Entries that are wrong just where 0 is due are named so."""
    wanted = np.array([3.0, 0, -4, 0, 5, 6, 0])
    assert "ones that should be 0" in difference(wanted + (wanted == 0) * [0, 1, 0, 3, 0, 0, -2], wanted)


def test_what_memory_held_is_told_from_what_was_computed() -> None:
    """Sums into an array that was never filled are no matter of a term or a sign."""
    assert "np.empty" in difference(np.where(WANTED > 2, 1e300, WANTED), WANTED)
    assert "np.empty" not in difference(WANTED * 1e6 + 1, WANTED)


def test_few_entries_in_order_say_nothing() -> None:
    """Four numbers rise or fall with the right ones once in twelve times, by chance; eight do not."""
    for size, said in ((4, False), (8, True)):
        wanted = np.arange(1.0, size + 1) ** 3
        for got in (wanted**1.5, -(wanted**1.5)):
            words = difference(got, wanted)
            assert ("grow with" in words or "fall where" in words) == said


def test_slices_without_a_name_are_counted() -> None:
    """Where nobody says what an axis counts, the sentence is one all the same."""
    said = difference(np.repeat(WANTED[:1], 3, axis=0), WANTED)
    assert said.startswith("Each slice along axis 0 holds what belongs to number 0 of them, counted from 0.")
