"""Graded cells with tests of their own: recognised by their source, without an import of what judges them."""

from __future__ import annotations

import ast
import re

_OURS = re.compile(r"^[^#\n]*\bproctor\b[^#\n]*\bnotebook\b", re.MULTILINE)
"""An import of :func:`proctor.grading.notebook.grade`: the cell's tests are a hidden test class."""


def holds_tests(source: str) -> bool:
    """Return whether a graded cell has tests of its own.

    A cell has none that calls :func:`proctor.grading.notebook.grade`, since its tests are a class; and none in which
    only comments, constants and `pass` stand: it would earn its points without a test.
    """
    if _OURS.search(source):
        return False
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):  # a magic, a shell command, another language
        return any(not line.startswith("#") for line in lines_of(source))
    return not all(_does_nothing(statement) for statement in statements)


def _does_nothing(statement: ast.stmt) -> bool:
    constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return constant or isinstance(statement, ast.Pass)


def lines_of(source: str) -> frozenset[str]:
    """Return the lines of a source that have something on them."""
    return frozenset(line.strip() for line in source.splitlines() if line.strip())
