"""Verdicts on the banks of right answers and of mistakes: what each loses, and what is said about it."""

from __future__ import annotations

import ast
import re
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.grading.judge_cell import WRONG, load_tests
from tests.exercise4.mistakes import mistakes, solution
from tests.proctor.support.judging import HIDDEN, judge, judge_locally, judged, lost, named, quietly, remarks
from tests.specimens.bank import right_answers, submission_of

if TYPE_CHECKING:
    from proctor.criteria import Criteria

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 20
SEEDED = frozenset(HIDDEN) - {"const", "uniform_random", "he"}
"""The cells whose inputs depend on the seed."""
LAST_RESORT = re.compile(r"on average|entries are wrong\. Which term|The only entry is wrong\.")
"""Sentence for values that differ in no way that has a word."""


@cache
def hidden(seed: int) -> dict[str, type[Criteria]]:
    """Return the hidden tests under a seed."""
    return load_tests(ROOT / "tests" / "exercise4", seed)


def accepts(name: str) -> str:
    """Return what is unfair to a right answer of the bank, or ""."""
    answer, reports = right_answers()[name], judged(right_answers, name)
    said = remarks(reports)
    due = all(all(piece in text for text in said.get(cell, [""])) for cell, piece in answer.remarks.items())
    if lost(reports) or named(reports) or set(said) != set(answer.remarks) or not due:
        return f"{name} loses {lost(reports)}, with remarks {said}, called {named(reports)}"
    return ""


def is_exact(name: str) -> str:
    """Return where a mistake of the bank does not cost what it should, or ""."""
    mistake = mistakes()[name]
    costs = lost(judged(mistakes, name))
    return "" if costs == dict(mistake.costs) else f"{name} costs {costs}, and should {dict(mistake.costs)}"


def naming(name: str) -> tuple[str, str]:
    """Return how a mistake of the bank is named, "right", "wrong" or "none", and what it is called."""
    mistake = mistakes()[name]
    words = {each.words for each in (mistake, *(mistakes()[other] for other in mistake.also))}
    called = named(judged(mistakes, name))
    wrong = set().union(*called.values()) - words
    if wrong:
        return "wrong", f"{name} is called {wrong}"
    return ("right" if called else "none"), name


def vague(name: str) -> str:
    """Return the hints of a mistake of the bank that say neither where nor how nor what it is, or ""."""
    wrong = [
        verdict
        for report in judged(mistakes, name).values()
        for verdict in report.verdicts
        if verdict.outcome in WRONG
    ]
    if any(verdict.misconception or not LAST_RESORT.search(verdict.hint) for verdict in wrong):
        return ""
    return f"{name} hears {[verdict.hint for verdict in wrong]}"


def how_unnamed(name: str) -> bool:
    """Return whether a mistake of the bank would hear where or how also if nobody knew it by name."""
    mistake = mistakes()[name]
    reports = quietly(submission_of(mistake), partial(judge, cells=list(mistake.costs)))
    wrong = [
        verdict for report in reports.values() for verdict in report.verdicts if verdict.outcome in WRONG
    ]
    return any(not LAST_RESORT.search(verdict.hint) for verdict in wrong)


def under_seeds(name: str) -> str:
    """Return the first seed under which a submission of the banks passes other criteria than by default, or "".

    Judged on local classes, without a sandbox: that this makes no difference is tested for the default seed.
    """
    specimen = mistakes().get(name) or right_answers()[name]
    submission = submission_of(specimen)
    cells = touched(specimen.source()) if name in mistakes() else SEEDED
    due = quietly(submission, partial(judge_locally, tests=narrowed(0, cells)))
    for seed in range(1, SEEDS + 1):
        passed = quietly(submission, partial(judge_locally, tests=narrowed(seed, cells)))
        if passed != due:
            return f"{name} passes {passed} under seed {seed}, and {due} by default"
    return ""


def touched(source: str) -> frozenset[str]:
    """Return the seeded cells that need a class which is not as in the solution."""
    known = {name for part in solution().values() for name in classes(part)}
    changed = {name for name in classes(source) if name not in known}
    return frozenset(cell for cell in SEEDED if {name for name, _ in changed} & set(HIDDEN[cell].needs))


def classes(source: str) -> set[tuple[str, str]]:
    """Return the classes of a source: names and code."""
    return {(node.name, ast.dump(node)) for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}


@cache
def narrowed(seed: int, cells: frozenset[str]) -> dict[str, type[Criteria]]:
    """Return the hidden tests of some cells under a seed."""
    return {name: case for name, case in hidden(seed).items() if name in cells}
