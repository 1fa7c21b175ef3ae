"""`nbgrader generate_assignment` and `generate_solution`, as adapters: what changes when an exercise is generated.

nbgrader refuses to add a graded cell once there are submissions, and removes a release before it can make a new one.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbgrader.converters
import nbgrader.preprocessors
from nbgrader.api import Comment, Grade, MissingEntry, Notebook
from nbgrader.converters import NbGraderException
from nbgrader.utils import rmtree
from traitlets import Bool, Dict, Unicode

from proctor.authoring.master import Master
from proctor.authoring.named_files import refuse_missing_files
from proctor.authoring.trial import require_full_points
from proctor.course import PICTURES, Exercise
from proctor.errors import GradebookError, UserError
from proctor.gradebook.database import in_words, open_gradebook
from proctor.gradebook.staging import STAGE
from proctor.grading.settings import Grading
from proctor.nbgrader_plugin.editions import refuse_incomplete
from proctor.nbgrader_plugin.finish_release import finish

SERVED_PICTURE = re.compile(rf"(?<=[\"'(<\s])files/(?={PICTURES}/)")


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
        forms: dict[str, Any] = {"grade": Grade, "solution": Comment, "source": None}
        for kind, form in forms.items():
            new, add = getattr(self, f"new_{kind}_cells"), getattr(self.gradebook, f"add_{kind}_cell")
            known = {cell.name for cell in getattr(notebook, f"{kind}_cells")}
            for name in sorted(set(new) - known):
                cell = add(name, self.notebook_id, self.assignment_id, **new[name])
                for submitted in notebook.submissions if form else ():
                    self.gradebook.db.add(form(cell_id=cell.id, notebook=submitted))
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


class PlainLinks(nbgrader.preprocessors.NbGraderPreprocessor):
    """Step that rewrites links to `files/img/...`, which only Jupyter of before 2015 knew, to `img/...`."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Rewrite the links of a notebook's Markdown (called by nbgrader's exporter)."""
        for cell in nb.cells:
            if cell.cell_type == "markdown":
                cell.source = SERVED_PICTURE.sub("", cell.source)
        return nb, resources


_STEPS = nbgrader.converters.GenerateAssignment.class_traits()["preprocessors"].default()
GENERATING = [
    PlainLinks,
    *(SaveCells if step is nbgrader.preprocessors.SaveCells else step for step in _STEPS),
]
"""The steps of generate_assignment: nbgrader's, but for new cells when submissions are in, and for links."""


class GenerateAssignment(nbgrader.converters.GenerateAssignment):
    """nbgrader's GenerateAssignment, which refuses what students should not get, and leaves nothing half made.

    Stock nbgrader removes the old release first: what an instructor got wrong would stop the grading, too.
    """

    stubs = Unicode(
        help="Folder in the release, such as src/layers, to which each solution cell is written as a module, NAME_0.py "
        "(in the solution NAME.py). Empty: nowhere."
    ).tag(config=True)
    check_solution = Bool(
        default_value=True,
        help="Whether the solution is run and judged first; without all of its points there is no release.",
    ).tag(config=True)
    check_files = Bool(
        default_value=True,
        help="Whether the pictures and files that a notebook names must be there; else there is no release.",
    ).tag(config=True)
    editions = Dict(
        help='Editions in other languages, as {"de": "editions/de"}: the folder beside a master notebook in which '
        "NAME.md has its translation. That of release/ is release_de/, that of solutions/ solutions_de/.",
    ).tag(config=True)

    def start(self) -> None:
        """Generate; put the old release back where that fails (called by the command and by the formgrader).

        Raises:
            NbGraderException: something is missing or wrong; the log says what.
        """
        try:
            self._refuse_faults()
            # In a tenth of the time that nbgrader takes to make the gradebook; a damaged one is refused.
            with in_words():
                open_gradebook(self.coursedir.db_url, self.coursedir.course_id).close()
        except (UserError, GradebookError) as error:
            self.log.error("%s There is no new release.", error)  # noqa: TRY400  - no traceback
            raise NbGraderException(str(error)) from None
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

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Complete the release first (called by nbgrader when the notebooks are written)."""
        folder = Path(self._format_dest(assignment_id, student_id))
        finish(folder, Exercise(assignment_id, self.coursedir), self.stubs, "_0", self.editions)
        super().set_permissions(assignment_id, student_id)

    def _refuse_faults(self) -> None:
        settings = Grading(config=self.config)
        exercise = Exercise(self.coursedir.assignment_id, self.coursedir, settings.tests_directory)
        for path in sorted(exercise.given.glob(f"{self.coursedir.notebook_id}.ipynb")):
            master = Master.read(path)
            if self.check_files:
                refuse_missing_files(master, exercise)
            refuse_incomplete(master, exercise, self.editions)
            if self.check_solution:
                require_full_points(exercise, master, settings.seed)


class GenerateSolution(nbgrader.converters.GenerateSolution):
    """nbgrader's GenerateSolution, with the pictures and modules that belong to the notebook."""

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Complete the solution first (called by nbgrader when the notebooks are written)."""
        folder = Path(self._format_dest(assignment_id, student_id))
        settings = GenerateAssignment(coursedir=self.coursedir, parent=self)
        finish(folder, Exercise(assignment_id, self.coursedir), settings.stubs, "", settings.editions)
        super().set_permissions(assignment_id, student_id)
