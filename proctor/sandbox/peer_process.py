"""A process of the student's at the other end of a socket pair."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import time
from typing import TYPE_CHECKING

from proctor.sandbox.process import children, family, readable

if TYPE_CHECKING:
    from collections.abc import Callable

CREDENTIALS = struct.Struct("3i")
LOOK = 0.25
"""Seconds between two looks whether it is still worth waiting."""


class Peer:
    """A process that is connected to our `socket`; can be killed, even after its number was given to another."""

    def __init__(self, end: socket.socket, pid: int) -> None:
        self.socket, self.pid = end, pid
        self._handle: int | None = None
        with contextlib.suppress(OSError):
            self._handle = os.pidfd_open(pid)

    def is_over(self, seconds: float = 0) -> bool:
        """Return whether the process has ended, or ends in time."""
        return self._handle is None or readable(self._handle, seconds)

    def interrupt(self) -> None:
        """Interrupt it, with the programs that it has started and that are in its group."""
        if not self.is_over():
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGINT)

    def close(self) -> None:
        """Kill the process and what it has started, and close the connection.

        In this order: a process that finds its connection closed ends, and its descendants are lost sight of.
        """
        self.kill()
        self.socket.close()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def kill(self) -> None:
        """Kill the process and what it has started.

        Its descendants would else count against the limits of the next one. It is stopped first, so that none
        is born while they are looked for.
        """
        if self._handle is None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGSTOP)
            below = family(children(self.pid))
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            for pid in below:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return our end of a socket pair, at which the system tells who speaks first, and the other end."""
    mine, theirs = socket.socketpair()
    mine.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    return mine, theirs


def accept(end: socket.socket, seconds: float, given_up: Callable[[], bool] = lambda: False) -> Peer | None:
    """Return the process that says hello in time at the other end of a pair; None if none does, and close our end.

    `given_up` is asked now and then whether nobody will come any more.
    """
    deadline = time.monotonic() + seconds
    while not readable(end.fileno(), min(LOOK, deadline - time.monotonic())):
        if time.monotonic() >= deadline or given_up():
            end.close()
            return None
    try:
        data, ancillary, _, _ = end.recvmsg(1, socket.CMSG_SPACE(CREDENTIALS.size))
    except OSError:
        data, ancillary = b"", []
    for _, kind, content in ancillary:
        if data and kind == socket.SCM_CREDENTIALS:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
            return Peer(end, CREDENTIALS.unpack(content[: CREDENTIALS.size])[0])
    end.close()
    return None
