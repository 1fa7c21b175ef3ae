"""nbgrader's own table of grades (`nbgrader export`), of one assignment, with names quoted that hold a comma."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbgrader.api import Gradebook, MissingEntry

from proctor.spreadsheet import Table

if TYPE_CHECKING:
    from proctor.upload.results import Course

HEADER = [
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
]  # fmt: skip


def grades(course: Course) -> bytes:
    """Return the table, with a row for every student in the gradebook; who handed in nothing has 0 points."""
    rows = []
    with Gradebook(course.database, course.course_id) as gradebook:
        assignment = gradebook.find_assignment(course.assignment)
        for student in gradebook.students:
            try:
                submission = gradebook.find_submission(course.assignment, student.id)
                raw, penalty, time = (
                    submission.score,
                    submission.late_submission_penalty,
                    submission.timestamp,
                )
            except MissingEntry:
                raw, penalty, time = 0.0, 0.0, None
            person = [student.id, student.last_name, student.first_name, student.email]
            score = [raw, penalty, max(0.0, raw - penalty), assignment.max_score]
            cells = [assignment.name, assignment.duedate, time, *person, *score]
            rows.append(["" if cell is None else str(cell) for cell in cells])
    return Table(HEADER, rows, newline="\n").encode()
