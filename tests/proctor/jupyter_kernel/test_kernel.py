"""Sandboxed kernels of Jupyter's kernel managers: what is seen there, how they end, and that nothing is left."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from jupyter_client import KernelManager
from traitlets.config import Config

from proctor.jupyter_kernel.kernelspec import KERNEL_NAME, install_kernelspec
from proctor.jupyter_kernel.provisioner import KernelRefused, SandboxProvisioner
from proctor.sandbox.process import readable
from proctor.sandbox.visible_files import PACKAGE
from tests.proctor.support.sandboxes import gone, left, traces

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60
"""Seconds after which a kernel counts as stuck; nothing here waits for them to pass."""
EVERY_WAY = pytest.mark.parametrize("settings", [{}, {"enabled": False}], ids=["sandboxed", "plain"])


@dataclasses.dataclass
class Kernel:
    """A running kernel and its client."""

    manager: Any
    client: Any

    @property
    def provisioner(self) -> Any:
        """The provisioner."""
        return self.manager.provisioner

    def run(self, code: str) -> str:
        """Run a cell, indented as it may be; return what it prints and the name of its error, if any."""
        said: list[str] = []

        def listen(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                said.append(content["text"])
            elif message["msg_type"] == "error":
                said.append(content["ename"])

        self.client.execute_interactive(
            textwrap.dedent(code),
            output_hook=listen,
            timeout=PATIENCE,
            allow_stdin=False,
            stop_on_error=False,
        )
        return "".join(said).strip()

    def run_until_dead(self, code: str) -> str:
        """Run a cell that ends its kernel; return how that ended."""
        self.client.execute(textwrap.dedent(code))
        sandbox = self.provisioner._sandbox
        assert readable(sandbox.init, PATIENCE), "the kernel still lives"
        assert sandbox.status(PATIENCE) is not None
        assert not self.manager.is_alive()
        return str(self.provisioner.cause_of_death())


@contextlib.contextmanager
def kernel(folder: Path, **settings: Any) -> Iterator[Kernel]:
    """Start a kernel on `folder`, by its name, and end it."""
    manager, client = (
        KernelManager(kernel_name=KERNEL_NAME, config=Config({"SandboxProvisioner": settings})),
        None,
    )
    try:
        manager.start_kernel(cwd=str(folder))
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(manager, client)
    finally:
        if client is not None:
            client.stop_channels()
            client.context.destroy(linger=0)
        if manager.provisioner is not None:
            manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module", autouse=True)
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a short folder for the private folders, whose emptiness can be told; the kernelspec is installed."""
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    prefix = tmp_path_factory.mktemp("prefix")
    install_kernelspec(prefix)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("JUPYTER_PATH", str(prefix / "share" / "jupyter"))
        yield folder
    folder.rmdir()  # fails if a kernel left anything


