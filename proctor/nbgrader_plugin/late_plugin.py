"""Late penalties, asked of nbgrader's plugin for them, whichever the course has (ours is `late_policy`)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from proctor.gradebook.book import Book
    from proctor.gradebook.lateness import Late


class LatePlugin:
    """Caller of nbgrader's plugin for late work: as in nbgrader's own step, but for one notebook at a time.

    The parent's configuration names it (`c.AssignLatePenalties.plugin_class`).
    """

    def __init__(self, parent: Any) -> None:
        self._parent = parent

    @cached_property
    def _step(self) -> Any:
        from nbgrader.preprocessors import AssignLatePenalties

        step = AssignLatePenalties(parent=self._parent)
        step.init_plugin()
        return step

    def __call__(self, book: Book, late: Late) -> float | None:
        """Return the points that a late notebook loses, or None."""
        step = self._step
        step.assignment_id, step.notebook_id, step.student_id = late.assignment, late.notebook, late.student
        step.gradebook, step.db_url = book.nbgrader, book.url
        ask: Callable[..., float | None] = step.plugin_inst.late_submission_penalty
        return ask(late.student, late.score, late.seconds)
