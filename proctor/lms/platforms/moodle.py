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

import datetime as dt
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.errors import ExportError
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Exported, Platform, refuse_other_maximum, zipped
from proctor.lms.spreadsheet import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.lms.owner import Student
    from proctor.lms.platform import Request
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
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
OTHERS = {
    "mär": "mar", "mrz": "mar", "mai": "may", "okt": "oct", "dez": "dec",
    "fév": "feb", "avr": "apr", "juin": "jun", "juil": "jul", "aoû": "aug", "déc": "dec",
    "ene": "jan", "abr": "apr", "ago": "aug", "dic": "dec",
}  # fmt: skip
"""German, French and Spanish months that begin otherwise than the English ones."""

WRITTEN = re.compile(
    r"(?P<day>\d{1,2})(?:\.|er)?\s+(?:de\s+)?(?P<month>[^\W\d]+)\.?\s+(?:de\s+)?(?P<year>\d{4}),?\s+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?:\s*(?P<half>[ap])\.?m)?",
    re.IGNORECASE,
)

NO_GRADE = (
    "Moodle's worksheet has no column Grade: the assignment is graded by a rubric or a marking guide, which "
    "Moodle does not import. Set its grading method to simple direct grading, and download the worksheet again."
)
NO_MAXIMUM = (
    "Moodle's worksheet has no Maximum Grade: the assignment is graded on a scale, where points would be lost. "
    "Set its grade to points in Moodle, and download the worksheet again."
)
OTHER_MAXIMUM = (
    "Moodle's maximum is {theirs}, the gradebook's {ours}: set the assignment's maximum grade in Moodle, and "
    "download the worksheet again."
)


class Moodle(Platform):
    """Moodle's assignment."""

    name = "moodle"
    title = "Moodle"
    times_advice = ": give the grading worksheet as --roster"
    required = "Moodle's grading worksheet (assignment > Download grading worksheet)"
    upload = (
        "grades.csv: assignment > Upload grading worksheet; feedback.zip: > Upload multiple feedback files"
    )

    def read(self, path: PurePosixPath) -> Sequence[Piece]:
        """Read a path, in which one part says whose it is."""
        for number, part in enumerate(path.parts):
            match = FOLDER.fullmatch(part)
            if match:
                inside = [*filter(None, [match["rest"]]), *path.parts[number + 1 :]]
                name = match["name"].replace("_", " ")  # as Moodle writes it, and reads it back
                folder = name + match["prefix"][len(name) :]
                owner = Owner("moodle", name, folder, platform_id=match["id"] or "")
                return [Piece(owner, PurePosixPath(*inside) if inside and match["kind"] == "file" else None)]
        return ()

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

    def folder(self, student: Student) -> str:
        """Return the folder of a participant."""
        return f"{student.full_name.replace('_', ' ')}_{student.platform_id}_assignsubmission_file"

    def export(self, request: Request) -> Exported:
        """Return the worksheet with the grades, and the zip of feedback."""
        grades, problems = _grades(request, self.template(request))
        files: dict[str, bytes] = {}
        for result in request.able(problems):
            prefix = result.origin.folder  # or the beginning of the file's name, as the download had it
            flat = prefix.endswith("_") and f"{prefix}/" not in result.origin.file
            files |= result.pages_in(prefix if flat else f"{prefix}/")
        return Exported({"grades.csv": grades, "feedback.zip": zipped(files)}, problems)


PLATFORM = Moodle()


def _grades(request: Request, worksheet: Table) -> tuple[bytes, dict[str, str]]:
    """Fill in the worksheet; return it, and for whom it has no row, or one that Moodle would pass over, the reason."""
    number, grade = worksheet.column(*NUMBER), worksheet.column(*GRADE)
    maximum = worksheet.column(*MAXIMUM)
    if number is None or (grade is None and maximum is None):
        raise ExportError(
            "--template is no grading worksheet of Moodle's: it has no column Identifier, or no Grade."
        )
    if grade is None:
        raise ExportError(NO_GRADE)
    if maximum is None:
        raise ExportError(NO_MAXIMUM)
    decimal = "," if any("," in row[maximum] for row in worksheet.rows) else "."
    changeable = worksheet.column(*CHANGEABLE)
    rows = {_number(row[number]): row for row in worksheet.rows}
    problems: dict[str, str] = {}
    for result, row in request.matched(rows, problems, "is not in the worksheet"):
        refuse_other_maximum(row[maximum], result.maximum, OTHER_MAXIMUM)
        if changeable is not None and row[changeable].strip().casefold() in NO:
            problems[result.student] = "has a grade that Moodle does not let change"
        else:
            row[grade] = written(result.points, decimal)
    # The import does not read names, e-mail addresses and the status; what comes behind is dates, and comments.
    not_read = set(range(max(grade, maximum))) - {number, grade}
    return worksheet.encode(guarded=not_read), problems


def _number(cell: str) -> str:
    match = re.search(r"(\d+)\s*$", cell)
    return match[1] if match else ""


def moodle_time(text: str, zone: dt.tzinfo | None) -> dt.datetime | None:
    """Read «Tuesday, 5 March 2024, 11:23 PM», «Dienstag, 5. März 2024, 23:23», «mardi 5 mars 2024, 23:23» and the like.

    Return the time in UTC, or None where there is none: «-», or a language that we do not know.
    """
    match = WRITTEN.search(text)
    month = match["month"].casefold() if match else ""
    month = OTHERS.get(month[:4]) or OTHERS.get(month[:3]) or month[:3]
    if not match or month not in MONTHS:
        return None
    year, day, hour, minute = (int(match[part]) for part in ("year", "day", "hour", "minute"))
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"].casefold() == "p")
    try:
        local = dt.datetime(year, MONTHS.index(month) + 1, day, hour, minute, tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(dt.UTC)
