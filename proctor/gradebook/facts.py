"""Facts of a gradebook that a command needs before it knows whether there is anything to do; nothing is written.

Plain SQL, which SQLite and PostgreSQL both understand: nbgrader's models and SQLAlchemy take most of a second to
import, so a gradebook in an SQLite file is read without them.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Query = Callable[[str], list[Any]]
    """Function that runs SQL with the assignment's name as `:name`, and returns the rows."""

SQLITE = "sqlite:///"

_NOTEBOOKS = """
    SELECT notebook.name FROM notebook JOIN assignment ON assignment.id = notebook.assignment_id
    WHERE assignment.name = :name ORDER BY notebook.name"""
_SOURCES = """
    SELECT notebook.name, source_cell.name, source_cell.source
    FROM notebook
    JOIN assignment ON assignment.id = notebook.assignment_id
    JOIN source_cell ON source_cell.notebook_id = notebook.id
    JOIN base_cell ON base_cell.notebook_id = notebook.id AND base_cell.name = source_cell.name
    JOIN grade_cells ON grade_cells.id = base_cell.id
    WHERE assignment.name = :name"""
_GRADED = """
    SELECT submitted_assignment.student_id
    FROM submitted_assignment JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    WHERE assignment.name = :name"""
_REVIEW = """
    SELECT DISTINCT submitted_assignment.student_id
    FROM submitted_assignment
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
    JOIN grade ON grade.notebook_id = submitted_notebook.id
    WHERE assignment.name = :name AND grade.needs_manual_grade"""
_LATE = """
    SELECT COUNT(*)
    FROM submitted_assignment
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    JOIN submitted_notebook ON submitted_notebook.assignment_id = submitted_assignment.id
    WHERE assignment.name = :name AND (
        submitted_assignment.timestamp > assignment.duedate OR submitted_notebook.late_submission_penalty <> 0)"""
_COLUMNS = """
    SELECT grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade, comment.auto_comment,
        comment.manual_comment, submitted_assignment.extension, student.id
    FROM grade, comment, submitted_assignment, student WHERE 1 = 0"""
"""Columns that grading will read and write: if the gradebook is damaged or of another version, the database says so."""


@dataclass(frozen=True)
class Facts:
    """Facts of a gradebook about one assignment.

    Attributes:
        assignments: the names of all that it knows.
        notebooks: the names of those that the assignment consists of.
        sources: the source of each graded cell with its hidden tests, by notebook and grade_id. nbgrader keeps them
            when it generates an assignment; the notebook that students get has them no more.
        graded: students whose submission it has.
        to_review: students with a score that somebody is to look at.
        late: whether anybody is late, or has a penalty; if not, no penalty needs to be counted.
    """

    assignments: tuple[str, ...] = ()
    notebooks: tuple[str, ...] = ()
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    graded: frozenset[str] = frozenset()
    to_review: frozenset[str] = frozenset()
    late: bool = False


def read_facts(url: str, assignment: str) -> Facts:
    """Read the facts about an assignment; there are none in a gradebook that is not there yet."""
    with _opened(url, assignment) as query:
        if query is None:
            return Facts()
        query(_COLUMNS)
        sources: dict[str, dict[str, str]] = {}
        for notebook, cell, source in query(_SOURCES):
            sources.setdefault(notebook, {})[cell] = source or ""
        return Facts(
            assignments=tuple(name for (name,) in query("SELECT name FROM assignment ORDER BY name")),
            notebooks=tuple(name for (name,) in query(_NOTEBOOKS)),
            sources=sources,
            graded=frozenset(student for (student,) in query(_GRADED)),
            to_review=frozenset(student for (student,) in query(_REVIEW)),
            late=bool(query(_LATE)[0][0]),
        )


def known_students(url: str) -> frozenset[str]:
    """Return the ids of all students in a gradebook, which grading has no need of."""
    with _opened(url, "") as query:
        return frozenset(student for (student,) in query("SELECT id FROM student")) if query else frozenset()


@contextlib.contextmanager
def _opened(url: str, name: str) -> Iterator[Query | None]:
    """Lend what queries a gradebook; None if it has no tables, or is a file that is not there."""
    file = url.removeprefix(SQLITE)
    if url.startswith(SQLITE) and "?" not in file:
        if not Path(file).exists():
            yield None
            return
        # Not read-only: after a command that was killed, SQLite first undoes what that had half written.
        with contextlib.closing(sqlite3.connect(f"file:{quote(file)}?mode=rw", uri=True)) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
            yield (lambda sql: connection.execute(sql, {"name": name}).fetchall()) if tables else None
        return
    from sqlalchemy import create_engine, inspect, text

    engine = create_engine(url)
    try:
        with engine.connect() as server:
            tables = inspect(server).get_table_names()
            yield (lambda sql: list(server.execute(text(sql), {"name": name}))) if tables else None
    finally:
        engine.dispose()