@pytest.fixture(scope="module")
def submission(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the one submission of a course that is opened, with secrets beside it."""
    root = tmp_path_factory.mktemp("course")
    for path in ("tests/hidden.py", "gradebook.db", "submitted/ada/ex/src/base.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("SECRET = 42\n")
    return root / "submitted" / "ada" / "ex"


@pytest.fixture(scope="module")
def running(submission: Path) -> Iterator[Kernel]:
    """Return one kernel for all tests that only look around, started with a secret in our environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADEBOOK_TOKEN", "open sesame")
        with kernel(submission) as found:
            yield found


def test_submission_and_nothing_else(running: Kernel, submission: Path) -> None:
    """It sees the submission, in memory, and nothing else of the course, the home folder or the grader."""
    code = """
        import os
        from src.base import SECRET
        open('mine', 'w').write('x')
        print(os.getcwd(), SECRET, os.getuid(), os.environ.get('GRADEBOOK_TOKEN'))
    """
    assert running.run(code) == "/home/student/work 42 1000 None"
    assert not (submission / "mine").exists()
    root = submission.parents[2]
    paths = [str(path) for path in (root / "tests/hidden.py", root / "gradebook.db", PACKAGE / "criteria.py")]
    paths += [str(running.provisioner.private_dir), "/etc/shadow", "/sys", "/var"]
    assert running.run(f"print([path for path in {paths} if os.path.exists(path)])") == "[]"


def test_privileges(running: Kernel) -> None:
    """It has no privilege, and runs with the filter of system calls."""
    code = """
        lines = dict(line.split(':', 1) for line in open('/proc/self/status'))
        print([int(lines[name], 16) for name in ('CapPrm', 'CapEff', 'CapAmb', 'NoNewPrivs', 'Seccomp')])
    """
    assert running.run(code) == "[0, 0, 0, 1, 2]"


def test_network(running: Kernel) -> None:
    """No host can be reached, not even our own ports."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)"
        assert running.run(code) == "ConnectionRefusedError"
    assert running.run("socket.create_connection(('192.0.2.1', 80), timeout=5)") == "OSError"


def test_descriptors(running: Kernel) -> None:
    """It inherits no file and no folder of the host; programs that it starts inherit nothing."""
    code = """
        import os
        links = [f'/proc/self/fd/{name}' for name in os.listdir('/proc/self/fd')]
        kinds = {os.readlink(link).split(':')[0] for link in links if os.path.islink(link)}
        print(sorted(kinds - {'socket', 'pipe', 'anon_inode'}))
    """
    assert running.run(code) == "['/dev/null']"
    code = """
        import subprocess
        listed = subprocess.run(['ls', '/proc/self/fd'], close_fds=False, capture_output=True, text=True)
        print(listed.stdout.split())
    """
    assert running.run(code) == "['0', '1', '2', '3']"  # the last is ls's own


def test_private_folder_is_private(running: Kernel) -> None:
    """Nobody else of this machine may enter the folder of the sockets."""
    assert running.provisioner.private_dir.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("settings", "code", "ending"),
    [
        ({"limits": {"cpu_seconds": 3}}, "while True: pass", "processor time limit"),
        (
            {"limits": {"memory": 300 * 2**20}},
            "import os, time\nfor _ in range(4):\n    if not os.fork(): held = b'x' * 2**27; time.sleep(600)\n",
            "memory limit",
        ),
        ({}, "import ctypes; ctypes.string_at(0)", "crashed with signal 11"),
    ],
    ids=["time", "memory", "crash"],
)
def test_endings(submission: Path, settings: dict[str, Any], code: str, ending: str) -> None:
    """A kernel that ends at a limit, or crashes, is told with its cause."""
    with kernel(submission, **settings) as found:
        assert found.run_until_dead(code) == ending


def test_limits(submission: Path) -> None:
    """Limits are in force and cannot be lifted, also for bubblewrap's own process."""
    code = """
        import resource
        try:
            print(resource.prlimit(1, resource.RLIMIT_NPROC))
        except PermissionError:  # as root, where it is another user's process
            print((40, 40))
        resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))
    """
    with kernel(submission, limits={"address_space": 2**30, "processes": 40}) as found:
        assert found.run("import numpy; numpy.ones(2**28)") == "MemoryError"
        assert found.run(code).split("\n") == ["(40, 40)", "ValueError"]


def test_interrupt(running: Kernel) -> None:
    """An interrupt reaches a running cell by message, and as a signal, and spares the kernel.

    The cell tells by a comm that it runs: ipykernel can lose an interrupt that arrives amid a print.
    """
    code = "from comm import create_comm\ncreate_comm(target_name='runs')\nwhile True: pass"
    for interrupt in (running.manager.interrupt_kernel, lambda: running.manager.signal_kernel(2)):
        request = running.client.execute(code, stop_on_error=False)
        while running.client.get_iopub_msg(timeout=PATIENCE)["msg_type"] != "comm_open":
            pass
        interrupt()
        reply = running.client.get_shell_msg(timeout=PATIENCE)
        assert reply["parent_header"]["msg_id"] == request
        assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert running.run("print(1)") == "1"


@EVERY_WAY
def test_restart_begins_afresh(submission: Path, settings: dict[str, Any]) -> None:
    """A restarted kernel has the submission as it was, at the same sockets."""
    with kernel(submission, **settings) as found:
        found.run("open('mine', 'w').write('x')")
        found.manager.restart_kernel(now=True)
        found.client.wait_for_ready(timeout=PATIENCE)
        assert found.run("import os; print(sorted(os.listdir()))") == "['src']"


@EVERY_WAY
def test_nothing_is_left(submission: Path, place: Path, settings: dict[str, Any]) -> None:
    """Processes, sockets, folders and descriptors are those of before, whatever a cell has started."""
    with kernel(submission, **settings):
        pass  # what jupyter_client opens once
    before, folders = traces(), sorted(place.iterdir())
    with kernel(submission, **settings) as found:
        assert found.run("import subprocess; subprocess.Popen(['sleep', '600']); print(1)") == "1"
        family = psutil.Process(found.provisioner.pid).children(recursive=True)
        assert any("600" in process.cmdline() for process in family)
        assert sorted(place.iterdir()) != folders
    assert gone(family)
    assert left(before) == {}
    assert sorted(place.iterdir()) == folders


def test_failed_start_leaves_nothing(submission: Path, place: Path, tmp_path: Path) -> None:
    """A folder that is refused, a kernel that does not come up, and no bubblewrap: each says why, and leaves nothing."""
    before, folders = traces(), sorted(place.iterdir())
    refused = {
        "nowhere is not a folder": kernel(submission / "nowhere"),
        r"(?s)did not start.*Fatal Python error": kernel(submission, extra_env={"PYTHONHOME": "/nowhere"}),
        r"c\.Sandbox\.enabled = False": kernel(submission, bwrap=str(tmp_path / "bwrap")),
    }
    for words, start in refused.items():
        with pytest.raises(KernelRefused, match=words), start:
            pass
    assert left(before) == {}
    assert sorted(place.iterdir()) == folders


def test_set_in_the_configuration() -> None:
    """`c.Sandbox` in nbgrader_config.py holds for kernels, and `c.SandboxProvisioner` overrides it for them alone."""
    common = Config({"Sandbox": {"enabled": False, "limits": {"processes": 50}}})
    found = SandboxProvisioner(config=common)
    assert (found.enabled, found.effective_limits.processes) == (False, 50)
    common.SandboxProvisioner.enabled = True
    assert SandboxProvisioner(config=common).enabled
