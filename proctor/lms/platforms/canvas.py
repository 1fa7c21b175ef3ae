"""Canvas's assignment, 2023 to 2025.

Download (`lib/content_zipper.rb`):
    `lastnamefirstname_LATE_12345_67890_work.ipynb`: user, attachment; `_LATE` only if it was. With anonymous grading
    `anon_a1B2c_67890_work.ipynb`. A student's second upload of one name is `work-1.ipynb`; texts and links are
    `..._12345_text.html`. Where groups hand in, there is one file for each group, called by the group's name with the
    number of one of its members. Files are dated when they are packed.

Grades: *Gradebook > Import* takes the gradebook's export back (`lib/gradebook_importer.rb`): the columns of the
person as they came, then those to be changed; ours has only the assignment's, `exercise4 (12345)`, so that nothing
else can change. It reads a decimal point in every language, and finds the separator by itself.

Feedback: *Upload Submissions* on the assignment's page takes files called as those of the download
(`Assignment#infer_comment_context_from_filename`: the first two numbers in the name are the user and the file that was
handed in). Canvas then shows a returned file under the name of the file that was handed in, whatever it is
called. A page of HTML would come to the student as `exercise4.ipynb`, which Jupyter cannot open; so what goes back is
the graded notebook, with points and comments in it, or for a student's zip a zip with the page.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from proctor.errors import ExportError, UnreadableError
from proctor.lms.export import zipped
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Exported, Platform
from proctor.lms.spreadsheet import written
from proctor.submission.reading import json_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from proctor.lms.members import File
    from proctor.lms.platform import Graded, Reader, Request, Result
    from proctor.lms.spreadsheet import Table

FILE = re.compile(
    r"(?P<name>.*?)(?P<late>_late)?_(?P<id>\d+)_(?P<attachment>\d+)_(?P<rest>.+)", re.IGNORECASE
)
ANONYMOUS = re.compile(r"(?P<id>anon_(?:late_)?\w+?)_(?P<attachment>\d+)_(?P<rest>.+)", re.IGNORECASE)
TEXT = re.compile(r"(?P<name>.*?)(?:_late)?_(?P<id>\d+)_(?:text|link)\.html", re.IGNORECASE)
PERSON = (
    "Student",
    "LastName",
    "FirstName",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Integration ID",
    "Root Account",
)
"""The columns before `Section`, which Canvas wants back as they were."""


class Canvas(Platform):
    """Canvas's assignment."""

    name = "canvas"
    title = "Canvas"
    times_advice = "; it only marks who is late"
    required = "Canvas's gradebook export (Grades > Export)"
    upload = "grades.csv: Grades > Import; feedback.zip: the assignment's page > Upload Submissions"

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path."""
        del files, assignment, zone
        return _read

    def columns(self, table: Table, general: dict[str, int]) -> dict[str, int] | None:
        """Return the columns of the gradebook's export, where ID is Canvas's number, and the SIS has the student's."""
        if table.column("section") is None or table.column("student", "lastname") is None:
            return None
        found = {key: place for key, place in general.items() if key not in {"id", "team"}}
        found["platform_id"] = table.column("id") or 0
        sis = table.column("sis user id")
        if "login" not in found and sis is not None:
            found["id"] = sis
        return found

    def export(self, request: Request) -> Exported:
        """Return the table for the import, and the zip of feedback."""
        if request.template is None or request.graded is None:
            raise ExportError(f"give {self.required} as --template FILE")
        table, problems = grades(request.results, request.template, request.assignment, request.column)
        able = [each for each in request.results if each.student not in problems]
        files, unnamed = feedback(able, {each.student: request.graded(each.student) for each in able})
        return Exported({"grades.csv": table, "feedback.zip": files}, problems | unnamed)


PLATFORM = Canvas()


def _read(path: PurePosixPath) -> Sequence[Piece]:
    """Read a path: everything is in the name of the file."""
    anonymous = ANONYMOUS.fullmatch(path.name)
    if anonymous:
        owner = Owner("canvas", anonymous["id"], platform_id=anonymous["id"])
        return [Piece(owner, PurePosixPath(anonymous["rest"]), "_late_" in path.name.casefold())]
    match = FILE.fullmatch(path.name)
    found = match or TEXT.fullmatch(path.name)
    if not found:
        return ()
    owner = Owner("canvas", found["name"] or found["id"], platform_id=found["id"])
    return [Piece(owner, PurePosixPath(match["rest"]) if match else None, bool(match and match["late"]))]


