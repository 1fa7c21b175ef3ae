"""The process of a trial: `python -m proctor.authoring.trial_process PLAN`.

Whatever could change the notebook's state for what comes after it, such as a mutant, is run in a forked copy.
"""

from __future__ import annotations

import json
import random
import sys
import time
from contextlib import suppress
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import numpy as np

from proctor.authoring.forks import in_copy
from proctor.authoring.live_notebook import Judged, LiveNotebook, is_graded
from proctor.authoring.mutants import cells_to_rerun, mutants
from proctor.authoring.trial import ANSWER, Plan, Trial
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError
from proctor.grading.diagnosis import offered
from proctor.grading.judge_cell import LocalSide, criteria, load_tests
from proctor.session.proxies import loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proctor.authoring.mutants import Mutant
    from proctor.criteria import Criteria
    from proctor.grading.diagnosis import Misconception

SEEDS = 10
MAX_MUTANTS = 300
"""Mistakes and mutants that are tried at most; most exercises need a few dozen until each criterion has failed."""
PATIENCE, MOMENT = 10.0, 3.0
"""A mutant may take so many times as long as judging the solution did, and so many seconds more."""
LONGEST = 600.0
"""Seconds that anything may take that is no mutant."""


def main(path: Path) -> None:
    """Try what a plan says, and write what came out beside it."""
    plan, trial = Plan(**json.loads(path.read_text("utf-8"))), Trial()
    try:
        cases = _cases(plan, plan.seed)
    except GraderError as error:
        trial.fault = str(error)
    else:
        notebook = LiveNotebook(nbformat.reads(plan.notebook, as_version=4), plan.folder, cases)
        trial.judged = notebook.run()
        trial.uncrossed = list(uncrossed(notebook, trial.judged))
        if plan.solutions:
            _Further(plan, notebook, trial).run()
    path.with_name(ANSWER).write_text(trial.written(), encoding="utf-8")


def _cases(plan: Plan, seed: int) -> dict[str, type[Criteria]]:
    """Return the hidden test classes, by grade_id, with a seed."""
    return load_tests(Path(plan.tests), seed) if plan.tests else {}


def uncrossed(notebook: LiveNotebook, judged: Judged) -> Iterator[str]:
    """Yield the criteria that fail only because something in them cannot cross into a sandbox.

    Either the fault says so, or they pass on the notebook's own names.
    """
    yield from judged.uncrossed
    failed = set(failed_criteria(judged)) - set(judged.uncrossed)
    for grade_id, case in notebook.cases.items():
        for name in criteria(case):
            if f"{grade_id}.{name}" in failed and _passes_locally(case, name, notebook.names):
                yield f"{grade_id}.{name}"


def failed_criteria(judged: Judged) -> list[str]:
    """Return the criteria that did not pass; one that waits for another says nothing."""
    failed = judged.ended(*set(Outcome) - {Outcome.PASSED, Outcome.WAITING})
    return failed + [f"{name}.{criterion}" for name, (criterion, _) in judged.faults.items()]


def _passes_locally(case: type[Criteria], name: str, names: dict[str, Any]) -> bool:
    """Return whether a criterion passes on the names themselves."""
    test = case(name)
    with suppress(Exception):  # whatever the course's code raises
        test.setUp()
        for need in case.needs:
            setattr(test, need, names[need])
        getattr(test, name)()
        return True
    return False


class _Further:
    """Trials beyond the solution: other seeds, known mistakes, and mutants of the solution."""

    def __init__(self, plan: Plan, solution: LiveNotebook, trial: Trial) -> None:
        self._plan, self._solution, self._trial = plan, solution, trial
        self._everything = set(trial.judged.reports)
        self._diagnosis, self._offered = offered(Path(plan.tests)) if plan.tests else (None, None)
        self._reference = LocalSide(loopback(dict(solution.names)))

    def run(self) -> None:
        """Try all of it."""
        for seed in range(SEEDS):
            self._trial.seeds[str(seed)] = in_copy(partial(self._with_seed, seed), LONGEST)
        self._try_mistakes()

    def _with_seed(self, seed: int) -> list[str]:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  what a test draws without a generator of its own
        self._solution.cases = _cases(self._plan, seed)
        return failed_criteria(self._judge(self._everything))

    def _try_mistakes(self) -> None:
        """Try known mistakes, then mutants, until each criterion that the solution passes has failed once."""
        trial = self._trial
        unseen = set(trial.judged.passing()) - set(failed_criteria(trial.judged))
        begun = time.monotonic()
        in_copy(lambda: failed_criteria(self._judge(self._everything)), LONGEST)
        seconds = MOMENT + PATIENCE * (time.monotonic() - begun)
        for what, work in self._attempts(unseen):
            if not unseen or trial.tried >= MAX_MUTANTS:
                return
            trial.tried += 1
            found = in_copy(work, seconds) or {}
            for key in unseen.intersection(found):
                trial.noticed[key] = what
                unseen.remove(key)
            trial.test_errors |= {key: fault for key, fault in found.items() if fault}

    def _attempts(self, unseen: set[str]) -> Iterator[tuple[str, Any]]:
        """Yield what is tried, and the work that returns the criteria that fail by it."""
        for mistake in getattr(self._diagnosis, "known", ()):
            if mistake.cells & cells_of(unseen):
                yield mistake.says, partial(self._mistaken, mistake, cells_of(unseen))
        solution = self._solution
        each = [mutants(name, solution.transform(source)) for name, source in self._plan.solutions.items()]
        for mutant in _in_turn(each):
            yield mutant.what, partial(self._mutated, mutant, cells_of(unseen))

    def _mistaken(self, mistake: Misconception, wanted: set[str]) -> dict[str, str]:
        self._solution.names.update(mistake.names())
        return self._noticed(wanted & mistake.cells)

    def _mutated(self, mutant: Mutant, wanted: set[str]) -> dict[str, str]:
        """Run a mutant and the cells that depend on it. One that does not even run says nothing."""
        solution = self._solution
        if solution.run_cell(mutant.source):
            return {}
        for cell in cells_to_rerun(solution.cells, mutant.cell, mutant.source, solution.transform):
            solution.run_cell(cell.source)
        return self._noticed(wanted)

    def _noticed(self, wanted: set[str]) -> dict[str, str]:
        """Return the criteria that fail by what was changed, each with the error of its test, or "".

        Something that is not written yet proves nothing. Errors of tests are those that only the solution told.
        """
        judged = self._judge(wanted)
        test_errors = {
            f"{name}.{criterion}": fault
            for name, (criterion, fault) in judged.faults.items()
            if name in judged.reports
        }
        return dict.fromkeys(judged.ended(Outcome.FAILED, Outcome.ERROR), "") | test_errors

    def _judge(self, wanted: set[str]) -> Judged:
        """Judge cells as grading does; where an error of a test would stop that, ask the solution."""
        judged = Judged()
        for cell in filter(is_graded, self._solution.cells):
            if (name := cell.metadata.nbgrader.grade_id) in wanted:
                self._solution.judge(cell, judged, self._offered)
                if name in judged.faults and self._offered is None:
                    self._solution.judge(cell, judged, self._reference)
        return judged


def cells_of(names: set[str]) -> set[str]:
    """Return the graded cells of some criteria."""
    return {name.rpartition(".")[0] for name in names}


def _in_turn(several: list[Iterator[Any]]) -> Iterator[Any]:
    """Yield from several iterators in turn, until all have ended."""
    return filter(None, chain.from_iterable(zip_longest(*several)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
