"""The judged copies of a kernel: the frozen snapshot, and the workers that are forked from it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Self

from proctor.clock import Allowance, Deadline
from proctor.criteria import Broken
from proctor.listener import new_password
from proctor.outcome import Outcome
from proctor.servant import FormatError, pack, receive
from proctor.wall import MAX_CALLBACKS, Link, died

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from types import TracebackType

    from proctor.listener import Listener, Peer
    from proctor.quoting import Quotation

POLL = 0.25


class Worker(Link):
    """A link to a forked copy of the kernel."""

    def __init__(self, peer: Peer, files: Sequence[str], quotes: Quotation | None) -> None:
        super().__init__(files, quotes)
        self._peer = peer
        self.alive = True

    def allow(self, call: Allowance, cell: Allowance) -> None:
        """Begin a graded cell: say what each call may take, and all of them together."""
        self._call, self._cell = call, Deadline(self._peer.pid, cell)

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
    """The student's side for one graded cell: forks a worker from the snapshot, and another if one breaks.

    Leaving the `with` block kills the worker, unless it was kept.
    """

    def __init__(  # noqa: PLR0913  where it is, what it may use up, what may be said of it
        self,
        snapshot: Peer,
        listener: Listener,
        files: Sequence[str],
        call: Allowance,
        cell: Allowance,
        *,
        quotes: Quotation | None = None,
        worker: Worker | None = None,
    ) -> None:
        self._snapshot, self._listener, self._files, self._quotes = snapshot, listener, files, quotes
        self._call, self._wall_end = call, time.monotonic() + cell.wall
        self._cpu = cell
        self._worker = worker
        if worker is not None:
            worker.allow(call, cell)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._worker is not None:
            self._worker.close()

    def keep(self) -> Worker | None:
        """Hand over the worker, if it lives: it is the caller's to close."""
        worker, self._worker = self._worker, None
        return worker if worker and worker.alive else None

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
        worker = Worker(peer, self._files, self._quotes)
        worker.allow(self._call, Allowance(self._cpu.cpu, left))
        return worker
