"""The judged copies of a kernel: a socket that they connect to, the frozen snapshot, and a worker per cell."""

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

from proctor.clock import Allowance, Deadline
from proctor.criteria import Broken
from proctor.outcome import Outcome
from proctor.servant import PASSWORD, FormatError, pack, receive
from proctor.wall import MAX_CALLBACKS, Link, died

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from proctor.quoting import Quotation

POLL = 0.25
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
        """Kill the process and close the connection."""
        self.connection.close()
        if self._handle is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
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


class Worker(Link):
    """A link to a forked copy of the kernel that serves one graded cell."""

    def __init__(
        self, peer: Peer, files: Sequence[str], quotes: Quotation | None, call: Allowance, cell: Deadline
    ) -> None:
        super().__init__(files, quotes)
        self._peer, self._call, self._cell = peer, call, cell
        self.alive = True

    def exchange(self, frame: bytes) -> bytes:
        """Send a request and wait for its answer within the call's and the cell's allowance."""
        if not self.alive:
            raise died("The process that ran your code is gone.")
        deadline = Deadline(self._peer.pid, self._call)
        try:
            answer = self._roundtrip(frame, deadline)
            for _ in range(MAX_CALLBACKS):
                if not self.is_call_back(answer):
                    return answer
                answer = self._roundtrip(self.answer(answer), deadline)
        except (OSError, EOFError):
            self.close()
            raise died(
                "Your code ended the process it ran in: a crash, an exit, or memory running out."
            ) from None
        except (Broken, FormatError):
            self.close()
            raise
        self.close()
        raise Broken(Outcome.TIME, "An object that was passed in was called without end.")

    def close(self) -> None:
        """Kill the worker."""
        self.alive = False
        self._peer.close()

    def _roundtrip(self, frame: bytes, deadline: Deadline) -> bytes:
        connection = Patient(self._peer.connection, [deadline, self._cell])
        connection.sendall(frame)
        return bytes(receive(connection))


class Patient:
    """A socket whose reads and writes watch deadlines instead of the clock alone."""

    def __init__(self, connection: socket.socket, deadlines: Sequence[Deadline]) -> None:
        self._socket, self._deadlines = connection, deadlines
        connection.settimeout(POLL)
        self._looked = time.monotonic()

    def recv(self, size: int) -> bytes:
        """Read up to `size` bytes; Broken with the outcome `time limit` once a deadline is over."""
        while True:
            self._look()
            with contextlib.suppress(TimeoutError):
                return self._socket.recv(size)

    def sendall(self, data: bytes) -> None:
        """Write all of `data`, under the same deadlines."""
        view = memoryview(data)
        while view:
            self._look()
            with contextlib.suppress(TimeoutError):
                view = view[self._socket.send(view) :]

    def _look(self) -> None:
        if time.monotonic() - self._looked < POLL:
            return
        self._looked = time.monotonic()
        if any(deadline.over() for deadline in self._deadlines):
            raise Broken(Outcome.TIME, "The time limit was reached. Which loop may never end?")


class SnapshotSide:
    """The student's side for one graded cell: forks a worker from the snapshot, and another if one breaks."""

    def __init__(  # noqa: PLR0913  where it is, what it may use up, what may be said of it
        self,
        snapshot: Peer,
        listener: Listener,
        files: Sequence[str],
        call: Allowance,
        cell: Allowance,
        *,
        quotes: Quotation | None = None,
    ) -> None:
        self._snapshot, self._listener, self._files, self._quotes = snapshot, listener, files, quotes
        self._call, self._wall_end = call, time.monotonic() + cell.wall
        self._cpu = cell
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._worker is not None:
            self._worker.close()

    def link(self) -> Link:
        """Return a worker's link, begun for a new criterion."""
        left = self._wall_end - time.monotonic()
        if left <= 0:
            raise Broken(Outcome.TIME, "The time limit of this cell was used up by the criteria before.")
        if self._worker is None or not self._worker.alive:
            self._worker = self._fork(left)
        self._worker.begin()
        return self._worker

    def _fork(self, left: float) -> Worker:
        wait = min(left, self._call.wall)
        password = new_password()
        try:
            self._snapshot.connection.settimeout(wait)
            self._snapshot.connection.sendall(pack({"do": "fork"}, password))
            peer = self._listener.accept(wait, password)
        except OSError:
            raise died("The notebook's kernel is gone.") from None
        except Broken:
            self._snapshot.close()  # nobody has to wait for it again
            raise
        return Worker(
            peer, self._files, self._quotes, self._call, Deadline(peer.pid, Allowance(self._cpu.cpu, left))
        )
