"""Checks of an exercise before its release (`proctor check`): points, tests, files, time limits.

Each check adds what it finds by `checked.add`.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

from proctor.authoring.findings import Checked, Row
from proctor.authoring.live_notebook import AUTOTEST
from proctor.authoring.master import copy_files
from proctor.authoring.named_files import missing_files, pictures_in_code, place_of
from proctor.authoring.trial import UNEQUAL, Trial, points_of, try_release, try_solution
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError, SandboxUnavailable, SolutionFails
from proctor.grading.cell_tests import CRITERION, SENTENCE
from proctor.grading.grade import grade_notebook, reports_of
from proctor.grading.judge_cell import criteria, load_tests, sentence, title
from proctor.grading.settings import Grading
from proctor.submission import parse, restore
from proctor.submission.reading import grade_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from traitlets.config import Config

    from proctor.authoring.master import Master
    from proctor.course import Exercise
    from proctor.criteria import Criteria

ENOUGH = 1 / 3
"""Share of a time limit that the solution may use: students' machines and programs are slower."""
GUARD = (
    "Assert the answer's length or type first, or let a function `reference` in misconceptions.py return the "
    "solution."
)


def check(
    exercise: Exercise, master: Master, others: Sequence[Master], config: Config | None = None
) -> Checked:
    """Check one of an exercise's master notebooks, and the hidden tests, which are for all of them."""
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
    for name in cases.keys() - {name for each in others for name in each.graded}:
        checked.add(name, "There is a hidden test class, and no graded cell with this grade_id.")
    _try(checked, exercise, master, cases, settings)
    return checked


def _compare_points(checked: Checked, master: Master, cases: dict[str, type[Criteria]]) -> None:
    if not master.graded:
        checked.add("", "No cell is graded by tests.", serious=False)
    for name, many in Counter(map(grade_id, master.notebook.cells)).items():
        if name and many > 1:
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
    for name, lost in solution.losses().items():
        checked.add(name if name in master.graded else "", _without(name, lost))
    for name, raised in solution.judged.raised.items():
        says = f"the cell {name} raises {raised.rstrip('.')}. With the tag raises-exception it may."
        checked.add("", f"In the solution, {says}")
    _judge_release(checked, release, solution)
    _judge_tests(checked, solution)
    _judge_time(checked, solution, settings)


def _rows(master: Master, solution: Trial, release: Trial, cases: dict[str, type[Criteria]]) -> list[Row]:
    passed, given = solution.judged.passing(), release.judged.passing()
    found = []
    for name, cell in master.graded.items():
        case = cases.get(name)
        every = [(CRITERION, SENTENCE, points_of(cell))]
        if case is not None:
            every = [(each, sentence(case, each), getattr(case, each).worth) for each in criteria(case)]
        for criterion, text, worth in every:
            key = f"{name}.{criterion}"
            marks = (passed.get(key), given.get(key), solution.noticed.get(key, ""))
            found.append(Row(name, criterion, text, float(worth), *marks))
    return found


def _without(name: str, text: str) -> str:
    """Return a sentence about a cell without the cell's name before it."""
    return text.removeprefix(f"{name}: ").removeprefix(f"{name}, ")


def _judge_release(checked: Checked, release: Trial, solution: Trial) -> None:
    for name, report in release.judged.reports.items():
        if report.points:
            checked.add(name, f"The untouched release earns {report.points:g} points here, for nothing.")
    for name, (_, fault) in release.judged.faults.items():
        if name not in solution.judged.faults:
            checked.add(name, f"On the untouched release: {_without(name, fault)}")


def _judge_tests(checked: Checked, solution: Trial) -> None:
    """Tell which tests notice nothing, would stop the grading at a wrong answer, or pass by chance."""
    for row in checked.rows:
        if row.solution and not row.noticed:
            tried = f"passed with all of {checked.tried} mistakes that were tried"
            checked.add(row.cell, f"{row.criterion} {tried}. What does it notice?")
    for name, fault in solution.test_errors.items():
        stops = f"With a wrong answer, {fault.rstrip('.')}. Grading would stop there. {GUARD}"
        checked.add(name.rpartition(".")[0], stops, serious=False)
    passed = {name for name, good in solution.judged.passing().items() if good}
    unlucky: dict[str, list[str]] = {}
    for seed, failed in solution.seeds.items():
        if failed is None:
            checked.add("", f"With the seed {seed} the tests did not end.")
        for name in passed.intersection(failed or ()):
            unlucky.setdefault(name, []).append(seed)
    for name, seeds in sorted(unlucky.items()):
        cell, _, criterion = name.rpartition(".")
        fails = f"fails on the solution with the seeds {', '.join(seeds)}"
        checked.add(cell, f"{criterion} {fails}: it passes by chance.")


def _judge_time(checked: Checked, solution: Trial, settings: Grading) -> None:
    graded = {row.cell for row in checked.rows}
    seconds = solution.judged.seconds
    own = sum(spent for name, spent in seconds.items() if name not in graded)
    checked.seconds = {"cells": round(own, 3), "tests": round(sum(seconds.values()) - own, 3)}
    for name, spent in seconds.items():
        what = "graded_cell_seconds" if name in graded else "cell_seconds"
        limit = getattr(settings, what)
        if spent > limit * ENOUGH:
            takes = f"takes {spent:.1f} s, and c.Grading.{what} is {limit:g}: students need more than that."
            checked.add(name if name in graded else "", f"The cell {name} {takes}", serious=False)


def check_in_sandbox(
    checked: Checked, exercise: Exercise, master: Master, config: Config | None = None
) -> None:
    """Grade the solution in a sandbox, and add what differs from the run without one.

    Where the machine can build no sandbox, that is said; it does not stop the release.
    """
    skip = Grading(config=config).skip_demonstrations
    submitted = parse(nbformat.writes(master.solved()).encode(), master.name)
    notebook, _ = restore(submitted, master.released(), skip=skip)
    notebook.metadata["proctor"] = {}
    with tempfile.TemporaryDirectory(prefix="check-") as scratch:
        folder = copy_files(exercise, Path(scratch) / exercise.name)
        try:
            sources = {name: cell.source for name, cell in master.graded.items()}
            grade_notebook(notebook, folder, exercise.tests, config, sources)
        except SandboxUnavailable as reason:
            checked.add("", f"The solution was not tried in a sandbox: {reason}", serious=False)
            return
        except GraderError as fault:
            checked.add("", f"In a sandbox: {fault}")
            return
    checked.seconds["in a sandbox"] = notebook.metadata.proctor["wall_seconds"]
    for name, report in reports_of(notebook).items():
        lost = next((each for each in report.verdicts if each.outcome is not Outcome.PASSED), None)
        if lost:
            checked.add(name, f"In a sandbox the solution does not pass “{lost.sentence}”: {lost.hint}")
