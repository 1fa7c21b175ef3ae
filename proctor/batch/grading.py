"""Grading of many submissions: finds those that are to be graded, and gives them to :mod:`proctor.batch.head`.

`proctor grade`, `nbgrader autograde` and the formgrader's button all call :func:`grade`. An idle run imports neither
SQLAlchemy nor nbgrader's models, which the head needs to save anything.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from proctor.batch.survey import Survey
from proctor.course import course_lock
from proctor.errors import CannotGrade, CourseBusy, SandboxUnavailable
from proctor.sandbox.bwrap import find_bwrap
from proctor.sandbox.settings import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from proctor.batch.plan import Course, OpenPool, RunOptions
    from proctor.batch.results import Progress

log = logging.getLogger(__name__)


def grade(
    course: Course,
    options: RunOptions,
    open_pool: OpenPool,
    progress: Progress,
    report: Callable[[Progress], None] = lambda _: None,
) -> None:
    """Grade submissions.

    Args:
        course: of what.
        options: whom, and how.
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
        with course_lock(course.exercise.root, f"the grading of {course.exercise.name}"):
            course.stage.sweep()
            try:
                _grade(course, options, open_pool, progress, report)
            finally:
                course.stage.sweep()
    except CourseBusy as busy:
        raise CannotGrade(str(busy)) from None


def _grade(
    course: Course,
    options: RunOptions,
    open_pool: OpenPool,
    progress: Progress,
    report: Callable[[Progress], None],
) -> None:
    survey = Survey(course, options)
    progress.total = len(survey.students)
    late = survey.late()
    waiting, penalties = [], []
    for student in survey.students:
        reason = "by force" if options.force else survey.why(student)
        if reason:
            log.info("Grading %s: %s", student, reason)
            waiting.append(student)
        elif student in late:
            penalties.append(student)
        else:
            log.info("Skipping %s, whose grade is up to date", student)
            progress.up_to_date.append(student)
    report(progress)
    if waiting or penalties:
        from proctor.batch.head import Head

        with course.book as book:
            head = Head(course, options, survey, book, progress, report)
            head.update_penalties(penalties)
            head.grade(waiting, open_pool)
