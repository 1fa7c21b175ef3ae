"""The socket at which the student's side calls, and the processes that do: known by a password, surely killed."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
import selectors
import signal
import socket
import struct
import time
from typing import TYPE_CHECKING, Self

from proctor.jail.process import children
from proctor.servant import PASSWORD
from proctor.wall import died

if TYPE_CHECKING:
    from types import TracebackType

MAX_STRANGERS = 500
"""How many may connect at once and say nothing."""


def new_password() -> bytes:
    """Return what tells one process of the student's from all others in the jail."""
    return secrets.token_bytes(PASSWORD)


class Peer:
    """A connected process of the student's; can be killed, even after its number was given to another."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        self.pid: int = struct.unpack("3i", credentials)[0]
        try:
            self._handle: int | None = os.pidfd_open(self.pid)
        except OSError:
            self._handle = None

    def close(self) -> None:
        """Kill the process and what it has started, and close the connection.

        Its descendants would else count against the limits of the next one. It is stopped first, so that none
        is born while they are looked for.
        """
        self.connection.close()
        if self._handle is None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGSTOP)
            family = children(self.pid)
            for pid in family:  # grows while it is walked
                family += children(pid)
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            for pid in family:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        os.close(self._handle)
        self._handle = None


class Listener:
    """The Unix socket at which the student's side calls; owned in a `with`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> Self:
        self._socket.bind(self.path)
        os.chmod(self.path, 0o666)  # noqa: S103  - in a private folder; the jail's user may be another than ours
        self._socket.listen(16)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)

    def accept(self, wait: float, password: bytes) -> Peer:
        """Return the process that connects with the password; Broken if none does in time.

        Anything in the jail can connect. Whoever has another password, or none, is sent away.
        """
        end = time.monotonic() + wait
        with selectors.DefaultSelector() as waiting, contextlib.ExitStack() as strangers:
            waiting.register(self._socket, selectors.EVENT_READ)
            while (left := end - time.monotonic()) > 0 and len(waiting.get_map()) <= MAX_STRANGERS:
                for ready in [key.fileobj for key, _ in waiting.select(left)]:
                    if ready is self._socket:
                        stranger, _ = self._socket.accept()
                        strangers.callback(stranger.close)
                        waiting.register(stranger, selectors.EVENT_READ)
                    elif isinstance(ready, socket.socket):
                        waiting.unregister(ready)
                        if _says(ready, password):
                            return Peer(ready.dup())
        raise died("The notebook's kernel does not answer any more.")


def _says(connection: socket.socket, password: bytes) -> bool:
    """Say whether the first bytes on a connection, which are there already, are the password."""
    connection.setblocking(False)  # noqa: FBT003
    try:
        return hmac.compare_digest(connection.recv(len(password)), password)
    except OSError:
        return False
