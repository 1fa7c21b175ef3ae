"""Start of a kernel: its sockets, its settings, its files, its sandbox."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.sandbox.mounts import INSIDE, furnish
from proctor.sandbox.process import STUDENT_UID, SandboxProcess, lend, start_bwrap, start_plainly
from proctor.sandbox.visible_files import HOME, WORK, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proctor.sandbox.bwrap import Bwrap
    from proctor.sandbox.settings import Limits

LAUNCHER = Path(__file__).with_name("launcher.py")
LONGEST_FOLDER = 60
"""Longest path of a private folder: Linux limits the path of a Unix socket to 107 bytes."""
CHANNELS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


@dataclass(frozen=True)
class Kernel:
    """A kernel to start.

    Attributes:
        archive: the packed submission.
        connection: Jupyter's connection info, with IPC addresses in `private`.
        private: the host's folder of this kernel's sockets.
        limits: what it may use.
        bwrap: what builds the sandbox, or None to do without.
        hide: further folders that must not be seen.
        extra_env: environment variables to add.
    """

    archive: bytes
    connection: dict[str, Any]
    private: Path
    limits: Limits
    bwrap: Bwrap | None
    hide: tuple[Path, ...] = ()
    extra_env: Mapping[str, str] = field(default_factory=dict)

    def start(self) -> SandboxProcess:
        """Start the kernel; `SandboxProcess.wait_until_ready` tells when, and whether, it listens."""
        as_root = self.bwrap is not None and self.bwrap.as_root
        with contextlib.ExitStack() as stack:
            sockets = {port: stack.enter_context(listener).fileno() for port, listener in self._listeners()}
            submission = lend(stack, self.archive)
            settings = {
                "sockets": sockets,
                "submission": submission,
                "rlimits": self.limits.as_rlimits(own_namespace=self.bwrap is not None),
                "user": STUDENT_UID if as_root else None,
                # Process 1 is bubblewrap. Without root it has the student's user, who could write into its
                # memory and so escape limits that it did not have; as root it is out of reach.
                "limited": [0, 1] if self.bwrap and not as_root else [0],
            }
            passed = {*sockets.values(), submission}
            if self.bwrap is None:
                return self._start_plainly(settings, passed)
            return self._start_sandboxed(self.bwrap, settings, passed, stack)

    def _listeners(self) -> Iterator[tuple[int, socket.socket]]:
        """Yield, for each channel, its port and a socket that listens there."""
        for name in CHANNELS:
            port = self.connection[name]
            yield port, listen(Path(f"{self.connection['ip']}-{port}"))

    def _files(self, settings: dict[str, Any], folder: str, ip: str) -> dict[str, bytes]:
        """Return what the launcher reads, by path."""
        key = self.connection["key"]
        connection = self.connection | {"ip": ip, "key": key.decode() if isinstance(key, bytes) else key}
        paths = {"connection_file": f"{folder}/connection.json"}
        return {
            f"{folder}/launcher.py": LAUNCHER.read_bytes(),
            f"{folder}/settings.json": json.dumps(settings | paths).encode(),
            f"{folder}/connection.json": json.dumps(connection).encode(),
        }

    def _start_sandboxed(
        self, bwrap: Bwrap, settings: dict[str, Any], passed: set[int], stack: contextlib.ExitStack
    ) -> SandboxProcess:
        """Start the kernel in a sandbox. Nothing in there names the host's private folder."""
        files = self._files(settings | {"work": WORK}, INSIDE, f"{INSIDE}/kernel")
        content, lent = furnish(stack, self.hide, self.limits, environment(self.extra_env), files)
        arguments = [*bwrap.namespace_arguments(), *content]
        return start_bwrap(bwrap.path, arguments, _command(INSIDE), passed | lent, two_users=bwrap.as_root)

    def _start_plainly(self, settings: dict[str, Any], passed: set[int]) -> SandboxProcess:
        """Start the kernel with the rights of our account, in folders of its own below the private one."""
        home = self.private / "home"
        if home.exists():  # a restart begins afresh, as it does in a sandbox
            shutil.rmtree(home)
        files = self._files(settings | {"work": str(home / "work")}, str(self.private), self.connection["ip"])
        for path, content in files.items():
            Path(path).write_bytes(content)
        variables = environment(self.extra_env)
        variables = {name: value.replace(HOME, str(home)) for name, value in variables.items()}
        return start_plainly(_command(str(self.private)), variables, passed)


def listen(path: Path) -> socket.socket:
    """Return a Unix socket that listens at `path`; the caller closes it.

    A file that a former kernel left there is replaced.
    """
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def _command(folder: str) -> list[str]:
    """Return the command of the launcher."""
    return [sys.executable, f"{folder}/launcher.py", f"{folder}/settings.json"]


def make_private_folder() -> Path:
    """Make the folder of one kernel's sockets, for our account only."""
    return Path(tempfile.mkdtemp(prefix="kernel-", dir=_place_for_sockets()))


def _place_for_sockets() -> str:
    """Return a folder whose path is short enough to hold sockets: the session's own, or a temporary one."""
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = [
        path for path in (session, tempfile.gettempdir()) if path and os.access(path, os.W_OK | os.X_OK)
    ]
    return next((path for path in usable if len(os.fsencode(path)) <= LONGEST_FOLDER), "/tmp")  # noqa: S108  - the last resort
