"""Reads what students get back: the points from the gradebook, the pages of feedback, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbgrader.api import MissingEntry

from proctor.course import exercise_of
from proctor.gradebook.database import open_gradebook
from proctor.lms.platform import Result
from proctor.lms.platforms import PLATFORMS
from proctor.submission import record
from proctor.submission.record import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from proctor.course import Exercise
    from proctor.lms.owner import Student
    from proctor.lms.roster import Roster


@dataclass(frozen=True)
class Course:
    """Sources of what is returned: the course's folder, its gradebook, and the assignment."""

    folder: Path
    assignment: str
    database: str
    course_id: str = "*"

    @property
    def exercise(self) -> Exercise:
        """The assignment, with the places of everything of it."""
        return exercise_of(self.folder, self.assignment)

    def people(self, platform: str, roster: Roster | None) -> dict[str, Origin]:
        """Return who has handed in, with what the platform calls them.

        What collecting learned comes first; for who was not collected, the roster.
        """
        handed = self.exercise.students(self.exercise.directory.submitted_directory)
        known = record.load(self.folder, self.assignment)
        listed = {each.id: each for each in roster.students} if roster else {}
        found = {}
        for student in handed:
            origin = known.get(student)
            if (origin is None or origin.platform != platform) and student in listed:
                origin = _listed(platform, listed[student])
            found[student] = origin or Origin("")
        return found


def results(
    course: Course, people: Mapping[str, Origin], stale: Mapping[str, str], *, feedback: bool = True
) -> tuple[list[Result], dict[str, str]]:
    """Read the results of an assignment.

    Args:
        course: the course.
        people: whose.
        stale: of whose grade is out of date, why.
        feedback: whether pages are wanted.

    Returns:
        The results, by student, and for whom something is missing, what.
    """
    found, missing = [], {}
    with open_gradebook(course.database, course.course_id) as gradebook:
        for student, origin in sorted(people.items()):
            try:
                submission = gradebook.find_submission(course.assignment, student)
            except MissingEntry:
                missing[student] = "is not graded"
                continue
            pages = tuple(sorted(course.exercise.page(student).glob("*.html")))
            lack = _lack(submission, stale.get(student, ""))
            if feedback and not lack:
                lack = _page_lack(course, student, pages)
            if lack:
                missing[student] = lack
            penalty = float(submission.late_submission_penalty or 0)
            points = max(0.0, float(submission.score) - penalty)
            found.append(Result(student, origin, points, float(submission.max_score), penalty, pages))
    return found, missing


def _listed(platform: str, student: Student) -> Origin:
    known = PLATFORMS[platform].owner(student) if platform in PLATFORMS else None
    if known is None:
        return Origin(platform)
    return Origin(platform, known.name, known.login, known.platform_id, known.folder, team=student.team)


def _lack(submission: Any, stale: str) -> str:
    if stale:
        return f"grade out of date ({stale})"
    if submission.needs_manual_grade:
        return "waits for a review by hand"
    return ""


def _page_lack(course: Course, student: str, pages: tuple[Path, ...]) -> str:
    if not pages:
        return "has no feedback"
    graded = course.exercise.graded(student).glob("*.ipynb")
    newest = max((path.stat().st_mtime for path in graded), default=0.0)
    if min(page.stat().st_mtime for page in pages) < newest:
        return "has feedback from before the last grading"
    return ""
