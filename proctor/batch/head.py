"""The head of a run: reads submissions, sends them to workers, and saves what comes back.

Only the head touches the gradebook and `autograded/`. At any time no more submissions are read than keep the
workers busy, so the use of memory and disk does not grow with the class.
"""

from __future__ import annotations

import contextlib
import errno
import logging
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from traitlets.config import Config

from proctor.batch.job import Job, Ungraded
from proctor.batch.plan import disk_is_full
from proctor.batch.results import GradedStudent
from proctor.batch.teams import share
from proctor.errors import GraderError, WorkersUnavailable
from proctor.gradebook.database import explained
from proctor.gradebook.lateness import outdated, update_penalties
from proctor.gradebook.saving import GradedSubmission, save
from proctor.gradebook.staging import Stage
from proctor.grading.settings import Grading
from proctor.sandbox.settings import Sandbox
from proctor.submission.handed_in import STAMP
from proctor.submission.intake import copy_files, given_files, read_notebook, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from proctor.batch.job import Result
    from proctor.batch.plan import Course, OpenPool, RunOptions
    from proctor.batch.results import Progress
    from proctor.batch.survey import Survey
    from proctor.batch.workers import Pool
    from proctor.gradebook.book import Book
    from proctor.sandbox.settings import Limits

SETTINGS = ("Grading", "Sandbox", "LimitOutput", "Execute")
"""The sections of Jupyter's configuration that matter where a submission is executed."""

SHARE_BESIDE = 0.75
"""Share of the sandbox's limits that the files beside a notebook may take; the given files come on top."""

log = logging.getLogger(__name__)


@dataclass
class Pending:
    """A submission that waits for its result: from a worker, or from the same work of a team member."""

    handed_in: Any
    paths: list[str] = field(default_factory=list)


