"""A PostgreSQL server of the tests' own: on a socket in a folder of its own, without network, gone with its block."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

DEBIAN = "/usr/lib/postgresql/*/bin"
"""Where Debian's package puts the server, which is on nobody's PATH."""
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "30",
    "log_checkpoints": "off",
    "log_min_messages": "log",
    "autovacuum": "off",
}


def why_not() -> str:
    """Return why no server can be started here, or ""."""
    try:
        import psycopg  # noqa: F401  - an extra; it needs the system's libpq
    except ImportError as error:
        return f"no PostgreSQL: {error}"
    if _programs() is None:
        return "no PostgreSQL: there is no initdb (Debian's package postgresql)"
    return ""


@dataclass(frozen=True)
class Server:
    """A running server; its folder holds its socket."""

    folder: Path

    def url(self, database: str) -> str:
        """Return the URL of a database, as SQLAlchemy takes it."""
        return f"postgresql+psycopg://proctor@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database, in place of one of that name, as a copy of a template; return its URL."""
        with self._connection() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {database} TEMPLATE {template}"))
        return self.url(database)

    def connections(self, database: str) -> int:
        """Return how many connections to a database are open."""
        with self._connection() as connection:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
            return int(connection.execute(query, {"name": database}).scalar_one())

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it at the end of the block; nothing of it is left."""
    programs, user = _programs(), _user()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as place:  # a socket's path must be short
        if user is not None:
            shutil.chown(place, user)
        data = f"{place}/data"
        initdb = [
            programs / "initdb",
            "--no-sync",
            "--auth=trust",
            "--username=proctor",
            "--encoding=UTF8",
            data,
        ]
        subprocess.run(initdb, cwd=place, user=user, check=True, capture_output=True)
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = [programs / "postgres", "-D", data, f"-cunix_socket_directories={place}", *options]
        with subprocess.Popen(command, cwd=place, user=user, stderr=subprocess.PIPE, text=True) as process:
            try:
                assert process.stderr is not None
                said = next((line for line in process.stderr if "ready to accept" in line), "")
                assert said, "the server ended before it was ready"
                yield Server(Path(place))
            finally:
                process.send_signal(signal.SIGQUIT)  # at once, without a checkpoint
                process.communicate()


def rows_of(url: str, queries: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    """Return what a database answers to each query."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return {
                name: [tuple(row) for row in connection.execute(text(query))]
                for name, query in queries.items()
            }
    finally:
        engine.dispose()


def _programs() -> Path | None:
    """Return the folder of the server's programs: of the PATH, or the newest of Debian's."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/").glob(DEBIAN[1:]), default=None, key=lambda path: int(path.parent.name))


def _user() -> str | None:
    """Return as whom to run the server, which refuses to be root's."""
    if os.geteuid() != 0:
        return None
    return next(each.pw_name for each in pwd.getpwall() if each.pw_name in ("postgres", "nobody"))
