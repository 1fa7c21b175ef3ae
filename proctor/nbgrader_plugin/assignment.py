"""Changes to a gradebook and a release when an exercise is generated again.

nbgrader refuses to add a graded cell once there are submissions, and removes a release before it can make a new one.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbgrader.converters
import nbgrader.preprocessors
from nbgrader.api import Comment, Grade, MissingEntry, Notebook
from nbgrader.utils import rmtree

from proctor.gradebook.staging import STAGE


class SaveCells(nbgrader.preprocessors.SaveCells):
    """nbgrader's step, which also takes new cells when there are submissions (part of generate_assignment).

    Removing a cell that has grades is still refused: grades would be lost.
    """

    def _create_notebook(self, nb: Any) -> None:
        try:
            notebook = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        except MissingEntry:
            notebook = None
        if notebook is not None and notebook.submissions:
            self._refuse_to_lose_grades(notebook)
            self._add_cells(notebook)
        super()._create_notebook(nb)

    def _refuse_to_lose_grades(self, notebook: Notebook) -> None:
        lost = {cell.name for cell in notebook.grade_cells} - set(self.new_grade_cells)
        if lost:
            raise RuntimeError(
                f"{self.notebook_id}: {', '.join(sorted(lost))} would go, and "
                f"{len(notebook.submissions)} submissions have grades there. Put the cell back, worth 0 points."
            )

    def _add_cells(self, notebook: Notebook) -> None:
        """Add the cells that the gradebook does not know, with a grade or comment to fill in for everybody."""
        place = (self.notebook_id, self.assignment_id)
        known = {cell.name for cell in notebook.grade_cells}
        for name in sorted(set(self.new_grade_cells) - known):
            cell = self.gradebook.add_grade_cell(name, *place, **self.new_grade_cells[name])
            for submitted in notebook.submissions:
                self.gradebook.db.add(Grade(cell_id=cell.id, notebook=submitted))
        known = {cell.name for cell in notebook.solution_cells}
        for name in sorted(set(self.new_solution_cells) - known):
            cell = self.gradebook.add_solution_cell(name, *place, **self.new_solution_cells[name])
            for submitted in notebook.submissions:
                self.gradebook.db.add(Comment(cell_id=cell.id, notebook=submitted))
        known = {cell.name for cell in notebook.source_cells}
        for name in sorted(set(self.new_source_cells) - known):
            self.gradebook.add_source_cell(name, *place, **self.new_source_cells[name])
        self._remove_without_grades(notebook)
        self.gradebook.db.commit()

    def _remove_without_grades(self, notebook: Notebook) -> None:
        """Remove cells that hold nothing of a student's: source cells, and solution cells without a comment."""
        for cell in notebook.source_cells:
            if cell.name not in self.new_source_cells:
                self.gradebook.db.delete(cell)
        for cell in notebook.solution_cells:
            if cell.name not in self.new_solution_cells and not any(c.comment for c in cell.comments):
                self.gradebook.db.delete(cell)


GENERATING = [
    SaveCells if step is nbgrader.preprocessors.SaveCells else step
    for step in nbgrader.converters.GenerateAssignment.class_traits()["preprocessors"].default()
]
"""The steps of generate_assignment: nbgrader's, with this one."""


class GenerateAssignment(nbgrader.converters.GenerateAssignment):
    """nbgrader's GenerateAssignment, which leaves the old release where it cannot make a new one.

    Stock nbgrader removes it first: what an instructor got wrong would stop the grading, too.
    """

    def start(self) -> None:
        """Generate; put the old release back where that fails."""
        release = Path(self._format_dest(self.coursedir.assignment_id, "."))
        if not release.is_dir():
            super().start()
            return
        with tempfile.TemporaryDirectory(dir=release.parent, prefix=STAGE) as folder:
            kept = shutil.copytree(release, Path(folder) / "kept")
            try:
                super().start()
            except BaseException:
                if release.exists():
                    rmtree(str(release))
                kept.rename(release)
                raise
