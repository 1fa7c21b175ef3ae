"""Outliers: outcomes that are neither right nor wrong, slow submissions, notes from grading."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from proctor.criteria.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.report.gathering import Classroom, Submission

SLOW_SECONDS = 10.0
SLOW_TIMES = 4.0
"""A submission is slow if it takes so many seconds of CPU time, and so many times what is usual."""


@dataclass(frozen=True)
class Stop:
    """An outcome other than passed and failed: how many students and criteria it met, and the cells where most."""

    outcome: Outcome
    words: str
    students: int
    criteria: int
    cells: tuple[tuple[str, int], ...]


def stops(classroom: Classroom) -> list[Stop]:
    """Return the outcomes other than passed and failed that occur, in the order of `Outcome`."""
    found = []
    for outcome in (each for each in Outcome if each.of_class):
        met = [
            [cell for cell, verdict in submission.verdicts if verdict.outcome is outcome]
            for submission in classroom.submissions
        ]
        if any(met):
            most = Counter(cell for cells in met for cell in dict.fromkeys(cells)).most_common(3)
            counts = sum(map(bool, met)), sum(map(len, met))
            found.append(Stop(outcome, outcome.of_class, *counts, tuple(most)))
    return found


def cpu_seconds(submission: Submission) -> float | None:
    """Return the CPU time that a submission took; None where grading has not noted it."""
    value = submission.facts.get("cpu_seconds")
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def slow_from(seconds: Sequence[float]) -> float:
    """Return the seconds from which on a submission is slow in this class."""
    usual = float(np.median(seconds)) if len(seconds) else 0.0
    return max(SLOW_SECONDS, SLOW_TIMES * usual)


def notices(submission: Submission) -> list[str]:
    """Return what grading noted about a submission, each once."""
    noted = [str(notice) for notice in submission.facts.get("notices", [])]
    reason = submission.facts.get("unreadable")
    return list(dict.fromkeys([*([f"Not readable: {reason}"] if reason else []), *noted]))


def versions(classroom: Classroom) -> int:
    """Return by how many versions of hidden tests and release the class was graded; 1 is as it should be."""
    prints = [submission.facts.get("fingerprint") for submission in classroom.submissions]
    return len({repr(sorted(each.items())) for each in prints if isinstance(each, dict)}) or 1


def noted(classroom: Classroom) -> dict[str, Any]:
    """Return what grading noted, by notice, and what else does not fit."""
    return {
        "noted": [(each, found) for each in classroom.submissions if (found := notices(each))],
        "unsandboxed": sum(each.facts.get("sandboxed") is False for each in classroom.submissions),
        "versions": versions(classroom),
    }
