"""Recognises mistakes: compares what came back with what each known mistake would have sent back.

Nothing here knows an exercise. A folder of hidden tests may hold a module `misconceptions.py`, which offers

    diagnosis() -> Diagnosis                    for instance a :class:`Diagnostician` with the mistakes it knows
    reference() -> Mapping[str, Any]            the names that the solution defines

each of them if it likes. The module is loaded on the grader's side, where the mistakes run, too: they are the
course's own code, and see the hidden inputs only, never a value of a student's.

A mistake is named for a criterion when it explains what was seen there, and is the only one that does, or its
words are true of all that do. To explain is to be wrong in the same way, in each criterion of the cell that the
mistake breaks: the same outcome, rung and hint, and the same values, faults and call-backs all the way. Who
explains all that is wrong in a cell goes before who explains a part, and a part must hold the first criterion that
went wrong: the others may follow from it. So a right answer is never diagnosed, and a mistake that was never seen
before stays without a name.
"""

from __future__ import annotations

import ast
import importlib.util
import logging
import sys
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from proctor.criteria.outcome import Outcome
from proctor.grading.judge_cell import WRONG, LocalSide, forget_helpers, judge_criteria
from proctor.grading.observations import same_values
from proctor.session.proxies import loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from proctor.criteria import Criteria
    from proctor.criteria.outcome import Verdict
    from proctor.grading.judge_cell import Diagnosis, Seen
    from proctor.session.proxies import Link

    Words = tuple[str, str]
    """Sentence of a mistake, and the question that leads on."""
    Alike = Callable[[str, list[Any], list[Any]], bool]
    """Says for a cell, by its grade_id, whether two traces are those of the same mistake."""

HOOK = "misconceptions.py"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Misconception:
    """A mistake that can be recognised.

    Attributes:
        says: what is different, a sentence for the student who made it. Mistakes that say and ask the same
            are one misconception, and need not be told apart.
        question: what leads on.
        cells: the grade_ids of the cells that it costs points in.
        names: runs the code with the mistake, and returns the names that it defines.
        also: the words of other misconceptions that are true of this one, too.
    """

    says: str
    question: str
    cells: frozenset[str]
    names: Callable[[], Mapping[str, Any]]
    also: frozenset[Words] = frozenset()

    @property
    def words(self) -> Words:
        """Return what the student reads."""
        return self.says, self.question


class Diagnostician:
    """Names mistakes in a cell; each mistake is run when it may be needed, once for each process.

    Args:
        known: the mistakes.
        comparisons: what it means that two traces are alike, strictest first: where a mistake fits by one of
            them, the following ones are not asked.
    """

    def __init__(self, known: Sequence[Misconception], comparisons: Sequence[Alike] = (same_values,)) -> None:
        self.known, self._comparisons = tuple(known), tuple(comparisons)
        self._symptoms: dict[type[Criteria], list[Symptoms]] = {}

    def __call__(self, case: type[Criteria], seen: Seen) -> dict[str, Words]:
        """Return what is known by name, by criterion: what the mistake is, and a question."""
        named: dict[str, Words] = {}
        unexplained = list(seen)
        with quiet():
            for alike in self._comparisons:
                fitting = self._fitting(case, seen, alike)
                for criterion in unexplained:
                    words = _true_of_all([mistake for mistake, each in fitting if criterion in each])
                    if len(words) == 1:
                        named[criterion] = words.pop()
                unexplained = [name for name in unexplained if not any(name in each for _, each in fitting)]
        return named

    def _fitting(self, case: type[Criteria], seen: Seen, alike: Alike) -> list[tuple[Misconception, Seen]]:
        """Return the mistakes that explain what was seen: all of it, or if none does that, a part."""
        fitting = [
            (symptoms.mistake, shared)
            for symptoms in self.symptoms(case)
            if (shared := symptoms.explain(seen, alike))
        ]
        whole = [(mistake, shared) for mistake, shared in fitting if shared.keys() == seen.keys()]
        return whole or fitting

    def symptoms(self, case: type[Criteria]) -> list[Symptoms]:
        """Return what each mistake that costs points in a cell would be seen by."""
        if case not in self._symptoms:
            mistakes = [mistake for mistake in self.known if case.grade_id in mistake.cells]
            self._symptoms[case] = [Symptoms(mistake, case) for mistake in mistakes]
        return self._symptoms[case]


