"""Which answers the graded cells of a notebook are about."""

from __future__ import annotations

from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from proctor.submission.answered_cells import answered_in

CELLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("orphan", {"grade": True}),
    ("layer", {"solution": True}),
    ("helper", {"solution": True}),
    ("forward", {"grade": True}),
    ("in_code", {"solution": True, "grade": True}),
    ("backward", {"grade": True}),
    ("next", {"solution": True}),
    ("task", {"task": True}),
    ("last", {"grade": True}),
)


def test_what_a_graded_cell_is_about() -> None:
    """Tests are about the solution cells since the graded cell before them; what is graded itself, about itself."""
    cells = [new_markdown_cell("# Title")]
    cells += [new_code_cell("", metadata={"nbgrader": {"grade_id": name, **kind}}) for name, kind in CELLS]
    assert answered_in(new_notebook(cells=cells)) == {
        "orphan": (), "forward": ("layer", "helper"), "in_code": ("in_code",), "backward": ("layer", "helper"),
        "task": ("task",), "last": ("next",),
    }  # fmt: skip
