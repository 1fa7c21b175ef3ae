"""The copies of a submission that are judged: forked where its graded cells stand, another one when one breaks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from proctor.agent.frames import FormatError
from proctor.criteria import Broken
from proctor.criteria.outcome import Outcome
from proctor.session.clock import Allowance, Deadline
from proctor.session.connection import GuardedConnection
from proctor.session.proxies import MAX_CALLBACKS, Link

if TYPE_CHECKING:
    from proctor.sandbox.peer_process import Peer
    from proctor.session.session import Session

LOOK_AT_CELL = 1
"""Seconds between two looks at the cell's deadline while calls are over too soon to be looked at."""
GONE = "The process that ran your code is gone."
ENDED = "Your code ended the process it ran in: a crash, an exit, or memory running out."
ENDLESS = "An object that was passed in was called without end."
SPENT = "The time limit of this cell was used up by the criteria before."


class Copy(Link):
    """A link to a forked copy of a submission."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self._peer, self._connection = peer, GuardedConnection(peer)
        self.alive = True

    def allow(self, call: Allowance, cell: Allowance) -> None:
        """Begin a graded cell: set what each call may take, and all of them together."""
        self._call, self._cell = call, Deadline(self._peer.pid, cell)
        self._next_look = time.monotonic() + LOOK_AT_CELL

    def exchange(self, frame: bytes) -> tuple[dict[str, Any], bytes]:
        """Send a request and return its answer, within the call's and the cell's allowance."""
        if not self.alive:
            raise Broken(Outcome.DIED, GONE)
        connection = self._connection
        connection.allow(Deadline(self._peer.pid, self._call), self._cell)
        try:
            if time.monotonic() > self._next_look:
                self._next_look = time.monotonic() + LOOK_AT_CELL
                connection.look()
            for _ in range(MAX_CALLBACKS):
                connection.send_frame(frame)
                header, body = connection.receive()
                if "back" not in header:
                    return header, body
                frame = self.answer(header, body)
        except (OSError, EOFError):
            self.close()
            raise Broken(Outcome.DIED, ENDED) from None
        except (Broken, FormatError):
            self.close()
            raise
        self.close()
        raise Broken(Outcome.TIME, ENDLESS)

    def close(self) -> None:
        """Kill the copy."""
        self.alive = False
        self._peer.close()


class CopySide:
    """The student's side for one graded cell: forks a copy of the session, and another if one breaks.

    Leaving the `with` block kills the copy, unless it was kept.
    """

    def __init__(self, session: Session, call: Allowance, cell: Allowance, copy: Copy | None = None) -> None:
        self._session, self._call, self._cell = session, call, cell
        self._wall_end = time.monotonic() + cell.wall
        self._copy = copy
        if copy is not None:
            copy.allow(call, cell)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._copy is not None:
            self._copy.close()

    def keep(self) -> Copy | None:
        """Hand over the copy, if it lives: it is the caller's to close."""
        copy, self._copy = self._copy, None
        return copy if copy and copy.alive else None

    def link(self) -> Link:
        """Return a copy's link, begun for a new criterion."""
        left = self._wall_end - time.monotonic()
        if left <= 0:
            raise Broken(Outcome.TIME, SPENT)
        if self._copy is None or not self._copy.alive:
            self._copy = Copy(self._session.fork(min(left, self._call.wall)))
            self._copy.allow(self._call, Allowance(self._cell.cpu, left))
        self._copy.begin()
        return self._copy
