"""Freshness of grades: a submission is graded if it is new, is another one, or its grade is stale.

`fingerprints.WORDS` says what makes a grade stale.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nbformat.notebooknode import from_dict
from nbgrader.utils import parse_utc

from proctor import submission
from proctor.errors import UnreadableError
from proctor.grading.own_tests import holds_tests
from proctor.submission import fingerprints
from proctor.submission.handed_in import STAMP
from proctor.submission.reading import json_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from proctor.course import Exercise
    from proctor.submission.handed_in import HandInTimes

NEW = "not graded yet"
"""Reason to grade a submission that has no grade."""


@dataclass(frozen=True)
class Freshness:
    """Comparison of graded notebooks with a course as it is; read once, when first needed.

    Attributes:
        exercise: what was graded.
        times: when submissions were handed in.
        sources: the graded cells with their hidden tests, by notebook and grade_id.
        known: all notebooks of the exercise.
    """

    exercise: Exercise
    times: HandInTimes
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    known: Sequence[str] = ()
    _releases: dict[str, Any] = field(default_factory=dict)
    _fingerprints: dict[str, dict[str, str]] = field(default_factory=dict)

    def why(self, student: str, notebooks: list[str]) -> str:
        """Return why a submission is to be graded, or "" if its grade is up to date."""
        target, source = self.exercise.graded(student), self.exercise.submitted(student)
        names = [f"{name}.ipynb" for name in notebooks]
        if any(not (target / name).exists() for name in names):
            return NEW
        submitted = self.times.handed_in(student)
        if submitted is not None and submitted != _stamp(target):
            return "handed in at another time than what was graded"
        kept = {name: facts_of(target / f"{name}.ipynb") for name in notebooks}
        if any(self._replaced(name, facts, source) for name, facts in kept.items()):
            return "another notebook was handed in than what was graded"
        reasons = [words for name, facts in kept.items() for words in self._changes(name, facts)]
        return f"stale: {'; '.join(dict.fromkeys(reasons))}" if reasons else ""

    def now(self, notebook: str) -> dict[str, str]:
        """Return the fingerprints of what a notebook would be graded with; not to be changed."""
        if notebook not in self._fingerprints:
            sources = self.sources.get(notebook, {})
            own = {name: source for name, source in sources.items() if holds_tests(source)}
            cells = fingerprints.of_cells(self.release(notebook), own)
            self._fingerprints[notebook] = {"cells": cells, **self._folders}
        return self._fingerprints[notebook]

    def graded_cells(self, notebook: str) -> int:
        """Return how many cells of a notebook are graded, once nbgrader finds nothing wrong with their metadata.

        All metadata of a graded notebook are from its release; the check, and what it imports, take longer than all
        else that an idle run does with a course.
        """
        from nbgrader.nbgraderformat import MetadataValidator

        release = self.release(notebook)
        MetadataValidator().validate_nb(release)
        return sum(bool(cell.metadata.get("nbgrader", {}).get("grade")) for cell in release.cells)

    def release(self, notebook: str) -> Any:
        """Return a notebook as it was handed out, read once; not to be changed."""
        if notebook not in self._releases:
            text = self.exercise.release(notebook).read_text(encoding="utf-8")
            found = self._releases[notebook] = from_dict(
                json.loads(text)
            )  # it is ours: no need to validate it
            for cell in found.cells:
                cell.source = "".join(cell.source)  # Jupyter splits it at its line ends
        return self._releases[notebook]

    @cached_property
    def _folders(self) -> dict[str, str]:
        return {
            "tests": fingerprints.of_folder(self.exercise.tests),
            "given": fingerprints.of_folder(self.exercise.given),
        }

    def _replaced(self, notebook: str, facts: dict[str, Any], source: Path) -> bool:
        """Return whether the submitted notebook differs from the graded one, of which `facts` tells."""
        handed_in = facts.get("handed_in")
        if not handed_in:
            return False
        path = source / f"{notebook}.ipynb"
        found, _ = submission.look_for(path, self.release(notebook), self.known)
        return bool(handed_in != submission.fingerprint(found))

    def _changes(self, notebook: str, facts: dict[str, Any]) -> list[str]:
        kept = facts.get("fingerprint")
        return fingerprints.changes(kept if isinstance(kept, dict) else {}, self.now(notebook))


def facts_of(graded: Path) -> dict[str, Any]:
    """Read what a graded notebook keeps about its grading; nothing where it is unreadable."""
    try:
        found = _metadata(graded)["proctor"]
    except (OSError, UnreadableError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _metadata(graded: Path) -> Any:
    """Read a graded notebook's metadata, which Jupyter writes after the cells: outputs need not be parsed."""
    data = graded.read_bytes()
    _, found, rest = data.rpartition(b'\n "metadata": {')  # a text in JSON has no line ends
    with contextlib.suppress(ValueError, RecursionError):
        if found:
            return json.JSONDecoder().raw_decode("{" + rest.decode())[0]
    return json_of(data, graded.name)["metadata"]


def _stamp(graded: Path) -> dt.datetime | None:
    """Return when what was graded had been handed in; None where nothing says so."""
    try:
        found: dt.datetime | None = parse_utc((graded / STAMP).read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None
    return found
