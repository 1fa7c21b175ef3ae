"""Formgrader's page of a submission, which runs nothing of it and loads nothing from elsewhere.

Formulas are MathML, so that MathJax need not come from elsewhere. The notebooks that we grade are sanitized. Here
they are sanitized again, for those that were graded by other means, or before. nbgrader_config.py puts this in place.
"""

from __future__ import annotations

from typing import Any

from jinja2 import PackageLoader, pass_context
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler, default_handlers

from proctor.feedback.markdown import code, markdown
from proctor.feedback.reports import reports_of, show_report, without_report
from proctor.nbgrader_plugin.answers import ROUTE, SUGGESTIONS, AnswersHandler, SuggestionsHandler
from proctor.submission.sanitize import clean_outputs, shorten_sources

MAX_SHOWN = 400_000
"""Characters of a submission's text and code on a page."""


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """Render a cell's Markdown for formgrader (called by its template)."""
    cell = context.get("cell", {})
    return f"<div>{markdown(source, cell.get('attachments'))}</div>"


def highlight_code(source: str, **_: Any) -> str:
    """Colour a cell's code in the time that a page may take (called by formgrader's template)."""
    return code(source)


class Sanitize(Preprocessor):
    """Sanitizes what formgrader is about to render; only report cards stay as they are, and are drawn anew."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call]
        if self.parent is not None:
            # nbconvert's own loaders come after these, whatever formgrader sets.
            self.parent.extra_loaders = [PackageLoader("proctor.nbgrader_plugin", "templates/formgrader")]

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook without anything that a browser would run or load (called by the exporter)."""
        found = reports_of(nb)
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = without_report(cell)
        clean_outputs(nb)
        shorten_sources(nb, MAX_SHOWN)
        nb.metadata = NotebookNode(language_info={"name": "python", "pygments_lexer": "ipython3"})
        for cell in nb.cells:
            cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k == "nbgrader"})
            report = found.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if report is not None and cell.metadata.nbgrader.get("grade"):
                show_report(cell, report)
        return nb, resources


def add_pages() -> None:
    """Let formgrader serve our pages, too (called by the configuration, before formgrader is loaded)."""
    known = {route for route, *_ in default_handlers}
    ours = ((ROUTE, AnswersHandler), (SUGGESTIONS, SuggestionsHandler))
    default_handlers.extend(each for each in ours if each[0] not in known)


def sandbox_files() -> None:
    """Let formgrader serve a submission's own files without trust: a page among them runs no script.

    Otherwise `.../formgrader/submissions/ID/page.html` would be a page of the grader's Jupyter server.
    """
    policy = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
    SubmissionFilesHandler.content_security_policy = property(lambda _: policy)
