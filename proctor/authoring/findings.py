"""Findings about an exercise before its release, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from proctor.criteria.outcome import CellReport, Outcome


@dataclass(frozen=True)
class Finding:
    """Something that an instructor should know.

    Attributes:
        cell: the grade_id it is about; "" for the whole exercise.
        says: what is wrong and what to do, in a sentence.
        serious: whether it has to be mended before the release.
    """

    cell: str
    says: str
    serious: bool = True


@dataclass(frozen=True)
class Row:
    """One criterion in the table of a check.

    Attributes:
        cell: the grade_id.
        criterion: the name of the test method.
        sentence: what the student reads.
        worth: the points it can earn.
        solution: whether the solution passes; None if it could not be judged.
        release: whether the untouched release passes, likewise.
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
    """Result of a check of one master notebook.

    Attributes:
        notebook: its name.
        rows: a row for each criterion, in the notebook's order.
        findings: what is wrong, the most important first.
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


def passing(reports: dict[str, Any]) -> dict[str, bool]:
    """Return which criteria pass, by `grade_id.criterion`, from reports as :meth:`CellReport.as_dict` returns them."""
    return {
        f"{name}.{verdict.criterion}": verdict.outcome is Outcome.PASSED
        for name, data in reports.items()
        for verdict in CellReport.from_dict(data).verdicts
    }
