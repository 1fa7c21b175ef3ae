"""Diagnosis of known mistakes: compares what came back with what each of them would have sent back.

It names the mistake. The hint of a criterion is made before, by the check that fails (:mod:`proctor.criteria`).

Nothing here knows an exercise. A folder of hidden tests may hold a module `misconceptions.py`, which offers

    diagnosis() -> Diagnosis                    for instance a :class:`Diagnostician` with the mistakes it knows
    reference() -> Mapping[str, Any]            the names that the solution defines

each of them if it likes. The module is loaded on the grader's side, where the mistakes run, too: they are the
course's own code, and see the hidden inputs only, never a value of a student's.

A mistake is named for a criterion when it explains what was seen there, and is the only one that does, or its
words are true of all that do. To explain is to be wrong in the same way, in each criterion of the cell that the
mistake breaks: the same outcome, check and hint, and the same values, faults and call-backs all the way. Who
explains all that is wrong in a cell goes before who explains a part, and a part must hold the first criterion that
went wrong: the others may follow from it. So a right answer is never diagnosed, and a mistake that was never seen
before stays without a name.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from proctor.grading.diagnosis_module import HOOK, companions
from proctor.grading.judge_cell import LocalSide, forget_helpers
from proctor.grading.observation_cache import ObservationCache
from proctor.grading.observations import same_values
from proctor.grading.symptoms import Misconception, Symptoms
from proctor.session.proxies import loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from proctor.criteria import Criteria
    from proctor.grading.judge_cell import Diagnosis, Seen
    from proctor.grading.symptoms import Alike, Words
    from proctor.session.proxies import Link

__all__ = ["Diagnostician", "Misconception", "offered"]

log = logging.getLogger(__name__)


class Diagnostician:
    """Names mistakes in a cell; each mistake is run when it may be needed, and once if there is a cache.

    Args:
        known: the mistakes.
        comparisons: what it means that two traces are alike, strictest first: where a mistake fits by one of
            them, the following ones are not asked.

    Attributes:
        cache: where observations of the mistakes are kept; None for nowhere.
    """

    cache: ObservationCache | None = None

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
            self._symptoms[case] = [
                Symptoms(mistake, case, number, self.cache)
                for number, mistake in enumerate(self.known)
                if case.grade_id in mistake.cells
            ]
        return self._symptoms[case]


def _true_of_all(mistakes: Sequence[Misconception]) -> set[Words]:
    """Return the words that are true of each of some mistakes; of one misconception, its own."""
    own = {mistake.words for mistake in mistakes}
    return own if len(own) <= 1 else set.intersection(*({each.words, *each.also} for each in mistakes))


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
    if isinstance(diagnosis, Diagnostician):
        diagnosis.cache = ObservationCache.of_exercise(folder, [folder / name for name in companions(folder)])
    return diagnosis, LazySide(hook.reference) if hasattr(hook, "reference") else None


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
