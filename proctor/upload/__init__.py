"""Writes what a learning platform takes back: grades as its own table, feedback as its own zip.

:mod:`results` reads the grades and the pages of feedback, and says for whom something is missing; :mod:`moodle`,
:mod:`ilias` and :mod:`canvas` each know one platform's form of both, :mod:`grades` nbgrader's table.
"""

from __future__ import annotations


class UploadError(Exception):
    """Something cannot be returned as it is; says in one line what to do."""
