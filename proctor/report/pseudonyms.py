"""Pseudonyms of students on a page, unless names are asked for.

A pseudonym says nothing: its number comes from a hash of the students' ids, not from their order. In text that
students wrote, and that grading wrote about them, what the gradebook knows of their names is redacted.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REDACTED = "▒▒▒"
SHORTEST = 3
"""Letters of a name that is looked for; a shorter one would be found in half of all words."""
FILE = re.compile(r"[^\s/`'\"]*\.ipynb\b")


class Pseudonyms:
    """The names by which a page calls its students: ids and names ("" where none is known), or numbers."""

    def __init__(self, students: Mapping[str, str], *, names: bool) -> None:
        everybody = "\0".join(sorted(students))
        order = sorted(students, key=lambda each: hashlib.sha256(f"{each}\0{everybody}".encode()).digest())
        digits = max(2, len(str(len(order))))
        self._called = {student: f"Student {place:0{digits}d}" for place, student in enumerate(order, 1)}
        if names:
            self._called = {each: f"{name} ({each})" if name else each for each, name in students.items()}
        self._shown = names
        words = {word for student, name in students.items() for word in (student, *name.split())}
        known = sorted((re.escape(word) for word in words if len(word) >= SHORTEST), key=len, reverse=True)
        self._redacted = re.compile(rf"(?<![^\W_])(?:{'|'.join(known) or '(?!)'})(?![^\W_])", re.IGNORECASE)

    def __getitem__(self, student: str) -> str:
        return self._called[student]

    def code(self, text: str) -> str:
        """Return a student's text without the names that are known."""
        return text if self._shown else self._redacted.sub(REDACTED, text)

    def notice(self, text: str, own: str) -> str:
        """Return what grading noted, without known names, and without the names of notebooks but the given one."""
        bare = FILE.sub(lambda match: match[0] if match[0] == own else f"{REDACTED}.ipynb", text)
        return text if self._shown else self.code(bare)
