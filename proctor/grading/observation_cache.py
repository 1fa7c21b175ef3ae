"""Observations of known mistakes, kept on disk, so that not every process has to run every mistake.

They lie in the course's own folder of notes, one file for each mistake in each cell::

    .proctor/mistakes/exercise4/FINGERPRINT/SEED/conv_forward-17

A file is a digest and a frame of :mod:`proctor.agent.frames`: plain values as JSON and bytes, and nothing that could be
run. The fingerprint is that of all code that the observations come from, so a change makes a new folder. What cannot
be read or written costs time, never a grade: the mistake is run again.

Most mistakes are told apart by their verdicts. So the values of a trace are built when somebody looks at them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import platform
import shutil
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import proctor
from proctor.agent.frames import FormatError, pack, unpack
from proctor.agent.values import Reader, Writer
from proctor.course import CONFIG, STATE, write_whole
from proctor.criteria.outcome import Verdict
from proctor.session.proxies import CallBack, SeenFault, Unkept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

RECORDS = {kind.__name__: kind for kind in (CallBack, SeenFault, Unkept)}
"""Types that a trace holds beside values."""
LIBRARIES = ("numpy", "scipy")
CODE = (".py", ".ipynb")
DIGEST_BYTES = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Observation:
    """The verdict on a mistake by one criterion, and what returns the trace that led to it."""

    verdict: Verdict
    read: Callable[[], list[Any]]

    @cached_property
    def trace(self) -> list[Any]:
        """The trace, with its values."""
        return self.read()


class ObservationCache:
    """The files of one exercise.

    Args:
        folder: where they lie; made when the first is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_exercise(cls, tests: Path, sources: Iterable[Path]) -> ObservationCache | None:
        """Return the cache of an exercise's mistakes, or None where its hidden tests lie in no course.

        Args:
            tests: the folder of the hidden tests.
            sources: the folders of what the mistakes are made of.
        """
        root = next((folder for folder in tests.parents if (folder / CONFIG).is_file()), None)
        if root is None:
            return None
        mark = _fingerprint([Path(proctor.__file__).parent, tests, *sources])
        return cls(root / STATE / "mistakes" / tests.name / mark)

    def load(self, grade_id: str, seed: int, number: int) -> list[Observation]:
        """Return what is known of a mistake in a cell, which may be nothing, or its first criteria only."""
        try:
            return _unpack(self._path(grade_id, seed, number).read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, FormatError, LookupError, TypeError, ValueError) as error:
            log.info("An observation of a mistake cannot be read and is made again: %r", error)
            return []

    def save(self, grade_id: str, seed: int, number: int, observed: Sequence[Observation]) -> None:
        """Keep what is known of a mistake in a cell."""
        try:
            self._drop_outdated()
            write_whole(self._path(grade_id, seed, number), _pack(observed))
        except (OSError, FormatError) as error:
            log.info("An observation of a mistake cannot be kept: %r", error)

    def _path(self, grade_id: str, seed: int, number: int) -> Path:
        return self._folder / str(seed) / f"{grade_id}-{number}"

    def _drop_outdated(self) -> None:
        """Remove what was observed with other code, when this code's first observation is kept."""
        if not self._folder.exists() and self._folder.parent.exists():
            for outdated in self._folder.parent.iterdir():
                shutil.rmtree(outdated, ignore_errors=True)


def _fingerprint(folders: Iterable[Path]) -> str:
    """Return the fingerprint of the code of some folders, and of the libraries that it most depends on."""
    versions = [platform.python_version(), *map(importlib.metadata.version, LIBRARIES)]
    digest = hashlib.sha256(" ".join(versions).encode())
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.suffix in CODE):
            digest.update(f"\0{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _pack(observed: Sequence[Observation]) -> bytes:
    """Return observations as a file's bytes; FormatError if they are too large, or not plain."""

    def refer(value: Any) -> list[Any]:
        if type(value).__name__ not in RECORDS:
            raise FormatError(f"a {type(value).__name__} is no plain value")
        return [type(value).__name__, [writer.write(item) for item in value]]

    writer = Writer(refer)
    found = []
    for each in observed:
        begun = len(writer.body)
        found.append([each.verdict.as_dict(), [writer.write(item) for item in each.trace], begun])
    frame = pack({"observed": found}, writer.body)
    return _digest(frame) + frame


def _unpack(content: bytes) -> list[Observation]:
    """Return the observations of a file; FormatError, LookupError, TypeError or ValueError if it holds none."""
    digest, frame = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
    if _digest(frame) != digest:
        raise FormatError("a file that is damaged")
    header, body = unpack(frame[4:])
    return [
        Observation(Verdict.from_dict(verdict), partial(_read, body[begun:], forms))
        for verdict, forms, begun in header["observed"]
    ]


def _read(body: bytes, forms: list[Any]) -> list[Any]:
    """Return the values of a trace from their forms and the bytes that theirs begin."""

    def resolve(kind: str, items: list[Any]) -> Any:
        return RECORDS[kind](*map(reader.read, items))

    reader = Reader(body, resolve)
    return [reader.read(form) for form in forms]


def _digest(frame: bytes) -> bytes:
    return hashlib.blake2b(frame, digest_size=DIGEST_BYTES).digest()
