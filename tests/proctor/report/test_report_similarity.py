"""Similarity: who copied is found, who thought alone is not, and what was handed out counts for nobody."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from proctor.report.evidence import passages, tiles
from proctor.report.similarity import (
    ENOUGH,
    WINDOW,
    K,
    crowd,
    fingerprints,
    given_hashes,
    hashes,
    similar_pairs,
    weight_of,
    winnow,
)  # fmt: skip
from proctor.report.tokens import tokens
from tests.exercise4.mistakes import PARTS, solution
from tests.proctor.support.classrooms import handwriting, renamed
from tests.specimens.bank import right_answers
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Prints = NDArray[np.uint64]

TESTS = Path(__file__).resolve().parents[2]

INDEPENDENT = [path.stem for path in sorted((TESTS / "specimens" / "correct").glob("*.py"))
               if path.stem not in ("variants", "saved_with_writefile")]  # fmt: skip
"""The right answers that were written on their own; the others are the solution but for a habit."""


@cache
def given() -> Prints:
    """Return the hashes of what students got."""
    folder = TESTS.parent / "release" / "exercise4"
    cells = [cell.source for cell in Submission.release().notebook.cells if cell.cell_type == "code"]
    return given_hashes([*cells, *(path.read_text() for path in sorted(folder.rglob("*.py")))])


@cache
def answer(name: str) -> tuple[str, ...]:
    """Return the three solution cells of a right answer."""
    return tuple(right_answers()[name].submission().sources()[part] for part in PARTS)


def prints(*sources: str) -> Prints:
    """Return a submission's fingerprints."""
    return fingerprints([tokens(source) for source in sources], given())


def test_names_layout_and_comments_leave_no_trace() -> None:
    """A renamed, reformatted copy with other comments and strings has the same tokens."""
    one = (
        'def f(x, axis):\n    """Says so."""\n    y = x.sum(axis=axis)  # all\n    return np.exp(-y) + "a"\n'
    )
    other = "def   g(u,\n  w):\n    v=u.sum( axis = w )\n    return np.exp(-v)+'something else'"
    assert tokens(one).codes.tolist() == tokens(other).codes.tolist()
    assert tokens(one.replace("sum", "max")).codes.tolist() != tokens(other).codes.tolist()
    assert tokens(one.replace("+", "-")).codes.tolist() != tokens(other).codes.tolist()


def test_tokens_know_their_lines() -> None:
    """Each token has the line where it begins, also after strings, comments and magics over several lines."""
    source = "%matplotlib inline\nx = '''a\nb'''\n# no\n\ny = [1,\n  2]\n"
    found = tokens(source)
    assert found.lines.tolist() == [1, 1, 1, 5, 5, 5, 5, 5, 6, 6]


@pytest.mark.parametrize(
    "source", ["", "'''", "def (", "\x00\ud800", "x = '\\", "é = “a”", "\t\f\r\n", "0x_1e5...."]
)
def test_anything_can_be_read(source: str) -> None:
    """What Python would refuse has tokens, too, or none; nothing fails."""
    assert len(tokens(source).codes) == len(tokens(source).lines)


