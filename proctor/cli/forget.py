"""Delete everything that the course holds about one student."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbgrader.api import MissingEntry

from proctor.cli.course import add_course, load_course
from proctor.course import course_lock
from proctor.errors import UserError
from proctor.gradebook.book import shown
from proctor.gradebook.database import open_gradebook
from proctor.gradebook.extensions import NAME
from proctor.gradebook.extensions import forget as forget_extensions
from proctor.lms import comments
from proctor.submission import folders
from proctor.submission.record import forget as forget_record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

OF_THE_CLASS = ("reports", "exports", "grades.csv")
"""Files about everybody, which are made anew by the commands that write them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    parser.add_argument("student", help="the student's id, as the folder in submitted/ is called")
    add_course(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")


def run(args: argparse.Namespace) -> int:
    """Delete; returns 0. Refuses where nothing is known about the student."""
    directory = load_course(args.course).coursedir
    with course_lock(Path.cwd(), f"deleting {args.student}"):
        return _forget(directory, args.student, delete=not args.dry_run)


def _forget(directory: Any, student: str, *, delete: bool) -> int:
    own = list(_folders(directory, student))
    graded = _in_gradebook(directory, student, delete=delete)
    collected = forget_record(Path.cwd(), student, delete=delete)
    collected |= comments.forget(Path.cwd(), student, delete=delete)
    extended = forget_extensions(Path.cwd(), student, delete=delete)
    if not (own or graded or collected or extended):
        raise UserError(
            f"Nothing is known about {student!r}. Ids are the names of the folders in submitted/."
        )
    verb = "deleted" if delete else "would be deleted"
    there = {
        f"the grades, in {shown(directory.db_url)}": graded,
        f"how the platform calls {student}": collected,
        f"the extensions, in {NAME}": extended,
    }
    for what in (each for each, found in there.items() if found):
        print(f"{verb}: {what}")
    for path in [*own, *(Path(name) for name in OF_THE_CLASS if Path(name).exists())]:
        print(f"{verb}: {path}")
        if delete:
            folders.remove(path) if path.is_dir() else path.unlink()
    return 0


def _folders(directory: Any, student: str) -> Iterator[Path]:
    """Yield the student's own folders."""
    if student in ("", ".", "..") or "/" in student:
        return
    for step in (directory.submitted_directory, directory.autograded_directory, directory.feedback_directory):
        folder = Path(step) / student
        if folder.is_dir() and not folder.is_symlink():
            yield folder


def _in_gradebook(directory: Any, student: str, *, delete: bool) -> bool:
    """Remove a student with all submissions from the gradebook; say whether there was one."""
    with open_gradebook(directory.db_url, directory.course_id) as gradebook:
        try:
            gradebook.find_student(student)
        except MissingEntry:
            return False
        if delete:
            gradebook.remove_student(student)
        return True