class Symptoms:
    """Observations that a mistake makes in a cell; found criterion by criterion, no further than is asked.

    A mistake whose code is at fault has none: it costs no student.
    """

    def __init__(self, mistake: Misconception, case: type[Criteria]) -> None:
        self.mistake, self._case = mistake, case
        self._found: list[tuple[Verdict, list[Any]]] = []
        self._rest: Iterator[tuple[Verdict, list[Any]]] = self._judge()
        self._at_fault = False

    def __iter__(self) -> Iterator[tuple[Verdict, list[Any]]]:
        yield from self._found
        for verdict, trace in self._rest:
            self._found.append((verdict, trace))
            yield verdict, trace

    def _judge(self) -> Iterator[tuple[Verdict, list[Any]]]:
        try:
            yield from judge_criteria(self._case, LocalSide(loopback(self.mistake.names())))
        except Exception as error:  # noqa: BLE001  - a diagnosis less is no reason to stop grading
            self._at_fault, where = True, self._case.grade_id
            log.warning("The mistake %r cannot be recognised in %s: %r.", self.mistake.says, where, error)

    def explain(self, seen: Seen, alike: Alike) -> Seen:
        """Return what is broken by the mistake, if all of that was seen so, and the first thing seen is in it."""
        first = next(iter(seen))
        shared: dict[str, tuple[Verdict, list[Any]]] = {}
        for verdict, trace in self:
            name = verdict.criterion
            if verdict.outcome not in WRONG:
                if name == first:
                    return {}
                continue
            if name not in seen or not _alike_verdicts(verdict, seen[name][0]):
                return {}
            if not alike(self._case.grade_id, trace, seen[name][1]):
                return {}
            shared[name] = verdict, trace
        return shared if first in shared and not self._at_fault else {}


def _true_of_all(mistakes: Sequence[Misconception]) -> set[Words]:
    """Return the words that are true of each of some mistakes; of one misconception, its own."""
    own = {mistake.words for mistake in mistakes}
    return own if len(own) <= 1 else set.intersection(*({each.words, *each.also} for each in mistakes))


def _alike_verdicts(one: Verdict, other: Verdict) -> bool:
    """Return whether two criteria broke alike. After an exception the hint shows lines of code: no evidence."""
    if (one.outcome, one.rung) != (other.outcome, other.rung):
        return False
    return one.outcome is not Outcome.FAILED or one.hint == other.hint


@contextmanager
def quiet() -> Iterator[None]:
    """Let mistakes divide by zero and overflow without a warning: it is what they do."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


class LazySide:
    """A side within this process whose code is not run before it is needed: the solution, as a reference."""

    def __init__(self, names: Callable[[], Mapping[str, Any]]) -> None:
        self._names = names

    def link(self) -> Link:
        """Return a link to fresh classes."""
        return LocalSide(loopback(self._names())).link()


@cache
def offered(folder: Path) -> tuple[Diagnosis | None, LazySide | None]:
    """Return the diagnosis and the reference that an exercise's hidden tests offer, loaded once a process.

    A module that does not load costs the names of the mistakes, never the grading: it is logged.
    """
    path = folder / HOOK
    if not path.exists():
        return None, None
    try:
        hook = _load(path)
        diagnosis = hook.diagnosis() if hasattr(hook, "diagnosis") else None
    except Exception as error:  # noqa: BLE001  - whatever is wrong with it
        log.warning("%s does not load, so no mistake is named: %s: %s", path, type(error).__name__, error)
        return None, None
    return diagnosis, LazySide(hook.reference) if hasattr(hook, "reference") else None


def companions(folder: Path) -> list[str]:
    """Return the folders that the diagnosis reads, relative to that of the hidden tests: what NEEDS lists.

    They travel with the tests to another machine. The module is read, not run.
    """
    path = folder / HOOK
    if not path.exists():
        return []
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "NEEDS" for target in statement.targets
        ):
            return [str(name) for name in ast.literal_eval(statement.value)]
    return []


def _load(path: Path) -> ModuleType:
    """Load a module by its path, with its folder importable while it loads."""
    spec = importlib.util.spec_from_file_location(f"hidden_tests.{path.parent.name}.{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded as a module")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
        forget_helpers(path.parent)
    return module
