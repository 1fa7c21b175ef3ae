"""What becomes of grades when an exercise changes after submissions are in.

nbgrader refuses to add a graded cell once there are submissions, and asks for a new review of each manual
score, whether or not anything has changed under it.
"""

from __future__ import annotations

from typing import Any

import nbgrader.preprocessors
from nbgrader.api import Comment, Grade, MissingEntry, Notebook
from nbgrader.converters import GenerateAssignment


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
    for step in GenerateAssignment.class_traits()["preprocessors"].default()
]
"""The steps of generate_assignment: nbgrader's, with this one."""


class SaveAutoGrades(nbgrader.preprocessors.SaveAutoGrades):
    """nbgrader's step, after which a reviewed manual score stays reviewed if the automatic one is the same."""

    def _add_score(self, cell: Any, resources: Any) -> None:
        place = (self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(cell.metadata.nbgrader["grade_id"], *place)
        before, decided = grade.auto_score, not grade.needs_manual_grade
        super()._add_score(cell, resources)
        if decided and grade.auto_score is not None and grade.auto_score == before:
            grade.needs_manual_grade = False
            self.gradebook.db.commit()
