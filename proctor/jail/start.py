"""Puts a kernel together and starts it: its sockets, its settings, its files, its jail."""

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

from proctor.jail import seccomp
from proctor.jail.command import ROOMS, WALL, environment_arguments, mount_arguments
from proctor.jail.fonts import font_list
from proctor.jail.process import STUDENT_UID, JailProcess, in_memory, start_jailed, start_plainly
from proctor.jail.view import HOME, MADE_UP, WORK, build_view, environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proctor.jail.bwrap import Bwrap
    from proctor.jail.limits import Limits
    from proctor.jail.nursery import Nursery
    from proctor.jail.view import View

INSIDE = "/run/jail"
"""The folder of the launcher and its settings, inside the jail."""
ROOM = "/run/room"
"""The folder of what a forked kernel reads, inside its room."""
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
        private: the host's folder of this kernel's sockets, with a folder `wall` in it.
        limits: what it may use.
        bwrap: what builds the jail, or None to do without.
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

    def start(self, nursery: Nursery | None = None) -> JailProcess:
        """Start the kernel; `JailProcess.wait_until_ready` says when, and whether, it listens.

        Args:
            nursery: what to fork it from; otherwise an interpreter of its own is started.

        Raises:
            NurseryError: if the nursery does not give one.
        """
        with contextlib.ExitStack() as stack:
            sockets = {port: stack.enter_context(listener).fileno() for port, listener in self._listeners()}
            submission = lend(stack, self.archive)
            if nursery is not None:
                settings = self._settings(dict(zip(sockets, range(len(sockets)), strict=True)))
                return nursery.fork(settings | self._room(), [submission, *sockets.values()])
            settings = self._settings(sockets) | {"submission": submission}
            passed = {*sockets.values(), submission}
            if self.bwrap is None:
                return self._start_plainly(settings, passed)
            return self._start_jailed(self.bwrap, settings, passed, stack)

    def _settings(self, sockets: dict[int, int]) -> dict[str, Any]:
        """Return what the launcher is told, but for names of files."""
        as_root = self.bwrap is not None and self.bwrap.as_root
        return {
            "sockets": sockets,
            "rlimits": self.limits.as_rlimits(own_namespace=self.bwrap is not None),
            "user": STUDENT_UID if as_root else None,
            # Process 1 is bubblewrap. Without root it has the student's user, who could write into its
            # memory and so escape limits that it did not have; as root it is out of reach.
            "limited": [0, 1] if self.bwrap and not as_root else [0],
        }

    def _room(self) -> dict[str, Any]:
        """Return what a nursery is told about the room of this kernel."""
        limits = self.limits
        return {
            "limited": [0],  # set by process 1 for itself, and inherited
            "inner_user": STUDENT_UID,
            "filter": (seccomp.filter_program() or b"").hex(),
            "work": WORK,
            "connection_file": f"{ROOM}/connection.json",
            "room": {
                "rooms": ROOMS,
                "wall": [f"{ROOMS}/{self.private.name}/wall", WALL],
                "files": [ROOM, {"connection.json": self._connection(f"{INSIDE}/kernel")}],
                "sizes": {HOME: limits.home, "/tmp": limits.tmp, "/dev/shm": limits.shared_memory},  # noqa: S108
            },
        }

    def _listeners(self) -> Iterator[tuple[int, socket.socket]]:
        """Yield, for each channel, its port and a socket that listens there."""
        for name in CHANNELS:
            port = self.connection[name]
            yield port, listen(Path(f"{self.connection['ip']}-{port}"))

    def _files(self, settings: dict[str, Any], folder: str, ip: str) -> dict[str, bytes]:
        """Return what the launcher reads, by path."""
        paths = {"connection_file": f"{folder}/connection.json"}
        return {
            f"{folder}/launcher.py": LAUNCHER.read_bytes(),
            f"{folder}/settings.json": json.dumps(settings | paths).encode(),
            f"{folder}/connection.json": self._connection(ip).encode(),
        }

    def _connection(self, ip: str) -> str:
        """Return the content of Jupyter's connection file, as the kernel reads it."""
        key = self.connection["key"]
        return json.dumps(
            self.connection | {"ip": ip, "key": key.decode() if isinstance(key, bytes) else key}
        )

    def _start_jailed(
        self, bwrap: Bwrap, settings: dict[str, Any], passed: set[int], stack: contextlib.ExitStack
    ) -> JailProcess:
        """Start the kernel in the jail. Nothing in there names the host's private folder."""
        view = build_view(self.hide)
        files = self._files(settings | {"work": WORK}, INSIDE, f"{INSIDE}/kernel") | inside_files(view)
        lent = {path: lend(stack, content) for path, content in files.items()}
        arguments = [
            *bwrap.namespace_arguments(),
            *mount_arguments(view, self.limits, lent, {WALL: self.private / "wall"}),
            *environment_arguments(environment(self.extra_env)),
        ]
        passed = passed | set(lent.values())
        if (program := seccomp.filter_program()) is not None:
            filtering = lend(stack, program)
            arguments += ["--seccomp", str(filtering)]
            passed.add(filtering)
        return start_jailed(bwrap.path, arguments, _command(INSIDE), passed, two_users=bwrap.as_root)

    def _start_plainly(self, settings: dict[str, Any], passed: set[int]) -> JailProcess:
        """Start the kernel with the rights of our account, in folders of its own below the private one."""
        home = self.private / "home"
        if home.exists():  # a restart begins afresh, as it does in the jail
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


def inside_files(view: View) -> dict[str, bytes]:
    """Return the files that every jail has, by path: a made-up /etc, and Matplotlib's list of fonts."""
    files = {path: text.encode() for path, text in MADE_UP.items()}
    if (fonts := font_list(view.shown)) is not None:
        files[f"{INSIDE}/fonts/{fonts[0]}"] = fonts[1]
    return files


def lend(stack: contextlib.ExitStack, content: bytes) -> int:
    """Return a descriptor of `content` that is ours until `stack` ends."""
    descriptor = in_memory(content)
    stack.callback(os.close, descriptor)
    return descriptor


def make_private_folder() -> Path:
    """Make the folder of one kernel's sockets, for our account only, with the wall's folder in it."""
    folder = Path(tempfile.mkdtemp(prefix="jail-", dir=_place_for_sockets()))
    wall = folder / "wall"
    wall.mkdir()
    wall.chmod(0o755)  # whatever the umask: as root, the student's user is another than ours
    return folder


def _place_for_sockets() -> str:
    """Return a folder whose path is short enough to hold sockets: the session's own, or a temporary one."""
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    usable = [
        path for path in (session, tempfile.gettempdir()) if path and os.access(path, os.W_OK | os.X_OK)
    ]
    return next((path for path in usable if len(os.fsencode(path)) <= LONGEST_FOLDER), "/tmp")  # noqa: S108
