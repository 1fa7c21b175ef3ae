"""A course: where everything of it is, its lock, and files that are written as a whole."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import glob
import os
import re
import tempfile
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.errors import CourseBusy, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = "nbgrader_config.py"
"""The file that makes a folder a course."""

SETTINGS_ONLY = ContextVar("SETTINGS_ONLY", default=False)
"""Whether the configuration is read by a command of ours, which uses none of nbgrader's steps."""

PICTURES = "img"
"""The course's folder of pictures that any of its notebooks may show."""

STATE = ".proctor"
"""The course's folder of what our commands note for each other."""


def course_root(path: Path) -> Path:
    """Return the course folder that a path lies in: the nearest one with an nbgrader_config.py."""
    for folder in (path, *path.parents):
        if (folder / CONFIG).exists():
            return folder
    return Path.cwd()


def course_folder(folder: Path) -> Path:
    """Return a course's folder as an absolute path.

    Raises:
        UserError: it is no course.
    """
    folder = folder.resolve()
    if not (folder / CONFIG).is_file():
        raise UserError(f"{folder} is no course: it has no {CONFIG}. Go there, or use --course.")
    return folder


def open_course(folder: Path) -> Any:
    """Return a course as its nbgrader_config.py describes it: nbgrader's CourseDirectory.

    Raises:
        UserError: the folder is no course.
    """
    # They take a second, and most of the package needs neither.
    from nbgrader.coursedir import CourseDirectory

    folder = course_folder(folder)
    config = read_config(folder)
    course = CourseDirectory(config=config)
    if not course.root or "root" not in config.CourseDirectory:
        course.root = str(folder)
    return course


def exercise_of(folder: Path, assignment: str) -> Exercise:
    """Return an assignment of a course, with the names that its settings give to the folders.

    A folder without settings has nbgrader's names.
    """
    config = folder / CONFIG
    changed = config.stat().st_mtime_ns if config.is_file() else None
    return Exercise(assignment, _directory(folder.resolve(), changed))


@cache
def _directory(folder: Path, changed: int | None) -> Any:
    """Read a course's settings, once for each process, and again when they have changed."""
    from nbgrader.coursedir import CourseDirectory

    return CourseDirectory(root=str(folder)) if changed is None else open_course(folder)


def read_config(folder: Path) -> Any:
    """Return what a course's nbgrader_config.py says, as Jupyter's configuration."""
    from traitlets.config.loader import PyFileConfigLoader

    token = SETTINGS_ONLY.set(True)
    try:
        return PyFileConfigLoader(CONFIG, path=str(folder)).load_config()
    finally:
        SETTINGS_ONLY.reset(token)


@dataclass(frozen=True)
class Exercise:
    """An assignment of a course, and the places of everything of it.

    Attributes:
        name: the assignment's name.
        directory: nbgrader's CourseDirectory, whose settings name the folders.
        tests_directory: the folder of all hidden tests, below the course.
    """

    name: str
    directory: Any
    tests_directory: str = "tests"

    @property
    def root(self) -> Path:
        """The course's folder."""
        return Path(self.directory.root)

    @property
    def tests(self) -> Path:
        """The folder of the hidden tests."""
        return self.root / self.tests_directory / self.name

    @property
    def has_tests(self) -> bool:
        """Return whether there are hidden tests: without them, cells are graded by their own assertions."""
        return any(self.tests.glob("test_*.py"))

    @property
    def given(self) -> Path:
        """The folder of the master notebooks, and of the files that are copied over each submission."""
        return self.place(self.directory.source_directory, ".")

    @property
    def pictures(self) -> Path:
        """The course's folder of pictures."""
        return self.root / PICTURES

    @property
    def released(self) -> Path:
        """The folder that students got."""
        return self.place(self.directory.release_directory, ".")

    @property
    def solution(self) -> Path:
        """The folder of the solved notebooks."""
        return self.place(self.directory.solution_directory, ".")

    def release(self, notebook: str) -> Path:
        """Return the notebook that students got."""
        return self.released / f"{notebook}.ipynb"

    @property
    def all_submitted(self) -> Path:
        """The folder of everybody's submissions, of all assignments."""
        return self.root / str(self.directory.submitted_directory)

    def submitted(self, student: str) -> Path:
        """Return the folder that a student has handed in."""
        return self.place(self.directory.submitted_directory, student)

    def graded(self, student: str) -> Path:
        """Return the folder of a student's graded notebooks."""
        return self.place(self.directory.autograded_directory, student)

    def page(self, student: str) -> Path:
        """Return the folder of a student's feedback."""
        return self.place(self.directory.feedback_directory, student)

    def place(self, step: str, student: str) -> Path:
        """Return the folder of one of nbgrader's steps for a student."""
        return Path(self.directory.format_path(step, student, self.name))

    def students(self, step: str) -> list[str]:
        """List who has a folder in one of nbgrader's steps, among those whom the course directory names."""
        wanted = self.directory.student_id or "*"
        excluded = set(self.directory.student_id_exclude.split(","))
        pattern = self.directory.format_path(step, "(?P<student>[^/]+)", re.escape(self.name), escape=True)
        found = set()
        for path in _folders(self.place(step, "*")):
            match = re.fullmatch(pattern, str(path))
            if match and fnmatch(match["student"], wanted) and match["student"] not in excluded:
                found.add(match["student"])
        return sorted(found)

    @cached_property
    def ignored(self) -> tuple[str, ...]:
        """The names of files and folders that are never copied."""
        return (*self.directory.ignore, "*.ipynb")


def _folders(pattern: Path) -> list[Path]:
    """List the folders that an absolute pattern matches; links are none."""
    found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
    return [path for path in found if path.is_dir() and not path.is_symlink()]


@contextlib.contextmanager
def course_lock(course: Path, command: str) -> Iterator[None]:
    """Hold the course's lock as long as the block lasts.

    The system gives the lock back when the process ends, however it ends.

    Args:
        course: the course's folder.
        command: what is being done, for the message to whoever comes second.

    Raises:
        CourseBusy: another command holds the lock.
    """
    path = course / STATE / "lock"
    path.parent.mkdir(exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664)
    with os.fdopen(handle, "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read().strip() or "another command"
            raise CourseBusy(
                f"{course} is being graded right now, by {holder}. Nothing was done; wait until that has ended."
            ) from None
        file.truncate()
        file.write(f"{command} (process {os.getpid()}, since {dt.datetime.now():%H:%M})\n")  # noqa: DTZ005  - local
        file.flush()
        yield
        file.truncate(0)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that who reads it sees the old one or the new one; only its owner may read it.

    What a process that was killed left half written beside it, is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
        if not _is_alive(left.name.removeprefix(f".{path.name}.").partition(".")[0]):
            left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _is_alive(process: str) -> bool:
    """Return whether a process of this number is there; also where nothing says that it is not."""
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (ValueError, OverflowError, PermissionError):
        return True
    return True
