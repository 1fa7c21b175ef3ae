"""Report cards in a graded notebook: written by grading, read by feedback, the class report and formgrader."""

from __future__ import annotations

from typing import Any

from proctor.criteria.outcome import CellReport
from proctor.feedback import card
from proctor.submission.sanitize import new_output

REPORT = "application/vnd.proctor.report+json"
"""The MIME type under which a graded cell keeps its report for programs."""


def show_report(cell: Any, report: CellReport) -> None:
    """Put a report into a graded cell: the card for people, the points where nbgrader looks for them.

    What the tests in a cell have shown stays below the card.
    """
    data = {
        "text/html": card.html(report),
        "text/plain": repr(float(report.points)),
        REPORT: report.as_dict(),
    }
    cell.execution_count = None
    shown = without_report(cell) if report.inside else []
    cell.outputs = [new_output("execute_result", data=data, execution_count=None), *shown]


def without_report(cell: Any) -> list[Any]:
    """Return the outputs of a cell but for the report in it."""
    return [output for output in cell.get("outputs", []) if REPORT not in output.get("data", {})]


def reports_of(notebook: Any) -> dict[str, CellReport]:
    """Read the reports back from a graded notebook."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {}).get(REPORT)
            if data and cell.metadata.get("nbgrader", {}).get("grade"):
                found[data["grade_id"]] = CellReport.from_dict(data)
    return found
