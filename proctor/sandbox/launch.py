"""Agents, each in a sandbox for one submission: forked from the preloaded process, or started by themselves."""

from __future__ import annotations

import functools
import json
import logging
import shutil
import socket
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.errors import ForkServerError, ForkServerGone, SandboxUnavailable
from proctor.sandbox.bwrap import explain, find_bwrap
from proctor.sandbox.fork_server import PATIENCE, Recipe, fork_servers
from proctor.sandbox.mounts import AGENT, SETTINGS, agent_command, agent_files, furnish
from proctor.sandbox.peer_process import Peer, accept, socket_pair
from proctor.sandbox.process import STUDENT_UID, readable, start_bwrap, start_plainly
from proctor.sandbox.seccomp import filter_program
from proctor.sandbox.visible_files import HOME, environment

if TYPE_CHECKING:
    from proctor.sandbox.bwrap import Bwrap
    from proctor.sandbox.fork_server import ForkServer
    from proctor.sandbox.process import SandboxProcess
    from proctor.sandbox.settings import Sandbox

GATE_SECONDS = 30.0
"""Seconds in which bubblewrap has to build an empty sandbox; it needs some milliseconds."""
DYING = 2.0
"""Seconds in which a fork server that ends, and gives no more agents, is over: Linux ends all below it first."""
LAST_WORDS = 5.0
"""Seconds in which it has to be told how an agent that has ended did so; it takes some milliseconds."""

log = logging.getLogger(__name__)


@dataclass
class Started:
    """An agent that has said hello."""

    peer: Peer
    sandbox: SandboxProcess  # or the process itself where there is none
    undo: ExitStack  # ends it, with everything that it has started, and leaves nothing behind
    server: ForkServer | None = None  # that it came from
    report: socket.socket | None = None  # where a fork server tells how its agent ended

    def lost(self) -> bool:
        """Return whether an agent that has ended was killed with its fork server, which no student's code can do.

        The agent ends before the fork server does, of which nothing is told then.
        """
        return self.server is not None and (not self.status or self.server.is_over())

    @functools.cached_property
    def status(self) -> str:
        """Exit status of an agent that has ended, as text; "!" and why there is none; "" where nothing tells."""
        if self.report is None:
            status = self.sandbox.status(LAST_WORDS)
            return "" if status is None else str(status)
        if readable(self.report.fileno(), LAST_WORDS):  # of which the fork server tells a moment later
            return self.report.recv(2000).decode(errors="replace")
        return ""


def start_agent(settings: Sandbox, extra_env: dict[str, str]) -> Started:
    """Start an agent; SandboxUnavailable if there is no sandbox on this machine, or none that starts."""
    variables = environment({**settings.extra_env, **extra_env})
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
    """Return an agent from this process's fork server; ForkServerError if there is none, or it gives none."""
    recipe = Recipe(bwrap, tuple(settings.preload), _hidden(settings), tuple(sorted(variables.items())))
    server = fork_servers().get(recipe, settings.start_timeout)
    with ExitStack() as undo:
        sandbox = _build_empty(settings, bwrap, server, variables, undo)
        report, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        undo.callback(report.close)
        mine, theirs = socket_pair()
        with writer, theirs:
            privileges = _privileges(settings, bwrap) | {"inner_user": STUDENT_UID}
            server.fork(privileges, [theirs.fileno(), sandbox.init or -1, writer.fileno()])
        peer = accept(mine, settings.start_timeout, lambda: readable(report.fileno(), 0) or server.is_over())
        if peer is None:
            reason = "it does not answer"
            report.setblocking(False)  # noqa: FBT003  - the socket's own signature
            with suppress(BlockingIOError):
                reason = report.recv(2000).decode(errors="replace").lstrip("!")
            raise _failure(server, reason)
        undo.callback(peer.close)
        return Started(peer, sandbox, undo.pop_all(), server, report)


def _failure(server: ForkServer, reason: str) -> ForkServerError:
    if server.is_over(DYING):
        return ForkServerGone("the preloaded process has ended")
    return ForkServerError(reason)


