"""Kernels that are forked from one preloaded process: what they must not share, and what ends with what.

What holds for every kernel in the jail is tested for forked ones in `test_jail_kernel`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from jupyter_client import KernelManager
from proctor.jail.bwrap import Bwrap
from proctor.jail.manager import jailed_kernel_manager
from proctor.jail.nurseries import nurseries
from proctor.kernel import StudentKernel

from proctor.outcome import GraderError, Outcome
from proctor.run import Bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60
SECRET = "correct-horse-" + "battery-staple"
"""Written in two parts, so that this file's own text is not what is found."""


class Cells:
    """Runs cells in a kernel."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __call__(self, code: str) -> str:
        """Run a cell; return what it prints, and the name of its error, if any."""
        said: list[str] = []

        def listen(message: dict[str, Any]) -> None:
            said.append(message["content"].get("text") or message["content"].get("ename") or "")

        self.client.execute_interactive(
            textwrap.dedent(code),
            output_hook=listen,
            timeout=PATIENCE,
            allow_stdin=False,
            stop_on_error=False,
        )
        return "".join(said).strip()


Kernel = tuple[Any, Cells]


@contextlib.contextmanager
def kernel(folder: Path, **settings: Any) -> Iterator[Kernel]:
    """Start a kernel; yield its provisioner, and what runs its cells."""
    manager = jailed_kernel_manager(manager_class=KernelManager, **({"warm": True} | settings))
    client = None
    try:
        manager.start_kernel(cwd=str(folder))
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)

        yield manager.provisioner, Cells(client)
    finally:
        if client is not None:
            client.stop_channels()
            client.context.destroy(linger=0)
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a submission, and end the nursery at the end, which leaves nothing."""
    place = Path(tempfile.mkdtemp(prefix="t-"))
    path = tmp_path_factory.mktemp("submission")
    (path / "mine.py").write_text("x = 1\n")
    jailed_kernel_manager(manager_class=KernelManager).shutdown_kernel(
        now=True
    )  # jupyter_client keeps a loop
    nurseries().close()  # those of test modules before this one
    before = descendants(), descriptors()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(place))
        yield path
    nurseries().close()
    assert (descendants(), descriptors()) == before
    place.rmdir()


@pytest.fixture(scope="module")
def pair(folder: Path) -> Iterator[tuple[Kernel, Kernel]]:
    """Return two kernels of the same nursery that run at once."""
    with kernel(folder) as one, kernel(folder) as other:
        assert one[0].forked
        assert other[0].forked
        yield one, other


def descendants() -> set[int]:
    """Return the living processes below this one."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


def descriptors() -> int:
    """Return how many descriptors this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


class TestApart:
    """What two kernels of one nursery do not share."""

    def test_namespaces(self, pair: tuple[Kernel, Kernel]) -> None:
        """Each has namespaces of its own, and none of ours."""
        code = "import os; print([os.readlink(f'/proc/self/ns/{n}') for n in ('user','mnt','pid','ipc','net','uts')])"
        one, other = (set(eval(run(code))) for _, run in pair)
        names = ("user", "mnt", "pid", "ipc", "net", "uts")
        ours = {os.readlink(f"/proc/self/ns/{name}") for name in names}  # noqa: PTH115
        assert len(one) == len(other) == 6
        assert not one & other
        assert not (one | other) & ours

    @pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "/home/student", "/home/student/work"])
    def test_files(self, pair: tuple[Kernel, Kernel], place: str) -> None:
        """What one writes, the other does not see."""
        (_, one), (_, other) = pair
        assert one(f"print(open('{place}/{SECRET}', 'w').write('x'))") == "1"
        assert other(f"import os; print('{SECRET}' in os.listdir('{place}'))") == "False"

    def test_processes(self, pair: tuple[Kernel, Kernel]) -> None:
        """Each sees its own processes, and a signal to all reaches no other's."""
        (_, one), (_, other) = pair
        assert one("import os; print(sorted(p for p in os.listdir('/proc') if p.isdigit()))") == "['1', '2']"
        code = """
            import os, signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.kill(-1, signal.SIGTERM)
            print('sent')
        """
        assert one(code) in {"sent", "ProcessLookupError"}
        assert other("print(1)") == "1"

    def test_terminals(self, pair: tuple[Kernel, Kernel]) -> None:
        """A terminal that one opens is not to be found by the other."""
        (_, one), (_, other) = pair
        assert one("import os, pty; held = pty.openpty(); print(os.ttyname(held[1]))") == "/dev/pts/0"
        assert other("import os; print(os.listdir('/dev/pts'))") == "['ptmx']"

    def test_network(self, pair: tuple[Kernel, Kernel]) -> None:
        """A port, and a socket without a file, that one opens are out of the other's reach."""
        (_, one), (_, other) = pair
        code = """
            import socket
            server = socket.create_server(('127.0.0.1', 4321))
            hidden = socket.socket(socket.AF_UNIX); hidden.bind(chr(0) + 'x'); hidden.listen()
            print('open')
        """
        assert one(code) == "open"
        assert other("socket = __import__('socket'); socket.create_connection(('127.0.0.1', 4321))") == (
            "ConnectionRefusedError"
        )
        assert other("socket.socket(socket.AF_UNIX).connect(chr(0) + 'x')") == "ConnectionRefusedError"

    def test_walls(self, pair: tuple[Kernel, Kernel]) -> None:
        """Each reaches its own wall, where the other's socket does not exist, and no folder of all walls."""
        (here, one), (_, other) = pair
        code = "import os; print(os.listdir('/run/wall'), os.listdir('/run/rooms'))"
        with here.listen_on_wall():
            assert one(code) == "['socket'] []"
            assert other(code) == "[] []"

    def test_privileges(self, pair: tuple[Kernel, Kernel]) -> None:
        """Neither the kernel nor its process 1 has any privilege, or may gain one, or escapes the filter."""
        code = """
            for pid in ('self', '1'):
                lines = dict(line.split(':', 1) for line in open(f'/proc/{pid}/status'))
                names = ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')
                print([int(lines[name], 16) for name in names])
        """
        assert pair[0][1](code).splitlines() == ["[0, 0, 0, 0, 0, 1, 2]"] * 2

    def test_first_process_is_out_of_reach(self, pair: tuple[Kernel, Kernel]) -> None:
        """The memory of the room's process 1 can be neither read nor written."""
        for mode in ("rb", "r+b"):
            assert pair[0][1](f"open('/proc/1/mem', '{mode}')") == "PermissionError"


