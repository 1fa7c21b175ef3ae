"""A master notebook: its graded cells and its solution, and copies of it in which it can be run."""

from __future__ import annotations

import copy
import re
import shutil
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proctor.course import Exercise

MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
HIDDEN = re.compile(r"^ *### BEGIN HIDDEN TESTS\n.*?^ *### END HIDDEN TESTS\n?", re.DOTALL | re.MULTILINE)
STUB = re.compile(r"^(?P<indent> *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION", re.DOTALL | re.MULTILINE)
UNDONE = "# YOUR CODE HERE\n{indent}raise NotImplementedError()"
"""Stub that nbgrader's ClearSolutions writes for Python."""


@dataclass(frozen=True)
class Master:
    """A master notebook of an exercise: the file, and its content, which is not to be changed."""

    path: Path
    notebook: Any

    @classmethod
    def read(cls, path: Path) -> Master:
        """Read a master notebook; what is no notebook is a UserError."""
        try:
            return cls(path, nbformat.read(path, as_version=4))
        except (ValueError, KeyError, AttributeError, TypeError) as error:  # nbformat's many ways to say it
            raise UserError(f"{path} is no Jupyter notebook: {str(error).splitlines()[0][:200]}") from None

    @property
    def name(self) -> str:
        """The notebook's name."""
        return self.path.stem

    @property
    def is_python(self) -> bool:
        """Whether its cells are Python: others are not graded, so nothing can be said of them."""
        return str(self.notebook.metadata.get("kernelspec", {}).get("language", "python")).lower() == "python"

    @cached_property
    def graded(self) -> dict[str, Any]:
        """The cells that are graded by tests, by grade_id."""
        found = [(cell, data) for cell, data in self._cells() if data.get("grade")]
        return {data["grade_id"]: cell for cell, data in found if not data.get("solution")}

    @cached_property
    def solutions(self) -> dict[str, str]:
        """The sources of the code cells that students fill in, by grade_id, markers included."""
        return {data["grade_id"]: cell.source for cell, data in self._cells() if data.get("solution")}

    @property
    def misplaced(self) -> dict[str, str]:
        """The markers of nbgrader's in cells that it does not know as such cells, by the cell's name."""
        found = {}
        for number, cell in enumerate(self.notebook.cells, 1):
            data = cell.metadata.get("nbgrader", {})
            for marker, kind in (("SOLUTION", "solution"), ("HIDDEN TESTS", "grade")):
                if re.search(rf"^ *### BEGIN {marker}$", cell.source, re.MULTILINE) and not data.get(kind):
                    found[cell_name(number, cell)] = f"### BEGIN {marker}"
        return found

    def solved(self) -> Any:
        """Return the notebook as a student hands it in who has the solution."""
        return self._changed(partial(MARKER.sub, ""))

    def released(self) -> Any:
        """Return the notebook as a student hands it in who has written nothing."""
        return self._changed(_stub)

    def _changed(self, change: Any) -> Any:
        notebook = copy.deepcopy(self.notebook)
        for cell in (each for each in notebook.cells if each.cell_type == "code"):
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = change(cell.source)
            cell.outputs, cell.execution_count = [], None
        return notebook

    def _cells(self) -> Iterator[tuple[Any, Any]]:
        """Yield the code cells that nbgrader knows, each with what it notes there."""
        for cell in self.notebook.cells:
            data = cell.metadata.get("nbgrader")
            if cell.cell_type == "code" and data and data.get("grade_id"):
                yield cell, data


def cell_name(number: int, cell: Any) -> str:
    """Return what an instructor knows a cell by: its grade_id, its id, or its number."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id") or f"cell {number}")


def masters(exercise: Exercise) -> list[Master]:
    """Return the master notebooks of an exercise; none is a UserError."""
    found = sorted(exercise.given.glob("*.ipynb"))
    if not found:
        raise UserError(f"{exercise.given} holds no notebook: that is where the master notebook belongs.")
    return [Master.read(path) for path in found]


def copy_files(exercise: Exercise, target: Path) -> Path:
    """Copy the files of an exercise, and the course's pictures, into a new folder; return the folder."""
    ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.ipynb")
    shutil.copytree(exercise.given, target, ignore=ignored)
    if exercise.pictures.is_dir():
        shutil.copytree(exercise.pictures, target / exercise.pictures.name, dirs_exist_ok=True)
    return target


def _stub(source: str) -> str:
    """Return what nbgrader hands out for a solution cell; without markers the whole cell is the solution."""
    if not MARKER.search(source):
        return UNDONE.format(indent="")
    return STUB.sub(lambda found: found["indent"] + UNDONE.format(indent=found["indent"]), source)
