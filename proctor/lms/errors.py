"""Errors of this package; each says in one line what is wrong, where, and what to do."""

from __future__ import annotations


class CollectError(Exception):
    """A download, a roster or a course cannot be used as it is."""


class ExportError(Exception):
    """Grades or feedback cannot be returned as they are."""
