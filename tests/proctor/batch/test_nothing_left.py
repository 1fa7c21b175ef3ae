"""Grading leaves nothing behind: no process, socket, folder, mount, shared memory or open file (`make attacks`: 500)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import leftovers
from tests.proctor.support.thinning import THOROUGH, thinned
from tests.specimens.recipe import recipes

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_is_left_after_some_submissions(tmp_path: Path) -> None:
    """After gradings, some of which crash, hang or leave what they can, all counts are what they were before."""
    faults, attacks = leftovers.some_faults(), thinned(recipes("hostile"), 60)
    some = [*faults[: 10 if THOROUGH else 7], *attacks.values()]
    assert leftovers.after(len(some), tmp_path, some) == []


def test_what_is_left_would_be_seen(tmp_path: Path) -> None:
    """The count notices a process, an open file, a folder, a socket and shared memory that were not there before."""
    with leftovers.temporary_folder():
        before = leftovers.count()
        with leftovers.litter(tmp_path):
            assert {kind for kind, _ in leftovers.grown(before)} == {
                "processes",
                "files",
                "folders",
                "sockets",
                "shared",
            }
        assert leftovers.grown(before) == []
