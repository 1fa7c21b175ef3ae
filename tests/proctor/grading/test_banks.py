"""Innocent faults are graded fairly, attacks earn nothing and do no harm: both banks, by one command of nbgrader's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.proctor.support.ours import complaint, grade
from tests.proctor.support.thinning import THOROUGH, thinned
from tests.proctor.support.world import CLASSMATE, LAST
from tests.specimens.recipe import POINTS, recipes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proctor.support.ours import Graded

BANKS = {family: recipes(family) for family in ("faulty", "hostile")}
EVERY = BANKS["faulty"] | BANKS["hostile"]
RECIPES = thinned(BANKS["faulty"], 30) | thinned(BANKS["hostile"], 30)
pytestmark = pytest.mark.timeout(3600 if THOROUGH else 900)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    """Hand the chosen specimens of both banks in, grade them, and leave no program of theirs behind."""
    found = grade(RECIPES.values(), tmp_path_factory.mktemp("banks") / "course")
    with found.world:
        yield found


@pytest.mark.parametrize("name", RECIPES)
def test_is_graded_fairly_and_harmlessly(name: str, graded: Graded) -> None:
    """A specimen gets exactly the points that are fair, in the right words, and harms nobody."""
    assert complaint(RECIPES[name], graded) == ""


def test_the_pages_that_matter_are_written(graded: Graded) -> None:
    """Where a specimen is about its feedback page, there is one to be looked at, and no other is written."""
    written = {name for name in RECIPES if graded.world.page(name)}
    assert written == {name for name, recipe in RECIPES.items() if recipe.page}


def test_nobody_else_is_hurt(graded: Graded) -> None:
    """Classmates graded before and after get all points, no file of the course changes, and the command succeeds."""
    assert graded.status == 0, graded.log[-3000:]
    assert graded.world.changes() == []
    assert graded.world.heard == []
    for student in (CLASSMATE, LAST):
        assert graded.world.scores(student) == POINTS


@pytest.mark.parametrize("bank", BANKS)
def test_the_bank_is_large_and_speaks(bank: str) -> None:
    """There are at least 150 recipes, each with a sentence, and points that the exercise has."""
    assert len(BANKS[bank]) >= 150
    for recipe in BANKS[bank].values():
        assert recipe.says.endswith("."), recipe.name
        assert all(0 <= lost <= POINTS[cell] for cell, lost in recipe.costs.items()), recipe.name
        assert bool(recipe.costs) <= bool(recipe.because), recipe.name


def test_no_two_have_the_same_name() -> None:
    """A name says which specimen it is, also across the banks."""
    assert len(EVERY) == sum(map(len, BANKS.values()))
