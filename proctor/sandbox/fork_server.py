"""The grader's side of the preloaded process from which agents are forked (:mod:`proctor.agent.fork_server`).

A fork server belongs to one process of the grader's and ends with it, and all its agents too. Where the machine
allows no namespaces within namespaces there is none, and agents start by themselves.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import socket
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proctor.errors import ForkServerError, ForkServerGone
from proctor.sandbox.mounts import agent_command, agent_files, furnish
from proctor.sandbox.process import readable, start_bwrap
from proctor.sandbox.settings import MEBIBYTE, Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from proctor.sandbox.bwrap import Bwrap
    from proctor.sandbox.process import SandboxProcess

SMALL = Limits(home=16 * MEBIBYTE, tmp=MEBIBYTE, shared_memory=MEBIBYTE)
"""Limits on what the fork server itself writes; each submission's sandbox has its own."""
CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SETFCAP")
"""Privileges over the fork server's own namespaces: to enter the sandboxes that belong to them and, where it is root by
name (an ordinary user's is), to map that name in a further namespace, for which Linux 5.12 asks for the last one."""
PATIENCE = 3
"""Number of failures in a row after which no fork server is tried any more."""


@dataclass(frozen=True)
class Recipe:
    """Recipe of a fork server; submissions with the same recipe share one."""

    bwrap: Bwrap
    preload: tuple[str, ...]  # modules to import
    hide: tuple[Path, ...]  # folders that must not be seen
    variables: tuple[tuple[str, str], ...]  # names and values of its environment


class ForkServer:
    """A preloaded process.

    Bubblewrap is killed with the thread that started it. Agents may be asked for by threads that come and
    go, so a fork server has a thread of its own, which lives as long. `users` and `processes` are descriptors of its
    namespaces, to which those of sandboxes belong.
    """

    def __init__(self, recipe: Recipe, seconds: float) -> None:
        """Start it; ForkServerError if it does not come up in time."""
        started: Future[SandboxProcess] = Future()
        self._over = threading.Event()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._thread = threading.Thread(
            target=self._keep, args=(recipe, theirs, started), name="fork server", daemon=True
        )
        self._thread.start()
        self.users = self.processes = -1
        try:
            with theirs:
                self._sandbox = started.result()
        except BaseException:
            self._control.close()
            raise
        atexit.register(self.close)
        self._owner = os.getpid()
        reason = self._sandbox.wait_until_ready(seconds)
        if reason is None:
            try:
                self.users, self.processes = (self._namespace(name) for name in ("user", "pid"))
            except OSError as error:
                reason = f"its namespaces cannot be opened ({error.strerror})"
        if reason is not None:
            self.close()
            raise ForkServerError(reason)

    def _keep(self, recipe: Recipe, control: socket.socket, started: Future[SandboxProcess]) -> None:
        try:
            started.set_result(_start(recipe, control))
        except BaseException as error:  # noqa: BLE001  - whoever waits for the result gets it
            started.set_exception(error)
        else:
            self._over.wait()

    def _namespace(self, name: str) -> int:
        return os.open(f"/proc/{self._sandbox.init_pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC)

    def is_over(self, seconds: float = 0) -> bool:
        """Return whether it was closed or killed, or ends in time."""
        return self._over.is_set() or readable(self._sandbox.init or 0, seconds)

    def fork(self, settings: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Ask for an agent, as :mod:`proctor.agent.fork_server` describes a request; ForkServerGone if it has ended."""
        try:
            socket.send_fds(self._control, [json.dumps(settings).encode()], descriptors)
        except OSError as error:
            raise ForkServerGone(f"the preloaded process does not answer ({error})") from error

    def close(self) -> None:
        """End it, with all that came from it; does nothing if it has ended, or belongs to another process."""
        atexit.unregister(self.close)
        if self._over.is_set() or self._owner != os.getpid():
            return
        self._control.close()
        self._sandbox.close()
        for descriptor in (self.users, self.processes):
            if descriptor != -1:
                os.close(descriptor)
        self._over.set()
        self._thread.join()


def _start(recipe: Recipe, control: socket.socket) -> SandboxProcess:
    """Start a fork server's sandbox."""
    bwrap = recipe.bwrap
    files = agent_files({"control": control.fileno(), "preload": recipe.preload})
    with contextlib.ExitStack() as stack:
        content, lent = furnish(stack, recipe.hide, SMALL, dict(recipe.variables), files, filtered=False)
        arguments = [*bwrap.namespace_arguments(privileges=CAPABILITIES), *content]
        passed = {*lent, control.fileno()}
        return start_bwrap(bwrap.path, arguments, agent_command(), passed, two_users=bwrap.as_root)


class ForkServers:
    """The fork servers of one process, each started when an agent is first asked of it."""

    def __init__(self) -> None:
        self.failures, self._lock = 0, threading.Lock()  # failures: agents in a row that did not come
        self._running: dict[Recipe, ForkServer] = {}

    def get(self, recipe: Recipe, seconds: float) -> ForkServer:
        """Return a fork server that runs, a new one if it has died; ForkServerError if that does not come up."""
        with self._lock:
            found = self._running.pop(recipe, None)
            if found is not None and found.is_over():
                found.close()
                found = None
            self._running[recipe] = found or ForkServer(recipe, seconds)
            return self._running[recipe]

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            while self._running:
                self._running.popitem()[1].close()


@functools.cache
def _fork_servers_of(pid: int) -> ForkServers:  # noqa: ARG001  - a forked process does not own its parent's
    return ForkServers()


def fork_servers() -> ForkServers:
    """Return the fork servers of this process."""
    return _fork_servers_of(os.getpid())
