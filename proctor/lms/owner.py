"""Owners of what was handed in, as a platform names them, members of the course, and the spellings of their names."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from proctor.lms.members import File

JUNK = re.compile(
    r"__MACOSX|\.ipynb_checkpoints|__pycache__|\.git|\.venv|\.DS_Store|\._.*|\.~.*|Thumbs\.db|desktop\.ini|~\$.*"
)
"""Files that computers put into archives by themselves."""
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
"""Letters that Unicode does not take apart, as platforms write them in ASCII."""


@dataclass(frozen=True)
class Owner:
    """A person who handed something in, as the platform names them; "" for what it does not say.

    The platform wants the `folder`, or the beginning of the file's name, back. The `team` is the one for which this was
    handed in.
    """

    platform: str
    name: str
    folder: str = ""
    login: str = ""
    platform_id: str = ""
    team: str = ""

    def __str__(self) -> str:
        known = self.login or self.platform_id
        return f"{self.name} ({known})" if known else self.name


@dataclass(frozen=True)
class Piece:
    """Facts that a platform's module reads from one path of a download.

    `inside` is the path within the submission, or None for a text that was typed in; `time` is the platform's, if any.
    """

    owner: Owner
    inside: PurePosixPath | None
    late: bool = False
    time: dt.datetime | None = None


@dataclass(frozen=True)
class HandedFile:
    """A file that somebody handed in: its path within the submission, and the file in the download."""

    path: PurePosixPath
    file: File
    late: bool = False


@dataclass
class Handed:
    """Files that one person handed in, with the number of texts that were typed in, and the team if it is a team's."""

    owner: Owner
    items: list[HandedFile] = field(default_factory=list)
    texts: int = 0
    team: str = ""


@dataclass(frozen=True)
class Student:
    """A member of the course: the student id that nbgrader will know, and what may lead to it ("" where unknown)."""

    id: str
    first: str = ""
    last: str = ""
    name: str = ""
    login: str = ""
    email: str = ""
    platform_id: str = ""
    team: str = ""
    submitted: dt.datetime | None = None

    @property
    def full_name(self) -> str:
        """The name in the order in which it is spoken, if it is known in parts only."""
        return self.name or f"{self.first} {self.last}".strip()

    def spellings(self) -> frozenset[str]:
        """Return the ways in which the name may be written as one word."""
        family, _, given = self.name.partition(",")
        orders = (self.first + self.last, self.last + self.first, self.name, given + family)
        return frozenset().union(*map(spellings, orders))


def spellings(text: str) -> frozenset[str]:
    """Return the ways in which a name may be spelt without accents, spaces and case.

    >>> sorted(spellings("Müller-Lüdenscheidt"))
    ['muellerluedenscheidt', 'mullerludenscheidt']
    """
    return frozenset("".join(filter(str.isalnum, _plain(text, table))) for table in ({}, GERMAN)) - {""}


def slug(*parts: str) -> str:
    """Join what is known of a person to a safe id, in lower case; "" if nothing of it is ASCII.

    >>> slug("Jörg Müßig", "12345")
    'joerg-muessig-12345'
    """
    plain = (re.sub(r"[^a-z0-9]+", "-", _plain(part, GERMAN)).strip("-") for part in parts)
    return "-".join(filter(None, plain))[:100]


def _plain(text: str, table: Mapping[int, str]) -> str:
    """Return a text in lower case and without accents."""
    lower = unicodedata.normalize("NFC", text).casefold().translate(table)
    apart = unicodedata.normalize("NFKD", lower.translate(LETTERS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
