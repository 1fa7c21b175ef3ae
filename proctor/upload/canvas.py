"""What Canvas takes back (2023 to 2025).

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

import copy
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_markdown_cell

from proctor.collect.platforms import CANVAS, CANVAS_ANONYMOUS
from proctor.upload import UploadError
from proctor.upload.parcel import zipped
from proctor.upload.results import written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from proctor.spreadsheet import Table
    from proctor.upload.results import Result

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


@dataclass(frozen=True)
class Graded:
    """A graded notebook: the file, and the comment on each of its graded cells."""

    path: Path
    comments: Mapping[str, str]


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
        UploadError: it is no such export, or has not exactly one such column, or another maximum.
    """
    number, section = export.column("ID"), export.column("Section")
    if number is None or section is None or not {"Student", "LastName"} & set(_clean(export.header)):
        raise UploadError(
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
    return export.encode(), problems


def feedback(results: Sequence[Result], graded: Mapping[str, Graded]) -> tuple[bytes, dict[str, str]]:
    """Return the zip for *Upload Submissions*, and who cannot be in it, with the reason."""
    files, problems = {}, {}
    for result in results:
        name = PurePosixPath(result.origin.file).name
        if not CANVAS.fullmatch(name) and not CANVAS_ANONYMOUS.fullmatch(name):
            problems[result.student] = "was not collected from Canvas, which wants its file's name back"
        elif name.casefold().endswith(".zip"):
            files[name] = zipped({page.name: page.read_bytes() for page in result.pages})
        else:
            files[name] = _notebook(result, graded[result.student])
    return zipped(files), problems


def _clean(header: list[str]) -> list[str]:
    return [name.strip().lstrip("\ufeff") for name in header]


def _column(export: Table, wanted: str) -> int:
    title = re.compile(rf"{re.escape(wanted)}(?: \(\d+\))?", re.IGNORECASE)
    found = [place for place, name in enumerate(_clean(export.header)) if title.fullmatch(name)]
    if len(found) != 1:
        many = "no column" if not found else f"{len(found)} columns"
        raise UploadError(
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
                raise UploadError(
                    f"Canvas has {written(theirs)} points possible, the gradebook {written(result.maximum)}: change the "
                    "assignment's points in Canvas, and export again."
                )


def _notebook(result: Result, graded: Graded) -> bytes:
    """Return the graded notebook with the points on top and each comment below its cell."""
    notebook: Any = copy.deepcopy(nbformat.read(graded.path, as_version=4))
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
