"""Starts and ends a kernel in the jail, for any of Jupyter's kernel managers.

A manager finds the class by the entry point `proctor-jail`, which the kernelspec names. The working folder is
copied into the jail, in memory; nothing in there can write to the host's disk, so files that a cell writes
are read by code in the kernel, not from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from proctor.jail.bwrap import explain, find_bwrap
from proctor.jail.command import WALL
from proctor.jail.errors import JailUnavailable
from proctor.jail.nurseries import nurseries
from proctor.jail.nursery import Recipe
from proctor.jail.offspring import NurseryError, Offspring
from proctor.jail.process import how_it_ended
from proctor.jail.settings import JailSettings
from proctor.jail.start import Kernel, listen, make_private_folder
from proctor.jail.submission import pack
from proctor.jail.view import environment
from proctor.jail.watch import MemoryWatch

if TYPE_CHECKING:
    import socket

    from jupyter_client.connect import KernelConnectionInfo

    from proctor.jail.process import JailProcess


LAST_WAIT = 10.0
"""Seconds in which a killed jail has to be gone; a healthy machine needs some milliseconds."""


class JailProvisioner(JailSettings, LocalProvisioner):  # type: ignore[metaclass]
    """Runs an ipykernel in the jail.

    Attributes:
        private_dir: folder of this kernel's sockets, for our account only; None when not open.
        left_out: what of the working folder was not copied into the jail, and why.
    """

    private_dir: Path | None = None
    left_out: dict[str, str]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.left_out = {}
        self._jail: JailProcess | None = None
        self._watch: MemoryWatch | None = None
        self._status: int | None = None
        self._remove_dir: weakref.finalize[Any, Any] | None = None

    # Called by the kernel manager, in this order.

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the private folder and move the manager's sockets there.

        Called by `KernelManager.pre_start_kernel`, before it writes the connection file. Jupyter's servers
        ask for TCP ports, which a jail without a network could not serve.

        Raises:
            JailUnavailable: if there is no jail on this machine.
        """
        self.open()
        manager: Any = self.parent
        manager.transport, manager.ip, manager.cache_ports = "ipc", str(self._private / "kernel"), False
        manager.connection_file = manager.connection_file or str(self._private / "connection.json")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ARG002
        """Start the kernel and wait until it listens.

        Called by `KernelManager.launch_kernel`. `cwd` is the folder that is copied into the jail; the command
        of the kernelspec is replaced by ours, and the caller's environment is not passed on.

        Raises:
            SubmissionRefused: if the folder cannot be taken.
            JailUnavailable: if the kernel does not come up.
        """
        self.cwd = Path(kwargs.get("cwd") or Path.cwd())
        try:
            kernel = self._kernel(self.cwd)
            self._jail = await asyncio.to_thread(self._fork, kernel) or await self._start(kernel)
        except BaseException:
            await self.cleanup()
            raise
        self.process = self._jail.popen  # type: ignore[assignment]
        self.pid, self._status = self._jail.popen.pid, None
        if self.jailed:
            self._watch = MemoryWatch(self._jail, self.effective_limits.memory)
            self._watch.start()
        return self.connection_info

    async def poll(self) -> int | None:
        """Return the status with which the kernel ended, or None while it lives."""
        if self._jail is not None and self._jail.is_over():
            self._status = self._jail.popen.returncode
            return self._status
        return 0 if self._jail is None else None

    async def wait(self) -> int | None:
        """Wait until every process of the jail has ended. Called by the manager after a shutdown or kill."""
        await self._end()
        self.process = None
        return self._status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel, not to bubblewrap, which is another process."""
        if self._jail is not None:
            self._jail.signal_kernel(signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Kill the kernel and all that it started. Called by `KernelManager.kill_kernel`.

        Waits for the end, which takes some milliseconds: the manager, not finding it, would look again after 100.
        """
        if self._jail is not None:
            self._jail.kill()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._end(), LAST_WAIT)

    async def terminate(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Kill: there is nothing in a jail that would deserve a farewell."""
        await self.kill(restart=restart)

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002
        """Leave nothing behind. Called by `KernelManager.cleanup_resources`, also before a restart."""
        if self._watch is not None:
            self._watch.stop()
        if self._jail is not None:
            self._jail.kill()
            try:
                await asyncio.wait_for(self.wait(), LAST_WAIT)
            except TimeoutError:
                self.log.exception("process %d of a jail does not end, though killed", self._jail.popen.pid)
            self._jail.close()
            self._jail = None
        if self._remove_dir is not None and not restart:
            self._remove_dir()
            self.private_dir = None

    # For the grader.

    def open(self) -> None:
        """Make the private folder, to be removed by `cleanup` or, at the latest, when this process ends.

        Raises:
            JailUnavailable: if there is no jail on this machine.
        """
        if self.jailed:
            find_bwrap(self.bwrap)
        if self.private_dir is None:
            self.private_dir = make_private_folder()
            self._remove_dir = weakref.finalize(self, shutil.rmtree, self.private_dir, ignore_errors=True)

    @property
    def wall_socket_host(self) -> Path:
        """Where the grader listens for the student's side."""
        return self._private / "wall" / "socket"

    @property
    def wall_socket_jail(self) -> str:
        """The same socket's path for the student's side."""
        return f"{WALL}/socket" if self.jailed else str(self.wall_socket_host)

    def listen_on_wall(self) -> socket.socket:
        """Return a socket that listens where the student's side connects; the caller closes it.

        Its mode lets the student's user connect, which as root is another one; the private folder keeps
        others out.
        """
        listener = listen(self.wall_socket_host)
        self.wall_socket_host.chmod(0o666)
        return listener

    @property
    def forked(self) -> bool:
        """Whether the kernel that runs came out of a nursery."""
        return self._jail is not None and isinstance(self._jail.popen, Offspring)

    @property
    def lost(self) -> bool:
        """Whether the kernel ended because its nursery did, which no student's code can cause."""
        return self._jail is not None and isinstance(self._jail.popen, Offspring) and self._jail.popen.lost

    def cause_of_death(self) -> str:
        """Return why the kernel ended, in words: "" as long as it lives or after an orderly end."""
        if self._watch is not None and self._watch.tripped:
            return "memory limit"
        return how_it_ended(self._status or 0)

    # Inner workings.

    @property
    def _private(self) -> Path:
        if self.private_dir is None:
            raise RuntimeError("the kernel has no private folder: not opened yet, or cleaned up")
        return self.private_dir

    async def _end(self) -> None:
        while await self.poll() is None:  # noqa: ASYNC110  - no event tells of another process's end
            await asyncio.sleep(0.002)

    def _fork(self, kernel: Kernel) -> JailProcess | None:
        """Return the kernel, forked from this process's nursery and listening; None where there is none."""
        if not (self.warm and self.preload and kernel.bwrap):
            return None
        variables = tuple(sorted(environment(self.extra_env).items()))
        recipe = Recipe(kernel.bwrap, tuple(self.preload), kernel.hide, variables, kernel.private.parent)
        try:
            return nurseries().start(recipe, kernel, self.start_timeout)
        except (NurseryError, JailUnavailable) as error:
            self.log.warning("This kernel starts alone, since none could be forked: %s", error)
            return None

    async def _start(self, kernel: Kernel) -> JailProcess:
        """Return the kernel, started by itself and listening."""
        self._jail = kernel.start()
        reason = await asyncio.to_thread(self._jail.wait_until_ready, self.start_timeout)
        if reason is not None:
            raise JailUnavailable(f"The kernel for students' code did not start: {explain(reason)}")
        return self._jail

    def _kernel(self, folder: Path) -> Kernel:
        """Return the kernel to start, with `folder` packed."""
        packed = pack(folder, self.effective_limits)
        self.left_out = packed.left_out
        for name, reason in packed.left_out.items():
            self.log.warning("%s: not copied into the jail, since it is %s", folder / name, reason)
        return Kernel(
            packed.archive,
            dict(self.connection_info),
            self._private,
            self.effective_limits,
            find_bwrap(self.bwrap) if self.jailed else None,
            tuple(map(Path, self.hide)),
            self.extra_env,
        )
