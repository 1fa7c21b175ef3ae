"""The base of the idioms: a hidden test class with a right and a wrong answer beside it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, ClassVar

from proctor.criteria import Criteria
from proctor.criteria.outcome import Outcome

if TYPE_CHECKING:
    from types import ModuleType


class Idiom(Criteria):
    """One way to write a hidden test.

    Attributes:
        right, wrong: cells of students; the last criterion is the one that the wrong one fails.
        outcome: how that criterion ends.
        hint: a part of what the student then reads.
        bug: whether the test is at fault; then the right student shows it.
    """

    __test__ = False
    right: ClassVar[str] = ""
    wrong: ClassVar[str] = ""
    outcome: ClassVar[Outcome] = Outcome.FAILED
    hint: ClassVar[str] = ""
    bug: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the class's name for the cell's."""
        super().__init_subclass__(**kwargs)
        cls.grade_id = cls.__name__
        cls.right, cls.wrong = textwrap.dedent(cls.right), textwrap.dedent(cls.wrong)


def idioms_of(module: ModuleType) -> dict[str, type[Idiom]]:
    """Return the idioms of a module by name."""
    return {
        name: found
        for name, found in vars(module).items()
        if isinstance(found, type) and issubclass(found, Idiom) and found.__module__ == module.__name__
    }
