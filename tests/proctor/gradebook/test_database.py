"""A gradebook that we make is the one that nbgrader makes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from nbgrader.api import Gradebook

from proctor.gradebook.database import open_gradebook

if TYPE_CHECKING:
    from pathlib import Path


def content(path: Path) -> list[str]:
    """Return all that a database holds, as SQL, in an order of its own."""
    with sqlite3.connect(path) as database:
        return sorted(database.iterdump())


def test_a_new_gradebook_is_nbgraders_own(tmp_path: Path) -> None:
    """Tables, indices, the version for `nbgrader db upgrade`, and the course are the same."""
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    open_gradebook(f"sqlite:///{ours}", "made-up").close()
    Gradebook(f"sqlite:///{theirs}", "made-up").close()
    assert content(ours) == content(theirs)


def test_an_old_gradebook_stays_what_it_is(tmp_path: Path) -> None:
    """Nothing is made twice, and no version written over another."""
    path = tmp_path / "gradebook.db"
    open_gradebook(f"sqlite:///{path}", "made-up").close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = 'older'")
    before = content(path)
    open_gradebook(f"sqlite:///{path}", "made-up").close()
    assert content(path) == before
