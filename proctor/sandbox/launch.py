"""Agents, each in a sandbox for one submission: forked from the preloaded process, or started by themselves."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.errors import ForkServerError, ForkServerGone, SandboxUnavailable
from proctor.sandbox.bwrap import explain, find_bwrap
from proctor.sandbox.files import AGENT, SETTINGS, agent_command, inside_files
from proctor.sandbox.fork_server import PATIENCE, Recipe, fork_servers
from proctor.sandbox.mounts import environment_arguments, mount_arguments
from proctor.sandbox.peer import Peer, accept, socket_pair
from proctor.sandbox.process import STUDENT_UID, lend, readable, start_bwrap, start_plainly
from proctor.sandbox.seccomp import filter_program
from proctor.sandbox.view import HOME, build_view, environment

if TYPE_CHECKING:
    from proctor.sandbox.bwrap import Bwrap
    from proctor.sandbox.fork_server import ForkServer
    from proctor.sandbox.process import SandboxProcess
    from proctor.sandbox.settings import Sandbox

GATE_SECONDS = 30.0
"""Seconds in which bubblewrap has to build an empty sandbox; it needs some milliseconds."""

LAST_WORDS = 5.0
"""Seconds in which it has to be told how an agent that has ended did so; it takes some milliseconds."""

log = logging.getLogger(__name__)


@dataclass
class Started:
    """An agent that has said hello.

    Attributes:
        peer: the agent.
        sandbox: its sandbox, or the process itself where there is none.
        server: the fork server that it came from, if any.
        report: where a fork server tells how its agent ended.
        home: its folder, where there is no sandbox.
        gate: our end of the gate's socket, whose closing ends an empty sandbox.
    """

    peer: Peer
    sandbox: SandboxProcess
    server: ForkServer | None = None
    report: socket.socket | None = None
    gate: socket.socket | None = None
    home: Path | None = None
    _status: str | None = None

    def lost(self) -> bool:
        """Return whether an agent that has ended was killed with its fork server, which no student's code can do.

        The agent ends before the fork server does, of which nothing is told then.
        """
        return self.server is not None and (not self.status() or self.server.is_over())

    def status(self) -> str:
        """Return how the agent has ended, of which the fork server or bubblewrap tells a moment later.

        Returns:
            The exit status as text; "!" and why there is none; "" where nothing tells.
        """
        if self._status is None:
            self._status = self._read_status()
        return self._status

    def _read_status(self) -> str:
        if self.report is None:
            status = self.sandbox.status(LAST_WORDS)
            return "" if status is None else str(status)
        if readable(self.report.fileno(), LAST_WORDS):
            return self.report.recv(2000).decode(errors="replace")
        return ""

    def close(self) -> None:
        """End it, with everything that it has started, and leave nothing behind."""
        self.peer.close()
        self.sandbox.close()
        for end in (self.report, self.gate):
            if end is not None:
                end.close()
        if self.home is not None:
            shutil.rmtree(self.home, ignore_errors=True)


def start_agent(settings: Sandbox, extra_env: dict[str, str] | None = None) -> Started:
    """Start an agent.

    Raises:
        SandboxUnavailable: there is no sandbox on this machine, or none that starts.
    """
    variables = environment({**settings.extra_env, **(extra_env or {})})
    if not settings.enabled:
        return _start_plainly(settings, variables)
    bwrap, servers = find_bwrap(settings.bwrap), fork_servers()
    while settings.preload and servers.failures < PATIENCE:
        try:
            started = _fork(settings, bwrap, variables)
        except ForkServerError as error:
            servers.failures += 1
            if isinstance(error, ForkServerGone):
                continue
            log.warning("This submission's process starts by itself, since none could be forked: %s", error)
            break
        servers.failures = 0
        return started
    return _start_alone(settings, bwrap, variables)


def _fork(settings: Sandbox, bwrap: Bwrap, variables: dict[str, str]) -> Started:
    """Return an agent from this process's fork server.

    Raises:
        ForkServerError: there is none, or it gives none.
    """
    hide = tuple(map(Path, settings.hide))
    recipe = Recipe(bwrap, tuple(settings.preload), hide, tuple(sorted(variables.items())))
    server = fork_servers().get(recipe, settings.start_timeout)
    with contextlib.ExitStack() as undo:
        gate, sandbox = _build_empty(settings, bwrap, server, variables)
        undo.callback(gate.close)
        undo.callback(sandbox.close)
        report, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        undo.callback(report.close)
        mine, theirs = socket_pair()
        with writer, theirs:
            if not _stands(gate) or sandbox.init is None:
                raise _failure(server, sandbox.complaint() or "the sandbox for it does not stand")
            privileges = _privileges(settings, bwrap) | {"inner_user": STUDENT_UID}
            server.fork(privileges, [theirs.fileno(), sandbox.init, writer.fileno()])
        peer = accept(mine, settings.start_timeout, lambda: readable(report.fileno(), 0) or server.is_over())
        if peer is None:
            report.setblocking(False)  # noqa: FBT003  - the socket's own signature
            with contextlib.suppress(BlockingIOError):
                raise _failure(server, report.recv(2000).decode(errors="replace").lstrip("!"))
            raise _failure(server, "it does not answer")
        undo.pop_all()
    return Started(peer, sandbox, server, report, gate)


def _failure(server: ForkServer, reason: str) -> ForkServerError:
    return ForkServerGone("the preloaded process has ended") if server.is_over() else ForkServerError(reason)


def _stands(gate: socket.socket) -> bool:
    """Return whether a sandbox is complete: its gate sends back what it is sent."""
    gate.settimeout(GATE_SECONDS)
    try:
        gate.sendall(b"x")
        return gate.recv(1) == b"x"
    except OSError:
        return False


def _build_empty(
    settings: Sandbox, bwrap: Bwrap, server: ForkServer, variables: dict[str, str]
) -> tuple[socket.socket, SandboxProcess]:
    """Build a sandbox with nothing in it but a gate, which says that it stands and, by its end, ends it."""
    mine, theirs = socket.socketpair()
    with contextlib.ExitStack() as stack:
        stack.enter_context(theirs)
        view = build_view(map(Path, settings.hide))
        lent = {path: lend(stack, content) for path, content in inside_files(view).items()}
        arguments = [
            *bwrap.joining_arguments(server.users, server.processes),
            *mount_arguments(view, settings.effective_limits, lent),
            *environment_arguments(variables),
            *_filter_arguments(stack, lent),
        ]
        passed = {*lent.values(), server.users, server.processes}
        sandbox = start_bwrap(
            bwrap.path, arguments, ["cat"], passed, two_users=False, joined=True, stdin=theirs.fileno()
        )
    return mine, sandbox


def _filter_arguments(stack: contextlib.ExitStack, lent: dict[str, int]) -> list[str]:
    """Return the arguments that filter the system calls of bubblewrap's own process 1, and of all below it."""
    program = filter_program()
    if program is None:
        return []
    lent["seccomp"] = lend(stack, program)
    return ["--seccomp", str(lent["seccomp"])]


