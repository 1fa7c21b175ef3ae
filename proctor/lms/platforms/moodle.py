"""Moodle's assignment, from 3.1 to 5.0.

Download (*Download all submissions*; `mod/assign/classes/downloader.php`, before 4.2 `locallib.php`):
    `Full Name_12345_assignsubmission_file/work.ipynb`, until 4.0 with a `_` at the end of the folder; with
    *Download submissions in folders* off, and before 3.1, `Full Name_12345_assignsubmission_file_work.ipynb`. Texts
    lie beside it as `..._assignsubmission_onlinetext/`. 12345 is the participant of the grading worksheet, in this
    assignment only. Where groups hand in, there is one folder for each group, `Group A_17_...`, with the group's own
    number, and `Default group_...` without a number for who is in none; until 4.1 each member has a folder,
    `Group A-Full Name_12345_...`, with the same files. Files are dated when they are packed.

Grades: the *offline grading worksheet*, downloaded from the assignment (*Download grading worksheet*; the feedback type
*Offline grading worksheet* must be switched on) and uploaded again with the column of the grade filled in
(`mod/assign/feedback/offline`). Moodle finds the columns by their names in the reader's language, the person by the
number at the end of the first one, and passes over a row, silently, whose grade is above the maximum or whose
*Last modified (grade)* is not what it was; so all that is not the grade stays as it came. It reads the decimal sign
of the reader's language, which the worksheet's own maximum shows.

Feedback: *Upload multiple feedback files in a zip* (`mod/assign/feedback/file/importziplib.php`) takes
`Full name_12345_assignsubmission_file/exercise4.html`, or the same in one name. The number must be a participant's
also where groups hand in: each member gets their own.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.errors import ExportError
from proctor.lms.export import zipped
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Exported, Platform
from proctor.lms.spreadsheet import written

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from proctor.lms.members import File
    from proctor.lms.owner import Student
    from proctor.lms.platform import Reader, Request, Result
    from proctor.lms.spreadsheet import Table

FOLDER = re.compile(
    r"(?P<prefix>(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[a-z]+)_?)(?P<rest>.*)"
)

# English, German, French, Spanish, as Moodle's language packs have them.
NUMBER = ("identifier", "id", "identifiant", "identificador")
GRADE = ("grade", "bewertung", "note", "calificación")
MAXIMUM = (
    "maximum grade", "bestwertung", "maximalbewertung", "note maximale", "note maximum", "calificación máxima",
)  # fmt: skip
CHANGEABLE = (
    "grade can be changed", "bewertung kann geändert werden", "la note peut être modifiée",
    "la calificación puede ser cambiada",
)  # fmt: skip
SUBMITTED = (
    "last modified (submission)", "zuletzt geändert (abgabe)", "dernière modification (travail remis)",
    "dernière modification (remise)", "última modificación (entrega)",
)  # fmt: skip
GROUP = ("group", "gruppe", "groupe", "grupo")
NO = {"no", "nein", "non"}


class Moodle(Platform):
    """Moodle's assignment."""

    name = "moodle"
    title = "Moodle"
    times_advice = ": give the grading worksheet as --roster"
    required = "Moodle's grading worksheet (assignment > Download grading worksheet)"
    upload = (
        "grades.csv: assignment > Upload grading worksheet; feedback.zip: > Upload multiple feedback files"
    )

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path."""
        del files, assignment, zone
        return _read

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return the columns of the grading worksheet."""
        submitted, changeable = table.column(*SUBMITTED), table.column(*CHANGEABLE)
        number = table.column(*NUMBER)  # «Participant 12345»
        if submitted is None and (changeable is None or number is None):
            return None
        found = {key: place for key, place in general.items() if key != "id" or place != number}
        group = table.column(*GROUP)
        known = {"platform_id": number, "submitted": submitted, "team": group}
        return found | {key: place for key, place in known.items() if place is not None}

    def folder(self, student: Student, name: str) -> str:
        """Return the folder of a participant."""
        number = student.platform_id
        return f"{name.replace('_', ' ')}_{number}_assignsubmission_file" if number else ""

    def export(self, request: Request) -> Exported:
        """Return the worksheet with the grades, and the zip of feedback."""
        if request.template is None:
            raise ExportError(f"give {self.required} as --template FILE")
        table, problems = grades(request.results, request.template)
        able = [each for each in request.results if each.student not in problems]
        return Exported({"grades.csv": table, "feedback.zip": feedback(able)}, problems)


PLATFORM = Moodle()


def _read(path: PurePosixPath) -> Sequence[Piece]:
    for number, part in enumerate(path.parts):
        match = FOLDER.fullmatch(part)
        if match:
            inside = [*filter(None, [match["rest"]]), *path.parts[number + 1 :]]
            name = match["name"].replace("_", " ")  # as Moodle writes it, and reads it back
            owner = Owner("moodle", name, name + match["prefix"][len(name) :], platform_id=match["id"] or "")
            return [Piece(owner, PurePosixPath(*inside) if inside and match["kind"] == "file" else None)]
    return ()


def grades(results: Sequence[Result], worksheet: Table) -> tuple[bytes, dict[str, str]]:
    """Fill in the worksheet.

    Returns:
        The worksheet, and for whom it has no row, or one that Moodle would pass over, the reason.

    Raises:
        ExportError: it is no worksheet, or one for a scale or a rubric, or has another maximum than the gradebook.
    """
    number, grade = worksheet.column(*NUMBER), worksheet.column(*GRADE)
    maximum = worksheet.column(*MAXIMUM)
    if number is None or (grade is None and maximum is None):
        raise ExportError(
            "--template is no grading worksheet of Moodle's: it has no column Identifier, or no Grade."
        )
    if grade is None:
        raise ExportError(
            "Moodle's worksheet has no column Grade: the assignment is graded by a rubric or a marking guide, which "
            "Moodle does not import. Set its grading method to simple direct grading, and download the worksheet again."
        )
    if maximum is None:
        raise ExportError(
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
    return worksheet.encode(guarded=_not_read(worksheet)), problems


def _not_read(worksheet: Table) -> list[int]:
    """Return the columns that Moodle's import does not read: names, e-mail addresses, the status."""
    last = max(
        worksheet.column(*names) or 0 for names in (GRADE, MAXIMUM)
    )  # what comes behind is dates, and comments that the import reads
    number = worksheet.column(*NUMBER)
    return [place for place in range(last) if place != number and place != worksheet.column(*GRADE)]


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
        raise ExportError(
            f"Moodle's maximum is {written(theirs)}, the gradebook's {written(maximum)}: set the assignment's maximum "
            "grade in Moodle, and download the worksheet again."
        )
