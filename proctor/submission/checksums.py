"""nbgrader's checksum of a cell, without importing nbgrader, which takes a worker a second."""

from __future__ import annotations

import hashlib
from typing import Any


def checksum(cell: Any) -> str:
    """Return nbgrader's checksum of a cell, by which it knows one that nobody has changed."""
    data = cell.metadata.nbgrader
    solution, grade = data.get("solution", False), data.get("grade", False)
    locked = False if solution else True if grade else data.get("locked", False)
    parts = [cell.source, cell.cell_type, grade, solution, locked, data["grade_id"]]
    if grade:
        parts.append(float(data["points"]))
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()
