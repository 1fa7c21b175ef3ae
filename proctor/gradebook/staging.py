"""Staging of folders: what is written for a student is put in place as a whole, at the end.

Stock nbgrader writes into `autograded/STUDENT/ASSIGNMENT` from the first file on, and skips a student whose
folder is there; so a run that was killed leaves students without grades for ever. Here the folder grows in
`autograded/.grading`, and is renamed when the gradebook has been saved.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.utils import rmtree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proctor.course import Exercise

STAGE = ".grading"
"""The folder, in the one that it is for, where folders grow."""


@dataclass(frozen=True)
class Stage:
    """Staging area of one of nbgrader's steps, where folders grow until they are put in place.

    Attributes:
        exercise: whose folders.
        step: the step, as the course directory names its folder: "autograded", "feedback".
        permissions: of the files in it.
        groupshared: whether a group may write into the folders.
    """

    exercise: Exercise
    step: str
    permissions: int = 0o444
    groupshared: bool = False

    def folder(self, student: str) -> Path:
        """Return where a student's folder grows."""
        return self.exercise.place(f"{self.step}/{STAGE}", student)

    def begin(self, student: str, *, keep: bool = False) -> Path:
        """Return an empty folder for a student, or a copy of the one that is in place."""
        folder = self.folder(student)
        self.drop(student)
        target = self.exercise.place(self.step, student)
        if keep and target.exists():
            shutil.copytree(target, folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put_in_place(self, student: str, texts: Mapping[str, str]) -> None:
        """Write files, which complete a student's folder, set its permissions, and put it in its place."""
        folder = self.folder(student)
        for name, text in texts.items():
            (folder / name).unlink(missing_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        self._set_permissions(folder)
        target = self.exercise.place(self.step, student)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            old = folder.with_name(f"{folder.name}.old")
            target.rename(old)
            folder.rename(target)
            rmtree(str(old))
        else:
            folder.rename(target)
        if self.groupshared:
            _share(target.parent)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()

    def drop(self, student: str) -> None:
        """Remove what has grown for a student."""
        if self.folder(student).exists():
            rmtree(str(self.folder(student)))

    def remove(self, student: str) -> None:
        """Remove a student's folder from its place."""
        target = self.exercise.place(self.step, student)
        if target.is_dir():
            rmtree(str(target))

    def sweep(self) -> None:
        """Remove what runs that were killed have left; only for who holds the course's lock."""
        root = self.exercise.root
        parts = self.exercise.place(f"{self.step}/{STAGE}", "*").relative_to(root).parts
        pattern = Path(*parts[: parts.index(STAGE) + 1])
        for left in glob.glob(str(pattern), root_dir=root):  # noqa: PTH207  - Path globs no dots
            rmtree(str(root / left))

    def _set_permissions(self, folder: Path) -> None:
        for place, _, names in os.walk(folder):
            for name in names:
                os.chmod(os.path.join(place, name), self.permissions)  # noqa: PTH101, PTH118  - a Path costs more
            if self.groupshared:
                _share(Path(place))


def _share(folder: Path) -> None:
    """Let the group write into a folder, where that is ours to decide."""
    mode = folder.stat().st_mode
    if mode & 0o2770 != 0o2770:
        with contextlib.suppress(PermissionError):
            folder.chmod((mode | 0o2770) & 0o2777)
