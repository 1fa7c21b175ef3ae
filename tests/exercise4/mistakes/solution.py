"""The solution of the exercise, read from the master notebook; its cells run within this process."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterator

EXERCISE = "exercise4"
SOURCE = Path(__file__).resolve().parents[3] / "source" / EXERCISE
PARTS = {
    "activation_functions": "src/layers/activation_functions.py",
    "initializers": "src/layers/initializers.py",
    "conv": "src/layers/conv.py",
}
"""The parts by the grade_id of their solution cell, and the file that a cell saved with %%writefile writes."""
MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


def grade_id(cell: nbformat.NotebookNode) -> str:
    """Return the grade_id of a cell, or "" if it has none."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def solution() -> dict[str, str]:
    """Return the solution of each part: the master notebook's cells without the markers."""
    return dict(_solution())


@cache
def _solution() -> dict[str, str]:
    notebook = nbformat.read(SOURCE / f"{EXERCISE}.ipynb", as_version=4)
    return {grade_id(cell): MARKER.sub("", cell.source) for cell in notebook.cells if grade_id(cell) in PARTS}


def reference() -> dict[str, Any]:
    """Run the solution of all parts, and return the names that it defines."""
    return names_of("\n".join(solution().values()))


def names_of(source: str) -> dict[str, Any]:
    """Run the source of one cell within this process and return the names that it defines."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with given_code():
        exec(compile(without_magics(source), "cell", "exec"), names)
    return names


def without_magics(source: str) -> str:
    """Return source with IPython's magic lines made comments."""
    return re.sub(r"^(\s*)([%!])", r"\1# \2", source, flags=re.MULTILINE)


@contextmanager
def given_code() -> Iterator[None]:
    """Make the given `src` package importable, as it is for a notebook in the exercise's folder."""
    sys.path.insert(0, str(SOURCE))
    try:
        yield
    finally:
        sys.path.remove(str(SOURCE))
