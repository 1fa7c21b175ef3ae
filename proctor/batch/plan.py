"""Plan of a run: the course and the options that all callers hand over to :mod:`proctor.batch.grading`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proctor.errors import FULL
from proctor.gradebook.facts import read_facts
from proctor.gradebook.staging import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from traitlets.config import Config

    from proctor.batch.workers import Pool
    from proctor.course import Exercise
    from proctor.gradebook.book import Book
    from proctor.gradebook.facts import Facts
    from proctor.gradebook.lateness import PenaltyRule

    OpenPool = Callable[..., AbstractContextManager[Pool]]
    """Function that opens the workers, given `longest`, the seconds after which one is held to be stuck."""


@dataclass(frozen=True)
class Course:
    """A course to be graded, with its settings.

    Attributes:
        exercise: the assignment.
        config: Jupyter's configuration.
        penalty_rule: counts the penalty of a late notebook.
        permissions: of the graded files.
        create: whether students whom the gradebook does not know are added.
        own: for each exercise the given files that a student's own may replace.
        before, after: called around each submission that is graded, with the paths of its notebooks.
    """

    exercise: Exercise
    config: Config
    penalty_rule: PenaltyRule
    permissions: int = 0o444
    create: bool = True
    own: frozenset[str] = frozenset()
    before: Callable[[list[str]], None] = lambda _: None
    after: Callable[[list[str]], None] = lambda _: None

    @property
    def book(self) -> AbstractContextManager[Book]:
        """The gradebook, to be opened."""
        from proctor.gradebook.book import open_book

        directory = self.exercise.directory
        return open_book(directory.db_url, directory.course_id)

    @property
    def facts(self) -> Facts:
        """The facts that the gradebook has of the assignment, read anew."""
        return read_facts(self.exercise.directory.db_url, self.exercise.name)

    @property
    def stage(self) -> Stage:
        """Return the staging area of graded folders."""
        directory = self.exercise.directory
        return Stage(self.exercise, directory.autograded_directory, self.permissions, directory.groupshared)


@dataclass(frozen=True)
class RunOptions:
    """Whom to grade, and how.

    Attributes:
        students: whom; everybody if empty.
        notebooks: a pattern of the notebooks to grade.
        force: whether to grade also what is up to date.
        rehearsal: whether to write nothing, to see what would change.
        execute: whether to run and judge, or only to restore and save.
        crowding: how many workers share a core; limits on the clock are longer by as much.
    """

    students: frozenset[str] = frozenset()
    notebooks: str = "*"
    force: bool = False
    rehearsal: bool = False
    execute: bool = True
    crowding: float = 1.0


def disk_is_full(error: BaseException) -> bool:
    """Return whether an error means that nothing more can be written."""
    if isinstance(error, OSError):
        return error.errno in FULL
    said = str(getattr(error, "orig", "")) if type(error).__name__ == "OperationalError" else ""
    return "full" in said or "No space left on device" in said  # of SQLite, of PostgreSQL
