"""Owners of what was handed in, as a platform names them, and members of the course."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proctor.lms.names import spellings

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import PurePosixPath

    from proctor.lms.members import File

JUNK = re.compile(
    r"__MACOSX|\.ipynb_checkpoints|__pycache__|\.git|\.venv|\.DS_Store|\._.*|\.~.*|Thumbs\.db|desktop\.ini|~\$.*"
)
"""Files that computers put into archives by themselves."""


@dataclass(frozen=True)
class Owner:
    """A person who handed something in, as the platform names them.

    Attributes:
        platform: the platform's name, such as "moodle".
        name: the full name as the platform spells it, or what stands for it.
        folder: the folder, or the beginning of the file's name, which the platform wants back, or "".
        login: the account, or "".
        platform_id: the platform's number for the person, or "".
        team: the team for which this was handed in, where the platform says it, or "".
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

    Attributes:
        owner: whose the file is.
        inside: where it lies within the submission; None for a text that was typed in.
        late: whether the platform calls it late.
        time: when it was handed in, where the platform says so.
    """

    owner: Owner
    inside: PurePosixPath | None
    late: bool = False
    time: dt.datetime | None = None


@dataclass(frozen=True)
class Item:
    """A file that somebody handed in: its path within the submission, and the file in the download."""

    path: PurePosixPath
    file: File
    late: bool = False


@dataclass
class Handed:
    """Files that one person handed in, with the number of texts that were typed in, and the team if it is a team's."""

    owner: Owner
    items: list[Item] = field(default_factory=list)
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

    def spellings(self) -> frozenset[str]:
        """Return the ways in which the name may be written as one word."""
        family, _, given = self.name.partition(",")
        orders = (self.first + self.last, self.last + self.first, self.name, given + family)
        return frozenset().union(*map(spellings, orders))