def _privileges(settings: Sandbox, bwrap: Bwrap | None) -> dict[str, Any]:
    """Return what an agent has to give up, as :mod:`proctor.agent.privileges` reads it."""
    as_root = bwrap is not None and bwrap.as_root
    return {
        "user": STUDENT_UID if as_root else None,
        "inner_user": None,
        "rlimits": settings.effective_limits.as_rlimits(own_namespace=bwrap is not None),
        "limited": [0],
        "filter": (filter_program() or b"").hex() if bwrap is not None else "",
    }


def _start_alone(settings: Sandbox, bwrap: Bwrap, variables: dict[str, str]) -> Started:
    """Return an agent with an interpreter of its own, in a sandbox."""
    mine, theirs = socket_pair()
    with contextlib.ExitStack() as stack:
        stack.enter_context(theirs)
        view = build_view(map(Path, settings.hide))
        told = _privileges(settings, bwrap) | {"end": theirs.fileno()}
        if not bwrap.as_root:
            # Process 1 is bubblewrap, with the student's own user: limits that it lacks could be escaped to it.
            told["limited"] = [0, 1]
        lent = {path: lend(stack, content) for path, content in inside_files(view, told).items()}
        arguments = [
            *bwrap.namespace_arguments(),
            *mount_arguments(view, settings.effective_limits, lent),
            *environment_arguments(variables),
            *_filter_arguments(stack, lent),
        ]
        passed = {*lent.values(), theirs.fileno()}
        sandbox = start_bwrap(bwrap.path, arguments, agent_command(), passed, two_users=bwrap.as_root)
    return _answering(sandbox, mine, settings)


def _start_plainly(settings: Sandbox, variables: dict[str, str]) -> Started:
    """Return an agent with the rights of our account, in a folder of its own."""
    mine, theirs = socket_pair()
    home = Path(tempfile.mkdtemp(prefix="proctor-home-"))
    told = _privileges(settings, None) | {"end": theirs.fileno()}
    (home / SETTINGS).write_text(json.dumps(told), encoding="utf-8")
    variables = {name: value.replace(HOME, str(home)) for name, value in variables.items()}
    with theirs:
        process = start_plainly(
            agent_command(str(home)), variables, [theirs.fileno()], folder=str(AGENT.parent)
        )
    return _answering(process, mine, settings, home)


def _answering(
    sandbox: SandboxProcess, mine: socket.socket, settings: Sandbox, home: Path | None = None
) -> Started:
    """Return an agent that was started by itself, once it says hello."""
    peer = accept(mine, settings.start_timeout, sandbox.is_over)
    if peer is None:
        complaint = sandbox.complaint() or "it does not answer"
        sandbox.close()
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)
        raise SandboxUnavailable(f"The sandbox for students' code did not start: {explain(complaint)}")
    return Started(peer, sandbox, home=home)
