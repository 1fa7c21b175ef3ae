"""A check of an exercise before its release: whether its points, tests and files hold what they promise."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from proctor.authoring.findings import Checked, Row, passing
from proctor.authoring.live_notebook import AUTOTEST
from proctor.authoring.named_files import missing_files, pictures_in_code, place_of
from proctor.authoring.refusals import UNEQUAL, losses, points_of
from proctor.authoring.trial import Trial, try_release, try_solution
from proctor.criteria.outcome import CellReport
from proctor.errors import GraderError, SolutionFails
from proctor.grading.cell_tests import CRITERION, SENTENCE
from proctor.grading.judge_cell import criteria, load_tests, sentence, title
from proctor.grading.settings import Grading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traitlets.config import Config

    from proctor.authoring.master import Master
    from proctor.course import Exercise
    from proctor.criteria import Criteria

ENOUGH = 1 / 3
"""Share of a time limit that the solution may use: students' machines and programs are slower."""


def check(
    exercise: Exercise, master: Master, others: Sequence[Master], config: Config | None = None
) -> Checked:
    """Check a master notebook and its hidden tests.

    Args:
        exercise: the exercise.
        master: one of its notebooks.
        others: all of them: the hidden tests are for all.
        config: the course's settings.
    """
    checked, settings = Checked(master.name), Grading(config=config)
    if not master.is_python:
        checked.add("", "Its cells are not Python, which is all that can be graded.")
        return checked
    for lost in missing_files(master.notebook, exercise):
        checked.add("", f"{lost[0].upper()}{lost[1:]}.")
    for path in sorted(pictures_in_code(master.notebook)):
        if place_of(path, exercise) is None:
            checked.add("", f"The code names {path}, which is not there. Does it write it?", serious=False)
    try:
        cases = load_tests(exercise.tests, settings.seed) if exercise.has_tests else {}
    except GraderError as fault:
        checked.add("", f"{str(fault).rstrip('.')}.")
        return checked
    if misplaced := master.misplaced:
        for name, marker in misplaced.items():
            checked.add(
                name,
                f"“{marker}” stands in a cell that nbgrader does not know as such: choose its kind in JupyterLab, under "
                "“Create Assignment”.",
            )
        return checked
    _compare_points(checked, master, cases)
    _find_strays(checked, others, cases)
    _try(checked, exercise, master, cases, settings)
    return checked


def _compare_points(checked: Checked, master: Master, cases: dict[str, type[Criteria]]) -> None:
    if not master.graded:
        checked.add("", "No cell is graded by tests.", serious=False)
    for name, many in Counter(_grade_ids(master)).items():
        if many > 1:
            checked.add(name, f"{many} cells have this grade_id; each needs its own.")
    for name, cell in master.graded.items():
        if name in cases:
            _compare_cell(checked, name, points_of(cell), cases[name])
        elif AUTOTEST.search(cell.source):
            checked.add(name, "nbgrader makes this cell's tests when it generates: not tried.", serious=False)


def _compare_cell(checked: Checked, name: str, points: float, case: type[Criteria]) -> None:
    worth = sum(float(getattr(case, each).worth) for each in criteria(case))
    if worth != points:
        checked.add(name, UNEQUAL.format(points=points, worth=worth))
    if title(case) == name:
        checked.add(name, f"{case.__name__} has no docstring: it is the title that students read.")
    said = Counter(sentence(case, each) for each in criteria(case))
    for text, many in said.items():
        if many > 1:
            checked.add(name, f"{many} criteria have the same sentence: “{text}”", serious=False)


def _grade_ids(master: Master) -> list[str]:
    found = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in master.notebook.cells]
    return [name for name in found if name]


def _find_strays(checked: Checked, others: Sequence[Master], cases: dict[str, type[Criteria]]) -> None:
    known = {name for master in others for name in master.graded}
    for name in cases.keys() - known:
        checked.add(name, "There is a hidden test class, and no graded cell with this grade_id.")


