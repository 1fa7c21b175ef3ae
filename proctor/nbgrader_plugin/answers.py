"""Pages that we add to formgrader.

- `formgrader/cells/ASSIGNMENT/NOTEBOOK`: one notebook's answers, cell by cell: equal ones stand together, each with
  links to its students. Each graded cell on formgrader's pages links to it.
- `formgrader/api/suggestions/SUBMISSION`: comments that are offered again, below the box of a cell.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import nbformat
from jinja2 import Environment, PackageLoader
from nbgrader.api import MissingEntry
from nbgrader.server_extensions.formgrader import base
from nbgrader.server_extensions.formgrader.base import check_notebook_dir, check_xsrf
from tornado import web

from proctor import submission
from proctor.course import Exercise
from proctor.errors import ExportError, UnreadableError
from proctor.lms.comments import suggestions
from proctor.submission.answered_cells import answered_in
from proctor.submission.reading import grade_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ROUTE = r"/formgrader/cells/([^/]+)/([^/]+)/?"
SUGGESTIONS = r"/formgrader/api/suggestions/([^/]+)"
MOST_SHOWN = 4_000
"""Characters of an answer that are shown."""


@dataclass(frozen=True)
class Answer:
    """A student's answer to a graded cell: what was written in the cells that it is about, and the points so far.

    The id is that of the notebook in the gradebook, which formgrader's addresses have; by the number, from 1, formgrader
    calls the submission. It `waits` if somebody has to look at it.
    """

    id: str
    number: int
    text: str
    points: float
    worth: float
    waits: bool

    @property
    def shown(self) -> str:
        """The text, as far as it is shown."""
        return self.text if len(self.text) <= MOST_SHOWN else f"{self.text[:MOST_SHOWN]} ..."


def grouped(answers: Iterable[Answer]) -> list[list[Answer]]:
    """Return answers in groups of equal ones: what most have written comes first, then in the order of the text."""
    groups: dict[str, list[Answer]] = {}
    for answer in sorted(answers, key=lambda one: one.number):
        groups.setdefault(_bare(answer.text), []).append(answer)
    return sorted(groups.values(), key=lambda group: (-len(group), _bare(group[0].text)))


def _bare(text: str) -> str:
    """Return what of a text counts when two are compared: no comments of their own line, no space, no case."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return " ".join(" ".join(lines).casefold().split())


class AnswersHandler(base.BaseHandler):
    """Page of the answers to a notebook's graded cells."""

    @web.authenticated
    @check_xsrf  # type: ignore[untyped-decorator]
    @check_notebook_dir  # type: ignore[untyped-decorator]
    def get(self, assignment: str, notebook: str) -> None:
        """Write the page (called by Jupyter's server)."""
        exercise = Exercise(assignment, self.coursedir)
        release = exercise.release(notebook)
        if not release.is_file():
            raise web.HTTPError(404, f"There is no {notebook} in the release of {assignment}.")
        about = answered_in(nbformat.read(release, as_version=4))
        answers = self._answers(exercise, notebook, about)
        groups = {name: grouped(each) for name, each in answers.items()}
        self.write(page(self.base_url, assignment, notebook, groups))

    def _answers(
        self, exercise: Exercise, notebook: str, about: Mapping[str, tuple[str, ...]]
    ) -> dict[str, list[Answer]]:
        numbers = self.api.get_notebook_submission_indices(exercise.name, notebook)
        found: dict[str, list[Answer]] = {name: [] for name in about}
        for one in self.gradebook.notebook_submissions(notebook, exercise.name):
            if one.id not in numbers:
                continue
            texts = _texts(exercise.graded(one.student.id) / f"{notebook}.ipynb")
            for grade in (each for each in one.grades if each.name in found):
                text = "\n\n".join(texts.get(name, "") for name in about[grade.name]).strip()
                facts = (float(grade.score), float(grade.max_score), bool(grade.needs_manual_grade))
                found[grade.name].append(Answer(one.id, numbers[one.id] + 1, text, *facts))
        return found


def _texts(path: Path) -> dict[str, str]:
    """Return the texts of the cells of a graded notebook that have a name."""
    try:
        return {grade_id(cell): cell.source for cell in submission.read(path).cells if grade_id(cell)}
    except UnreadableError:
        return {}


class SuggestionsHandler(base.BaseApiHandler):
    """Comments for one submission, by cell, that were written to others who made the same mistake.

    They are JSON, which the script on formgrader's page asks for.
    """

    @web.authenticated
    @check_xsrf  # type: ignore[untyped-decorator]
    @check_notebook_dir  # type: ignore[untyped-decorator]
    def get(self, submission_id: str) -> None:
        """Write the comments (called by Jupyter's server)."""
        try:
            notebook = self.gradebook.find_submission_notebook_by_id(submission_id)
            exercise = Exercise(notebook.assignment.assignment.name, self.coursedir)
            found = suggestions(exercise, notebook.student.id)
        except (MissingEntry, ExportError) as error:
            raise web.HTTPError(404, str(error)) from None
        self.write(json.dumps(found))


def page(base_url: str, assignment: str, notebook: str, cells: Mapping[str, list[list[Answer]]]) -> str:
    """Return the page as HTML; nothing that a student wrote is markup in it."""
    loader = PackageLoader("proctor.nbgrader_plugin", "templates/formgrader")
    template = Environment(loader=loader, autoescape=True).get_template("answers.html.j2")
    return template.render(base_url=base_url, assignment=assignment, notebook=notebook, cells=cells)
