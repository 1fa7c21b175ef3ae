"""Builds submissions: the released notebook, with the solution cells filled in by one student or another.

One truth for the tests of the hidden tests, the diagnosis of misconceptions and the demo class::

    Submission.solved().write(folder)                                      # the solution, handed in
    Submission.release().replace("conv", source).write(folder)             # one part done
    Submission.solved().insert(source, before="conv").files["data.txt"] = b"..."
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from tests.exercise4.mistakes.solution import EXERCISE, PARTS, SOURCE, given_code, grade_id, solution, without_magics

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "release" / EXERCISE

SOLUTION = re.compile(r"^(?P<indent> *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION\n?", re.DOTALL | re.MULTILINE)
HIDDEN = re.compile(r"^ *### BEGIN HIDDEN TESTS\n.*?^ *### END HIDDEN TESTS\n?", re.DOTALL | re.MULTILINE)


@dataclass
class Submission:
    """Submission of one student: a notebook, and files beside it.

    Attributes:
        notebook: the notebook, a copy of the release until something is changed.
        files: other files by their path in the submission's folder.
    """

    notebook: nbformat.NotebookNode
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def release(cls) -> Submission:
        """Return the untouched release: as generated, or as it would be, from the master notebook."""
        generated = RELEASE / f"{EXERCISE}.ipynb"
        if generated.exists():
            return cls(nbformat.read(generated, as_version=4))
        notebook = nbformat.read(SOURCE / f"{EXERCISE}.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = HIDDEN.sub("", SOLUTION.sub(r"\g<indent>raise NotImplementedError\n", cell.source)).rstrip()
        return cls(notebook)

    @classmethod
    def solved(cls) -> Submission:
        """Return the release with the solution in its three cells."""
        submission = cls.release()
        for part, source in solution().items():
            submission.replace(part, source)
        return submission

    def cell(self, name: str) -> nbformat.NotebookNode:
        """Return the cell with a grade_id or id; KeyError if there is none."""
        for cell in self.notebook.cells:
            if name in (grade_id(cell), cell.get("id")):
                return cell
        raise KeyError(f"The notebook has no cell called {name!r}.")

    def replace(self, part: str, source: str) -> Submission:
        """Put other source into a cell; returns the submission itself, like all that change it."""
        self.cell(part).source = source.strip("\n")
        return self

    def insert(self, source: str, *, before: str = "", after: str = "", cell_type: str = "code") -> Submission:
        """Put a new cell before or after another one, named by its grade_id or id."""
        index = self.notebook.cells.index(self.cell(before or after)) + bool(after)
        new = getattr(nbformat.v4, f"new_{cell_type}_cell")(source.strip("\n"))
        new.id = f"student-{len(self.notebook.cells)}"
        self.notebook.cells.insert(index, new)
        return self

    def write(self, folder: Path) -> Path:
        """Write the submission into a folder, which is made; returns the path of the notebook."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{EXERCISE}.ipynb"
        nbformat.write(self.notebook, path)
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return path

    def sources(self) -> dict[str, str]:
        """Return the source of the three solution cells by their part."""
        return {part: self.cell(part).source for part in PARTS}

    def namespace(self) -> dict[str, Any]:
        """Run the student's cells within this process and return their names; for classes without a kernel.

        Graded cells, the set-up and other cells of the release are left out, and so is a first line with
        `%%writefile`: the cell is run instead of saved.
        """
        names: dict[str, Any] = {"__name__": "__main__"}
        with given_code():
            for cell in self.own_cells():
                exec(compile(without_magics(cell.source), cell.get("id", "cell"), "exec"), names)
        return names

    def own_cells(self) -> list[nbformat.NotebookNode]:
        """Return the code cells that this student has written: the parts, and those that the release does not have."""
        return [
            cell
            for cell in self.notebook.cells
            if cell.cell_type == "code" and (grade_id(cell) in PARTS or cell.get("id") not in _given())
        ]


@cache
def _given() -> frozenset[str]:
    """Return the ids of the release's cells."""
    return frozenset(cell.get("id") for cell in Submission.release().notebook.cells)
