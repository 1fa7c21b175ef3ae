"""Outcomes of criteria and reports of graded cells: the vocabulary that judge, gradebook and feedback share.

Every criterion of every submission ends in exactly one :class:`Outcome`. A fault of the grader is none of
them: it is raised as :class:`GraderError` and reaches the teaching assistant, never a student's points.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Self


class Outcome(Enum):
    """Outcome of one criterion; the value is the words that the student reads. A new one is a line here.

    Attributes:
        symbol: what stands before it on a card.
        tried: whether the student has done anything for this criterion.
        stopped: whether the code gave no answer at all, so that feedback should tell of it first.
        strange: whether a teaching assistant may want to see the submission with their own eyes.
        of_class: its words in the class report, said of several students; "" for passed and failed, which are counted.
    """

    # .            what the student reads, symbol, tried, stopped, strange, said of several
    PASSED = "passed", "✓", True, False, False, ""
    FAILED = "failed", "✗", True, False, False, ""
    ERROR = "error in your code", "!", True, True, False, "The code raised an error"
    TIME = "time limit", "◷", True, True, True, "Took too long and was stopped"
    MEMORY = "memory limit", "▤", True, True, True, "Took too much memory"
    DIED = "kernel died", "†", True, True, True, "Took the kernel down"
    UNFINISHED = "not implemented yet", "○", False, False, False, "Not implemented yet"
    NOT_FOUND = "not found", "?", False, True, False, "Class or cell not found"
    WAITING = (
        *("waiting for another criterion", "…", False, False, False),
        "Not judged, since it rests on another criterion",
    )
    UNREADABLE = "not readable", "?", False, True, True, "The notebook cannot be read"

    symbol: str
    tried: bool
    stopped: bool
    strange: bool
    of_class: str

    def __new__(cls, *facts: Any) -> Self:
        """Make a member whose value is what the student reads."""
        member = object.__new__(cls)
        member._value_, member.symbol, member.tried, member.stopped, member.strange, member.of_class = facts
        return member

    @property
    def kind(self) -> str:
        """Return "passed", "failed", "stopped" or "undone", as which it is drawn in the class report."""
        if self in (Outcome.PASSED, Outcome.FAILED):
            return self.name.lower()
        return "stopped" if self.tried else "undone"


class Check(Enum):
    """Checks of a result, in this order; a failed criterion names the first that it did not pass."""

    EXISTS = "exists"
    RUNS = "runs"
    SHAPE = "shape"
    TYPE = "type"
    VALUES = "values"


@dataclass(frozen=True)
class Verdict:
    """The end of one criterion.

    Attributes:
        criterion: the name of the test method, unique in its cell.
        sentence: what was asked, as the student reads it.
        outcome: how it ended.
        worth: the points it can earn.
        check: for a failed one, the first check that broke.
        hint: a fact and, where it leads on, a question; empty for a passed one.
        misconception: the sentence that names the mistake, if exactly one known mistake explains what was seen;
            the hint then is the question that leads on.
        remarks: what was noticed on the way and costs nothing.
        earned: the points, where a criterion may be right in part; None where it earns all of its worth or nothing.
    """

    criterion: str
    sentence: str
    outcome: Outcome
    worth: float
    check: Check | None = None
    hint: str = ""
    misconception: str = ""
    remarks: tuple[str, ...] = ()
    earned: float | None = None

    @property
    def points(self) -> float:
        """The points that were earned."""
        if self.earned is not None:
            return self.earned
        return self.worth if self.outcome is Outcome.PASSED else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values; :meth:`from_dict` reads them back."""
        data = asdict(self)
        data["outcome"] = self.outcome.name
        data["check"] = self.check.name if self.check else None
        data["remarks"] = list(self.remarks)
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        """Build a verdict from what :meth:`as_dict` returned."""
        data = {"check": data.get("rung"), **data}  # as graded notebooks called it at first
        data.pop("rung", None)
        check = data["check"]
        changes = {
            "outcome": Outcome[data["outcome"]],
            "check": Check[check] if check else None,
            "remarks": tuple(data["remarks"]),
        }
        return cls(**{**data, **changes})


@dataclass(frozen=True)
class CellReport:
    """The verdicts on one graded cell, in the order in which the student reads them.

    Attributes:
        grade_id: which cell.
        title: what it grades, in words.
        verdicts: one for each criterion.
        inside: whether the cell's own tests judged it, which run inside the notebook, and no hidden test class.
    """

    grade_id: str
    title: str
    verdicts: tuple[Verdict, ...] = field(default_factory=tuple)
    inside: bool = False

    @property
    def points(self) -> float:
        """The points earned in this cell."""
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def worth(self) -> float:
        """The points this cell can earn."""
        return sum(verdict.worth for verdict in self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values; :meth:`from_dict` reads them back."""
        return {
            "grade_id": self.grade_id,
            "title": self.title,
            "verdicts": [verdict.as_dict() for verdict in self.verdicts],
            "inside": self.inside,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CellReport:
        """Build a report from what :meth:`as_dict` returned."""
        verdicts = tuple(Verdict.from_dict(verdict) for verdict in data["verdicts"])
        return cls(data["grade_id"], data["title"], verdicts, data.get("inside", False))
