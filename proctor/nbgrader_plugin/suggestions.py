"""Comments that formgrader offers again, below the box of a cell whose mistake others have made, too.

They are at `formgrader/api/suggestions/SUBMISSION`, as JSON, which the script on formgrader's page asks for.
"""

from __future__ import annotations

import json

from nbgrader.api import MissingEntry
from nbgrader.server_extensions.formgrader.base import BaseApiHandler, check_notebook_dir, check_xsrf
from tornado import web

from proctor.course import Exercise
from proctor.errors import ExportError
from proctor.lms.comments import suggestions

ROUTE = r"/formgrader/api/suggestions/([^/]+)"


class SuggestionsHandler(BaseApiHandler):
    """Comments for one submission, by cell."""

    @web.authenticated
    @check_xsrf  # type: ignore[untyped-decorator]
    @check_notebook_dir  # type: ignore[untyped-decorator]
    def get(self, submission_id: str) -> None:
        """Write the comments (called by Jupyter's server)."""
        try:
            notebook = self.gradebook.find_submission_notebook_by_id(submission_id)
            assignment, student = notebook.assignment.assignment.name, notebook.student.id
            found = suggestions(Exercise(assignment, self.coursedir), student)
        except (MissingEntry, ExportError) as error:
            raise web.HTTPError(404, str(error)) from None
        self.write(json.dumps(found))
