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
the graded notebook, with points and comments in it, or for a student's archive one of the same kind with the page.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from proctor.errors import ExportError, UnreadableError
from proctor.lms.download import ARCHIVES
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Exported, Platform, only_column, refuse_other_maximum, zipped
from proctor.lms.spreadsheet import written
from proctor.submission.reading import json_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from proctor.lms.platform import CommentedNotebook, Request, StudentResult
    from proctor.lms.spreadsheet import Table

FILE = re.compile(
    r"(?P<name>.*?)(?P<late>_late)?_(?P<id>\d+)_(?P<attachment>\d+)_(?P<rest>.+)", re.IGNORECASE
)
ANONYMOUS = re.compile(r"(?P<id>anon_(?:late_)?\w+?)_(?P<attachment>\d+)_(?P<rest>.+)", re.IGNORECASE)
TEXT = re.compile(r"(?P<name>.*?)(?:_late)?_(?P<id>\d+)_(?:text|link)\.html", re.IGNORECASE)
NOT_READ = {"Student", "LastName", "FirstName", "Section"}
"""The columns that Canvas's import does not go by where it has its own number of a person."""
PERSON = NOT_READ | {"ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account"}
"""The columns up to `Section`, which Canvas wants back as they were."""
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".gz": partial(gzip.compress, mtime=0),
    ".tgz": partial(gzip.compress, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
"""For the archives that are taken, by how the name ends."""
OTHER_MAXIMUM = (
    "Canvas has {theirs} points possible, the gradebook {ours}: change the assignment's points in Canvas, and export "
    "again."
)


class Canvas(Platform):
    """Canvas's assignment."""

    name = "canvas"
    title = "Canvas"
    times_advice = "; it only marks who is late"
    required = "Canvas's gradebook export (Grades > Export)"
    upload = "grades.csv: Grades > Import; feedback.zip: the assignment's page > Upload Submissions"

    def read(self, path: PurePosixPath) -> Sequence[Piece]:
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
        grades, problems = _grades(request, self.template(request))
        files: dict[str, bytes] = {}
        for result in request.able(problems):
            name = PurePosixPath(result.origin.file).name
            if not FILE.fullmatch(name) and not ANONYMOUS.fullmatch(name):
                problems[result.student] = "was not collected from Canvas, which wants its file's name back"
                continue
            try:
                files[name] = _returned(name, result, request)
            except (OSError, UnreadableError, KeyError, TypeError) as error:
                problems[result.student] = f"has a graded notebook that cannot be read ({error})"
        return Exported({"grades.csv": grades, "feedback.zip": zipped(files)}, problems)


PLATFORM = Canvas()


def _grades(request: Request, export: Table) -> tuple[bytes, dict[str, str]]:
    """Fill in the gradebook's export; return the table for the import, and for whom it has no row, the reason."""
    header = [name.strip().lstrip("\ufeff") for name in export.header]
    number, section = export.column("ID"), export.column("Section")
    if number is None or section is None or not {"Student", "LastName"} & set(header):
        raise ExportError(
            "--template is no gradebook export of Canvas's: it has no column Student, ID or Section."
        )
    place = only_column(header, request.column or request.assignment, "Canvas's export", "TITLE (NUMBER)")
    for theirs in [row[place] for row in export.rows if "Points Possible" in row[0]]:
        for result in request.results:
            refuse_other_maximum(theirs, result.maximum, OTHER_MAXIMUM)
    rows = {row[number].strip(): row for row in export.rows if row[number].strip()}
    problems: dict[str, str] = {}
    for result, row in request.matched(rows, problems, "is not in the gradebook's export"):
        row[place] = written(result.points)
    kept = [each for each, name in enumerate(header) if name in PERSON or each == section] + [place]
    export.header = [export.header[each] for each in kept]
    export.rows = [[row[each] for each in kept] for row in export.rows]
    return export.encode(guarded=[at for at, each in enumerate(kept) if header[each] in NOT_READ]), problems


def _returned(name: str, result: StudentResult, request: Request) -> bytes:
    """Return what takes the place of the file that was handed in."""
    ending = PurePosixPath(name.casefold()).suffix
    if ending == ".zip":
        return zipped(result.pages_in(""))
    if name.casefold().endswith(ARCHIVES):
        return PACKERS[ending](_tar(result.pages_in("")))
    return _notebook(result, request.graded(result.student))


def _tar(files: Mapping[str, bytes]) -> bytes:
    """Return a tar file; nothing in it depends on today."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in sorted(files.items()):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _notebook(result: StudentResult, graded: CommentedNotebook) -> bytes:
    """Return the graded notebook with the points on top and each comment below its cell."""
    import nbformat
    from nbformat.v4 import new_markdown_cell

    notebook: Any = nbformat.from_dict(json_of(graded.path.read_bytes(), graded.path.name))
    points = f"# {written(result.points)} of {written(result.maximum)} points"
    if result.penalty:
        points += f"\n\nTaken off for lateness: {written(result.penalty)}."
    cells = [new_markdown_cell(points, id="points")]
    for cell in notebook.cells:
        cells.append(cell)
        comment = graded.comments.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""), "")
        if comment:
            cells.append(new_markdown_cell(f"**Comment:** {comment}", id=f"comment-{len(cells)}"))
    notebook.cells = cells
    return str(nbformat.writes(notebook)).encode()
