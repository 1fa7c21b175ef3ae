"""Provisioner that starts and ends a kernel in a sandbox, for any of Jupyter's kernel managers.

A manager finds the class by the entry point `proctor-sandbox`, which the kernelspec names. The working folder is
copied into the sandbox, in memory; nothing in there can write to the host's disk, so files that a cell writes
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
from tornado.web import HTTPError

from proctor.errors import SandboxError, SandboxUnavailable, SubmissionRefused
from proctor.jupyter_kernel.start import Kernel, make_private_folder
from proctor.sandbox.bwrap import explain, find_bwrap
from proctor.sandbox.memory import MemoryWatch
from proctor.sandbox.packing import pack
from proctor.sandbox.process import how_it_ended
from proctor.sandbox.settings import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_client.connect import KernelConnectionInfo

    from proctor.sandbox.process import SandboxProcess


class KernelRefused(HTTPError):  # noqa: N818  - what Jupyter shows to whoever opened the notebook
    """A kernel that cannot be started; the text says why.

    A Jupyter server shows the text of tornado's `HTTPError`; of any other error it says "Unhandled error".
    """

    def __init__(self, text: str) -> None:
        super().__init__(503, text)
        self.text = text

    def __str__(self) -> str:
        return self.text


@contextlib.contextmanager
def _told_to_jupyter() -> Iterator[None]:
    try:
        yield
    except (SandboxError, SubmissionRefused) as error:
        raise KernelRefused(str(error)) from error


class SandboxProvisioner(Sandbox, LocalProvisioner):  # type: ignore[metaclass]
    """Provisioner of an ipykernel in a sandbox.

    Attributes:
        private_dir: folder of this kernel's sockets, for our account only; None when not open.
        left_out: what of the working folder was not copied into the sandbox, and why.
    """

    private_dir: Path | None = None
    left_out: dict[str, str]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.left_out = {}
        self._sandbox: SandboxProcess | None = None
        self._watch: MemoryWatch | None = None
        self._status: int | None = None
        self._remove_dir: weakref.finalize[Any, Any] | None = None

    # Called by the kernel manager, in this order.

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the private folder and move the manager's sockets there.

        Called by `KernelManager.pre_start_kernel`, before it writes the connection file. Jupyter's servers
        ask for TCP ports, which a sandbox without a network could not serve.

        Raises:
            KernelRefused: if there is no sandbox on this machine.
        """
        with _told_to_jupyter():
            if self.enabled:
                find_bwrap(self.bwrap)
        if self.private_dir is None:
            self.private_dir = make_private_folder()
            # The manager does not call `cleanup` after a start that failed, nor when it ends without a shutdown.
            self._remove_dir = weakref.finalize(self, shutil.rmtree, self.private_dir, ignore_errors=True)
        manager: Any = self.parent
        manager.transport, manager.ip, manager.cache_ports = "ipc", str(self.private_dir / "kernel"), False
        manager.connection_file = manager.connection_file or str(self.private_dir / "connection.json")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ARG002  - ours runs
        """Start the kernel and wait until it listens.

        Called by `KernelManager.launch_kernel`. `cwd` is the folder that is copied into the sandbox; the command
        of the kernelspec is replaced by ours, and the caller's environment is not passed on.

        Raises:
            KernelRefused: if the folder cannot be taken, or the kernel does not come up.
        """
        self.cwd = Path(kwargs.get("cwd") or Path.cwd())
        try:
            with _told_to_jupyter():
                await self._start(self._kernel(self.cwd))
        except BaseException:
            await self.cleanup()
            raise
        return self.connection_info

    async def poll(self) -> int | None:
        """Return the status with which the kernel ended, or None while it lives."""
        if self._sandbox is not None and self._sandbox.is_over():
            self._status = self._sandbox.popen.returncode
            return self._status
        return 0 if self._sandbox is None else None

    async def wait(self) -> int | None:
        """Wait until every process of the sandbox has ended. Called by the manager after a shutdown or kill."""
        while await self.poll() is None:  # noqa: ASYNC110  - no event tells of another process's end
            await asyncio.sleep(0.002)
        self.process = None
        return self._status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel, not to bubblewrap, which is another process."""
        if self._sandbox is not None:
            self._sandbox.signal_kernel(signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  - the manager's signature
        """Kill the kernel and all that it started. Called by `KernelManager.kill_kernel`."""
        if self._sandbox is not None:
            self._sandbox.kill()

    async def terminate(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002  - the manager's signature
        """Kill: there is nothing in a sandbox that would deserve a farewell."""
        await self.kill(restart=restart)

    async def cleanup(self, restart: bool = False) -> None:  # noqa: FBT001, FBT002  - the manager's signature
        """Leave nothing behind. Called by `KernelManager.cleanup_resources`, also before a restart."""
        if self._watch is not None:
            self._watch.stop()
        if self._sandbox is not None:
            await self.poll()
            await asyncio.to_thread(self._sandbox.close)
            self._sandbox = None
        if self._remove_dir is not None and not restart:
            self._remove_dir()
            self.private_dir = None

    def cause_of_death(self) -> str:
        """Return why the kernel ended, in words: "" as long as it lives or after an orderly end."""
        if self._watch is not None and self._watch.tripped:
            return "memory limit"
        return how_it_ended(self._status or 0)

    async def _start(self, kernel: Kernel) -> None:
        self._sandbox = kernel.start()
        reason = await asyncio.to_thread(self._sandbox.wait_until_ready, self.start_timeout)
        if reason is not None:
            raise SandboxUnavailable(f"The kernel for students' code did not start: {explain(reason)}")
        self.process = self._sandbox.popen
        self.pid, self._status = self._sandbox.popen.pid, None
        if self._sandbox.init is not None:
            self._watch = MemoryWatch(self._sandbox, self.effective_limits.memory)
            self._watch.start()

    def _kernel(self, folder: Path) -> Kernel:
        """Return the kernel to start, with `folder` packed."""
        if self.private_dir is None:
            raise RuntimeError("the kernel has no private folder: not opened yet, or cleaned up")
        packed = pack(folder, self.effective_limits)
        self.left_out = packed.left_out
        for name, reason in packed.left_out.items():
            self.log.warning("%s: not copied into the sandbox, since it is %s", folder / name, reason)
        return Kernel(
            packed.archive,
            dict(self.connection_info),
            self.private_dir,
            self.effective_limits,
            find_bwrap(self.bwrap) if self.enabled else None,
            tuple(map(Path, self.hide)),
            self.extra_env,
        )
