"""The gradebook as a database: it is opened only if it is whole, and what is wrong with it is one sentence."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from proctor.errors import GradebookError

if TYPE_CHECKING:
    from collections.abc import Iterator

ADVICE = (
    ("locked", "Another program holds it: wait until that has ended."),
    ("full", "The disk is full. Make room."),
    ("No space left on device", "The disk of its server is full. Make room."),
    ("connection", "Is its server running, and c.CourseDirectory.db_url right?"),
    ("readonly", "Give yourself the right to write it, and its folder."),
    ("unable to open", "Give yourself the right to read and write it, and its folder."),
    ("no such table", "It is not complete: put a backup in its place."),
    ("no such column", "It is of another version of nbgrader: `nbgrader db upgrade` may help."),
    ("no column named", "It is of another version of nbgrader: `nbgrader db upgrade` may help."),
    ("NOT NULL constraint", "It is of a newer version of nbgrader: install that one."),
    ("malformed", "It is damaged: put a backup in its place."),
    ("not a database", "It is damaged: put a backup in its place."),
)
"""Advice by a piece of what the database says."""


def open_gradebook(url: str, course_id: str = "default_course") -> Any:
    """Return nbgrader's gradebook, open; a new one is made where there is none.

    nbgrader makes the tables that it misses, empty: a gradebook that has lost one would look like one without grades.

    Raises:
        GradebookError: a table or a column is missing.
    """
    from nbgrader.api import Gradebook  # noqa: PLC0415  - takes a second, and not all commands need it

    if not check_whole(url):
        _create(url)
    return Gradebook(url, course_id)


def _create(url: str) -> None:
    """Make nbgrader's tables, and the mark of their version, for which nbgrader starts another Python."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from nbgrader.api import Base  # noqa: PLC0415
    from nbgrader.dbutil import ALEMBIC_DIR  # noqa: PLC0415
    from sqlalchemy import create_engine, text  # noqa: PLC0415

    version = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            Base.metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})
    finally:
        engine.dispose()


def check_whole(url: str) -> bool:
    """Return whether there is a gradebook, and raise if it lacks a table or a column of this version of nbgrader.

    Raises:
        GradebookError: it does.
    """
    from nbgrader.api import Base  # noqa: PLC0415  - as above
    from sqlalchemy import create_engine, inspect  # noqa: PLC0415  - as above

    engine = create_engine(url)
    try:
        found = {
            table: {column["name"] for column in columns}
            for (_, table), columns in inspect(engine).get_multi_columns().items()
        }
    finally:
        engine.dispose()
    for table in Base.metadata.sorted_tables if found else ():
        if table.name not in found:
            raise GradebookError(_advised(f"no such table: {table.name}"))
        for column in table.columns:
            if column.name not in found[table.name]:
                raise GradebookError(_advised(f"no such column: {table.name}.{column.name}"))
    return bool(found)


def explained(error: BaseException) -> str:
    """Return in one sentence what is wrong with the gradebook, and what to do; "" for errors of anything else."""
    if not type(error).__module__.startswith(("sqlalchemy", "sqlite3")):
        return ""
    return _advised(str(getattr(error, "orig", None) or error).splitlines()[0])


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """Turn the database's errors inside the block into one that says what to do.

    Raises:
        GradebookError: in place of the database's error.
    """
    try:
        yield
    except Exception as error:
        if not (sentence := explained(error)):
            raise
        raise GradebookError(sentence) from error


def _advised(said: str) -> str:
    advice = next((advice for words, advice in ADVICE if words in said), "")
    rest = f" {advice} The same command goes on." if advice else ""
    return f"The gradebook cannot be used ({said}).{rest}"
