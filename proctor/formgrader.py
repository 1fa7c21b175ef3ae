"""Makes nbgrader's formgrader show submissions without obeying them; nbgrader_config.py puts this in its place.

The notebooks that we grade hold nothing harmful in their outputs. They are cleaned here once more, for those
that were graded by other means, or before.
"""

from __future__ import annotations

from typing import Any

from jinja2 import pass_context
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbgrader.server_extensions.formgrader.handlers import SubmissionFilesHandler

from proctor.rendering import markdown
from proctor.reports import reports_of, show_report
from proctor.submission.sanitize import clean_outputs


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """Render a cell's Markdown for formgrader, whose MathJax is told to leave it alone (called by its template)."""
    cell = context.get("cell", {})
    return f'<div class="tex2jax_ignore mathjax_ignore">{markdown(source, cell.get("attachments"))}</div>'


class Harmless(Preprocessor):
    """Cleans what formgrader is about to render; only report cards stay as they are, and are drawn anew."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with nothing in it that a browser would obey (called by the exporter)."""
        found = reports_of(nb)
        clean_outputs(nb)
        nb.metadata = NotebookNode(language_info={"name": "python", "pygments_lexer": "ipython3"})
        for cell in nb.cells:
            cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k == "nbgrader"})
            report = found.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if report is not None and cell.metadata.nbgrader.get("grade"):
                show_report(cell, report)
        return nb, resources


def sandbox_files() -> None:
    """Let formgrader hand out a submission's own files as strangers: a page among them runs no script.

    Otherwise `.../formgrader/submissions/ID/page.html` would be a page of the grader's Jupyter server.
    """
    policy = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"
    SubmissionFilesHandler.content_security_policy = property(lambda _: policy)
