"""One kernel for one submission: runs its cells within limits and forks the snapshots that are judged.

Everything that comes out of a kernel is the student's: outputs are shown to people, after cleaning, and decide
nothing. That is why cells are run here, on jupyter_client, and not by nbclient, which honours what a notebook
asks for in its metadata and waits as long as a kernel likes.
"""

from __future__ import annotations

import contextlib
import inspect
import queue
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from proctor import servant
from proctor.clock import Allowance, Deadline
from proctor.collector import Collector
from proctor.jail.errors import SubmissionRefused
from proctor.outcome import GraderError, Outcome

if TYPE_CHECKING:
    from types import TracebackType

    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode

    from proctor.run import Bounds

POLL = 0.25
"""Seconds between two looks at the kernel's CPU time and health."""

GRACE = 2.0
"""Seconds that a kernel has to react to an interrupt."""

INTERRUPTS = 3
"""How often a kernel is interrupted before it is killed: code may swallow the first one."""


@dataclass
class Execution:
    """What became of one cell.

    Attributes:
        outputs: what it displayed.
        ended: the limit that ended it, if one did.
        cause: what the kernel died of, in words, if it did.
        fatal: whether the kernel is of no use any more.
        used: the time it took.
        request: the number of the message that asked for it.
    """

    outputs: list[NotebookNode] = field(default_factory=list)
    ended: Outcome | None = None
    cause: str = ""
    fatal: bool = False
    used: Allowance = Allowance(0, 0)
    request: str = ""


