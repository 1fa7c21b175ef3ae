"""Known mistakes, and what each of them would be seen by in a graded cell."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from proctor.criteria.outcome import Outcome
from proctor.grading.judge_cell import WRONG, LocalSide, criteria, judge_criteria
from proctor.grading.observation_cache import Observation
from proctor.session.proxies import loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from proctor.criteria import Criteria
    from proctor.criteria.outcome import Verdict
    from proctor.grading.judge_cell import Seen
    from proctor.grading.observation_cache import ObservationCache

    Words = tuple[str, str]
    """Sentence of a mistake, and the question that leads on."""
    Alike = Callable[[str, list[Any], list[Any]], bool]
    """Says for a cell, by its grade_id, whether two traces are those of the same mistake."""

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


class Symptoms:
    """Observations that a mistake makes in a cell; found criterion by criterion, no further than is asked.

    A mistake whose code is at fault has none: it costs no student.

    Args:
        mistake: which.
        case: the hidden tests of the cell.
        number: of the mistake among all that are known.
        cache: where observations are kept.
    """

    def __init__(
        self,
        mistake: Misconception,
        case: type[Criteria],
        number: int = 0,
        cache: ObservationCache | None = None,
    ) -> None:
        self.mistake, self._case, self._cache = mistake, case, cache
        self._place = case.grade_id, case.seed, number
        self._found = cache.load(*self._place) if cache else []
        self._kept = len(self._found)
        self._rest: Iterator[Observation] = self._judge()
        self._at_fault = False

    def __iter__(self) -> Iterator[Observation]:
        yield from self._found
        for observation in self._rest:
            self._found.append(observation)
            yield observation

    def _judge(self) -> Iterator[Observation]:
        """Judge the criteria that are not known yet, here or by now to another process, and yield what is seen.

        Those before them are judged once more, as they lead up to them.
        """
        if self._cache:
            known = self._cache.load(*self._place)
            self._kept = max(self._kept, len(known))
            yield from known[len(self._found) :]
        if len(self._found) == len(criteria(self._case)):
            return
        try:
            judged = judge_criteria(self._case, LocalSide(loopback(self.mistake.names())))
            for verdict, trace in islice(judged, len(self._found), None):
                yield Observation(verdict, partial(list, trace))
        except Exception as error:  # noqa: BLE001  - a diagnosis less is no reason to stop grading
            self._at_fault, where = True, self._case.grade_id
            log.warning("The mistake %r cannot be recognised in %s: %r.", self.mistake.says, where, error)

    def explain(self, seen: Seen, alike: Alike) -> Seen:
        """Return what is broken by the mistake, if all of that was seen so, and the first thing seen is in it."""
        try:
            return self._shared(seen, alike)
        finally:
            self._keep()

    def _keep(self) -> None:
        """Keep what is new for other processes."""
        if self._cache and len(self._found) > self._kept and not self._at_fault:
            self._cache.save(*self._place, self._found)
            self._kept = len(self._found)

    def _shared(self, seen: Seen, alike: Alike) -> Seen:
        first = next(iter(seen))
        shared: dict[str, tuple[Verdict, list[Any]]] = {}
        for each in self:
            verdict, name = each.verdict, each.verdict.criterion
            if verdict.outcome not in WRONG:
                if name == first:
                    return {}
                continue
            if name not in seen or not _alike_verdicts(verdict, seen[name][0]):
                return {}
            if not alike(self._case.grade_id, each.trace, seen[name][1]):
                return {}
            shared[name] = verdict, each.trace
        return shared if first in shared and not self._at_fault else {}


def _alike_verdicts(one: Verdict, other: Verdict) -> bool:
    """Return whether two criteria broke alike. After an exception the hint shows lines of code: no evidence."""
    if (one.outcome, one.check) != (other.outcome, other.check):
        return False
    return one.outcome is not Outcome.FAILED or one.hint == other.hint
