"""A home folder of its own for what a test starts: nothing of the user's is touched, and what is left is found.

Servers, kernels and browsers get a home, a runtime folder and a temporary folder in it. So they neither
read nor write the user's settings, and whatever they leave behind is known by these folders.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GRACE = 10
"""Seconds for a process that was told to end."""


class LeftoverError(AssertionError):
    """Something was still there when all should have been gone."""


@dataclass(frozen=True)
class ScratchHome:
    """A folder for everything that a server and a browser write; its path is short, as sockets lie in it."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """The environment of what runs here: the user's, without all that leads to the user's own files."""
        mine = ("JUPYTER", "IPYTHON", "XDG")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
        folders = {
            "HOME": "home",
            "TMPDIR": "tmp",
            "XDG_RUNTIME_DIR": "run",
            "JUPYTER_CONFIG_DIR": "home/config",
            "JUPYTER_DATA_DIR": "home/data",
            "JUPYTER_RUNTIME_DIR": "home/runtime",
            "JUPYTER_PATH": "share/jupyter",
        }
        return kept | {name: str(self.folder / path) for name, path in folders.items()}

    def processes(self) -> list[psutil.Process]:
        """List the processes that were started here: their environment or command line names the folder."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                words = [*process.environ().values(), *process.cmdline()]
                if any(str(self.folder) in word for word in words):
                    found.append(process)
        return found

    def files(self) -> list[Path]:
        """List the temporary files and the sockets."""
        return [path for name in ("tmp", "run") for path in (self.folder / name).rglob("*")]


@contextlib.contextmanager
def scratch_home(grace: float = GRACE) -> Iterator[ScratchHome]:
    """Make a scratch home, and in the end remove it.

    Raises:
        LeftoverError: a process still runs `grace` seconds later, or a temporary file or socket is still there.
    """
    made = ScratchHome(Path(tempfile.mkdtemp(prefix="b-")))
    try:
        for name in ("home", "tmp", "run"):
            (made.folder / name).mkdir(mode=0o700)
        yield made
        left = [*map(str, alive(made.processes(), grace)), *map(str, made.files())]
        if left:
            raise LeftoverError("\n".join(left))
    finally:
        shutil.rmtree(made.folder)


def alive(processes: Iterable[psutil.Process], grace: float = GRACE) -> list[psutil.Process]:
    """Return those of some processes that have not ended after `grace` seconds."""
    running = [process for process in processes if process.is_running() and process.status() != "zombie"]
    return psutil.wait_procs(running, timeout=grace)[1]
