"""Grades many submissions: the head reads and saves, workers restore, execute and judge.

All doors lead here: `proctor grade`, `nbgrader autograde` and the formgrader's button. Only the head touches the
gradebook and `autograded/`. At any time no more submissions are under way than keep the workers busy, so memory
and disk stay flat.
"""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property
from typing import TYPE_CHECKING, Any

from traitlets.config import Config

from proctor.batch.job import Job, Ungraded
from proctor.batch.plan import Wish, disk_is_full
from proctor.batch.results import Graded as Counted
from proctor.batch.teams import share
from proctor.course import course_lock
from proctor.errors import (
    CannotGrade,
    CollectError,
    CourseBusy,
    ExtensionsError,
    GraderError,
    SandboxUnavailable,
    WorkersUnavailable,
)
from proctor.gradebook import extensions
from proctor.gradebook.database import explained
from proctor.gradebook.freshness import Freshness
from proctor.gradebook.lateness import charge_again, outdated
from proctor.gradebook.saving import Graded, save
from proctor.gradebook.staging import Stage
from proctor.grading.settings import Grading
from proctor.sandbox.bwrap import find_bwrap
from proctor.sandbox.settings import Sandbox
from proctor.submission.intake import STAMP, Clock, copy_files, given_files, read_notebook, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proctor.batch.job import Result
    from proctor.batch.plan import Course
    from proctor.batch.results import Progress, Scores
    from proctor.batch.workers import Pool
    from proctor.course import Exercise
    from proctor.gradebook.book import Book
    from proctor.sandbox.limits import Limits

OpenPool = Callable[..., AbstractContextManager["Pool"]]

SETTINGS = ("Grading", "Sandbox", "LimitOutput", "Execute")
"""The sections of Jupyter's configuration that matter where a submission is executed."""

ROOM = 0.75
"""Share of the sandbox's limits that what lies beside a notebook may take; the given files come on top."""

PENALTY = "the penalty for lateness has changed: due date, price, extension or points"

log = logging.getLogger(__name__)


def states(course: Course) -> dict[str, str]:
    """Return of each submission why it is to be graded, or "" if its grade is up to date. Changes nothing.

    Raises:
        CannotGrade: there is nothing that could be graded.
    """
    with course.book as book:
        run = Run(course, Wish(), book)
        late = outdated(book, course.exercise.name, course.price)
        return {student: run.why(student) or PENALTY * (student in late) for student in run.students}


