"""Answers that the graded cells of a released notebook are about."""

from __future__ import annotations

from typing import Any


def answered_in(release: Any) -> dict[str, tuple[str, ...]]:
    """Return which cells each graded cell of a release is about, by their grade_ids.

    A cell that is filled in and graded is about itself; one with tests, about the solution cells before it, back to
    the graded cell before those.
    """
    found: dict[str, tuple[str, ...]] = {}
    before: list[str] = []
    tested = True
    for cell in release.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("task") or (data.get("solution") and data.get("grade")):
            found[data["grade_id"]] = (data["grade_id"],)
        elif data.get("solution"):
            before = [*([] if tested else before), data["grade_id"]]
            tested = False
        elif data.get("grade"):
            found[data["grade_id"]] = tuple(before)
            tested = True
    return found
