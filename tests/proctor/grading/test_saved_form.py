"""A right answer ends alike as it is run and saved by `%%writefile`; `make fairness` tries the whole bank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.both_forms import differing, judged, saved, workplace
from proctor.grading import execute
from proctor.sandbox.fork_server import fork_servers
from tests.proctor.support.judging import CELLS, remarks
from tests.specimens.bank import right_answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Lay out what a student has; end the fork server afterwards."""
    with workplace() as found:
        yield found
    fork_servers().close()


@pytest.mark.parametrize("name", ["flatten_by_removed_names", "names_at_run_time", "none_until_initialize"])
def test_saved_is_the_same_as_run(name: str, folder: Path) -> None:
    """Each criterion ends alike, with the same remarks, also where it is judged once more for an older NumPy."""
    assert differing(name, folder) == ""


def test_a_difference_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If saved cells were not run, the comparison would say so."""
    monkeypatch.setattr(execute, "saved_body", lambda _source: None)
    assert differing("solution", folder).startswith("solution differs when it is saved")


def test_what_a_star_brings_is_not_missing(folder: Path) -> None:
    """A saved cell that imports with a star has no name that only the notebook has."""
    reports = judged(saved(right_answers()["names_at_run_time"].submission()), folder)
    assert not remarks({name: reports[name] for name in CELLS["initializers"]})
