"""The shared lines of two submissions, side by side: what a person looks at before thinking anything.

Shared stretches of tokens are found as tiles, the longest first, none overlapping another (greedy string tiling,
M. J. Wise 1993); tiles that are a line or two apart become one passage.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from proctor.report.similarity import K, hashes, is_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from proctor.report.tokens import Codes, Tokens

NEAR = 2
"""Lines between two tiles of one passage."""
END = (1 << 40, 1 << 41)
"""Number that ends the sources of each side; tokens are smaller."""


@dataclass(frozen=True)
class Tile:
    """A stretch of equal tokens: from `one` in the first and `other` in the second, `length` tokens long."""

    one: int
    other: int
    length: int


@dataclass(frozen=True)
class Stretch:
    """Lines of one of a submission's sources, from the first to the last one included; all are counted from 0.

    `shared` are those among them that the other one has, too.
    """

    source: int
    first: int
    last: int
    shared: frozenset[int]


Passage = tuple[Stretch, Stretch]
"""Lines of one, beside the lines of the other."""


def passages(one: Sequence[Tokens], other: Sequence[Tokens], given: Codes, most: int = 12) -> list[Passage]:
    """Return the passages that the sources of two share, in the first one's order; of many, the longest.

    A passage does not begin with hashes of what students were given, which are sorted.
    """
    first, second = _joined(one, 0), _joined(other, 1)
    chosen = tiles(first[0], second[0], given)[: 3 * most]
    found: list[Passage] = []
    for tile in sorted(chosen, key=lambda tile: tile.one):
        passage = (_stretch(first, tile.one, tile.length), _stretch(second, tile.other, tile.length))
        if found and _near(found[-1], passage):
            found[-1] = (_merged(found[-1][0], passage[0]), _merged(found[-1][1], passage[1]))
        else:
            found.append(passage)
    longest = sorted(found, key=lambda passage: -len(passage[0].shared))[:most]
    return [passage for passage in found if passage in longest]


def tiles(one: Codes, other: Codes, given: Codes) -> list[Tile]:
    """Return the stretches of at least K equal tokens, the longest first, none overlapping another."""
    free = np.ones(len(one), bool), np.ones(len(other), bool)
    found = []
    for match in sorted(_matches(one, other, given), key=lambda tile: (-tile.length, tile.one, tile.other)):
        one_free = free[0][match.one : match.one + match.length]
        clear = one_free & free[1][match.other : match.other + match.length]
        for start, length in _runs(clear):
            if length >= K:
                tile = Tile(match.one + start, match.other + start, length)
                free[0][tile.one : tile.one + length] = free[1][tile.other : tile.other + length] = False
                found.append(tile)
    return sorted(found, key=lambda tile: -tile.length)


def _matches(one: Codes, other: Codes, given: Codes) -> list[Tile]:
    """Return the longest stretches that begin at each place of both, where they cannot begin earlier."""
    places = defaultdict(list)
    for place, value in enumerate(hashes(other).tolist()):
        places[value].append(place)
    values = hashes(one)
    own = ~is_given(values, given)
    found = []
    for start in np.flatnonzero(own).tolist():
        for place in places.get(int(values[start]), ()):
            earlier = start > 0 and place > 0 and own[start - 1] and one[start - 1] == other[place - 1]
            if not earlier:
                found.append(Tile(start, place, _length(one[start:], other[place:])))
    return found


def _length(one: Codes, other: Codes) -> int:
    """Return how many tokens are equal from the beginning."""
    size = min(len(one), len(other))
    different = np.flatnonzero(one[:size] != other[:size])
    return int(different[0]) if len(different) else size


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the beginning and the length of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


_Joined = tuple["Codes", "NDArray[np.int64]", "NDArray[np.int64]"]


def _joined(sources: Sequence[Tokens], side: int) -> _Joined:
    """Return the codes of all sources in a row, with the source and the line of each."""
    codes, lines, numbers = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, source in enumerate(sources):
        # A token that is nowhere else, so that no match runs on into the next source.
        codes += [source.codes, np.array([END[side] + number], np.uint64)]
        lines += [source.lines, source.lines[-1:] if len(source.lines) else np.zeros(1, np.int64)]
        numbers.append(np.full(len(source.codes) + 1, number, np.int64))
    return np.concatenate(codes), np.concatenate(lines), np.concatenate(numbers)


def _stretch(joined: _Joined, start: int, length: int) -> Stretch:
    lines = joined[1][start : start + length]
    shared = frozenset(np.unique(lines).tolist())
    return Stretch(int(joined[2][start]), min(shared), max(shared), shared)


def _near(before: Passage, passage: Passage) -> bool:
    return all(
        old.source == new.source and old.first <= new.first and new.first - old.last <= NEAR + 1
        for old, new in zip(before, passage, strict=True)
    )


def _merged(old: Stretch, new: Stretch) -> Stretch:
    return Stretch(old.source, old.first, max(old.last, new.last), old.shared | new.shared)
