"""A connection to a process of the student's, which is never waited for without a deadline."""

from __future__ import annotations

import socket
import struct
import time
from typing import TYPE_CHECKING, Any

from proctor.agent.frames import Connection
from proctor.criteria import Broken
from proctor.criteria.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proctor.sandbox.peer_process import Peer
    from proctor.session.clock import Deadline

LOOK = 0.25
"""Seconds between two looks at deadlines: over sooner, a call costs no look at all."""

TOO_LONG = "The time limit was reached. Which loop may never end?"


class GuardedConnection(Connection):
    """Frames to and from a peer, under the deadlines that were set last."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer.socket)
        self.peer = peer
        self._deadlines: Sequence[Deadline] = ()
        self._looked = 0.0
        patience = struct.pack("ll", 0, int(LOOK * 1e6))
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            peer.socket.setsockopt(socket.SOL_SOCKET, option, patience)

    def allow(self, *deadlines: Deadline) -> None:
        """Set the deadlines of what comes next."""
        self._deadlines, self._looked = deadlines, time.monotonic()

    def waited(self) -> None:
        """Look at the deadlines now and then (called by `Connection` when something takes long, or comes in pieces)."""
        if time.monotonic() - self._looked >= LOOK:
            self.look()

    def look(self) -> None:
        """Look at the deadlines.

        Raises:
            Broken: one of them is over.
            EOFError: the process has ended, though another one may keep its socket open.
        """
        self._looked = time.monotonic()
        if self.peer.is_over() and not _has_data(self.socket):
            raise EOFError
        if any(deadline.over() for deadline in self._deadlines):
            raise Broken(Outcome.TIME, TOO_LONG)

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Return the header and body of the next frame, whatever pace frames come at."""
        self.waited()
        return super().receive()


def _has_data(end: socket.socket) -> bool:
    try:
        return bool(end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except OSError:
        return False