class TestFresh:
    """A forked kernel begins as a fresh one."""

    def test_random_numbers_differ(self, pair: tuple[Kernel, Kernel]) -> None:
        """No two kernels draw the same numbers, from any generator (by chance: once in 2**50 runs)."""
        code = """
            import random, uuid
            import numpy as np
            print([random.random(), np.random.rand(), np.random.default_rng().random(), uuid.uuid4()])
        """
        assert not set(pair[0][1](code)[1:-1].split(",")) & set(pair[1][1](code)[1:-1].split(","))

    def test_nothing_of_the_kernel_before(self, folder: Path) -> None:
        """No secret of an earlier submission, nor the key of its kernel, is anywhere in a later one's memory.

        The patterns do not match their own text; that the search finds something is seen by a third one.
        """
        with kernel(folder) as (provisioner, run):
            key = provisioner.connection_info["key"].decode()
            assert run(f"secret = '{SECRET}'; print(secret)") == SECRET
        patterns = [f"[{word[0]}]{word[1:]}".encode() for word in (SECRET, key, "own-needle")]
        code = f"""
            import re
            held, found = '-'.join(['own', 'needle']), set()
            with open('/proc/self/maps') as maps, open('/proc/self/mem', 'rb', 0) as memory:
                for line in maps:
                    start, end = (int(word, 16) for word in line.split()[0].split('-'))
                    if line.split()[1].startswith('rw'):
                        memory.seek(start)
                        data = memory.read(end - start)
                        found |= {{n for n, pattern in enumerate({patterns}) if re.search(pattern, data)}}
            print(found)
        """
        with kernel(folder) as (_, run):
            assert run(code) == "{2}"

    def test_modules_are_there_before_they_are_asked_for(self, folder: Path) -> None:
        """What the setting names is loaded; a module that does not exist does no harm."""
        settings = {"preload": ["numpy", "no_such_module", "colorsys"]}
        with kernel(folder, **settings) as (provisioner, run):
            assert provisioner.forked
            assert run("import sys; print('colorsys' in sys.modules, 'scipy' in sys.modules)") == "True False"

    def test_autoreload_sees_what_can_change(self, folder: Path) -> None:
        """A module of the student's is reloaded when it has changed; those that came with the jail are not looked at."""
        code = """
            from pathlib import Path
            import numpy
            reloader = get_ipython().magics_manager.registry['AutoreloadMagics']._reloader
            Path('mine.py').write_text('x = 2')
            os.utime('mine.py', (2e9, 2e9))
            print('numpy' in reloader.skip_modules, 'mine' in reloader.skip_modules)
        """
        with kernel(folder) as (_, run):
            run("import os\n%load_ext autoreload\n%autoreload 2")
            assert run("import mine; print(mine.x)") == "1"
            assert run(code) == "True False"
            assert run("print(mine.x)") == "2"

    def test_figures_are_shown(self, folder: Path) -> None:
        """Matplotlib draws into the notebook, as in any kernel."""
        code = "import matplotlib.pyplot as plt; plt.plot([1]); print(plt.get_backend())"
        with kernel(folder) as (_, run), kernel(folder, warm=False) as (_, plain):
            assert run(code) == plain(code)