class StudentKernel:
    """A running kernel; leaving the `with` block kills everything that it started."""

    def __init__(self, manager: KernelManager, bounds: Bounds, **launch: Any) -> None:
        self._manager, self._launch, self._bounds = manager, launch, bounds
        self._output_left = bounds.output
        self._client: BlockingKernelClient | Any = None

    def __enter__(self) -> Self:
        try:
            self._manager.start_kernel(**self._launch)
            self._client = self._manager.blocking_client()
            self._client.start_channels(stdin=False, hb=False)
            self._wait_until_ready()
        except SubmissionRefused:
            self.close()
            raise
        except RuntimeError as error:
            self.close()
            raise GraderError(f"The kernel did not start: {error}") from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the kernel with all its processes and give back its sockets and folders."""
        with contextlib.suppress(Exception):
            if self._client is not None:
                self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        with contextlib.suppress(Exception):
            self._manager.context.destroy(linger=0)

    @property
    def pid(self) -> int:
        """The process whose descendants are the student's."""
        return int(getattr(self._manager.provisioner, "pid", None) or 0)

    def alive(self) -> bool:
        """Say whether the kernel's process is there.

        Raises:
            GraderError: if it was lost through no fault of its own.
        """
        living = bool(self._manager.is_alive())
        if not living and getattr(self._manager.provisioner, "lost", False):
            raise GraderError("The process that kernels are forked from was killed. Is there enough memory?")
        return living

    def cause_of_death(self) -> str:
        """Say in words what ended the kernel; "" while it lives, or where nothing tells."""
        provisioner: Any = self._manager.provisioner
        return str(provisioner.cause_of_death())

    def run(self, source: str) -> Execution:
        """Run one cell of the student's to its end or its limit."""
        return self._execute(source, self._bounds.cell)

    def fork_snapshot(self, socket_path: str, password: bytes) -> Execution:
        """Fork a copy of the kernel in its present state that connects to the socket, says the password, and waits.

        It is asked for as an expression, which the student's transformers of cells do not see.
        """
        code = (
            f"exec(compile({inspect.getsource(servant)!r}, '<proctor>', 'exec'), _ := {{'__name__': 'servant'}})\n"
            f"_['snapshot']({socket_path!r}, get_ipython().user_ns, {password!r})"
        )
        call = f"(lambda: exec({code!r}, {{'get_ipython': get_ipython}}))()"
        execution = self._execute("", self._bounds.call, silent=True, user_expressions={"snapshot": call})
        if execution.ended is None and not self._evaluated(execution.request):
            return replace(execution, ended=Outcome.DIED)
        return execution

    def _evaluated(self, request: str) -> bool:
        """Say whether the kernel answers that it has evaluated the expression of a request."""
        deadline = Deadline(self.pid, Allowance(GRACE, GRACE))
        while deadline.wall_left():
            with contextlib.suppress(Exception):  # what is no message is no answer
                message = self._client.get_shell_msg(timeout=POLL)
                if message["parent_header"].get("msg_id") == request:
                    return bool(message["content"]["user_expressions"]["snapshot"]["status"] == "ok")
        return False

    def _wait_until_ready(self) -> None:
        """Wait until the kernel answers and its outputs arrive; the client's own way takes 0.2 s more.

        A subscription to outputs takes effect a little after it is made: so ask until an answer is seen there.
        """
        end = time.monotonic() + self._bounds.start.wall
        while time.monotonic() < end and self.alive():
            request = self._client.kernel_info()
            with contextlib.suppress(queue.Empty):
                while not _says_idle(self._client.get_iopub_msg(timeout=POLL), request):
                    pass
                return
        raise RuntimeError("it does not answer")

    def _execute(self, source: str, allowance: Allowance, **how: Any) -> Execution:
        collector = Collector(min(self._bounds.cell_output, self._output_left))
        deadline = Deadline(self.pid, allowance)
        request = self._client.execute(source, allow_stdin=False, stop_on_error=False, **how)
        ended = self._listen(request, collector, deadline)
        fatal = ended is not None and not self._interrupt(request, collector)
        self._output_left -= collector.size
        cause = self.cause_of_death() if ended is Outcome.DIED else ""
        return Execution(collector.finish(), ended, cause, fatal, deadline.used(), request)

    def _interrupt(self, request: str, collector: Collector) -> bool:
        """Interrupt the kernel until it is idle, and no interrupt is on its way any more; say whether it is so.

        An interrupt that comes too late for its cell would strike the next one.
        """
        sent = set()
        for _ in range(INTERRUPTS):
            if not self.alive():
                return False
            message = self._client.session.msg("interrupt_request", {})
            sent.add(message["header"]["msg_id"])
            self._client.control_channel.send(message)
            if self._listen(request, collector, Deadline(self.pid, Allowance(GRACE, GRACE))) is None:
                return self._done(sent)
        return False

    def _done(self, requests: set[str]) -> bool:
        """Say whether the kernel answers all of these requests on its control channel."""
        deadline = Deadline(self.pid, Allowance(GRACE, GRACE))
        while requests and deadline.wall_left():
            with contextlib.suppress(Exception):  # what is no message is no answer
                message = self._client.get_control_msg(timeout=POLL)
                requests.discard(message["parent_header"].get("msg_id"))
        return not requests

    def _listen(self, request: str, collector: Collector, deadline: Deadline) -> Outcome | None:
        """Collect a cell's messages until it is done (None), over its limit, or dead."""
        looked = time.monotonic()
        while True:
            try:
                message = self._client.get_iopub_msg(timeout=POLL)
            except queue.Empty:
                message = None
            except Exception:  # noqa: BLE001, S112  - a message that is none: the student's kernel writes what it likes
                continue
            if message and message["parent_header"].get("msg_id") == request:
                if _says_idle(message, request):
                    return None
                with contextlib.suppress(Exception):
                    collector.add(message)
            if time.monotonic() - looked < POLL:
                continue
            looked = time.monotonic()
            if not self.alive():
                return Outcome.DIED
            if deadline.over() or collector.seen > 20 * collector.limit:
                return Outcome.TIME


def _says_idle(message: dict[str, Any], request: str) -> bool:
    """Say whether a message is the last one that a request causes."""
    mine = message["parent_header"].get("msg_id") == request and message["msg_type"] == "status"
    return mine and bool(message["content"].get("execution_state") == "idle")
