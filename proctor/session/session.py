"""A running submission: its cells in order, and copies of its state.

Cells are run here, and not by nbclient, which honours what a notebook asks for in its metadata and waits as long as
a kernel likes.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from proctor.agent.frames import FormatError
from proctor.criteria import Broken
from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError, SandboxUnavailable
from proctor.sandbox.launch import LAST_WORDS, Started, start_agent
from proctor.sandbox.memory import MemoryWatch
from proctor.sandbox.packing import pack
from proctor.sandbox.peer_process import accept, socket_pair
from proctor.sandbox.process import how_it_ended, lend
from proctor.session.clock import Allowance, Bounds, Deadline
from proctor.session.connection import GuardedConnection
from proctor.session.outputs import Displays, Outputs
from proctor.session.proxy import student_error

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nbformat import NotebookNode

    from proctor.criteria import StudentError
    from proctor.sandbox.peer_process import Peer
    from proctor.sandbox.settings import Sandbox

GRACE = Allowance(cpu=2, wall=4)
"""Time that a cell has to react to an interrupt."""
INTERRUPTS = 3
"""Number of interrupts before a cell's process is killed: code may swallow the first one."""
FLOOD = 20
"""Factor of its output limit at which a cell is stopped."""
MAX_NAMES = 5

LOST = "The process that submissions are forked from was killed. Is there enough memory?"
SILENT = "The process of your notebook does not answer any more."


@dataclass
class Execution:
    """Result of one cell."""

    outputs: list[NotebookNode] = field(default_factory=list)
    ended: Outcome | None = None  # the limit that ended it, if one did
    cause: str = ""  # of its process's death, in words, if it died
    fatal: bool = False  # the session is of no use any more
    used: Allowance = Allowance(0, 0)
    lacks: tuple[str, ...] = ()  # names that the file which it saves would lack, if it saves one
    raised: StudentError | None = None  # the exception that it ended with, if that was asked for


