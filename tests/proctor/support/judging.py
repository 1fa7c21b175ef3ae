"""Judging of classes of this process by the hidden tests: in milliseconds, without a sandbox or notebook."""

from __future__ import annotations

import warnings
from contextlib import redirect_stderr, redirect_stdout
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.grading.diagnosis import offered
from proctor.grading.judge_cell import LocalSide, criteria, judge_cell, load_tests
from proctor.session.proxies import loopback
from tests.exercise4.mistakes import Mistake
from tests.proctor.support.thinning import THOROUGH
from tests.specimens.bank import right_answers, submission_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from tests.specimens.bank import Right
    from tests.specimens.build import Submission

    Result = TypeVar("Result")
    from collections.abc import Iterable, Mapping

    from proctor.criteria import Criteria
    from proctor.criteria.outcome import CellReport
    from proctor.grading.judge_cell import Diagnosis

TESTS = Path(__file__).resolve().parents[2] / "exercise4"

HIDDEN = load_tests(TESTS)
CELLS = {
    "activation_functions": ("sigmoid_forward", "sigmoid_backward", "relu_forward", "relu_backward"),
    "initializers": ("const", "uniform_random", "he"),
    "conv": tuple(name for name in HIDDEN if name.startswith(("conv", "flatten"))),
}
"""The graded cells of each part."""


DIAGNOSE, REFERENCE = offered(TESTS)


def judge(
    namespace: Mapping[str, Any],
    cells: Iterable[str] = tuple(HIDDEN),
    *,
    diagnose: Diagnosis | None = None,
    tests: Mapping[str, type[Criteria]] = HIDDEN,
) -> dict[str, CellReport]:
    """Return the report on each graded cell for the classes of a namespace; with DIAGNOSE mistakes are named."""
    side = LocalSide(loopback(namespace))
    return {name: judge_cell(tests[name], side, diagnose=diagnose) for name in cells}


def quietly(submission: Submission, how: Callable[[Mapping[str, Any]], Result] = judge) -> Result:
    """Judge a submission whose prints and warnings are nobody's business."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        return how(submission.namespace())


@cache
def judged(bank: Callable[[], Mapping[str, Mistake | Right]], name: str) -> dict[str, CellReport]:
    """Return the reports on a specimen of `mistakes` or `right_answers`, with mistakes named.

    Points, verdicts and names are asserted on one pass over a specimen. Where all but one part is the solution's, the
    reports on the cells of the other parts, which need no class of this one, are those on the solution, unless the
    environment has THOROUGH.
    """
    specimen = bank()[name]
    cells = _of_one_part(specimen)
    reports = quietly(submission_of(specimen), partial(judge, cells=cells, diagnose=DIAGNOSE))
    return reports if len(cells) == len(HIDDEN) else {**judged(right_answers, "solution"), **reports}


def _of_one_part(specimen: Mistake | Right) -> tuple[str, ...]:
    """Return the graded cells of the only part that is not the solution's, or all of them if there are several."""
    if THOROUGH:
        return tuple(HIDDEN)
    if isinstance(specimen, Mistake):
        return CELLS[specimen.part]
    changed = [where for where, _ in specimen.cells]
    return CELLS[changed[0]] if len(changed) == 1 else tuple(HIDDEN)


def judge_locally(
    namespace: Mapping[str, Any], tests: Mapping[str, type[Criteria]] = HIDDEN
) -> dict[str, dict[str, bool]]:
    """Return which criteria of each cell pass on the classes themselves, without proxies or frames."""
    return {name: _passed(case, namespace) for name, case in tests.items()}


def _passed(case: type[Criteria], namespace: Mapping[str, Any]) -> dict[str, bool]:
    passed: dict[str, bool] = {}
    for name in criteria(case):
        test = case(name)
        test.setUp()
        try:
            for need in case.needs:
                setattr(test, need, namespace[need])
            getattr(test, name)()
        except Exception:  # noqa: BLE001  - whatever a plain class raises
            passed[name] = False
        else:
            passed[name] = passed.get(getattr(case, name).after, True)
    return passed


def named(reports: Mapping[str, CellReport]) -> dict[str, set[tuple[str, str]]]:
    """Return the mistakes that are named in each cell, where there are any: what each is, and the question."""
    found = {
        name: {
            (verdict.misconception, verdict.hint.split("\n")[0])
            for verdict in report.verdicts
            if verdict.misconception
        }
        for name, report in reports.items()
    }
    return {name: words for name, words in found.items() if words}


def lost(reports: Mapping[str, CellReport]) -> dict[str, float]:
    """Return the points lost in each cell, where there are any."""
    return {
        name: report.worth - report.points
        for name, report in reports.items()
        if report.points != report.worth
    }


def remarks(reports: Mapping[str, CellReport]) -> dict[str, list[str]]:
    """Return the remarks in each cell, where there are any."""
    found = {
        name: [text for verdict in report.verdicts for text in verdict.remarks]
        for name, report in reports.items()
    }
    return {name: list(dict.fromkeys(texts)) for name, texts in found.items() if texts}