def _build_empty(
    settings: Sandbox, bwrap: Bwrap, server: ForkServer, variables: dict[str, str], undo: ExitStack
) -> SandboxProcess:
    """Build a sandbox with nothing in it but a gate, which says that it stands, and whose end is its end."""
    gate, theirs = socket.socketpair()
    undo.callback(gate.close)
    with ExitStack() as lending, theirs:
        limits = settings.effective_limits
        content, lent = furnish(lending, _hidden(settings), limits, variables, {})
        arguments = [*bwrap.joining_arguments(server.users, server.processes), *content]
        passed = {*lent, server.users, server.processes}
        sandbox = start_bwrap(
            bwrap.path, arguments, ["cat"], passed, two_users=False, joined=True, stdin=theirs.fileno()
        )
    undo.callback(sandbox.close)
    gate.settimeout(GATE_SECONDS)
    with suppress(OSError):
        gate.sendall(b"x")
        if gate.recv(1) == b"x" and sandbox.init is not None:
            return sandbox
    raise _failure(server, sandbox.complaint() or "the sandbox for it does not stand")


def _hidden(settings: Sandbox) -> tuple[Path, ...]:
    return tuple(map(Path, settings.hide))


def _privileges(settings: Sandbox, bwrap: Bwrap | None) -> dict[str, Any]:
    """Return what an agent has to give up, as :mod:`proctor.agent.privileges` reads it."""
    return {
        "user": STUDENT_UID if bwrap is not None and bwrap.as_root else None,
        "inner_user": None,
        "rlimits": settings.effective_limits.as_rlimits(own_namespace=bwrap is not None),
        "limited": [0],
        "filter": (filter_program() or b"").hex() if bwrap is not None else "",
    }


def _start_alone(settings: Sandbox, bwrap: Bwrap, variables: dict[str, str]) -> Started:
    """Return an agent with an interpreter of its own, in a sandbox."""
    mine, theirs = socket_pair()
    with ExitStack() as lending, theirs:
        told = _privileges(settings, bwrap) | {"end": theirs.fileno()}
        if not bwrap.as_root:
            # Process 1 is bubblewrap, with the student's own user: limits that it lacks could be escaped to it.
            told["limited"] = [0, 1]
        limits = settings.effective_limits
        content, lent = furnish(lending, _hidden(settings), limits, variables, agent_files(told))
        arguments, passed = [*bwrap.namespace_arguments(), *content], {*lent, theirs.fileno()}
        sandbox = start_bwrap(bwrap.path, arguments, agent_command(), passed, two_users=bwrap.as_root)
    return _greeted(sandbox, mine, settings, ExitStack())


def _start_plainly(settings: Sandbox, variables: dict[str, str]) -> Started:
    """Return an agent with the rights of our account, in a folder of its own."""
    mine, theirs = socket_pair()
    with ExitStack() as undo, theirs:
        home = Path(tempfile.mkdtemp(prefix="proctor-home-"))
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        told = _privileges(settings, None) | {"end": theirs.fileno()}
        (home / SETTINGS).write_text(json.dumps(told), encoding="utf-8")
        variables = {name: value.replace(HOME, str(home)) for name, value in variables.items()}
        command, folder = agent_command(str(home)), str(AGENT.parent)
        process = start_plainly(command, variables, [theirs.fileno()], folder=folder)
        left = undo.pop_all()
    return _greeted(process, mine, settings, left)


def _greeted(sandbox: SandboxProcess, mine: socket.socket, settings: Sandbox, undo: ExitStack) -> Started:
    """Return an agent that was started by itself, once it says hello."""
    with undo:
        undo.callback(sandbox.close)
        peer = accept(mine, settings.start_timeout, sandbox.is_over)
        if peer is None:
            complaint = explain(sandbox.complaint() or "it does not answer")
            raise SandboxUnavailable(f"The sandbox for students' code did not start: {complaint}")
        undo.callback(peer.close)
        return Started(peer, sandbox, undo.pop_all())
