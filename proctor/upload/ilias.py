"""What ILIAS takes back (exercise, from 5.2 to 10), and StudOn with it.

Feedback: the *multi-feedback* upload takes the structure that it hands out, `multi_feedback_TITLE/FOLDER/file`, with
the student's folder `Lastname_Firstname_login_4711` (`ilExAssignment::getMultiFeedbackFiles` up to 8,
`TutorFeedbackZipRepository` from 9): the top folder must begin with `multi_feedback`, and only the number at the end of
the other one counts.

Grades: ILIAS itself has no import of marks. StudOn has, by its plugin ExerciseStatusFile (1.3; before that, its own
patch of `ilExAssignmentStatusFile`): a `status.csv` in the zip, with these columns in this order; rows with 1 in
`update` are taken over, as a whole. So without the status file of the download as a template, a comment that
ILIAS has is lost. The plugin leaves out files that are called like the student's own; pages of feedback are not.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from proctor.upload import UploadError
from proctor.upload.parcel import zipped
from proctor.upload.results import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.spreadsheet import Table
    from proctor.upload.results import Result

COLUMNS = [
    "update", "usr_id", "login", "lastname", "firstname", "status", "mark", "notice", "comment", "plagiarism",
    "plag_comment",
]  # fmt: skip


def grades(
    results: Sequence[Result], template: Table | None = None, passing: float | None = None
) -> tuple[bytes, dict[str, str]]:
    """Fill in the status file, or make one.

    Args:
        results: of the students.
        template: the status file of the download, whose other columns stay as they are.
        passing: the points from which the status is `passed`, else `failed`; None leaves the status.

    Returns:
        The status file, and for whom it has no row, the reason.

    Raises:
        UploadError: the template is no status file.
    """
    if template is not None and template.header[: len(COLUMNS)] != COLUMNS:
        raise UploadError(
            f"--template is no status file of StudOn's: its columns are not {', '.join(COLUMNS)}."
        )
    rows = {row[1]: row for row in template.rows} if template is not None else {}
    problems = {}
    for result in results:
        number = result.origin.platform_id
        if template is None:
            rows[number] = _row(result)
        if number not in rows:
            problems[result.student] = "is not in the status file"
            continue
        rows[number][0] = "1"
        rows[number][6] = written(result.points)
        if passing is not None:
            rows[number][5] = "passed" if result.points >= passing else "failed"
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([COLUMNS, *rows.values()])
    return text.getvalue().encode(), problems


def feedback(results: Sequence[Result], assignment: str, status: bytes) -> bytes:
    """Return the multi-feedback zip, with the status file where StudOn looks for it."""
    top = "multi_feedback_" + re.sub(r"[^A-Za-z0-9-]+", "_", assignment)
    files = {"status.csv": status}
    for result in results:
        for page in result.pages:
            files[f"{top}/{result.origin.folder}/{page.name}"] = page.read_bytes()
    return zipped(files)


def _row(result: Result) -> list[str]:
    first, _, last = result.origin.name.rpartition(" ")
    row = ["1", result.origin.platform_id, result.origin.login, last, first, "notgraded"]
    return row + [""] * (len(COLUMNS) - len(row))
