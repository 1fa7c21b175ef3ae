"""Names and e-mail addresses of a roster, brought into the gradebook, where formgrader and exports read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbgrader.api import Student

from proctor.gradebook.database import open_gradebook

if TYPE_CHECKING:
    from proctor.lms import owner
    from proctor.lms.roster import Roster


def update_names(database: str, course_id: str, roster: Roster) -> int:
    """Write what a roster knows of its students into the gradebook, in one transaction; return for how many.

    What the roster does not know stays as it is.
    """
    changed = 0
    with open_gradebook(database, course_id) as gradebook:
        there = {student.id: student for student in gradebook.students}
        for each in roster.students:
            student = there.get(each.id)
            facts = {key: value for key, value in _facts(each).items() if value}
            if student is None:
                gradebook.db.add(Student(id=each.id, **facts))
                changed += 1
            elif any(getattr(student, key) != value for key, value in facts.items()):
                for key, value in facts.items():
                    setattr(student, key, value)
                changed += 1
        gradebook.db.commit()
    return changed


def _facts(student: owner.Student) -> dict[str, str]:
    """Return the names as the gradebook has them; a full name ends with the family name, or has a comma behind it."""
    first, last = student.first, student.last
    if not (first or last):
        family, comma, given = student.name.partition(",")
        first, _, last = (given.strip(), "", family.strip()) if comma else student.name.rpartition(" ")
    return {"first_name": first, "last_name": last, "email": student.email}