class TestEnds:
    """What ends with what, and what happens next."""

    def test_killed_nursery_is_replaced(self, folder: Path) -> None:
        """A nursery that is killed takes its kernels with it; the next kernel comes from a new one."""
        with kernel(folder) as (provisioner, _):
            first = nursery_of(provisioner)
            first.kill()
            first.wait()
            while provisioner.parent.is_alive():
                pass
            assert provisioner.lost
        with kernel(folder) as (provisioner, run):
            assert provisioner.forked
            assert nursery_of(provisioner).pid != first.pid
            assert run("print(1)") == "1"

    def test_killed_nursery_is_no_fault_of_the_student(self, folder: Path) -> None:
        """A kernel that is lost with its nursery is the grader's failure; a crash of its own is the cell's."""
        manager = jailed_kernel_manager(manager_class=KernelManager, warm=True)
        with StudentKernel(manager, Bounds(), cwd=str(folder)) as student:
            crash = student.run("import os; os.abort()")
            assert (crash.ended, crash.fatal) == (Outcome.DIED, True)
        manager = jailed_kernel_manager(manager_class=KernelManager, warm=True)
        with StudentKernel(manager, Bounds(), cwd=str(folder)) as student:
            nursery_of(manager.provisioner).kill()
            with pytest.raises(GraderError, match="was killed"):
                student.run("while True: pass")

    def test_kernel_ends_alone(self, folder: Path) -> None:
        """A kernel that crashes ends with its own descendants; its nursery and its siblings live on."""
        with kernel(folder) as (doomed, run), kernel(folder) as (_, other):
            family = psutil.Process(doomed.pid).children(recursive=True)
            assert run("import os, subprocess; print(subprocess.Popen(['sleep', '600']).poll())") == "None"
            family += psutil.Process(doomed.pid).children(recursive=True)
            run.client.execute("os.abort()")
            while doomed.parent.is_alive():
                pass
            assert doomed.cause_of_death() == "crashed with signal 6"
            assert not doomed.lost
            assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
            assert other("print(1)") == "1"

    @pytest.mark.parametrize("how", ["exit", "kill"])
    def test_nursery_ends_with_its_process(self, folder: Path, tmp_path: Path, how: str) -> None:
        """When the grader's process ends, in order or killed, its nursery and kernels end too."""
        code = f"""
            import os, sys
            from jupyter_client import KernelManager
            from proctor.jail.manager import jailed_kernel_manager
            manager = jailed_kernel_manager(manager_class=KernelManager, warm=True, preload=["colorsys"])
            manager.start_kernel(cwd={str(folder)!r})
            print(manager.provisioner.forked, manager.provisioner.pid, flush=True)
            sys.stdin.readline()
            {"manager.shutdown_kernel(now=True)" if how == "exit" else ""}
        """
        command = [sys.executable, "-c", textwrap.dedent(code)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        environment = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path), "TMPDIR": "/tmp"}
        with subprocess.Popen(command, **pipes, env=environment) as grader:
            assert grader.stdin is not None
            assert grader.stdout is not None
            forked, _ = grader.stdout.readline().split()
            assert forked == "True"
            family = psutil.Process(grader.pid).children(recursive=True)
            assert len(family) >= 5  # bubblewrap, its process 1, zygote, monitor, process 1, kernel
            if how == "exit":
                grader.stdin.write("\n")
                grader.stdin.close()
            else:
                grader.send_signal(signal.SIGKILL)
        assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
        assert how == "kill" or not list(tmp_path.iterdir())  # who is killed cannot tidy up

    def test_gives_up_after_some_failures(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        """Where no nursery ever comes up it is not tried for a whole class, whose kernels start all the same."""
        settings = {"preload": ["numpy"], "extra_env": {"OPENBLAS_NUM_THREADS": "2", "COUNTED": "yes"}}
        nurseries()._failures = 0
        with caplog.at_level(logging.WARNING):
            for _ in range(4):
                with kernel(folder, **settings) as (provisioner, _):
                    assert not provisioner.forked
        nurseries()._failures = 0
        assert caplog.text.count("starts alone") == 3

    def test_without_nested_namespaces(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Where a jail cannot hold another, kernels start one by one, after a line in the log."""
        monkeypatch.setattr(Bwrap, "namespace_arguments", without_privileges(Bwrap.namespace_arguments))
        with (
            caplog.at_level(logging.WARNING),
            kernel(folder, preload=["colorsys", "cmd"]) as (provisioner, run),
        ):
            assert not provisioner.forked
            assert run("print(1)") == "1"
        assert "starts alone" in caplog.text
        assert "not permitted" in caplog.text

    def test_module_that_starts_a_thread(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        """No kernel is forked from a process with threads: it would come out broken."""
        settings = {"preload": ["numpy"], "extra_env": {"OPENBLAS_NUM_THREADS": "2"}}
        with caplog.at_level(logging.WARNING), kernel(folder, **settings) as (provisioner, _):
            assert not provisioner.forked
        assert "starts threads" in caplog.text


def nursery_of(provisioner: Any) -> psutil.Process:
    """Return the outermost process of the nursery that a kernel came from."""
    process = psutil.Process(provisioner.pid)
    while process.ppid() != os.getpid():
        process = psutil.Process(process.ppid())
    return process


def without_privileges(method: Any) -> Any:
    """Return a method that keeps no privileges in the nursery, as on a machine that gives none."""
    return lambda self, privileges=(): method(self)  # noqa: ARG005
