"""Tables of an assignment that no platform needs: nbgrader's own of grades, and one of points per criterion."""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import nbformat
from nbgrader.api import MissingEntry

from proctor.errors import UnreadableError
from proctor.feedback.reports import reports_of
from proctor.lms.results import gradebook_of
from proctor.lms.spreadsheet import Table, written
from proctor.submission.reading import json_of

if TYPE_CHECKING:
    from proctor.course import Exercise
    from proctor.criteria.outcome import CellReport

HEADER = [
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
]  # fmt: skip
TEXTS = set(HEADER[:7])
DECIMAL = re.compile(r"-?\d+(?:\.\d+)?")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""Characters that XML, of which a workbook is made, cannot hold."""


def files(exercise: Exercise, *, criteria: bool) -> dict[str, bytes]:
    """Return the files of `proctor return --platform csv`, workbooks too where openpyxl is installed."""
    found = {"grades": grades(exercise)} | ({"criteria": criteria_of(exercise)} if criteria else {})
    workbooks = {f"{name}.xlsx": data for name, each in found.items() if (data := workbook(each)) is not None}
    return {f"{name}.csv": each.encode() for name, each in found.items()} | workbooks


def grades(exercise: Exercise) -> Table:
    """Return the table, with a row for every student in the gradebook; who handed in nothing has 0 points."""
    rows = []
    with gradebook_of(exercise.directory) as gradebook:
        assignment = gradebook.find_assignment(exercise.name)
        for student in gradebook.students:
            raw, penalty, time = 0.0, 0.0, None
            with suppress(MissingEntry):
                found = gradebook.find_submission(exercise.name, student.id)
                raw, penalty, time = found.score, found.late_submission_penalty, found.timestamp
            person = [student.id, student.last_name, student.first_name, student.email]
            score = [raw, penalty, max(0.0, raw - penalty), assignment.max_score]
            cells = [assignment.name, assignment.duedate, time, *person, *score]
            rows.append(["" if cell is None else str(cell) for cell in cells])
    return Table(HEADER, rows, newline="\n")


def criteria_of(exercise: Exercise) -> Table:
    """Return the points of each graded cell (`cell`) and criterion (`cell: title`), a row for each submission.

    Points that were given by hand are those of the cell; its criteria stay as the tests saw them.
    """
    points: dict[str, dict[str, float]] = {}
    with gradebook_of(exercise.directory) as gradebook:
        for submission in gradebook.assignment_submissions(exercise.name):
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            points[submission.student.id] = {grade.name: float(grade.score) for grade in grades}
    titles: dict[str, None] = {}
    for student, cells in points.items():
        for name, report in reports(exercise, student).items():
            cells |= {f"{name}: {each.sentence}": each.points for each in report.verdicts}
        titles |= dict.fromkeys(cells)
    columns = sorted(titles, key=lambda title: title.partition(": ")[0])
    rows = [
        [student, *(written(cells[title]) if title in cells else "" for title in columns)]
        for student, cells in sorted(points.items())
    ]
    return Table(["student_id", *columns], rows, newline="\n")


def reports(exercise: Exercise, student: str) -> dict[str, CellReport]:
    """Return the reports on a student's graded cells; none where the graded notebook cannot be read."""
    found: dict[str, CellReport] = {}
    for path in sorted(exercise.graded(student).glob("*.ipynb")):
        try:
            cells = json_of(path.read_bytes(), path.name)["cells"]
        except (OSError, UnreadableError, KeyError, TypeError):
            continue
        found |= reports_of(nbformat.from_dict({"cells": cells}))
    return found


def workbook(table: Table) -> bytes | None:
    """Return a table as an Excel workbook, or None if openpyxl is not installed; no cell is a formula."""
    try:
        from openpyxl import Workbook
    except ImportError:
        return None
    book = Workbook()
    sheet = book.active
    for number, row in enumerate([table.header, *table.rows], 1):
        for place, text in enumerate(row, 1):
            cell = sheet.cell(number, place)
            if number > 1 and table.header[place - 1] not in TEXTS and DECIMAL.fullmatch(text):
                cell.value = float(text)
            else:
                cell.value, cell.data_type = CONTROL.sub("", text), "s"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
