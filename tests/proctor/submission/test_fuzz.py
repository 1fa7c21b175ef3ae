"""A short search, with a fixed seed, for inputs that break our parsers; `make fuzz` searches longer.

What it has found is kept in tests/specimens/corpus, one file each, and is tried first.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.proctor.support import fuzzing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", sorted(fuzzing.CORPUS.iterdir()), ids=lambda path: path.name)
def test_what_was_found_before(path: Path) -> None:
    """Inputs that have once broken something, or that the fuzzers began with, are read by every parser of bytes."""
    data = path.read_bytes()
    fuzzing.read_and_restored(data)
    fuzzing.opened(data)
    fuzzing.tabular(data)
    fuzzing.valued(data)
    fuzzing.received([data])
    fuzzing.shown(data.decode("utf-8", "replace"))


@pytest.mark.parametrize("name", fuzzing.SURFACES)
def test_any_input_is_read_or_refused_in_words(name: str) -> None:
    """Inputs of any shape end in something valid, or in the error in words."""
    fuzzing.search(fuzzing.SURFACES[name], 60)


def test_what_takes_too_long_is_seen() -> None:
    """An input that a parser never finishes is told, by its CPU time."""
    with pytest.raises(fuzzing.TooSlowError), fuzzing.limited(0.01):
        fuzzing.received(itertools.repeat(b"\0\0\0\x0b\0\0\0\2{}....."))
