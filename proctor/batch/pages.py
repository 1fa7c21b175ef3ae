"""Feedback pages of a class: workers render, the head puts each student's folder in place.

A page keeps the fingerprint of what it was made of, the graded notebook and the gradebook's points and comments; so
a run that was killed leaves nobody out, and a manual score that came later makes a page stale.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatch
from typing import TYPE_CHECKING

import nbformat

from proctor.batch.job import Result, failed
from proctor.batch.workers import local_pool
from proctor.course import course_lock
from proctor.errors import CannotGrade, CourseBusy, GraderError
from proctor.gradebook.book import open_book
from proctor.gradebook.class_points import points_of
from proctor.gradebook.staging import Stage
from proctor.submission import record
from proctor.submission.handed_in import STAMP
from proctor.submission.intake import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from proctor.course import Exercise
    from proctor.gradebook.class_points import Points

    AllPoints = dict[str, dict[str, Points]]
    """The points of a class: of each student in each notebook."""

ALONG = (STAMP, "submission_secret.txt")
"""Files of a submission that go with its pages: nbgrader's exchange asks for them when it releases feedback."""

LONGEST = 600.0
"""Seconds that a page cannot take."""

BEGINS = "<!-- made from "
MARK = BEGINS + "{} -->\n"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageJob:
    """The pages of one student.

    Attributes:
        student: whose.
        notebooks: each graded notebook and its release.
        points: what counts in each of them.
        team: for which it was handed in, or "".
    """

    student: str
    notebooks: dict[str, tuple[Path, Path]]
    points: dict[str, Points]
    team: str = ""


@dataclass
class Written:
    """Result of writing pages: for whom they were written, were current, or could not be written, and why."""

    total: int = 0
    written: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def write_pages(
    exercise: Exercise,
    jobs: int,
    *,
    force: bool = False,
    permissions: int = 0o644,
    report: Callable[[Written], None] = lambda _: None,
) -> Written:
    """Write the pages of all students and notebooks that the course directory names.

    Args:
        exercise: of what.
        jobs: how many workers there may be.
        force: whether to write also pages that are current.
        permissions: of the pages.
        report: called after each student.

    Raises:
        CannotGrade: nobody is graded, no notebook has such a name, or the course is busy.
    """
    directory = exercise.directory
    students = exercise.students(directory.autograded_directory)
    if not students:
        name = exercise.name
        raise CannotGrade(f"Nobody's {name} is graded yet. `proctor grade {name}` does that.")
    stage = Stage(exercise, directory.feedback_directory, permissions, directory.groupshared)
    try:
        with course_lock(exercise.root, f"the writing of feedback for {exercise.name}"):
            with open_book(directory.db_url, directory.course_id) as book:
                points = _asked_for(exercise, points_of(book, exercise.name))
            stage.sweep()
            try:
                return _Run(stage, points, report).all(students, jobs, force=force)
            finally:
                stage.sweep()
    except CourseBusy as busy:
        raise CannotGrade(str(busy)) from None


def _asked_for(exercise: Exercise, points: AllPoints) -> AllPoints:
    """Return the points in the notebooks that the course directory names."""
    pattern = exercise.directory.notebook_id
    known = {notebook for each in points.values() for notebook in each}
    kept = {name for name in known if fnmatch(name, pattern)}
    if known and not kept:
        raise CannotGrade(f"{exercise.name} has no notebook {pattern}; it has {', '.join(sorted(known))}.")
    return {
        student: {name: found for name, found in each.items() if name in kept}
        for student, each in points.items()
    }


def outdated(exercise: Exercise) -> list[str]:
    """Return the students with a page that was made from other points, comments or notebooks than there are now.

    A page that says nothing of what it was made from is not among them.
    """
    directory = exercise.directory
    with open_book(directory.db_url, directory.course_id) as book:
        points = points_of(book, exercise.name)
    found = []
    for job in _jobs(exercise, exercise.students(directory.feedback_directory), points):
        marks = _marks(job)
        ends = {name: _end(exercise.page(job.student) / f"{name}.html", len(marks[name])) for name in marks}
        if any(ends[name] != mark and ends[name].startswith(BEGINS) for name, mark in marks.items()):
            found.append(job.student)
    return found


