"""The table of `make attacks` says what became of each specimen, on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import attacks
from benchmarks.stock import cell_sources
from tests.proctor.support.world import Fate, active, unfairness
from tests.specimens.recipe import POINTS, recipes

TESTS = Path(__file__).resolve().parents[2]

LOOP, SCRIPT = recipes("faulty")["loop_in_a_method"], recipes("hostile")["script_in_html"]
FAIR = Fate("fair", "")


def test_rows_say_both_fates_and_why() -> None:
    """Each row names its case and family, both fates, and the reason of each that is not fair."""
    mine = {LOOP.name: FAIR, SCRIPT.name: FAIR}
    theirs = {
        LOOP.name: Fate("unfair", "is not in the gradebook"),
        SCRIPT.name: Fate("harmful", "read it; wrote it"),
    }
    rows = attacks.cases([LOOP, SCRIPT], mine, theirs)
    assert [(row["name"], row["family"], row["ours"], row["stock"], row["why"]) for row in rows] == [
        ("loop_in_a_method", "faulty/endless", "fair", "unfair", "stock: is not in the gradebook"),
        ("script_in_html", "hostile/pages", "fair", "harmful", "stock: read it; wrote it"),
    ]
    text = attacks.table(rows)
    assert "hostile/pages  stock 1 cases: 0 fair, 0 unfair, 1 harmful" in text
    assert "faulty/endless ours  1 cases: 1 fair, 0 unfair, 0 harmful" in text


def test_stock_can_be_left_out() -> None:
    """Without stock nbgrader there is no column of it."""
    rows = attacks.cases([LOOP], {LOOP.name: FAIR}, {})
    assert "stock" not in rows[0]
    assert attacks.table(rows).splitlines()[1] == "faulty/endless loop_in_a_method fair "


def test_names_are_unique_in_both_banks() -> None:
    """A name is a student's id: nobody hands in twice."""
    names = [recipe.name for recipe in attacks.every()]
    assert len(set(names)) == len(names)


def test_unknown_names_are_refused() -> None:
    """A name that no specimen has ends the command with one line."""
    with pytest.raises(SystemExit, match="no specimen called nobody"):
        attacks.main(["nobody"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"relu_forward": 0.0}, "gets 1 points less than it should"),
        ({"sigmoid_forward": 1.0}, "gets 1 points more than it should"),
        ({"he": None}, "waits for a person to grade 1 cells"),
        ({"bonus": 1000.0}, "has cells that the exercise does not have"),
    ],
)
def test_unfair_is_whatever_differs_from_the_fair_points(
    changes: dict[str, float | None], words: str
) -> None:
    """Points too few, too many, undecided, or for cells that there are not are unfair."""
    fair = {name: float(points) - LOOP.costs.get(name, 0) for name, points in POINTS.items()}
    assert unfairness(LOOP, {**fair, **changes}) == words
    assert unfairness(LOOP, None) == "is not in the gradebook"


@pytest.mark.parametrize(
    ("page", "runs"),
    [
        ("<p>proctorWasHere()</p>", False),
        ("<pre>&lt;script&gt;proctorWasHere()&lt;/script&gt;</pre>", False),
        ("<script>other()</script><p>proctorWasHere()", False),
        ("<script>proctorWasHere()</script>", True),
        ("<img src=x onerror='proctorWasHere()'>", True),
        ("<a href='java\nscript:proctorWasHere()'>x</a>", True),
        ("<iframe srcdoc='<script>proctorWasHere()</script>'></iframe>", True),
    ],
)
def test_script_is_told_from_text(page: str, *, runs: bool) -> None:
    """Only what a browser would run counts as script."""
    assert active(page) is runs


def test_the_stock_notebook_holds_the_hidden_tests() -> None:
    """Each graded cell of the notebook for stock nbgrader is valid Python with its test class in it."""
    sources = cell_sources()
    assert set(sources) == set(POINTS)
    for source in sources.values():
        compile(source, "cell", "exec")
        assert "### BEGIN HIDDEN TESTS" in source
    assert "class SigmoidForward(" in sources["sigmoid_forward"]