def grades(
    results: Sequence[Result], export: Table, assignment: str, column: str = ""
) -> tuple[bytes, dict[str, str]]:
    """Fill in the gradebook's export.

    Args:
        results: of the students.
        export: the gradebook's export.
        assignment: the name of the assignment.
        column: the name of its column in Canvas, with or without its number, if it is another one.

    Returns:
        The table for the import, and for whom it has no row, the reason.

    Raises:
        ExportError: it is no such export, or has not exactly one such column, or another maximum.
    """
    number, section = export.column("ID"), export.column("Section")
    if number is None or section is None or not {"Student", "LastName"} & set(_clean(export.header)):
        raise ExportError(
            "--template is no gradebook export of Canvas's: it has no column Student, ID or Section."
        )
    place = _column(export, column or assignment)
    kept = [each for each, name in enumerate(_clean(export.header)) if name in PERSON or each == section]
    rows = {row[number].strip(): row for row in export.rows if row[number].strip()}
    _refuse_other_maximum(export, place, results)
    problems = {}
    for result in results:
        if result.origin.platform_id in rows:
            rows[result.origin.platform_id][place] = written(result.points)
        else:
            problems[result.student] = "is not in the gradebook's export"
    export.header = [export.header[each] for each in [*kept, place]]
    export.rows = [[row[each] for each in [*kept, place]] for row in export.rows]
    return export.encode(guarded=_not_read(export)), problems


def feedback(results: Sequence[Result], graded: Mapping[str, Graded]) -> tuple[bytes, dict[str, str]]:
    """Return the zip for *Upload Submissions*, and who cannot be in it, with the reason."""
    files, problems = {}, {}
    for result in results:
        name = PurePosixPath(result.origin.file).name
        if not FILE.fullmatch(name) and not ANONYMOUS.fullmatch(name):
            problems[result.student] = "was not collected from Canvas, which wants its file's name back"
        elif name.casefold().endswith(".zip"):
            files[name] = zipped({page.name: page.read_bytes() for page in result.pages})
        else:
            try:
                files[name] = _notebook(result, graded[result.student])
            except (OSError, UnreadableError, KeyError, TypeError) as error:
                problems[result.student] = f"has a graded notebook that cannot be read ({error})"
    return zipped(files), problems


def _not_read(export: Table) -> list[int]:
    """Return the columns that Canvas's import does not go by where it has its own number of a person."""
    names = {"Student", "LastName", "FirstName", "Section"}
    return [place for place, name in enumerate(_clean(export.header)) if name in names]


def _clean(header: list[str]) -> list[str]:
    return [name.strip().lstrip("\ufeff") for name in header]


def _column(export: Table, wanted: str) -> int:
    title = re.compile(rf"{re.escape(wanted)}(?: \(\d+\))?", re.IGNORECASE)
    found = [place for place, name in enumerate(_clean(export.header)) if title.fullmatch(name)]
    if len(found) != 1:
        many = "no column" if not found else f"{len(found)} columns"
        raise ExportError(
            f"Canvas's export has {many} called {wanted!r}: say which with --column 'TITLE (NUMBER)'."
        )
    return found[0]


def _refuse_other_maximum(export: Table, place: int, results: Sequence[Result]) -> None:
    for row in export.rows:
        if "Points Possible" not in row[0]:
            continue
        try:
            theirs = float(row[place].replace(",", "."))
        except ValueError:
            return
        for result in results:
            if theirs != result.maximum:
                raise ExportError(
                    f"Canvas has {written(theirs)} points possible, the gradebook {written(result.maximum)}: change the "
                    "assignment's points in Canvas, and export again."
                )


def _notebook(result: Result, graded: Graded) -> bytes:
    """Return the graded notebook with the points on top and each comment below its cell."""
    import nbformat
    from nbformat.v4 import new_markdown_cell

    notebook: Any = nbformat.from_dict(json_of(graded.path.read_bytes(), graded.path.name))
    points = f"# {written(result.points)} of {written(result.maximum)} points"
    if result.penalty:
        points += f"\n\n{written(result.penalty)} points were taken off for lateness."
    cells = [new_markdown_cell(points, id="points")]
    for cell in notebook.cells:
        cells.append(cell)
        comment = graded.comments.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""), "")
        if comment:
            cells.append(new_markdown_cell(f"**Comment:** {comment}", id=f"comment-{len(cells)}"))
    notebook.cells = cells
    return str(nbformat.writes(notebook)).encode()
