"""The gradebook as platforms need it: points and pages that students get back, and names that a roster brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbgrader.api import MissingEntry
from nbgrader.api import Student as Known

from proctor.gradebook.database import open_gradebook
from proctor.lms.platform import StudentResult
from proctor.lms.platforms import PLATFORMS
from proctor.submission import record
from proctor.submission.record import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from proctor.course import Exercise
    from proctor.lms.owner import Student
    from proctor.lms.roster import Roster


def gradebook_of(directory: Any) -> Any:
    """Return the gradebook of nbgrader's CourseDirectory, open."""
    return open_gradebook(directory.db_url, directory.course_id)


def people(exercise: Exercise, platform: str, roster: Roster | None) -> dict[str, Origin]:
    """Return who has handed in, with what the platform calls them.

    What collecting learned comes first; for who was not collected, the roster.
    """
    known = record.load(exercise.root, exercise.name)
    listed = {each.id: each for each in roster.students} if roster else {}
    found = {}
    for student in exercise.students(exercise.directory.submitted_directory):
        origin = known.get(student)
        if (origin is None or origin.platform != platform) and student in listed:
            origin = _listed(platform, listed[student])
        found[student] = origin or Origin("")
    return found


def _listed(platform: str, student: Student) -> Origin:
    if platform not in PLATFORMS:
        return Origin(platform)
    known = PLATFORMS[platform].owner(student)
    return Origin(platform, known.name, known.login, known.platform_id, known.folder, team=student.team)


def results(
    exercise: Exercise, people: Mapping[str, Origin], stale: Mapping[str, str], *, feedback: bool = True
) -> tuple[list[StudentResult], dict[str, str]]:
    """Return the results of these people, and for whom something is missing, what: a fresh grade, or wanted feedback."""
    found, missing = [], {}
    with gradebook_of(exercise.directory) as gradebook:
        for student, origin in sorted(people.items()):
            try:
                submission = gradebook.find_submission(exercise.name, student)
            except MissingEntry:
                missing[student] = "is not graded"
                continue
            pages = tuple(sorted(exercise.page(student).glob("*.html")))
            if student in stale:
                missing[student] = f"grade out of date ({stale[student]})"
            elif submission.needs_manual_grade:
                missing[student] = "waits for a review by hand"
            elif feedback and (lack := _lack(exercise.graded(student), pages)):
                missing[student] = lack
            penalty = float(submission.late_submission_penalty or 0)
            points = max(0.0, float(submission.score) - penalty)
            found.append(StudentResult(student, origin, points, float(submission.max_score), penalty, pages))
    return found, missing


def _lack(graded: Path, pages: tuple[Path, ...]) -> str:
    """Return what is missing of a student's feedback, or ""."""
    if not pages:
        return "has no feedback"
    newest = max((path.stat().st_mtime for path in graded.glob("*.ipynb")), default=0.0)
    late = min(page.stat().st_mtime for page in pages) < newest
    return "has feedback from before the last grading" if late else ""


def update_names(directory: Any, roster: Roster) -> int:
    """Write what a roster knows of its students into the gradebook, in one transaction; return for how many.

    What the roster does not know stays as it is.
    """
    with gradebook_of(directory) as gradebook:
        session = gradebook.db
        there = {student.id: student for student in gradebook.students}
        for each in roster.students:
            student = there.get(each.id) or Known(id=each.id)
            session.add(student)
            for key, value in _names(each).items():
                if value:
                    setattr(student, key, value)
        changed = len(session.new) + sum(bool(session.is_modified(each)) for each in session.dirty)
        session.commit()
    return changed


def _names(student: Student) -> dict[str, str]:
    """Return the names as the gradebook has them."""
    first, last = student.parts
    return {"first_name": first, "last_name": last, "email": student.email}