def _try(
    checked: Checked, exercise: Exercise, master: Master, cases: dict[str, type[Criteria]], settings: Grading
) -> None:
    """Run the solution, the release, other seeds and mutants."""
    try:
        solution = try_solution(exercise, master, settings.seed, thorough=True)
    except SolutionFails as error:
        checked.add("", str(error))
        return
    try:
        release = try_release(exercise, master, settings.seed)
    except SolutionFails as error:
        release = Trial()
        checked.add("", f"In the untouched release, {error}")
    checked.rows, checked.tried = _rows(master, solution, release, cases), solution.tried
    for name, lost in losses(solution).items():
        checked.add(name if name in master.graded else "", _without(name, lost))
    for name, raised in solution.judged.raised.items():
        checked.add(
            "",
            f"In the solution, the cell {name} raises {raised.rstrip('.')}. With the tag raises-exception it may.",
        )
    _judge_release(checked, release, solution)
    _judge_noticed(checked)
    _judge_stumbles(checked, solution)
    _judge_seeds(checked, solution)
    _judge_time(checked, solution, settings)


def _rows(master: Master, solution: Trial, release: Trial, cases: dict[str, type[Criteria]]) -> list[Row]:
    passed, given = passing(solution.judged.reports), passing(release.judged.reports)
    found = []
    for name, cell in master.graded.items():
        for criterion, text, worth in _criteria(name, cell, cases):
            key = f"{name}.{criterion}"
            noticed = solution.noticed.get(key, "")
            found.append(Row(name, criterion, text, worth, passed.get(key), given.get(key), noticed))
    return found


def _criteria(name: str, cell: Any, cases: dict[str, type[Criteria]]) -> list[tuple[str, str, float]]:
    """Return the name, the sentence and the points of each criterion of a graded cell."""
    case = cases.get(name)
    if case is None:
        return [(CRITERION, SENTENCE, points_of(cell))]
    return [(each, sentence(case, each), float(getattr(case, each).worth)) for each in criteria(case)]


def _without(name: str, text: str) -> str:
    """Return a sentence about a cell without the cell's name before it."""
    return text.removeprefix(f"{name}: ").removeprefix(f"{name}, ")


def _judge_release(checked: Checked, release: Trial, solution: Trial) -> None:
    for name, data in release.judged.reports.items():
        points = CellReport.from_dict(data).points
        if points:
            checked.add(name, f"The untouched release earns {points:g} points here, for nothing.")
    for name, (_, fault) in release.judged.faults.items():
        if name not in solution.judged.faults:
            checked.add(name, f"On the untouched release: {_without(name, fault)}")


def _judge_noticed(checked: Checked) -> None:
    for row in checked.rows:
        if row.solution and not row.noticed:
            checked.add(
                row.cell,
                f"{row.criterion} passed with all of {checked.tried} mistakes that were tried. What does it notice?",
            )


def _judge_stumbles(checked: Checked, solution: Trial) -> None:
    """Tell where a wrong answer would stop the grading, as it looks like a fault of the test."""
    for name, fault in solution.stumbles.items():
        checked.add(
            name.rpartition(".")[0],
            f"With a wrong answer, {fault.rstrip('.')}. Grading would stop there. Assert the answer's length or type "
            "first, or let a function `reference` in misconceptions.py return the solution.",
            serious=False,
        )


def _judge_seeds(checked: Checked, solution: Trial) -> None:
    """Look for tests that pass by chance: those of which the solution fails for some seeds."""
    passed = {name for name, good in passing(solution.judged.reports).items() if good}
    unlucky: dict[str, list[str]] = {}
    for seed, failed in solution.seeds.items():
        if failed is None:
            checked.add("", f"With the seed {seed} the tests did not end.")
        for name in passed.intersection(failed or ()):
            unlucky.setdefault(name, []).append(seed)
    for name, seeds in sorted(unlucky.items()):
        cell, _, criterion = name.rpartition(".")
        checked.add(
            cell, f"{criterion} fails on the solution with the seeds {', '.join(seeds)}: it passes by chance."
        )


def _judge_time(checked: Checked, solution: Trial, settings: Grading) -> None:
    graded = {row.cell for row in checked.rows}
    seconds = solution.judged.seconds
    own = {name: spent for name, spent in seconds.items() if name not in graded}
    checked.seconds = {
        "cells": round(sum(own.values()), 3),
        "tests": round(sum(seconds.values()) - sum(own.values()), 3),
    }
    for name, spent in seconds.items():
        what, limit = (
            ("graded_cell_seconds", settings.graded_cell_seconds)
            if name in graded
            else ("cell_seconds", settings.cell_seconds)
        )
        if spent > limit * ENOUGH:
            checked.add(
                name if name in graded else "",
                f"The cell {name} takes {spent:.1f} s, and c.Grading.{what} is {limit:g}: students need more than that.",
                serious=False,
            )
