"""Share of their own code that two submissions have in common: fingerprints by winnowing, rare ones counting more.

A fingerprint is a hash of K tokens in a row, chosen so that any K + WINDOW - 1 tokens that two sources share are
sure to have one in common (S. Schleimer, D. S. Wilkerson, A. Aiken: Winnowing: Local Algorithms for Document
Fingerprinting, SIGMOD 2003). What students were given is taken out first. What many share belongs to the exercise
rather than to two of them, so a fingerprint counts less the more submissions have it (the inverse document
frequency of information retrieval). All pairs are compared at once, by a sparse matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from proctor.report.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from proctor.report.tokens import Codes, Tokens

K = 14
"""Tokens in a fingerprint; shorter matches are noise."""
WINDOW = 7
"""Of so many fingerprints in a row, one is kept."""
ENOUGH = 0.4
"""A pair is shown if it shares this much of the smaller one's own code ..."""
LEAST = 20.0
"""... and at least so much weight: that of 20 fingerprints which nobody else has, some ten lines."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True)
class Pair:
    """Two submissions that share code, by their places in the class.

    The weight is that of what they share, 1 for a fingerprint that only these two have; the share is the part, from 0 to
    1, that this is of the weight of the smaller one's own code.
    """

    one: int
    other: int
    share: float
    weight: float


def hashes(codes: Codes) -> Codes:
    """Return a hash of each K tokens in a row, shape (len(codes) - K + 1,); none if there are fewer tokens."""
    count = len(codes) - K + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    total = np.zeros(count, np.uint64)
    for offset in range(K):
        total = total * _BASE + codes[offset : offset + count]
    total = (total ^ (total >> np.uint64(31))) * _MIX
    return np.asarray(total ^ (total >> np.uint64(29)))


def winnow(values: Codes) -> Codes:
    """Return the fingerprints among hashes: of each WINDOW in a row the smallest, each value once."""
    if len(values) <= WINDOW:
        return np.unique(values[np.argmin(values, keepdims=True)]) if len(values) else values
    windows = np.lib.stride_tricks.sliding_window_view(values, WINDOW)
    return np.unique(windows.min(axis=1))


def given_hashes(sources: Iterable[str]) -> Codes:
    """Return the hashes of all that students were given, sorted."""
    return _distinct([hashes(tokens(source).codes) for source in sources])


def _distinct(found: Sequence[Codes]) -> Codes:
    return np.unique(np.concatenate([np.empty(0, np.uint64), *found]))


def is_given(values: Codes, given: Codes) -> NDArray[np.bool_]:
    """Return for each hash whether it is among the given, sorted ones: many times faster than `np.isin`."""
    if not len(given):
        return np.zeros(len(values), bool)
    places = np.searchsorted(given, values)
    return np.asarray(given[np.minimum(places, len(given) - 1)] == values)


def fingerprints(sources: Iterable[Tokens], given: Codes) -> Codes:
    """Return the fingerprints of a submission's own code, sorted; given hashes are nobody's own."""
    every = [hashes(source.codes) for source in sources]
    return _distinct([winnow(values[~is_given(values, given)]) for values in every])


def weight_of(shared_by: NDArray[np.int64], students: int) -> NDArray[np.float64]:
    """Return what a fingerprint counts that so many of the students have: 1 for up to two, and 0 for all."""
    if students <= 2:
        return np.ones(len(shared_by))
    return np.asarray(np.clip(np.log(students / shared_by) / np.log(students / 2), 0.0, 1.0))


def similar_pairs(prints: Sequence[Codes], *, enough: float = ENOUGH, least: float = LEAST) -> list[Pair]:
    """Return the pairs that share enough, and at least so much weight, those that share the most of their code first."""
    has, shared_by = _table(prints)
    weight = weight_of(shared_by, len(prints))
    shared = np.asarray(((has * weight).tocsr() @ has.T).todense(), np.float64)
    own = np.diagonal(shared)
    smaller = np.minimum.outer(own, own)
    shares = np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)
    ones, others = np.nonzero(np.triu((shares >= enough) & (shared >= least), 1))
    pairs = [
        Pair(int(one), int(other), float(shares[one, other]), float(shared[one, other]))
        for one, other in zip(ones, others, strict=True)
    ]
    return sorted(pairs, key=lambda pair: (-round(pair.share, 3), -pair.weight, pair.one, pair.other))


def _table(prints: Sequence[Codes]) -> tuple[csr_array, NDArray[np.int64]]:
    """Return which submission (row) has which fingerprint (column), and how many have each."""
    count = len(prints)
    distinct, columns = np.unique(np.concatenate([np.empty(0, np.uint64), *prints]), return_inverse=True)
    rows = np.repeat(np.arange(count), [len(each) for each in prints])
    has = csr_array((np.ones(len(rows)), (rows, columns)), shape=(count, len(distinct)))
    return has, np.bincount(columns, minlength=len(distinct))


def crowd(prints: Sequence[Codes], *, enough: float = 0.6, others: int = 5) -> list[int]:
    """Return the submissions that share most of their code with many others, all fingerprints counting alike.

    What many share weighs little in :func:`similar_pairs`, be it the obvious way or one source for all. This
    is what tells that there is something of the kind. `enough` is the share of its own fingerprints that counts as most.
    """
    has = _table(prints)[0]
    both = np.asarray((has @ has.T).todense(), np.float64)
    own = np.diagonal(both)
    shares = np.divide(both, own[:, None], out=np.zeros_like(both), where=own[:, None] >= LEAST)
    return [int(place) for place in np.flatnonzero((shares >= enough).sum(axis=1) - (own >= LEAST) >= others)]