def grade(
    course: Course,
    wish: Wish,
    open_pool: OpenPool,
    progress: Progress,
    report: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Grade submissions.

    Args:
        course: of what.
        wish: whom, and how.
        open_pool: opens the workers, given the seconds after which one is held to be stuck.
        progress: filled in with what became of each submission.
        report: called with it after each of them.

    Raises:
        CannotGrade: nothing can be graded.
        WorkersUnavailable: there are no workers, or no more.
    """
    sandbox = Sandbox(config=course.config)
    if sandbox.enabled:
        try:
            find_bwrap(sandbox.bwrap)
        except SandboxUnavailable as reason:
            raise CannotGrade(f"Nothing was graded. {reason}") from None
    try:
        with (
            course_lock(course.exercise.root, f"the grading of {course.exercise.name}"),
            course.book as book,
        ):
            course.stage.sweep()
            try:
                run = Run(course, wish, book, progress, report)
                run.all(open_pool)
            finally:
                course.stage.sweep()
    except CourseBusy as busy:
        raise CannotGrade(str(busy)) from None


@dataclass
class UnderWay:
    """State of a student's submission while a worker has it, or another member's of the team."""

    before: Scores
    handed_in: Any
    paths: list[str] = field(default_factory=list)


class Run:
    """A run over the submissions of an exercise, in the head.

    Raises:
        CannotGrade: there is nothing that could be graded.
    """

    def __init__(
        self,
        course: Course,
        wish: Wish,
        book: Book,
        progress: Progress | None = None,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        exercise = course.exercise
        self._course, self._wish, self._book = course, wish, book
        self._progress, self._report = progress, report
        self._clock = Clock(exercise)
        try:
            self._clock.check()
            extensions.load(exercise.root)
        except (CollectError, ExtensionsError) as damaged:
            raise CannotGrade(f"Nothing was graded. {damaged}") from None
        known = book.notebooks(exercise.name)
        self._notebooks = [name for name in known if fnmatch(name, wish.notebooks)]
        if not self._notebooks:
            raise CannotGrade(_no_notebooks(exercise, known, wish.notebooks))
        found = exercise.students(exercise.directory.submitted_directory)
        self.students = [student for student in found if not wish.students or student in wish.students]
        if not self.students:
            raise CannotGrade(f"Nothing was handed in where {exercise.submitted('STUDENT')} would be.")
        self._sources = book.sources(exercise.name)
        self._fresh = Freshness(exercise, self._clock, self._sources, known)
        self._stage = course.stage
        self._under_way: dict[str, UnderWay] = {}
        self._mates: dict[str, tuple[str, ...]] = {}

    def why(self, student: str) -> str:
        """Return why a submission is to be graded, or "" if its grade is up to date."""
        return self._fresh.why(student, self._notebooks)

    def all(self, open_pool: OpenPool) -> None:
        """Grade all submissions that are to be graded."""
        progress = self._progress
        assert progress is not None  # noqa: S101  - only `states` has none, and it grades nobody
        progress.total = len(self.students)
        late = outdated(self._book, self._course.exercise.name, self._course.price)
        self._mates = share(self._course.exercise, self._to_grade(progress, set(late)))
        waiting = list(self._mates)[::-1]
        if not waiting:
            return
        with open_pool(longest=self._longest()) as pool:
            while waiting or self._under_way:
                while waiting and pool.has_room():
                    self._send(waiting.pop(), pool, progress)
                if self._under_way:
                    self._save(pool.take(), progress)

    def _longest(self) -> float:
        """Return the seconds that no submission takes, however slow it is."""
        cells = sum(self._fresh.graded_cells(name) for name in self._notebooks)
        return Grading(config=self._settings).longest(cells) * len(self._notebooks)

    def _to_grade(self, progress: Progress, late: set[str]) -> list[str]:
        """Return whom to grade; settle on the way what needs no code to be run."""
        waiting = []
        for student in self.students:
            reason = "by force" if self._wish.force else self.why(student)
            if reason:
                log.info("Grading %s: %s", student, reason)
                waiting.append(student)
            elif student in late:
                with self._answering_for(student, progress):
                    self._charge(student, progress)
            else:
                log.info("Skipping %s, whose grade is up to date", student)
                progress.up_to_date.append(student)
        self._report(progress)
        return waiting

    def _charge(self, student: str, progress: Progress) -> None:
        """Count the penalty of a submission again, whose grade is up to date otherwise."""
        exercise = self._course.exercise
        if self._wish.rehearsal:
            found = outdated(self._book, exercise.name, self._course.price).get(student)
        else:
            self._drop_page(student)
            found = charge_again(self._book, exercise.name, student, self._course.price)
        if found is not None:
            progress.penalties[student] = found

    def _send(self, student: str, pool: Pool, progress: Progress) -> None:
        """Read a submission and give it to the pool."""
        with self._answering_for(student, progress):
            way = self._begin(student)
            staged = self._stage_files(student, way.handed_in)
            notebooks = {f"{name}.ipynb": self._ungraded(student, name) for name in self._notebooks}
            tests = self._course.exercise.tests
            folder = self._course.exercise.submitted(student)
            if not folder.is_dir():  # a submission that is not there is not one that is empty
                raise GraderError(f"{folder} was removed while it was read. The grade of before stays.")
            pool.submit(Job(student, notebooks, staged, tests, self._settings, self._wish.execute))
            self._under_way[student] = way
        if student in progress.failed:
            progress.failed |= dict.fromkeys(self._mates[student], progress.failed[student])

    def _begin(self, student: str) -> UnderWay:
        """Return the state of a submission before it is graded."""
        folder = self._course.exercise.submitted(student)
        paths = [str(folder / f"{name}.ipynb") for name in self._notebooks]
        self._course.before(paths)
        before = self._book.scores(self._course.exercise.name, student)
        return UnderWay(before, self._clock.handed_in(student), paths)

    def _stage_files(self, student: str, handed_in: Any) -> Any:
        """Begin a student's folder with what lies beside the notebook, and the given files."""
        exercise = self._course.exercise
        staged = self._stage.begin(student, keep=self._wish.notebooks != "*")
        limits = self._limits
        size, count = int(limits.submission * ROOM), int(limits.submission_files * ROOM)
        copy_files(exercise, student, staged, self._given, size=size, count=count)
        if handed_in is not None:
            write_file(staged / STAMP, f"{handed_in:%Y-%m-%d %H:%M:%S.%f} UTC\n".encode())
        for inside, data in self._given.items():
            if str(inside) not in self._course.own or not (staged / inside).exists():
                write_file(staged / inside, data)
        return staged

    def _ungraded(self, student: str, notebook: str) -> Ungraded:
        exercise = self._course.exercise
        path = exercise.submitted(student) / f"{notebook}.ipynb"
        submitted = read_notebook(path, self._fresh.release(notebook), self._fresh.known)
        release = exercise.release(notebook).read_text(encoding="utf-8")
        # Which tests it was graded by, the grading says, if there is any.
        known = {name: mark for name, mark in self._fresh.now(notebook).items() if name != "tests"}
        return Ungraded(submitted, release, known, self._sources.get(notebook, {}))

    @cached_property
    def _limits(self) -> Limits:
        """The limits of a submission."""
        return Sandbox(config=self._course.config).effective_limits

    @cached_property
    def _given(self) -> dict[Path, bytes]:
        """The files that are copied over each submission."""
        return given_files(self._course.exercise)

    def _save(self, result: Result, progress: Progress) -> None:
        """Save what a worker has brought back, for the student and for the others of the team who share it."""
        with self._answering_for(result.student, progress):
            self._save_for(result.student, self._under_way.pop(result.student), result, progress)
        for mate in self._mates[result.student]:
            with self._answering_for(mate, progress):
                way = self._begin(mate)
                self._stage_files(mate, way.handed_in)
                self._save_for(mate, way, result, progress)

    def _save_for(self, student: str, way: UnderWay, result: Result, progress: Progress) -> None:
        """Save a result: the gradebook first, then the folder."""
        if result.disk_full:
            raise OSError(errno.ENOSPC, result.fault)
        if result.fault:
            raise GraderError(result.fault)
        if self._wish.rehearsal:
            self._stage.drop(student)
        else:
            marks = {name.removesuffix(".ipynb"): done.marks for name, done in result.notebooks.items()}
            graded = Graded(self._course.exercise.name, student, marks, way.handed_in)
            save(self._book, graded, self._course.price, create=self._course.create)
            self._drop_page(student)
            self._stage.put_in_place(student, {n: done.text for n, done in result.notebooks.items()})
            self._course.after(way.paths)
        all_marks = [done.marks for done in result.notebooks.values()]
        progress.graded.append(Counted.of(student, all_marks, result.seconds, way.before))

    def _drop_page(self, student: str) -> None:
        """Remove a page that tells of a former grade."""
        directory = self._course.exercise.directory
        Stage(self._course.exercise, directory.feedback_directory).remove(student)

    @cached_property
    def _settings(self) -> Config:
        """The settings that travel with each job."""
        config = self._course.config
        settings = Config({name: deepcopy(config[name]) for name in SETTINGS if name in config})
        settings.Grading.patience = Grading(config=config).patience * max(1.0, self._wish.crowding)
        settings.Sandbox.preload = Sandbox(config=config).preload_for(self._texts())
        return settings

    def _texts(self) -> Iterator[str]:
        """Yield the releases, and the sources of their graded cells."""
        for name in self._notebooks:
            yield self._course.exercise.release(name).read_text(encoding="utf-8", errors="replace")
            yield from self._sources.get(name, {}).values()

    @contextlib.contextmanager
    def _answering_for(self, student: str, progress: Progress) -> Iterator[None]:
        """Let a fault that one submission meets stop none of the others."""
        try:
            yield
        except Exception as error:
            if disk_is_full(error) or isinstance(error, WorkersUnavailable):
                raise
            log.debug("%s could not be graded", student, exc_info=True)
            progress.failed[student] = (
                explained(error) or " ".join(str(error).split()) or type(error).__name__
            )
            self._stage.drop(student)
        finally:
            self._report(progress)


def _no_notebooks(exercise: Exercise, known: list[str], pattern: str) -> str:
    if known:
        return f"{exercise.name} has no notebook {pattern}; it has {', '.join(known)}."
    name = exercise.name
    return f"The gradebook knows no notebook of {name}. `nbgrader generate_assignment {name}` tells it."
