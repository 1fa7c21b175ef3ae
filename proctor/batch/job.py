"""Jobs for workers: one submission to restore, execute and judge, all that it needs, and its result."""

from __future__ import annotations

import os
import stat
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.errors import FULL, GraderError
from proctor.grading.diagnosis_module import companions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proctor.gradebook.marks import Marks
    from proctor.submission.intake import Submitted


@dataclass(frozen=True)
class PackedFolder:
    """A folder that travels: its regular files.

    Attributes:
        files: their contents, by their paths.
        inside: where the folder is among them; what else there is are files that the folder's own code reads.
    """

    files: tuple[tuple[str, bytes], ...]
    inside: str = "."

    @classmethod
    def of(cls, folder: Path) -> PackedFolder:
        """Pack a folder of ours; what Python has compiled stays at home."""
        return cls(_contents(folder, _files(folder)))

    @classmethod
    def of_tests(cls, folder: Path) -> PackedFolder:
        """Pack hidden tests, with the code and the notebooks that their diagnosis needs."""
        needed = [os.path.normpath(folder / name) for name in companions(folder)]
        root = os.path.commonpath([folder, *needed])
        code = [path for other in needed for path in _files(other) if path.endswith((".py", ".ipynb"))]
        return cls(_contents(root, [*_files(folder), *code]), os.path.relpath(folder, root))

    def unpack(self, folder: Path) -> Path:
        """Write its files into a folder, and return where the packed one is now."""
        for name, content in self.files:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return folder / self.inside


def _files(folder: Path | str) -> list[str]:
    """Return the paths of the regular files in a folder; by strings, since there are some for each submission."""
    found = [os.path.join(top, name) for top, _, names in os.walk(folder) for name in names]  # noqa: PTH118
    regular = [path for path in found if stat.S_ISREG(os.lstat(path).st_mode)]
    return sorted(path for path in regular if not path.endswith(".pyc"))


def _contents(root: Path | str, paths: Iterable[str]) -> tuple[tuple[str, bytes], ...]:
    return tuple((os.path.relpath(path, root), Path(path).read_bytes()) for path in dict.fromkeys(paths))


@dataclass(frozen=True)
class Ungraded:
    """A notebook to grade.

    Attributes:
        submitted: as it lies on the disk.
        release: the notebook that students got, as JSON.
        fingerprint: of what else its grade depends on.
        sources: its graded cells with their hidden tests, by grade_id, as the gradebook keeps them.
    """

    submitted: Submitted
    release: str
    fingerprint: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A submission to restore, execute and judge.

    Attributes:
        student: whose it is; no two jobs of a run have the same.
        notebooks: what was handed in, by the names that the notebooks should have.
        files: its folder, or what is in it where the worker cannot reach the folder.
        tests: likewise the hidden tests.
        config: the sections of Jupyter's configuration that a worker needs.
        execute: whether to run and judge it.
    """

    student: str
    notebooks: dict[str, Ungraded]
    files: Path | PackedFolder
    tests: Path | PackedFolder
    config: Any = None
    execute: bool = True


@dataclass(frozen=True)
class GradedNotebook:
    """A graded notebook, as JSON, and what it says to the gradebook."""

    text: str
    marks: Marks


@dataclass(frozen=True)
class Result:
    """Result of a job.

    Attributes:
        student: whose it is.
        notebooks: the graded notebooks, by name; empty if there was a fault.
        pages: the pages that were asked for, likewise.
        fault: why the grader could not do it, in one line; empty if it could.
        details: the same for whoever repairs it.
        disk_full: whether the fault is that the worker's disk is full.
        seconds: how long the worker took, on the clock.
    """

    student: str
    notebooks: dict[str, GradedNotebook] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    details: str = ""
    disk_full: bool = False
    seconds: float = 0.0


def failed(student: str, error: Exception) -> Result:
    """Return what is told of an error that a job ended in."""
    words = str(error) if isinstance(error, GraderError) else f"{type(error).__name__}: {error}"
    full = isinstance(error, OSError) and error.errno in FULL
    line = " ".join(words.split())[:300]
    return Result(student, fault=line, details=traceback.format_exc(), disk_full=full)
