"""Findings about an exercise before its release, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A sentence for the instructor about a cell, by its grade_id, or about the whole exercise ("").

    A serious one has to be mended before the release.
    """

    cell: str
    says: str
    serious: bool = True


@dataclass(frozen=True)
class Row:
    """One criterion in the table of a check, which is a test method, and the points that it can earn.

    Attributes:
        solution, release: whether the solution and the untouched release pass; None if they could not be judged.
        noticed: a mistake by which it fails; "" if none was found.
    """

    cell: str
    criterion: str
    sentence: str
    worth: float
    solution: bool | None
    release: bool | None
    noticed: str


@dataclass
class Checked:
    """Result of a check of one master notebook: a row for each criterion, and what is wrong.

    Attributes:
        seconds: how long the solution took, by what it was: CPU time, and in a sandbox on the clock.
        tried: how many known mistakes and mutants were tried.
    """

    notebook: str
    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    tried: int = 0

    @property
    def passed(self) -> bool:
        """Whether nothing has to be mended."""
        return not any(finding.serious for finding in self.findings)

    def add(self, cell: str, says: str, *, serious: bool = True) -> None:
        """Add a finding."""
        self.findings.append(Finding(cell, says, serious))

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return {**asdict(self), "passed": self.passed}
