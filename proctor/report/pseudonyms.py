"""Pseudonyms of students on a page, unless names are asked for.

A pseudonym says nothing: its number comes from a hash of the students' ids, not from their order. In text that
students wrote, and that grading wrote about them, what the gradebook knows of their names is blotted out.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOT = "▒▒▒"
SHORTEST = 3
"""Letters of a name that is looked for; a shorter one would be found in half of all words."""
FILE = re.compile(r"[^\s/`'\"]*\.ipynb\b")


class Pseudonyms:
    """The names by which a page calls its students.

    Args:
        students: their ids, and their names, or "" where none is known.
        names: whether to call them by what they are.
    """

    def __init__(self, students: Mapping[str, str], *, names: bool) -> None:
        everybody = "\0".join(sorted(students))
        order = sorted(students, key=lambda each: hashlib.sha256(f"{each}\0{everybody}".encode()).digest())
        digits = max(2, len(str(len(order))))
        self._called = {student: f"Student {place:0{digits}d}" for place, student in enumerate(order, 1)}
        self._blotted: re.Pattern[str] | None = None
        if names:
            self._called = {
                student: f"{name} ({student})" if name else student for student, name in students.items()
            }
            return
        words = {word for student, name in students.items() for word in (student, *name.split())}
        known = sorted((re.escape(word) for word in words if len(word) >= SHORTEST), key=len, reverse=True)
        if known:
            self._blotted = re.compile(rf"(?<![^\W_])(?:{'|'.join(known)})(?![^\W_])", re.IGNORECASE)

    def __getitem__(self, student: str) -> str:
        return self._called[student]

    def code(self, text: str) -> str:
        """Return a student's text without the names that are known."""
        return self._blotted.sub(BLOT, text) if self._blotted else text

    def notice(self, text: str, own: str) -> str:
        """Return what grading noted, without known names, and without the names of notebooks but the given one."""
        if self._blotted is None:
            return text
        bare = FILE.sub(lambda match: match[0] if match[0] == own else f"{BLOT}.ipynb", text)
        return self.code(bare)
