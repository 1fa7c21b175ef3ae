"""Innocent faults are graded fairly, by nbgrader's own command with our settings."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.proctor.support.ours import complaint, grade_side_by_side
from tests.proctor.support.thinning import thinned
from tests.proctor.support.world import CLASSMATE, LAST
from tests.specimens.recipe import POINTS, recipes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.proctor.support.ours import Graded

EVERY = recipes("faulty")
RECIPES = thinned(EVERY, 15)
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Graded]]:
    """Hand all specimens in, grade them in two courses at once, and leave no program of theirs behind."""
    with ExitStack() as stack:
        yield grade_side_by_side(RECIPES.values(), tmp_path_factory.mktemp("faulty"), stack, sides=2)


@pytest.mark.parametrize("name", RECIPES)
def test_is_graded_fairly_and_harmlessly(name: str, graded: dict[str, Graded]) -> None:
    """A specimen gets exactly the points that are fair, in the right words, and harms nobody."""
    assert complaint(RECIPES[name], graded[name]) == ""


def test_nobody_else_is_hurt(graded: dict[str, Graded]) -> None:
    """Classmates graded before and after get all points, no file of the course changes, and the command succeeds."""
    for course in graded.values():
        assert course.status == 0, course.log[-3000:]
        assert course.world.changes() == []
        assert course.world.heard == []
        for student in (CLASSMATE, LAST):
            assert course.world.scores(student) == POINTS


def test_the_bank_is_large_and_speaks() -> None:
    """There are at least 30 recipes, each with a sentence, and points that the exercise has."""
    assert len(EVERY) >= 30
    for recipe in EVERY.values():
        assert recipe.says.endswith("."), recipe.name
        assert all(0 <= lost <= POINTS[cell] for cell, lost in recipe.costs.items()), recipe.name
        assert bool(recipe.costs) <= bool(recipe.because), recipe.name