class Head:
    """Grader of the submissions that are to be graded.

    Args:
        course: of what.
        options: whom, and how.
        survey: what was handed in.
        book: the open gradebook.
        progress: filled in with what became of each submission.
        report: called with it after each of them.
    """

    def __init__(  # noqa: PLR0913, PLR0917  - what a run consists of
        self,
        course: Course,
        options: RunOptions,
        survey: Survey,
        book: Book,
        progress: Progress,
        report: Callable[[Progress], None],
    ) -> None:
        self._course, self._options, self._survey, self._book = course, options, survey, book
        self._progress, self._report = progress, report
        self._stage = course.stage
        self._pending: dict[str, Pending] = {}
        self._teammates: dict[str, tuple[str, ...]] = {}

    def grade(self, students: Sequence[str], open_pool: OpenPool) -> None:
        """Grade the submissions of these students."""
        self._teammates = share(self._course.exercise, students)
        waiting = list(self._teammates)[::-1]
        if not waiting:
            return
        with open_pool(longest=self._longest()) as pool:
            while waiting or self._pending:
                while waiting and pool.has_room():
                    self._send(waiting.pop(), pool)
                if self._pending:
                    self._save(pool.take())

    def update_penalties(self, students: Sequence[str]) -> None:
        """Count the penalties of submissions again whose grades are up to date otherwise."""
        for student in students:
            with self._answering_for(student):
                self._charge(student)

    def _longest(self) -> float:
        """Return the longest time in seconds that a submission may take."""
        names = self._survey.notebooks
        cells = sum(map(self._survey.fresh.graded_cells, names))
        return Grading(config=self.settings).longest(cells) * len(names)

    def _charge(self, student: str) -> None:
        name = self._course.exercise.name
        if self._options.rehearsal:
            found = outdated(self._book, name, self._course.penalty_rule).get(student)
        else:
            self._drop_page(student)
            found = update_penalties(self._book, name, student, self._course.penalty_rule)
        if found is not None:
            self._progress.penalties[student] = found

    def _send(self, student: str, pool: Pool) -> None:
        """Read a submission and give it to the pool."""
        with self._answering_for(student):
            pending = self._begin(student)
            staged = self.stage_files(student, pending.handed_in)
            notebooks = {f"{name}.ipynb": self.ungraded(student, name) for name in self._survey.notebooks}
            tests = self._course.exercise.tests
            folder = self._course.exercise.submitted(student)
            if not folder.is_dir():  # else it would be graded as an empty one
                raise GraderError(f"{folder} was removed while it was read. The grade of before stays.")
            pool.submit(Job(student, notebooks, staged, tests, self.settings, self._options.execute))
            self._pending[student] = pending
        if student in self._progress.failed:
            self._progress.failed |= dict.fromkeys(self._teammates[student], self._progress.failed[student])

    def _begin(self, student: str) -> Pending:
        """Prepare a submission to be graded."""
        folder = self._course.exercise.submitted(student)
        paths = [str(folder / f"{name}.ipynb") for name in self._survey.notebooks]
        self._course.before(paths)
        return Pending(self._survey.times.handed_in(student), paths)

    def stage_files(self, student: str, handed_in: Any) -> Any:
        """Begin a student's folder with what lies beside the notebook, and the given files."""
        exercise = self._course.exercise
        staged = self._stage.begin(student, keep=self._options.notebooks != "*")
        limits = self._limits
        most = int(limits.submission * SHARE_BESIDE), int(limits.submission_files * SHARE_BESIDE)
        copy_files(exercise, student, staged, self._given, most)
        if handed_in is not None:
            write_file(staged / STAMP, f"{handed_in:%Y-%m-%d %H:%M:%S.%f} UTC\n".encode())
        for inside, data in self._given.items():
            if str(inside) not in self._course.own or not (staged / inside).exists():
                write_file(staged / inside, data)
        return staged

    def ungraded(self, student: str, notebook: str) -> Ungraded:
        """Read a submitted notebook, with all that is needed to grade it."""
        exercise = self._course.exercise
        path = exercise.submitted(student) / f"{notebook}.ipynb"
        submitted = read_notebook(path, self._survey.fresh.release(notebook), self._survey.fresh.known)
        release = exercise.release(notebook).read_text(encoding="utf-8")
        # Which tests it was graded by, the grading says, if there is any.
        known = {name: mark for name, mark in self._survey.fresh.now(notebook).items() if name != "tests"}
        return Ungraded(submitted, release, known, dict(self._survey.sources.get(notebook, {})))

    @cached_property
    def _limits(self) -> Limits:
        """The limits of a submission."""
        return Sandbox(config=self._course.config).effective_limits

    @cached_property
    def _given(self) -> dict[Path, bytes]:
        """The files that are copied over each submission."""
        return given_files(self._course.exercise)

    def _save(self, result: Result) -> None:
        """Save what a worker has brought back, for the student and for the others of the team who share it."""
        with self._answering_for(result.student):
            self._save_for(result.student, self._pending.pop(result.student), result)
        for teammate in self._teammates[result.student]:
            with self._answering_for(teammate):
                pending = self._begin(teammate)
                self.stage_files(teammate, pending.handed_in)
                self._save_for(teammate, pending, result)

    def _save_for(self, student: str, pending: Pending, result: Result) -> None:
        """Save a result: the gradebook first, then the folder."""
        if result.disk_full:
            raise OSError(errno.ENOSPC, result.fault)
        if result.fault:
            fault = GraderError(result.fault)
            fault.add_note(result.details)
            raise fault
        if self._options.rehearsal:
            before = self._book.scores(self._course.exercise.name, student)
            self._stage.drop(student)
        else:
            marks = {name.removesuffix(".ipynb"): done.marks for name, done in result.notebooks.items()}
            graded = GradedSubmission(self._course.exercise.name, student, marks, pending.handed_in)
            before = save(self._book, graded, self._course.penalty_rule, create=self._course.create)
            self._drop_page(student)
            self._stage.put_in_place(student, {n: done.text for n, done in result.notebooks.items()})
            self._course.after(pending.paths)
        all_marks = [done.marks for done in result.notebooks.values()]
        self._progress.graded.append(GradedStudent.of(student, all_marks, result.seconds, before))

    def _drop_page(self, student: str) -> None:
        """Remove a page that tells of a former grade."""
        directory = self._course.exercise.directory
        Stage(self._course.exercise, directory.feedback_directory).remove(student)

    @cached_property
    def settings(self) -> Config:
        """The settings that travel with each job."""
        config = self._course.config
        settings = Config({name: deepcopy(config[name]) for name in SETTINGS if name in config})
        settings.Grading.patience = Grading(config=config).patience * max(1.0, self._options.crowding)
        settings.Sandbox.preload = Sandbox(config=config).preload_for(self._texts())
        return settings

    def _texts(self) -> Iterator[str]:
        """Yield the releases, and the sources of their graded cells."""
        for name in self._survey.notebooks:
            yield self._course.exercise.release(name).read_text(encoding="utf-8", errors="replace")
            yield from self._survey.sources.get(name, {}).values()

    @contextlib.contextmanager
    def _answering_for(self, student: str) -> Iterator[None]:
        """Let a fault that one submission meets stop none of the others."""
        try:
            yield
        except Exception as error:
            if disk_is_full(error) or isinstance(error, WorkersUnavailable):
                raise
            log.debug("%s could not be graded", student, exc_info=True)
            self._progress.failed[student] = (
                explained(error) or " ".join(str(error).split()) or type(error).__name__
            )
            self._stage.drop(student)
        finally:
            self._report(self._progress)
