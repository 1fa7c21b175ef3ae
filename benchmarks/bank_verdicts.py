"""Verdicts on the banks of right answers and of mistakes: what each loses, and what is said about it."""

from __future__ import annotations

import ast
import re
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.grading.judge_cell import load_tests
from tests.exercise4.mistakes import mistakes, solution
from tests.proctor.support.judging import DIAGNOSE, HIDDEN, judge, judge_locally, lost, named, remarks
from tests.specimens.bank import right_answers, submission_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from proctor.criteria import Criteria
    from proctor.grading.judge_cell import Seen
    from tests.specimens.build import Submission

    Result = TypeVar("Result")

ROOT = Path(__file__).resolve().parents[1]
SEEDS = 20
SEEDED = frozenset(HIDDEN) - {"const", "uniform_random", "he"}
"""The cells whose inputs depend on the seed."""
LAST_RESORT = re.compile(r"on average|entries are wrong\. Which term|The only entry is wrong\.")
"""What is said where values differ in no way that has a word."""


@cache
def hidden(seed: int) -> dict[str, type[Criteria]]:
    """Return the hidden tests under a seed."""
    return load_tests(ROOT / "tests" / "exercise4", seed)


def quietly(submission: Submission, how: Callable[[Mapping[str, Any]], Result] = judge) -> Result:
    """Judge a submission whose prints and warnings are nobody's business."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        return how(submission.namespace())


def accepts(name: str) -> str:
    """Return what is unfair to a right answer of the bank, or ""."""
    answer = right_answers()[name]
    reports = quietly(answer.submission(), partial(judge, diagnose=DIAGNOSE))
    said = remarks(reports)
    due = all(all(piece in text for text in said.get(cell, [""])) for cell, piece in answer.remarks.items())
    if lost(reports) or named(reports) or set(said) != set(answer.remarks) or not due:
        return f"{name} loses {lost(reports)}, with remarks {said}, called {named(reports)}"
    return ""


@dataclass(frozen=True)
class Heard:
    """What who makes a mistake of the bank loses and reads.

    Attributes:
        costs: points by grade_id.
        called: the mistakes that are named, by grade_id: what each is, and the question.
        hints: where values differ and how, as it is said where no mistake is named.
    """

    costs: Mapping[str, float]
    called: Mapping[str, set[tuple[str, str]]]
    hints: tuple[str, ...]


@cache
def heard(name: str) -> Heard:
    """Judge a mistake of the bank in all cells."""
    hints: list[str] = []

    def diagnose(case: type[Criteria], seen: Seen) -> Mapping[str, tuple[str, str]]:
        hints.extend(verdict.hint for verdict, _ in seen.values())
        return DIAGNOSE(case, seen) if DIAGNOSE else {}

    reports = quietly(submission_of(mistakes()[name]), partial(judge, diagnose=diagnose))
    return Heard(lost(reports), named(reports), tuple(hints))


def is_exact(name: str) -> str:
    """Return where a mistake of the bank does not cost what it should, or ""."""
    costs, due = heard(name).costs, dict(mistakes()[name].costs)
    return "" if costs == due else f"{name} costs {costs}, and should {due}"


def naming(name: str) -> tuple[str, str]:
    """Return how a mistake of the bank is named, "right", "wrong" or "none", and what it is called."""
    mistake, called = mistakes()[name], heard(name).called
    words = {each.words for each in (mistake, *(mistakes()[other] for other in mistake.also))}
    wrong = set().union(*called.values()) - words
    if wrong:
        return "wrong", f"{name} is called {wrong}"
    return ("right" if called else "none"), name


def says_where_or_how(name: str) -> bool:
    """Return whether a mistake of the bank would hear where or how also if nobody knew it by name."""
    return any(not LAST_RESORT.search(hint) for hint in heard(name).hints)


def vague(name: str) -> str:
    """Return the hints of a mistake of the bank that say neither where nor how nor what it is, or ""."""
    return "" if heard(name).called or says_where_or_how(name) else f"{name} hears {heard(name).hints}"


def under_seeds(name: str) -> str:
    """Return the first seed under which a submission of the banks passes other criteria than by default, or "".

    Judged on local classes, without the wall: that this makes no difference is tested for the default seed.
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
