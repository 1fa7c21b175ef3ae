"""Fingerprints of what a grade depends on: short hashes that tell which grades are stale.

A graded notebook keeps the fingerprints of what it was graded with. The lesson's prose is not among them. Beside them
stands nbgrader's checksum of a cell, without importing nbgrader, which takes a worker a second. WORDS
says by which fingerprint a grade is stale.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WORDS = {
    "tests": "the hidden tests have changed",
    "cells": "a graded cell or its points have changed",
    "given": "the given files have changed",
}
"""Reasons why a grade is stale, by fingerprint."""

UNKNOWN = "it is not known what it was graded with"


def of_folder(folder: Path) -> str:
    """Return the fingerprint of all Python files of a folder; of none, if there is no such folder."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def of_cells(release: Any, tests: Mapping[str, str]) -> str:
    """Return the fingerprint of a released notebook's graded cells: names, points, types and sources.

    Those of cells that hold tests come from the tests, by grade_id, with the hidden ones.
    """
    cells = []
    for cell in release.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade"):
            name = data["grade_id"]
            cells.append((name, float(data.get("points", 0)), cell.cell_type, tests.get(name, cell.source)))
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:16]


def changes(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what has changed since a notebook was graded, by the fingerprints that it keeps and the course's own."""
    if not set(WORDS) <= set(then):
        return [UNKNOWN]
    return [words for name, words in WORDS.items() if then[name] != now[name]]


def checksum(cell: Any) -> str:
    """Return nbgrader's checksum of a cell, by which it knows one that nobody has changed."""
    data = cell.metadata.nbgrader
    solution, grade = data.get("solution", False), data.get("grade", False)
    locked = False if solution else True if grade else data.get("locked", False)
    parts = [cell.source, cell.cell_type, grade, solution, locked, data["grade_id"]]
    if grade:
        parts.append(float(data["points"]))
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
