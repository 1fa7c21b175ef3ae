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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from nbformat.v4 import new_output, output_from_msg

from proctor import servant
from proctor.clock import Allowance, Deadline
from proctor.outcome import GraderError, Outcome

if TYPE_CHECKING:
    from types import TracebackType

    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode

POLL = 0.25
"""Seconds between two looks at the kernel's CPU time and health."""

GRACE = 5.0
"""Seconds that a kernel has to react to an interrupt before it is killed."""


@dataclass
class Execution:
    """What became of one cell: its outputs, its number, and the limit that ended it, if one did."""

    outputs: list[NotebookNode] = field(default_factory=list)
    count: int | None = None
    ended: Outcome | None = None
    fatal: bool = False


class Collector:
    """Gathers a cell's outputs as a front end would, and stops at a number of bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.seen = limit, 0, 0
        self.outputs: list[NotebookNode] = []
        self.clear = False

    def add(self, message: dict[str, Any]) -> None:
        """Take one message of the IOPub channel."""
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self.clear = True
            if not content.get("wait"):
                self._clear()
            return
        if kind not in ("stream", "display_data", "execute_result", "error"):
            return
        size = len(str(content))
        self.seen += size
        if self.size + size > self.limit:
            return
        self._clear()
        self.size += size
        output = output_from_msg(message)
        last = self.outputs[-1] if self.outputs else None
        if kind == "stream" and last and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            self.outputs.append(output)

    def finish(self) -> list[NotebookNode]:
        """Return the outputs, with a line that says what was left out."""
        if self.seen > self.size:
            note = f"[{self.seen - self.size} more characters of output were left out here.]\n"
            self.outputs.append(new_output("stream", name="stdout", text=note))
        return self.outputs

    def _clear(self) -> None:
        if self.clear:
            self.outputs.clear()
            self.clear, self.size = False, 0


class StudentKernel:
    """A running kernel; leaving the `with` block kills everything that it started."""

    def __init__(
        self, manager: KernelManager, *, cell: Allowance, start: Allowance, output_bytes: int, **launch: Any
    ) -> None:
        self._manager, self._launch = manager, launch
        self._cell, self._start, self._output_bytes = cell, start, output_bytes
        self._client: BlockingKernelClient | Any = None

    def __enter__(self) -> Self:
        try:
            self._manager.start_kernel(**self._launch)
            self._client = self._manager.blocking_client()
            self._client.start_channels()
            self._client.wait_for_ready(timeout=self._start.wall)
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
        """Say whether the kernel's process is there."""
        return bool(self._manager.is_alive())

    def run(self, source: str) -> Execution:
        """Run one cell of the student's to its end or its limit."""
        return self._execute(source, self._cell)

    def fork_snapshot(self, socket_path: str) -> None:
        """Fork a copy of the kernel in its present state that connects to the socket and waits."""
        code = (
            f"exec(compile({inspect.getsource(servant)!r}, '<proctor>', 'exec'), _ := {{'__name__': 'servant'}})\n"
            f"_['snapshot']({socket_path!r}, get_ipython().user_ns)"
        )
        wrapped = f"(lambda: exec({code!r}, {{'get_ipython': get_ipython}}))()"
        self._execute(wrapped, self._start, silent=True)

    def _execute(self, source: str, allowance: Allowance, *, silent: bool = False) -> Execution:
        collector = Collector(self._output_bytes)
        deadline = Deadline(self.pid, allowance)
        request = self._client.execute(source, silent=silent, allow_stdin=False, stop_on_error=False)
        ended = self._listen(request, collector, deadline)
        execution = Execution(ended=ended)
        if ended is not None and self.alive():
            self._manager.interrupt_kernel()
            after = self._listen(request, collector, Deadline(self.pid, Allowance(GRACE, GRACE)))
            execution.fatal = after is not None
        elif ended is not None:
            execution.fatal = True
        execution.outputs = collector.finish()
        return execution

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
                if message["msg_type"] == "status" and message["content"].get("execution_state") == "idle":
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
