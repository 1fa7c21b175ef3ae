"""Faults that a hidden test can meet on the student's side, and a wrong answer.

Fault                    the student's side is at fault
├── StudentError         an exception in the student's code
├── NotFound             a name is missing
│   └── NoAttribute      an attribute is missing, of which `hasattr` may ask
└── Broken               no answer: outcome says why
CriterionFailed          an answer came, and it is wrong
"""

from __future__ import annotations

from typing import Any

from proctor.criteria.outcome import Check, Outcome

NO_METHOD = "has no method"
"""Sentence about a class whose method has another name, or another place, than the one of its base that was called."""


class Fault(Exception):  # noqa: N818  - a fault of the student's side, of which an error is one kind
    """The student's side is at fault; says how the criterion ends."""

    outcome = Outcome.ERROR
    title = "Fault"
    """Its name in a trace."""

    @property
    def says(self) -> str:
        """Return in a line what is at fault."""
        return str(self)


class StudentError(Fault):
    """The student's code raised. Its text is that of the student's exception.

    Attributes:
        kind: the name of the exception's type.
        text: its message, shortened.
        where: the traceback, shortened to the student's cells.
        attributes: the exception's own, as far as they are plain.
        lineage: the names of the exception's type and its bases, where it is one of the notebook's.
    """

    title = "StudentError"
    lineage: tuple[str, ...] = ()

    def __init__(self, kind: str, text: str, where: str = "") -> None:
        super().__init__(text)
        self.kind, self.text, self.where = kind, text, where
        self.attributes: dict[str, Any] = {}
        if kind == "NotImplementedError":
            self.outcome = Outcome.NOT_FOUND if NO_METHOD in text else Outcome.UNFINISHED
        elif kind == "MemoryError":
            self.outcome = Outcome.MEMORY

    def __str__(self) -> str:
        return self.text

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("attributes", {}):
            return self.__dict__["attributes"][name]
        raise AttributeError(name)

    @property
    def says(self) -> str:
        """The exception's type and text."""
        return f"{self.kind}: {self.text}" if self.text else self.kind


class NotFound(Fault):
    """A name that the exercise asks for is missing on the student's side."""

    outcome = Outcome.NOT_FOUND
    title = "NotFound"


class NoAttribute(NotFound, AttributeError):  # noqa: N818  - a fault, like the others
    """A missing attribute, of which `hasattr` may ask."""


class Broken(Fault):
    """No answer came; `outcome` says why."""

    title = "Broken"

    def __init__(self, outcome: Outcome, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


class CriterionFailed(AssertionError):  # noqa: N818  - the outcome of a check, not an error of ours
    """The student's answer is wrong: `check` is the first that broke, the text is the hint."""

    def __init__(self, check: Check, hint: str) -> None:
        super().__init__(hint)
        self.check = check