def test_winnowing_keeps_its_promise() -> None:
    """Any K + WINDOW - 1 tokens in common, wherever they stand, leave a fingerprint in common."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        common = rng.integers(1000, size=K + WINDOW - 1)
        sides = [
            np.concatenate(
                [rng.integers(1000, size=rng.integers(80)), common, rng.integers(1000, size=rng.integers(80))]
            )
            for _ in range(2)
        ]
        one, other = (set(winnow(hashes(side.astype(np.uint64))).tolist()) for side in sides)
        assert one & other


def test_a_copy_with_other_names_is_found() -> None:
    """Of all independent answers and one renamed copy, the pair that copied is the only one."""
    class_of = [prints(*answer(name)) for name in INDEPENDENT]
    class_of.append(prints(*map(renamed, answer("loops"))))
    assert renamed(answer("loops")[2]) != answer("loops")[2]
    pairs = similar_pairs(class_of)
    assert [(pair.one, pair.other) for pair in pairs] == [(INDEPENDENT.index("loops"), len(INDEPENDENT))]
    assert pairs[0].share > 0.8


def test_one_copied_part_is_found() -> None:
    """Who has taken over the convolution only, and written the rest, is found as well."""
    class_of = [prints(*answer(name)) for name in INDEPENDENT]
    class_of.append(prints(*answer("einsum")[:2], renamed(answer("loops")[2])))
    found = {(pair.one, pair.other) for pair in similar_pairs(class_of)}
    assert (INDEPENDENT.index("loops"), len(INDEPENDENT)) in found


def test_independent_right_answers_are_not_similar() -> None:
    """Right answers that were written independently stay at half of the threshold."""
    class_of = [prints(*answer(name)) for name in INDEPENDENT]
    assert len(class_of) >= 11
    assert similar_pairs(class_of) == []
    assert max(pair.share for pair in similar_pairs(class_of, enough=0, least=0)) < ENOUGH * 0.6


def test_small_changes_of_one_solution_accuse_nobody() -> None:
    """All 55 right answers together, most of them the solution but for a habit: no pair, but a crowd."""
    class_of = [prints(*answer(name)) for name in right_answers()]
    assert len(class_of) >= 55
    assert [pair for pair in similar_pairs(class_of) if pair.share < 0.99] == []
    assert len(crowd(class_of)) > 30
    assert crowd([prints(*answer(name)) for name in INDEPENDENT]) == []


def test_the_given_code_does_not_count() -> None:
    """Stubs, as they were handed out or with a word changed, are nobody's own code."""
    stubs = Submission.release().sources()
    assert len(prints(*stubs.values())) == 0
    touched = [source.replace("raise NotImplementedError", "pass  # later") for source in stubs.values()]
    assert similar_pairs([prints(*touched), prints(*touched)]) == []
    assert len(prints(*solution().values())) > 100


def test_what_many_have_counts_less() -> None:
    """A fingerprint of two counts fully, one of all not at all, and in between less and less."""
    weights = weight_of(np.array([1, 2, 3, 10, 40]), 40)
    assert weights[:2].tolist() == [1, 1]
    assert weights[-1] == 0
    assert (np.diff(weights[1:]) < 0).all()
    assert weights[2] == pytest.approx(np.log(40 / 3) / np.log(20))


def test_the_share_is_of_the_smaller_ones_own_code() -> None:
    """Six of eight fingerprints in common are three quarters, whatever else the larger one has."""
    many = np.arange(100, dtype=np.uint64)
    few = np.concatenate([many[:60], np.arange(1000, 1020, dtype=np.uint64)])
    pair = similar_pairs([few, many])[0]
    assert (pair.share, pair.weight) == (0.75, 60)
    assert similar_pairs([few[50:], many[:60]]) == [], "ten are too few to mean anything"


@pytest.mark.parametrize("size", [0, 1, 2])
def test_tiny_classes(size: int) -> None:
    """Nobody, one and two who did nothing are no pairs and no crowd."""
    nothing = [np.empty(0, np.uint64)] * size
    assert similar_pairs(nothing) == []
    assert crowd(nothing) == []


def test_tiles_are_the_longest_stretches() -> None:
    """Two blocks that have changed places are two tiles of their full length."""
    rng = np.random.default_rng(2)
    first, second, noise = (rng.integers(10**6, size=size).astype(np.uint64) for size in (40, 25, 10))
    found = tiles(
        np.concatenate([first, noise, second]), np.concatenate([second, first]), np.empty(0, np.uint64)
    )
    assert [(tile.one, tile.other, tile.length) for tile in found] == [(0, 25, 40), (50, 0, 25)]


def test_shared_lines_stand_side_by_side() -> None:
    """Of a copied method in the middle of other code, each side shows its own line numbers."""
    method = answer("loops")[0].split("class ReLU")[0].split("def forward", 1)[1]
    noise = handwriting(answer("einsum")[2], random.Random(1))
    one, other = (
        [tokens("def forward" + method)],
        [tokens(noise), tokens("\n\n\n" + renamed("def forward" + method))],
    )
    found = passages(one, other, np.empty(0, np.uint64))
    left, right = max(found, key=lambda passage: len(passage[0].shared))
    assert (left.source, right.source) == (0, 1)
    assert sorted(right.shared) == [line + 3 for line in sorted(left.shared)]
    assert len(left.shared) >= 8
