"""Which grades are stale, and why: they were made with other tests, points or files than the course has now."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from proctor import submission
from proctor.autograde import Execute, Restore
from proctor.submission import fingerprints

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Freshness:
    """Compares graded notebooks with a course as it is; read once, when first needed."""

    def __init__(self, parent: Any, assignment: str, notebook: str) -> None:
        self._parent, self._assignment, self._notebook = parent, assignment, notebook

    @cached_property
    def now(self) -> dict[str, str]:
        """The fingerprints of what a submission would be graded with."""
        restore = Restore(parent=self._parent)
        return {
            "tests": fingerprints.of_folder(Execute(parent=self._parent).tests(self._assignment)),
            "cells": fingerprints.of_cells(self.release),
            "given": fingerprints.of_folder(restore.given(self._assignment)),
        }

    @cached_property
    def release(self) -> Any:
        """The notebook that students got."""
        return Restore(parent=self._parent).release(self._assignment, self._notebook)

    def reasons(self, facts: Mapping[str, Any]) -> list[str]:
        """Say why a grade is stale, by the facts of its notebook; nothing if it is still good."""
        kept = facts.get("fingerprint")
        return fingerprints.changes(kept if isinstance(kept, dict) else {}, self.now)


def replaced(facts: Mapping[str, Any], submitted: Path, release: Any) -> bool:
    """Return whether a submitted notebook is another one than that which was graded, by the facts of the latter."""
    handed_in = facts.get("handed_in")
    return bool(handed_in) and handed_in != submission.fingerprint(submission.look_for(submitted, release)[0])


def facts_of(graded: Path) -> dict[str, Any]:
    """Read what a graded notebook keeps about its grading; nothing where it is unreadable."""
    try:
        found = json.loads(graded.read_bytes())["metadata"]["proctor"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
