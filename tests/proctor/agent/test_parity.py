"""Parity with Jupyter: a notebook can do the same in a session, feature by feature, as by nbclient on ipykernel."""

from __future__ import annotations

import functools
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from proctor.sandbox.mounts import font_list
from proctor.sandbox.visible_files import build_view
from tests.proctor.support.features import DIFFERENT, EQUAL, RANDOM, STATE, Feature
from tests.proctor.support.running import Cells, brief, run_ours, run_plainly
from tests.proctor.support.thinning import thinned

if TYPE_CHECKING:
    from pathlib import Path

PAUSE = "time.sleep(.3)"
"""Gives ipykernel's thread the time to read what programs write; ours read that at the end of the cell."""


def _cases(notebooks: dict[str, list[Feature]]) -> list[Any]:
    return [
        pytest.param(notebook, feature, id=f"{notebook}: {feature.name}")
        for notebook, features in notebooks.items()
        for feature in features
    ]


class Runs:
    """The outputs of each notebook of the table, run when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.plain = functools.cache(self._plain)
        self.ours = functools.cache(self._ours)

    def _new(self, name: str) -> Path:
        folder = self._folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _plain(self, notebook: str) -> dict[str, Cells]:
        home = self._new("home")
        if (fonts := font_list(build_view().shown)) is not None:
            (home / ".config" / "matplotlib").mkdir(parents=True)
            (home / ".config" / "matplotlib" / fonts[0]).write_bytes(fonts[1])
        return _by_feature(notebook, run_plainly(_cells(notebook), home))

    def _ours(self, notebook: str, *, forked: bool = True) -> dict[str, Cells]:
        settings: dict[str, Any] = {} if forked else {"preload": []}
        cells = [cell.replace(PAUSE, "pass") for cell in _cells(notebook)]
        return _by_feature(notebook, run_ours(cells, self._new("submission"), **settings))


def _cells(notebook: str) -> list[str]:
    return [cell for feature in EQUAL[notebook] for cell in feature.cells]


def _by_feature(notebook: str, outputs: Cells) -> dict[str, Cells]:
    shown = iter(outputs)
    return {feature.name: [next(shown) for _ in feature.cells] for feature in EQUAL[notebook]}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Return the runs of this module."""
    return Runs(tmp_path_factory.mktemp("runs"))


@pytest.mark.parametrize(("notebook", "feature"), _cases(thinned(EQUAL, 2)))
def test_a_feature_shows_what_it_shows_in_jupyter(runs: Runs, notebook: str, feature: Feature) -> None:
    """Each cell has the same outputs: types, names, texts, formats, pixels, execution counts."""
    assert runs.ours(notebook)[feature.name] == runs.plain(notebook)[feature.name]


@pytest.mark.parametrize(("notebook", "feature"), _cases(STATE))
def test_preloading_leaves_no_trace(runs: Runs, notebook: str, feature: Feature) -> None:
    """An agent that was forked from the preloaded process shows what one shows that started by itself."""
    assert runs.ours(notebook)[feature.name] == runs.ours(notebook, forked=False)[feature.name]


@pytest.mark.parametrize("feature", DIFFERENT, ids=lambda feature: feature.name)
def test_a_difference_is_what_the_table_says(tmp_path: Path, feature: Feature) -> None:
    """Where ours differ from Jupyter, they show what stands in the table, for the reason that stands there."""
    assert feature.why.endswith(".")
    shown = run_ours(feature.cells, tmp_path, in_order=True)
    assert [brief(outputs) for outputs in shown] == feature.expected


def test_no_two_agents_draw_the_same_numbers(tmp_path: Path) -> None:
    """What is random differs from one forked agent to the next."""
    first, second = (run_ours(RANDOM.cells, tmp_path)[1][0]["data"]["text/plain"] for _ in range(2))
    pairs = list(zip(first.split(","), second.split(","), strict=True))
    assert len(pairs) == 6
    assert all(one != other for one, other in pairs)


def test_each_feature_is_counted_once() -> None:
    """No two features of a notebook have the same name, which would hide one of them."""
    for features in EQUAL.values():
        assert len({feature.name for feature in features}) == len(features)