class Session:
    """A running submission; leaving the `with` block kills everything that it started."""

    def __init__(
        self, folder: Path, settings: Sandbox, bounds: Bounds, displays: Displays | None = None
    ) -> None:
        """Prepare to run what lies in a folder, of which a copy goes into the sandbox."""
        self._folder, self._settings, self._bounds = folder, settings, bounds
        self._displays: Displays = {} if displays is None else displays
        self._output_left = bounds.output
        self._started: Started | None = None
        self._watch: MemoryWatch | None = None

    def __enter__(self) -> Self:
        """Start; SubmissionRefused if the folder cannot be taken, GraderError if no sandbox could be started."""
        limits = self._settings.effective_limits
        packed = pack(self._folder, limits)
        try:
            self._started = start_agent(self._settings, {"NBGRADER_EXECUTION": "autograde"})
            self._connection = GuardedConnection(self._peer)
            if self._started.sandbox.init is not None:
                self._watch = MemoryWatch(self._started.sandbox, limits.memory, self.pid)
                self._watch.start()
                self._started.undo.callback(self._watch.stop)
            self._send_submission(packed.archive)
        except BaseException as error:
            self.close()
            if isinstance(error, SandboxUnavailable):
                raise GraderError(str(error)) from error
            if isinstance(error, EOFError | OSError | FormatError | Broken):
                raise GraderError(f"The sandbox for a submission did not start: {error}") from error
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the submission with all its processes, and give back sockets and folders."""
        if self._started is not None:
            self._started.undo.close()
            self._started = None

    @property
    def _peer(self) -> Peer:
        if self._started is None:
            raise GraderError("The session has ended.")
        return self._started.peer

    @property
    def pid(self) -> int:
        """The process whose descendants are the student's."""
        return self._peer.pid

    def alive(self) -> bool:
        """Return whether the agent is there; GraderError if it was lost through no fault of its own."""
        if self._out_of_memory():
            return False
        living = not self._peer.is_over()
        if not living and self._started is not None and self._started.lost():
            raise GraderError(LOST)
        return living

    def _out_of_memory(self) -> bool:
        return self._watch is not None and self._watch.tripped

    def cause_of_death(self) -> str:
        """Return in words what ended the agent; "" while it lives, or where nothing tells."""
        if self._out_of_memory():
            return "memory limit"
        status = self._started.status if self._started is not None and self._peer.is_over() else ""
        return how_it_ended(int(status)) if status.lstrip("-").isdigit() else ""

    def run(
        self, source: str, saved: str | None = None, wanted: Sequence[str] = (), *, tests: bool = False
    ) -> Execution:
        """Run one cell to its end or its limit.

        Args:
            source: the cell.
            saved: what it only saves to a file, if it does, to be run as well; only its exceptions are shown.
            wanted: the names for whose definition that is done.
            tests: whether to ask for the exception that the cell ends with.
        """
        collector = Outputs(min(self._bounds.cell_output, self._output_left), self._displays)
        deadline, result = Deadline(self.pid, self._bounds.cell), Execution()
        request = {"do": "run", "source": source, "tests": tests, "saved": saved, "wanted": list(wanted)}
        try:
            self._connection.allow(deadline)
            self._connection.send(request)
            result.ended, told = self._listen(collector, deadline)
            result.lacks = _names(told)
            result.raised = student_error(told["error"]) if "error" in told else None
            result.fatal = result.ended is not None and not self._interrupt(collector)
        except (EOFError, OSError, FormatError) as error:
            if not isinstance(error, FormatError):
                self._peer.is_over(LAST_WORDS)  # its socket is closed a moment before
            self.alive()
            result.ended, result.fatal, result.cause = Outcome.DIED, True, self.cause_of_death()
        self._output_left -= collector.size
        result.outputs, result.used = collector.finish(), deadline.used()
        return result

    def _listen(self, collector: Outputs, deadline: Deadline) -> tuple[Outcome | None, dict[str, Any]]:
        """Gather what a cell shows until it is done (None) or over its limit."""
        self._connection.allow(deadline)
        try:
            while True:
                header, body = self._connection.receive()
                if "done" in header:
                    return None, header
                collector.add(header, body)
                if collector.seen > FLOOD * collector.limit:
                    return Outcome.TIME, {}
        except Broken:
            return Outcome.TIME, {}

    def _interrupt(self, collector: Outputs) -> bool:
        """Interrupt the cell until it is done; return whether it is.

        The agent hears no interrupt after that: one that comes too late for its cell strikes no other.
        """
        for _ in range(INTERRUPTS):
            self._peer.interrupt()
            if self._listen(collector, Deadline(self.pid, GRACE))[0] is None:
                return True
        return False

    def fork(self, seconds: float) -> Peer:
        """Return a copy of the submission as it is now; Broken if there is none.

        Who does not answer in time is killed: nobody has to wait for it again.
        """
        deadline = Deadline(self.pid, Allowance(seconds, seconds))
        mine, theirs = socket_pair()
        try:
            self._connection.allow(deadline)
            with theirs:
                self._connection.send({"do": "fork"}, descriptors=[theirs.fileno()])
        except (EOFError, OSError, Broken):
            mine.close()
        else:
            peer = accept(mine, deadline.wall_left(), self._peer.is_over)
            if peer is not None:
                return peer
        if not deadline.wall_left():
            self._peer.kill()
        raise Broken(Outcome.DIED, SILENT)

    def _send_submission(self, archive: bytes) -> None:
        wall = self._settings.start_timeout
        with contextlib.ExitStack() as stack:
            self._connection.allow(Deadline(self.pid, Allowance(wall, wall)))
            self._connection.send({"do": "start"}, descriptors=[lend(stack, archive)])
            self._connection.receive()


def _names(told: dict[str, Any]) -> tuple[str, ...]:
    """Return the names that a saved file would lack, as the agent tells them."""
    names = told.get("lacks")
    texts = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return tuple([name for name in texts if name.isidentifier() and len(name) < 60][:MAX_NAMES])
