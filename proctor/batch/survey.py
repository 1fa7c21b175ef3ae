"""Survey of an exercise: what was handed in, and what of it is to be graded, and why. Writes nothing."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from proctor.batch.plan import RunOptions
from proctor.errors import CannotGrade, CollectError, ExtensionsError
from proctor.gradebook import extensions
from proctor.gradebook.freshness import Freshness
from proctor.submission.handed_in import HandInTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.batch.plan import Course
    from proctor.course import Exercise
    from proctor.gradebook.lateness import Penalties

PENALTY = "the penalty for lateness has changed: due date, policy, extension or points"

GONE = "graded, but the submission is no longer there"


class Survey:
    """The submissions of an exercise, and the state of their grades.

    Args:
        course: of what.
        options: whom, and which notebooks.

    Attributes:
        times: when submissions were handed in.
        notebooks: the names of the notebooks to be graded.
        students: who has handed in.
        sources: the graded cells with their hidden tests, by notebook and grade_id.
        fresh: why a submission is to be graded.

    Raises:
        CannotGrade: there is nothing that could be graded.
    """

    def __init__(self, course: Course, options: RunOptions) -> None:
        exercise, facts = course.exercise, course.facts
        self._course, self._facts = course, facts
        self.times = HandInTimes(exercise)
        try:
            self.times.check()
            extensions.load(exercise.root)
        except (CollectError, ExtensionsError) as damaged:
            raise CannotGrade(f"Nothing was graded. {damaged}") from None
        self.notebooks = [name for name in facts.notebooks if fnmatch(name, options.notebooks)]
        if not self.notebooks:
            raise CannotGrade(_no_notebooks(exercise, facts.notebooks, options.notebooks))
        found = exercise.students(exercise.directory.submitted_directory)
        self.students = [student for student in found if not options.students or student in options.students]
        if not self.students:
            raise CannotGrade(f"Nothing was handed in where {exercise.submitted('STUDENT')} would be.")
        self.sources = facts.sources
        self.fresh = Freshness(exercise, self.times, facts.sources, facts.notebooks)

    def why(self, student: str) -> str:
        """Return why a submission is to be graded, or "" if its grade is up to date."""
        return self.fresh.why(student, self.notebooks)

    def late(self) -> dict[str, Penalties]:
        """Return whose penalties for lateness are to be counted again."""
        if not self._facts.late:
            return {}
        from proctor.gradebook.lateness import outdated

        with self._course.book as book:
            return outdated(book, self._course.exercise.name, self._course.penalty_rule)


def states(course: Course) -> dict[str, str]:
    """Return of each submission why it is to be graded, or "" if its grade is up to date; or that only a grade is left.

    Raises:
        CannotGrade: there is nothing that could be graded.
    """
    survey = Survey(course, RunOptions())
    late = survey.late()
    found = {student: survey.why(student) or PENALTY * (student in late) for student in survey.students}
    gone = [each for each in course.facts.graded if not course.exercise.submitted(each).is_dir()]
    return dict.fromkeys(gone, GONE) | found


def _no_notebooks(exercise: Exercise, known: Sequence[str], pattern: str) -> str:
    if known:
        return f"{exercise.name} has no notebook {pattern}; it has {', '.join(known)}."
    name = exercise.name
    return f"The gradebook knows no notebook of {name}. `nbgrader generate_assignment {name}` tells it."
