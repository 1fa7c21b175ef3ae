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
SUFFIXES = {"Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"}
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
        return f"{self.name} ({known})" if known not in ("", self.name) else self.name


@dataclass(frozen=True)
class Piece:
    """Facts that a platform's module reads from one path of a download.

    `inside` is the path within the submission, or None for a text that the platform keeps beside it, which somebody has
    `typed` or which is empty; `time` is the platform's, if any.
    """

    owner: Owner
    inside: PurePosixPath | None
    late: bool = False
    time: dt.datetime | None = None
    typed: bool = True


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

    @property
    def parts(self) -> tuple[str, str]:
        """The given and the family name; a full name is split only where nothing else says which is which."""
        return (self.first, self.last) if self.first or self.last else split_name(self.name)

    def spellings(self) -> frozenset[str]:
        """Return the ways in which the name may be written as one word."""
        first, last = self.parts
        return frozenset().union(*map(spellings, (first + last, last + first, self.name)))


def split_name(name: str) -> tuple[str, str]:
    """Split a full name into the given and the family name, which ends it, or comes first, with a comma behind it.

    A family name may begin with words in lower case, and end with a suffix.

    >>> split_name("Anna-Lena von der Heide"), split_name("von der Heide, Anna-Lena"), split_name("Martin King, Jr.")
    (('Anna-Lena', 'von der Heide'), ('Anna-Lena', 'von der Heide'), ('Martin', 'King, Jr.'))
    """
    words, suffix = name.split(), ""
    if len(words) > 1 and words[-1] in SUFFIXES:
        *words, suffix = words
        suffix = f", {suffix}" if words[-1].endswith(",") else f" {suffix}"
    family, comma, given = " ".join(words).removesuffix(",").rpartition(",")
    if comma:
        return given.strip(), family + suffix
    words = given.split()
    start = len(words) - 1
    while start > 1 and words[start - 1].islower() and not words[-1].islower():
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:]) + suffix


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