class _Run:
    """A run over the students of an exercise, in the head."""

    def __init__(self, stage: Stage, points: AllPoints, report: Callable[[Written], None]) -> None:
        self._stage, self._points, self._report = stage, points, report
        self._keep = stage.exercise.directory.notebook_id != "*"
        self._found = Written()
        self._marks: dict[str, dict[str, str]] = {}

    def all(self, students: list[str], jobs: int, *, force: bool) -> Written:
        found, waiting = self._found, []
        found.total = len(students)
        for job in _jobs(self._stage.exercise, students, self._points):
            if not job.notebooks:
                found.failed[job.student] = "The gradebook and autograded/ do not have the same notebooks."
                continue
            marks = _marks(job)
            if not force and self._current(job.student, marks):
                found.current.append(job.student)
                continue
            self._marks[job.student] = marks
            waiting.append(job)
        self._report(found)
        if waiting:
            self._write(waiting[::-1], min(jobs, len(waiting)))
        return found

    def _write(self, waiting: list[PageJob], jobs: int) -> None:
        under_way = 0
        with local_pool(jobs, self._stage.exercise.root, render, LONGEST) as pool:
            while waiting or under_way:
                while waiting and pool.has_room():
                    pool.submit(waiting.pop())
                    under_way += 1
                self._put_in_place(pool.take())
                under_way -= 1
                self._report(self._found)

    def _put_in_place(self, result: Result) -> None:
        student = result.student
        if result.fault:
            self._found.failed[student] = result.fault
            return
        folder = self._stage.begin(student, keep=self._keep)
        for name in ALONG:
            kept = self._stage.exercise.graded(student) / name
            if kept.is_file() and not kept.is_symlink():
                write_file(folder / name, kept.read_bytes())
        marks = self._marks[student]
        pages = {f"{name}.html": page + marks[name] for name, page in result.pages.items()}
        self._stage.put_in_place(student, pages)
        self._date(student)
        self._found.written.append(student)

    def _date(self, student: str) -> None:
        """Let pages be no older than the notebooks that they show: the clock may have been set back since."""
        exercise = self._stage.exercise
        graded = [path.stat().st_mtime_ns for path in exercise.graded(student).glob("*.ipynb")]
        now = max(time.time_ns(), *graded)
        for name in self._marks[student]:
            os.utime(exercise.page(student) / f"{name}.html", ns=(now, now))

    def _current(self, student: str, marks: dict[str, str]) -> bool:
        folder = self._stage.exercise.page(student)
        return all(_end(folder / f"{name}.html", len(mark)) == mark for name, mark in marks.items())


def _jobs(exercise: Exercise, students: list[str], points: AllPoints) -> Iterator[PageJob]:
    """Yield what there is to do for each student: of the graded notebooks, those that the gradebook knows."""
    teams = record.teams(exercise.root, exercise.name)
    for student in students:
        known = points.get(student, {})
        graded = {name: exercise.graded(student) / f"{name}.ipynb" for name in known}
        notebooks = {name: (path, exercise.release(name)) for name, path in graded.items() if path.is_file()}
        yield PageJob(student, notebooks, known, teams.get(student, ""))


def render(job: PageJob) -> Result:
    """Render a student's pages (called in the worker); whatever goes wrong is told, not raised."""
    try:
        return Result(job.student, pages={name: _page(job, name) for name in job.notebooks})
    except Exception as error:  # noqa: BLE001  - reaches the teaching assistant as the fault that it is
        return failed(job.student, error)


def _page(job: PageJob, name: str) -> str:
    from proctor.feedback.page import page, read_release

    graded, release = job.notebooks[name]
    points = job.points[name]
    notebook = nbformat.reads(graded.read_text(encoding="utf-8"), as_version=4)
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        cell_id = data.get("grade_id")
        if data.get("solution") or data.get("task"):
            data["comment"] = points.comments.get(cell_id)
        if data.get("grade") or data.get("task"):
            if cell_id not in points.cells:
                raise GraderError(f"The gradebook has no grade for the cell {cell_id!r}: grade it again.")
            data["score"], data["points"] = points.cells[cell_id]
            data["unjudged"] = points.unjudged.get(cell_id, "")
    names = {
        "student": job.student, "team": job.team, "notebook": name, "late_penalty": points.late_penalty
    }  # fmt: skip
    return page(
        notebook, read_release(release), names | {"score": points.score, "max_score": points.max_score}
    )


def _marks(job: PageJob) -> dict[str, str]:
    """Return the mark at the end of each page."""
    return {name: MARK.format(_fingerprint(job, name)) for name in job.notebooks}


def _fingerprint(job: PageJob, name: str) -> str:
    """Return the fingerprint of all that a page is made of."""
    digest = hashlib.sha256(json.dumps(asdict(job.points[name]), sort_keys=True).encode())
    digest.update(job.team.encode())
    for path in job.notebooks[name]:
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]


def _end(page: Path, length: int) -> str:
    """Return the last characters of a page; "" where there is none."""
    try:
        with page.open("rb") as file:
            file.seek(max(0, page.stat().st_size - length))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
