"""Plain folders: one for each student, as nbgrader's own `submitted/`, or a file whose name says whose it is.

`hans/exercise4.ipynb`, `hans.ipynb`, `hans_exercise4.ipynb`, `hans.zip`, with or without a folder around all of them.
The files may be dated when they were handed in. Nothing goes back: `proctor return --platform csv` has the grades.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from proctor.lms.download import could_be_submission, without_ending
from proctor.lms.owner import Owner, Piece
from proctor.lms.platform import Platform
from proctor.submission.find_notebook import is_called

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from proctor.lms.members import File
    from proctor.lms.platform import Reader


class Plain(Platform):
    """Plain folders and files."""

    name = "plain"
    title = "a plain folder"
    times = "files"
    identity = "folder"

    def reader(self, files: Sequence[File], assignment: str, zone: dt.tzinfo | None) -> Reader:
        """Return a function that reads one path, without the folders around all of them."""
        del zone
        paths = [file.path for file in files if could_be_submission(file.path)]
        return partial(_read, skip=_around(paths, assignment), assignment=assignment)


PLATFORM = Plain()


def _read(path: PurePosixPath, skip: int, assignment: str) -> Sequence[Piece]:
    parts = path.parts[skip:]
    if len(parts) > 1:
        named = parts[0].casefold() != assignment.casefold()
        return [Piece(Owner("plain", parts[0], parts[0]), PurePosixPath(*parts[1:]))] if named else []
    stem = without_ending(path.name)
    affix = rf"(?:{re.escape(assignment)}[-_. ]+)?(?P<who>.+?)(?:[-_. ]+{re.escape(assignment)})?"
    match = re.fullmatch(affix, stem, re.IGNORECASE)
    who = match["who"] if match else stem
    copy = is_called(stem, assignment) and not who.isdigit()  # `exercise4 (2)`, but not `exercise4_02`
    if copy or who.casefold() == assignment.casefold() or not could_be_submission(path):
        return ()
    return [Piece(Owner("plain", who, stem), PurePosixPath(path.name))]


def _around(paths: Sequence[PurePosixPath], assignment: str) -> int:
    """Return how many folders lie around all students; only files that may be submissions count."""
    skip = 0
    while len({path.parts[skip] for path in paths if len(path.parts) > skip}) == 1:
        inner = [path.parts[skip + 1 :] for path in paths]
        folders = {parts[0] for parts in inner if len(parts) > 1}
        loose = [parts[0] for parts in inner if len(parts) == 1]
        if not all(inner) or {name.casefold() for name in folders} == {assignment.casefold()}:
            break
        if not folders and len(loose) < 2:  # a student with one notebook
            break
        if folders and loose and not _several_students(inner, assignment):
            break
        skip += 1
    return skip


def _several_students(inner: Sequence[tuple[str, ...]], assignment: str) -> bool:
    """Return whether at least two folders hold the assignment's notebook: then what lies beside them is nobody's."""
    named = (parts for parts in inner if without_ending(parts[-1]).casefold() == assignment.casefold())
    return len({parts[0] for parts in named if len(parts) > 1}) > 1
