"""nbgrader's Autograde for many submissions at once: the same steps, with the executing one done by workers.

The head sanitises and saves, one submission after the other; only it touches the gradebook and `autograded/`.
At any time no more submissions are under way than keep the workers busy, so memory and disk stay flat.
"""

from __future__ import annotations

import contextlib
import errno
import re
import shutil
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbgrader.converters import NbGraderException
from nbgrader.converters.base import BaseConverter
from sqlalchemy.exc import OperationalError
from traitlets.config import Config

from proctor.autograde import Execute, course_root
from proctor.batch.crew import CrewUnavailable
from proctor.batch.tally import Graded, Tally
from proctor.batch.work import FULL, Job
from proctor.gradebook import OneGradebook, one_gradebook
from proctor.intake import CarefulAutograde
from proctor.outcome import GraderError
from proctor.settings import Grading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from proctor.batch.crew import Crew
    from proctor.batch.tally import Scores
    from proctor.batch.work import Result

SETTINGS = ("Grading", "Sandbox")
"""The sections of Jupyter's configuration that matter where a submission is executed."""


class BatchAutograde(CarefulAutograde):
    """Grades all submissions that its course directory names, with a crew of workers.

    Attributes:
        open_crew: opens the workers.
        tally: what has become of the submissions so far.
        students: whom to grade; everybody if empty.
        report: called with the tally after each submission that is done.
        crowding: how many workers share a core; limits on the clock are longer by as much.
        rehearsal: whether to grade without writing anything, to see what would change.
    """

    open_crew: Callable[[], AbstractContextManager[Crew]]
    report: Callable[[Tally], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tally = Tally()
        self.students: frozenset[str] = frozenset()
        self.rehearsal = False
        self.crowding = 1.0
        self._under_way: dict[str, tuple[list[str], Scores]] = {}

    def init_notebooks(self) -> None:
        """List the submissions of the students to grade (called when grading starts)."""
        super().init_notebooks()
        if self.students:
            self.assignments = {
                path: notebooks
                for path, notebooks in self.assignments.items()
                if self._student(path) in self.students
            }

    def states(self) -> dict[str, str]:
        """Say of each submission why it is to be graded; "" if its grade is up to date. Changes nothing."""
        self.init_notebooks()
        states = {}
        for folder in sorted(self.assignments):
            self.notebooks, student = sorted(self.assignments[folder]), self._student(folder)
            states[student] = self.why_grade(self.coursedir.assignment_id, student)
        return states

    def convert_notebooks(self) -> None:
        """Grade, in place of nbgrader's loop over the submissions."""
        waiting = sorted(self.assignments, reverse=True)
        self.tally.total = len(waiting)
        database, course = self.coursedir.db_url, self.coursedir.course_id
        with one_gradebook(database, course) as gradebook, self.open_crew() as crew:
            while waiting or self._under_way:
                while waiting and crew.has_room():
                    self._send(waiting.pop(), gradebook, crew)
                if self._under_way:
                    self._save(crew.take(), gradebook)

    def _send(self, folder: str, gradebook: OneGradebook, crew: Crew) -> None:
        """Prepare a submission and give it to the crew, unless it has been graded before."""
        student, assignment = self._student(folder), self.coursedir.assignment_id
        self.notebooks = sorted(self.assignments[folder])
        with self._answering_for(student):
            if not self.init_destination(assignment, student):
                self.tally.up_to_date.append(student)
                return
            self.run_pre_convert_hook()
            before = gradebook.scores(assignment, student)
            with gradebook.transaction(save=not self.rehearsal):
                self.init_assignment(assignment, student)
            for notebook in self.notebooks:
                self.sanitise(notebook)
            staged = Path(self._format_dest(assignment, student))
            names = [Path(path).name for path in self.notebooks]
            texts = {name: (staged / name).read_text("utf-8") for name in names}
            crew.submit(Job(student, texts, staged, self._tests(), self._settings()))
            self._under_way[student] = self.notebooks, before

    def _save(self, result: Result, gradebook: OneGradebook) -> None:
        """Save what a worker has brought back: the gradebook first, then the folder."""
        student, assignment = result.student, self.coursedir.assignment_id
        (self.notebooks, before), self._staged = self._under_way.pop(student), True
        with self._answering_for(student):
            if result.disk_full:
                raise OSError(errno.ENOSPC, result.fault)
            if result.fault:
                raise GraderError(result.fault)
            executed = {name: nbformat.reads(text, 4) for name, text in result.notebooks.items()}
            staged = Path(self._format_dest(assignment, student))
            if self.rehearsal:
                shutil.rmtree(staged)
            else:
                with gradebook.transaction():
                    for name, notebook in executed.items():
                        self.save(staged / name, notebook)
                self.set_permissions(assignment, student)
                self.run_post_convert_hook()
            self.tally.graded.append(Graded.of(student, executed.values(), result.seconds, before))

    @contextlib.contextmanager
    def _answering_for(self, student: str) -> Iterator[None]:
        """Let a fault that one submission meets stop none of the others."""
        try:
            yield
        except Exception as error:
            if disk_is_full(error) or isinstance(error, CrewUnavailable):
                raise
            self.log.debug("%s could not be graded", student, exc_info=True)
            self.tally.failed[student] = " ".join(str(error).split()) or type(error).__name__
            self._staged = True
            shutil.rmtree(self._format_dest(self.coursedir.assignment_id, student), ignore_errors=True)
        finally:
            self.report(self.tally)

    def sanitise(self, notebook_filename: str) -> None:
        """Write a sanitised notebook into the staging folder: the first half of nbgrader's conversion."""
        self._sanitizing = True
        self._init_preprocessors()
        BaseConverter.convert_single_notebook(self, notebook_filename)

    def save(self, path: Path, notebook: Any) -> None:
        """Save an executed notebook and its grades: the second half, without the executing step.

        The steps run as nbconvert's exporter would run them, but without a copy and a check of the whole
        notebook before and after each.
        """
        self._sanitizing = False
        try:
            self._init_preprocessors()
            resources = self.init_single_notebook_resources(str(path))
        finally:
            self._sanitizing = True
        resources["metadata"] = {"path": str(path.parent), "name": path.stem}
        for step in self.exporter._preprocessors:  # noqa: SLF001  - as nbgrader does it
            notebook, resources = step(notebook, resources)
        nbformat.write(notebook, path)

    def _init_preprocessors(self) -> None:
        """Register the steps of this half (Autograde's, minus the one that the workers do)."""
        self.exporter._preprocessors = []  # noqa: SLF001  - as nbgrader does it
        steps = self.sanitize_preprocessors if self._sanitizing else self.autograde_preprocessors
        for step in steps:
            if step is not Execute:
                self.exporter.register_preprocessor(step)

    def _tests(self) -> Path:
        """Return the folder of the assignment's hidden tests."""
        directory = Execute(parent=self).tests_directory
        return course_root(Path.cwd()) / directory / str(self.coursedir.assignment_id)

    def _settings(self) -> Config:
        settings = Config({name: deepcopy(self.config[name]) for name in SETTINGS if name in self.config})
        settings.Grading.patience = Grading(config=self.config).patience * max(1.0, self.crowding)
        return settings

    def _student(self, folder: str) -> str:
        """Read the student's id from a submission's path."""
        pattern = self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
        match = re.match(pattern, folder)
        if match is None:
            raise NbGraderException(f"{folder} is not where nbgrader expects a submission: {pattern}")
        return match["student_id"]


def disk_is_full(error: BaseException) -> bool:
    """Say whether an error means that nothing more can be written."""
    if isinstance(error, OSError):
        return error.errno in FULL
    return isinstance(error, OperationalError) and "full" in str(error.orig)
