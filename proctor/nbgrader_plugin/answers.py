"""Formgrader's page of one notebook's answers, cell by cell: equal ones stand together, each with links to its students.

It is at `formgrader/cells/ASSIGNMENT/NOTEBOOK`, and each graded cell on formgrader's pages links to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from jinja2 import Environment, PackageLoader
from nbgrader.server_extensions.formgrader.base import BaseHandler, check_notebook_dir, check_xsrf
from tornado import web

from proctor import submission
from proctor.errors import UnreadableError
from proctor.submission.reading import grade_id
from proctor.submission.structure import answered_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROUTE = r"/formgrader/cells/([^/]+)/([^/]+)/?"
MOST_SHOWN = 4_000
"""Characters of an answer that are shown."""


@dataclass(frozen=True)
class Answer:
    """A student's answer to a graded cell.

    Attributes:
        id: of the notebook in the gradebook, which formgrader's addresses have.
        number: by which formgrader calls the submission, from 1.
        text: what was written in the cells that the graded one is about.
        points, worth: given so far, and what can be earned.
        waits: whether somebody has to look at it.
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


class AnswersHandler(BaseHandler):
    """Page of the answers to a notebook's graded cells."""

    @web.authenticated
    @check_xsrf  # type: ignore[untyped-decorator]
    @check_notebook_dir  # type: ignore[untyped-decorator]
    def get(self, assignment: str, notebook: str) -> None:
        """Write the page (called by Jupyter's server)."""
        directory = self.coursedir
        release = (
            Path(directory.format_path(directory.release_directory, ".", assignment)) / f"{notebook}.ipynb"
        )
        if not release.is_file():
            raise web.HTTPError(404, f"There is no {notebook} in the release of {assignment}.")
        about = answered_in(nbformat.read(release, as_version=4))
        answers = self._answers(assignment, notebook, about)
        self.write(
            page(self.base_url, assignment, notebook, {name: grouped(each) for name, each in answers.items()})
        )

    def _answers(
        self, assignment: str, notebook: str, about: Mapping[str, tuple[str, ...]]
    ) -> dict[str, list[Answer]]:
        numbers = self.api.get_notebook_submission_indices(assignment, notebook)
        found: dict[str, list[Answer]] = {name: [] for name in about}
        for one in self.gradebook.notebook_submissions(notebook, assignment):
            if one.id not in numbers:
                continue
            texts = dict(self._texts(assignment, notebook, one.student.id))
            for grade in (each for each in one.grades if each.name in found):
                text = "\n\n".join(texts.get(name, "") for name in about[grade.name]).strip()
                facts = (float(grade.score), float(grade.max_score), bool(grade.needs_manual_grade))
                found[grade.name].append(Answer(one.id, numbers[one.id] + 1, text, *facts))
        return found

    def _texts(self, assignment: str, notebook: str, student: str) -> Iterator[tuple[str, str]]:
        """Yield the name and the text of the cells of a graded notebook that have a name."""
        directory = self.coursedir
        folder = Path(directory.format_path(directory.autograded_directory, student, assignment))
        try:
            cells = submission.read(folder / f"{notebook}.ipynb").cells
        except UnreadableError:
            return
        yield from ((name, cell.source) for cell in cells if (name := grade_id(cell)))


def page(base_url: str, assignment: str, notebook: str, cells: Mapping[str, list[list[Answer]]]) -> str:
    """Return the page as HTML; nothing that a student wrote is markup in it."""
    loader = PackageLoader("proctor.nbgrader_plugin", "templates/formgrader")
    template = Environment(loader=loader, autoescape=True).get_template("answers.html.j2")
    return template.render(base_url=base_url, assignment=assignment, notebook=notebook, cells=cells)
