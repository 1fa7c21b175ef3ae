"""What Moodle takes back (assignment, from 3.1 to 4.5).

Grades: the *offline grading worksheet*, downloaded from the assignment (*Download grading worksheet*; the feedback type
*Offline grading worksheet* must be switched on) and uploaded again with the column of the grade filled in
(`mod/assign/feedback/offline`). Moodle finds the columns by their names in the reader's language, the person by the
number at the end of the first one, and passes over a row, silently, whose grade is above the maximum or whose
*Last modified (grade)* is not what it was; so all that is not the grade stays as it came. It reads the decimal sign
of the reader's language, which the worksheet's own maximum shows.

Feedback: *Upload multiple feedback files in a zip* (`mod/assign/feedback/file/importziplib.php`) takes
`Full name_12345_assignsubmission_file/exercise4.html`, in the folders of the download, or the same in one name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from proctor.upload import UploadError
from proctor.upload.parcel import zipped
from proctor.upload.results import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.spreadsheet import Table
    from proctor.upload.results import Result

NUMBER = ("identifier", "id")
GRADE = ("grade", "bewertung")
MAXIMUM = ("maximum grade", "bestwertung", "maximalbewertung")
CHANGEABLE = ("grade can be changed", "bewertung kann geändert werden")
NO = {"no", "nein"}


def grades(results: Sequence[Result], worksheet: Table) -> tuple[bytes, dict[str, str]]:
    """Fill in the worksheet.

    Returns:
        The worksheet, and for whom it has no row, or one that Moodle would pass over, the reason.

    Raises:
        UploadError: it is no worksheet, or one for a scale, or its maximum is another one than that of the gradebook.
    """
    number, grade, maximum = (worksheet.column(*names) for names in (NUMBER, GRADE, MAXIMUM))
    if number is None or grade is None:
        raise UploadError(
            "--template is no grading worksheet of Moodle's: it has no column Identifier, or no Grade."
        )
    if maximum is None:
        raise UploadError(
            "Moodle's worksheet has no Maximum Grade: the assignment is graded on a scale, where points would be lost. "
            "Set its grade to points in Moodle, and download the worksheet again."
        )
    decimal = "," if any("," in row[maximum] for row in worksheet.rows) else "."
    changeable = worksheet.column(*CHANGEABLE)
    rows = {_number(row[number]): row for row in worksheet.rows}
    problems = {}
    for result in results:
        row = rows.get(result.origin.platform_id)
        if row is None:
            problems[result.student] = "is not in the worksheet"
            continue
        _refuse_other_maximum(row[maximum], result.maximum)
        if changeable is not None and row[changeable].strip().casefold() in NO:
            problems[result.student] = "has a grade that Moodle does not let change"
            continue
        row[grade] = written(result.points, decimal)
    return worksheet.encode(), problems


def feedback(results: Sequence[Result]) -> bytes:
    """Return the zip with each one's pages in the folder, or under the name, that the download had."""
    files = {}
    for result in results:
        prefix = result.origin.folder
        flat = prefix.endswith("_") and f"{prefix}/" not in result.origin.file
        for page in result.pages:
            files[f"{prefix}{'' if flat else '/'}{page.name}"] = page.read_bytes()
    return zipped(files)


def _number(cell: str) -> str:
    match = re.search(r"(\d+)\s*$", cell)
    return match[1] if match else ""


def _refuse_other_maximum(cell: str, maximum: float) -> None:
    try:
        theirs = float(cell.replace(",", "."))
    except ValueError:
        return  # no maximum
    if theirs != maximum:
        raise UploadError(
            f"Moodle's maximum is {written(theirs)}, the gradebook's {written(maximum)}: set the assignment's maximum "
            "grade in Moodle, and download the worksheet again."
        )
