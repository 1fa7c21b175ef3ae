"""Kernels in the jail: what students' code can see and use there, and that nothing is left of it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from jupyter_client import KernelManager
from proctor.jail.bwrap import find_bwrap
from proctor.jail.errors import JailUnavailable, SubmissionRefused
from proctor.jail.manager import jailed_kernel_manager
from proctor.jail.nurseries import nurseries
from proctor.jail.view import PACKAGE
from traitlets.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60
"""Seconds after which a kernel counts as stuck; nothing here waits for them to pass."""


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
        """Run a cell that takes the kernel down; return how that ended."""
        self.client.execute(textwrap.dedent(code))
        deadline = time.monotonic() + PATIENCE
        while self.manager.is_alive():
            assert time.monotonic() < deadline, "the kernel still lives"
        return str(self.provisioner.cause_of_death())


WAY = {"warm": False}
"""How kernels are started: by themselves, or forked from a nursery. All of this holds for both."""


@contextlib.contextmanager
def kernel(folder: Path, **settings: Any) -> Iterator[Kernel]:
    """Start a kernel on `folder`, and end it."""
    manager = jailed_kernel_manager(manager_class=KernelManager, **(WAY | settings))
    client = None
    try:
        manager.start_kernel(cwd=str(folder))
        assert manager.provisioner.forked == (manager.provisioner.warm and manager.provisioner.jailed)
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        yield Kernel(manager, client)
    finally:
        if client is not None:
            client.stop_channels()
            client.context.destroy(linger=0)
        manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Return a short folder for the private folders, whose emptiness can be told."""
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield folder
    folder.rmdir()  # fails if a kernel left anything


@pytest.fixture(scope="module", params=["cold", "warm"], autouse=True)
def way(request: pytest.FixtureRequest, place: Path) -> Iterator[str]:  # noqa: ARG001  - to end before it
    """Let all kernels be started in one way, then all in the other; without a nursery at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(WAY, "warm", request.param == "warm")
        yield request.param
    nurseries().close()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, way: str) -> Path:  # noqa: ARG001  - kernels need both
    """Return a course with secrets beside the one submission that is opened."""
    root = tmp_path_factory.mktemp("course")
    for path in ("tests/hidden.py", "gradebook.db", "submitted/bob/ex/a.py", "submitted/ada/ex/src/base.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("SECRET = 42\n")
    return root


@pytest.fixture(scope="module")
def jailed(course: Path) -> Iterator[Kernel]:
    """Return one kernel for all tests that only look around, started with a secret in our environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADEBOOK_TOKEN", "open sesame")
        with kernel(course / "submitted/ada/ex") as running:
            yield running


class TestSeen:
    """What students' code sees."""

    def test_its_own_submission(self, jailed: Kernel) -> None:
        """The submission lies in the working folder and can be imported and written to."""
        code = """
            import os
            from src.base import SECRET
            open('mine', 'w').write('x')
            print(os.getcwd(), SECRET)
        """
        assert jailed.run(code) == "/home/student/work 42"

    def test_what_it_writes_stays_inside(self, jailed: Kernel, course: Path) -> None:
        """A file written by a cell is found by later code in the kernel, and never in the host's folder."""
        jailed.run("%%writefile src/conv.py\nanswer = 1")
        assert jailed.run("from src.conv import answer; print(answer)") == "1"
        assert not (course / "submitted/ada/ex/src/conv.py").exists()

    def test_nothing_else_of_the_course(self, jailed: Kernel, course: Path) -> None:
        """Tests, gradebook and other students' work do not exist inside."""
        files = [str(path) for path in course.rglob("*") if path.is_file()]
        assert len(files) == 4
        assert jailed.run(f"import os; print([path for path in {files} if os.path.exists(path)])") == "[]"

    def test_no_secret_is_found_by_searching(self, jailed: Kernel) -> None:
        """A search from the root finds none of the planted files but the student's own."""
        code = """
            import os
            found = []
            for top in ('/home', '/tmp', '/root', '/run', '/etc'):
                for folder, inner, files in os.walk(top):
                    inner[:] = [name for name in inner if name not in ('lib', 'lib64', 'share')]
                    names = set(files) & {'hidden.py', 'gradebook.db', 'base.py', 'shadow'}
                    found += [os.path.join(folder, name) for name in names]
            print(found)
        """
        assert jailed.run(code) == "['/home/student/work/src/base.py']"

    def test_no_home_and_no_shadow(self, jailed: Kernel) -> None:
        """Our home folder, /etc/shadow, /var, /sys and the grader's source are not there."""
        paths = [str(Path.home() / ".bashrc"), "/etc/shadow", "/etc/ssh", "/var", "/sys", "/srv", "/mnt"]
        paths.append(str(PACKAGE / "criteria.py"))
        assert jailed.run(f"import os; print([path for path in {paths} if os.path.exists(path)])") == "[]"

    def test_environment(self, jailed: Kernel) -> None:
        """No variable of ours, nor its value, is in any process that can be read."""
        code = """
            import glob, os
            seen = ''
            for path in glob.glob('/proc/[0-9]*/environ'):
                try:
                    seen += open(path).read()
                except PermissionError:
                    pass
            print('sesame' in seen, 'GRADEBOOK_TOKEN' in os.environ, os.environ['HOME'])
        """
        assert jailed.run(code) == "False False /home/student"

    def test_processes(self, jailed: Kernel) -> None:
        """It sees its own process and bubblewrap's."""
        code = "import os; print(len([p for p in os.listdir('/proc') if p.isdigit()]), os.getpid())"
        assert jailed.run(code) == "2 2"

    def test_descriptors(self, jailed: Kernel) -> None:
        """It inherits no file and no folder of the host; programs that it starts inherit nothing."""
        code = """
            import os
            links = [f'/proc/self/fd/{name}' for name in os.listdir('/proc/self/fd')]
            kinds = {os.readlink(link).split(':')[0] for link in links if os.path.islink(link)}
            print(sorted(kinds - {'socket', 'pipe', 'anon_inode'}))
        """
        assert jailed.run(code) == "['/dev/null']"
        code = """
            import subprocess
            listed = subprocess.run(['ls', '/proc/self/fd'], close_fds=False, capture_output=True, text=True)
            print(listed.stdout.split())
        """
        assert jailed.run(code) == "['0', '1', '2', '3']"  # the last is ls's own

    def test_imports(self, jailed: Kernel) -> None:
        """NumPy, SciPy and Matplotlib work, and a figure is drawn."""
        code = """
            import os
            import matplotlib.pyplot as plt
            import numpy as np
            from scipy.signal import correlate
            plt.plot([1, 2])
            plt.savefig('/tmp/f.png')
            print(correlate(np.ones(3), np.ones(3)).max(), os.path.getsize('/tmp/f.png') > 5000)
        """
        assert jailed.run(code).endswith("3.0 True")

    def test_user_has_a_name(self, jailed: Kernel) -> None:
        """Students' code is an ordinary user, without any privilege."""
        assert jailed.run("import getpass, os; print(getpass.getuser(), os.getuid(), os.getgroups())") in {
            "student 1000 []",
            "student 1000 [1000]",
        }
        assert "CapEff:\t0000000000000000" in jailed.run("print(open('/proc/self/status').read())")


class TestRefused:
    """What students' code cannot do."""

    def test_network(self, jailed: Kernel) -> None:
        """No host can be reached, not even our own ports; its own loopback works."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            code = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)"
            assert jailed.run(code) == "ConnectionRefusedError"
        assert (
            jailed.run("import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)") == "OSError"
        )
        code = """
            import socket
            with socket.create_server(('127.0.0.1', 0)) as s, socket.create_connection(s.getsockname()):
                print('ok')
        """
        assert jailed.run(code) == "ok"

    def test_abstract_sockets(self, jailed: Kernel) -> None:
        """Sockets without a file, which no mount could hide, are out of reach as well."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"\0proctor-test-{os.getpid()}")
            server.listen()
            code = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0proctor-test-{os.getpid()}')"
            assert jailed.run(code) == "ConnectionRefusedError"

    def test_system_is_read_only(self, jailed: Kernel) -> None:
        """Nothing outside the home folder, /tmp and /dev/shm can be written."""
        folders = [
            "/",
            "/usr",
            "/usr/bin",
            "/etc",
            "/run",
            "/run/jail",
            "/run/wall",
            "/home",
            "/dev",
            "/proc",
        ]
        folders += [f"{sys.prefix}/bin", f"{sys.prefix}/lib", "/proc/sys/kernel"]
        code = f"""
            written = []
            for folder in {folders}:
                try:
                    open(folder + '/x', 'w')
                    written.append(folder)
                except OSError:
                    pass
            print(written)
        """
        assert jailed.run(code) == "[]"

    @pytest.mark.parametrize(
        "call",
        [
            "libc.unshare(0x10000000)",
            "libc.syscall(250, 0, -3, 0, 0, 0)",
            "libc.shmget(0, 4096, 0o1600)",
            "libc.ptrace(0, 0, 0, 0)",
            "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        ],
    )
    @pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
    def test_system_calls(self, jailed: Kernel, call: str) -> None:
        """New namespaces, the keyring, uncounted memory, tracing and mounting are refused."""
        code = f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print({call}, ctypes.get_errno())"
        assert jailed.run(code) == "-1 1"

    def test_root_is_out_of_reach(self, jailed: Kernel) -> None:
        """It cannot become root again."""
        assert jailed.run("import os; os.setuid(0)") in {"PermissionError", "OSError"}


@pytest.fixture(scope="module")
def tight(course: Path) -> Iterator[Kernel]:
    """Return one kernel with small limits, for tests that run into them."""
    limits = {
        "address_space": 2**30, "processes": 40, "file_size": 2**20, "open_files": 128,
        "home": 4 * 2**20, "tmp": 4 * 2**20, "shared_memory": 2**20,
    }  # fmt: skip
    with kernel(course / "submitted/ada/ex", limits=limits) as running:
        yield running


class TestLimits:
    """Limits are in force, and the kernel survives them."""

    def test_memory(self, tight: Kernel) -> None:
        """An allocation beyond the limit is a MemoryError."""
        assert tight.run("import numpy; numpy.ones(2**28)") == "MemoryError"

    def test_processes(self, tight: Kernel) -> None:
        """A fork bomb ends at the limit, and the kernel can be used afterwards."""
        code = """
            import os, time
            children = []
            try:
                while len(children) < 200:
                    pid = os.fork()
                    if not pid:
                        time.sleep(600)
                    children.append(pid)
            except BlockingIOError:
                print(0 < len(children) < 40)
            finally:
                for pid in children:
                    os.kill(pid, 9)
                    os.waitpid(pid, 0)
        """
        assert tight.run(code) == "True"
        assert tight.run("print(1)") == "1"

    def test_file_size(self, tight: Kernel) -> None:
        """A file ends at its limit."""
        assert tight.run("open('/tmp/big', 'wb').write(bytes(2**21))") == "OSError"
        code = "import os; print(os.path.getsize('/tmp/big') <= 2**20); os.remove('/tmp/big')"
        assert tight.run(code) == "True"

    def test_open_files(self, tight: Kernel) -> None:
        """Files can be opened up to the limit."""
        assert tight.run("held = [open('/dev/null') for _ in range(200)]") == "OSError"
        assert tight.run("held = None; print(1)") == "1"

    @pytest.mark.parametrize("folder", ["/tmp", "/home/student/work", "/dev/shm"])
    def test_room(self, tight: Kernel, folder: str) -> None:
        """Every place that can be written is of fixed size, whatever the number of files."""
        code = f"""
            import glob, os
            try:
                for i in range(20):
                    open(f'{folder}/fill{{i}}', 'wb').write(bytes(2**19))
            except OSError as error:
                print(error.strerror)
            for path in glob.glob('{folder}/fill*'):
                os.remove(path)
        """
        assert tight.run(code) == "No space left on device"

    def test_limits_are_hard(self, tight: Kernel) -> None:
        """A student cannot lift a limit, for its own process or for bubblewrap's."""
        code = "import resource; resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))"
        assert tight.run(code) == "ValueError"
        code = """
            import resource
            try:
                print(resource.prlimit(1, resource.RLIMIT_NPROC))
            except PermissionError:  # as root, where it is another user's process
                print((40, 40))
        """
        assert tight.run(code) == "(40, 40)"


class TestEnd:
    """How a kernel ends, and what is left: nothing."""

    def test_processor_time(self, course: Path) -> None:
        """A loop ends with the processor time, also where the signal is ignored."""
        with kernel(course / "submitted/ada/ex", limits={"cpu_seconds": 2}) as running:
            assert running.run_until_dead("while True: pass") == "processor time limit"

    def test_memory_of_all(self, course: Path) -> None:
        """Processes that stay below their own limit are ended when together they hold too much."""
        code = """
            import os
            for _ in range(4):
                if not os.fork():
                    held = b'x' * 2**27
                    while True:
                        pass
        """
        with kernel(course / "submitted/ada/ex", limits={"memory": 300 * 2**20}) as running:
            assert running.run_until_dead(code) == "memory limit"

    def test_crash(self, course: Path) -> None:
        """A segmentation fault is told as one."""
        with kernel(course / "submitted/ada/ex") as running:
            ending = running.run_until_dead("import ctypes; ctypes.string_at(0)")
            assert ending == "crashed with signal 11"

    def test_interrupt(self, course: Path) -> None:
        """An interrupt reaches a running cell by message, and as a signal, and spares the kernel.

        The cell says over the wall that it runs: ipykernel can lose an interrupt that arrives amid a print.
        """
        with kernel(course / "submitted/ada/ex") as running, running.provisioner.listen_on_wall() as listener:
            listener.settimeout(PATIENCE)
            path = running.provisioner.wall_socket_jail
            code = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({path!r})\nwhile True: pass"
            for interrupt in (running.manager.interrupt_kernel, lambda: running.manager.signal_kernel(2)):
                request = running.client.execute(code, stop_on_error=False)
                listener.accept()[0].close()
                interrupt()
                reply = running.client.get_shell_msg(timeout=PATIENCE)
                assert reply["parent_header"]["msg_id"] == request
                assert reply["content"]["ename"] == "KeyboardInterrupt"
            assert running.run("print(1)") == "1"

    def test_restart_begins_afresh(self, course: Path) -> None:
        """A restarted kernel has the submission as it was, at the same sockets."""
        with kernel(course / "submitted/ada/ex") as running:
            running.run("open('mine', 'w').write('x')")
            running.manager.restart_kernel(now=True)
            running.client.wait_for_ready(timeout=PATIENCE)
            assert running.run("import os; print(sorted(os.listdir()))") == "['src']"

    @pytest.mark.parametrize("settings", [{}, {"jailed": False}], ids=["jailed", "plain"])
    def test_nothing_is_left(self, course: Path, place: Path, settings: dict[str, bool]) -> None:
        """Processes, sockets, folders and descriptors are those of before, whatever a cell has started."""
        code = """
            import subprocess
            subprocess.Popen(['sleep', '600'])
            print('started')
        """
        before = traces(place)
        with kernel(course / "submitted/ada/ex", **settings) as running:
            assert running.run(code) == "started"
            family = psutil.Process(running.provisioner.pid).children(recursive=True)
            assert any("600" in process.cmdline() for process in family)
            assert traces(place)["sockets"]
        assert not any(
            process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family
        )
        assert traces(place) == before

    def test_daemon_dies_with_the_jail(self, course: Path) -> None:
        """A process that forked twice and left its session ends with the jail."""
        code = """
            import os, time
            child = os.fork()
            if not child:
                os.setsid()
                if not os.fork():
                    open('/tmp/up', 'w').close()
                    time.sleep(600)
                os._exit(0)
            os.waitpid(child, 0)
            while not os.path.exists('/tmp/up'):
                pass
            print('up')
        """
        with kernel(course / "submitted/ada/ex") as running:
            assert running.run(code) == "up"
            family = psutil.Process(running.provisioner.pid).children(recursive=True)
            family = [process for process in family if process.status() != psutil.STATUS_ZOMBIE]
            assert len(family) == 3  # bubblewrap's process 1, the kernel, the daemon
        assert not any(process.is_running() for process in family)

    def test_failed_start_leaves_nothing(self, course: Path, place: Path) -> None:
        """A folder that is refused, or a kernel that does not come up, leaves no trace, and says why."""
        before = traces(place)
        with pytest.raises(SubmissionRefused, match="nowhere is not a folder"), kernel(course / "nowhere"):
            pass
        broken = kernel(course / "submitted/ada/ex", extra_env={"PYTHONHOME": "/nowhere"})
        with pytest.raises(JailUnavailable, match=r"(?s)did not start.*Fatal Python error"), broken:
            pass
        assert traces(place) == before

    def test_manager_that_never_started(self, place: Path) -> None:
        """A manager that is shut down before it starts removes its folder."""
        before = traces(place)
        manager = jailed_kernel_manager(manager_class=KernelManager)
        assert manager.provisioner.wall_socket_host.parent.is_dir()
        manager.shutdown_kernel(now=True)
        assert traces(place) == before


def traces(place: Path) -> dict[str, Any]:
    """Return what a kernel could leave behind."""
    return {
        "children": sorted(child.pid for child in psutil.Process().children(recursive=True)),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "folders": sorted(place.iterdir()),
        "sockets": sorted(
            line for line in Path("/proc/net/unix").read_text().splitlines() if str(place) in line
        ),
    }


class TestWall:
    """The socket between the two sides."""

    @pytest.mark.parametrize("settings", [{}, {"jailed": False}], ids=["jailed", "plain"])
    def test_student_side_connects(self, course: Path, settings: dict[str, bool]) -> None:
        """Code in the kernel reaches the socket at which the grader listens."""
        started = kernel(course / "submitted/ada/ex", **settings)
        with started as running, running.provisioner.listen_on_wall() as listener:
            listener.settimeout(PATIENCE)
            code = f"""
                import socket
                wall = socket.socket(socket.AF_UNIX)
                wall.connect({running.provisioner.wall_socket_jail!r})
                wall.send(b'hi')
            """
            running.run(code)
            with listener.accept()[0] as connection:
                assert connection.recv(2) == b"hi"

    def test_private_folder_is_private(self, jailed: Kernel) -> None:
        """Nobody else of this machine may enter the folder of the sockets."""
        assert jailed.provisioner.private_dir.stat().st_mode & 0o777 == 0o700

    def test_jail_sees_no_socket_but_the_wall(self, jailed: Kernel) -> None:
        """The folder with Jupyter's sockets is not visible inside."""
        code = f"import os; print(os.path.exists({str(jailed.provisioner.private_dir)!r}))"
        assert jailed.run(code) == "False"


class TestReport:
    """How a report says where students' code ran."""

    def test_jailed(self, jailed: Kernel) -> None:
        """The report names the jail and its limits."""
        assert jailed.provisioner.describe().startswith("In the jail (bubblewrap ")

    def test_not_jailed(self, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the jail the report says so first; a clean environment and limits remain."""
        monkeypatch.setenv("GRADEBOOK_TOKEN", "open sesame")
        code = """
            import os, resource
            files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            print(os.environ.get('GRADEBOOK_TOKEN'), files, os.listdir())
        """
        with kernel(course / "submitted/ada/ex", jailed=False, limits={"open_files": 200}) as running:
            assert running.provisioner.describe().startswith("WITHOUT the jail")
            assert running.run(code) == "None 200 ['src']"

    def test_set_in_the_configuration(self, place: Path) -> None:
        """What nbgrader_config.py says holds, unless the caller says otherwise."""
        config = Config({"JailProvisioner": {"jailed": False, "limits": {"processes": 50}}})
        before = traces(place)
        manager = jailed_kernel_manager(config, manager_class=KernelManager)
        other = jailed_kernel_manager(config, manager_class=KernelManager, jailed=True)
        assert (manager.provisioner.jailed, other.provisioner.jailed) == (False, True)
        assert other.provisioner.effective_limits.processes == 50
        for each in (manager, other):
            each.shutdown_kernel(now=True)
        assert traces(place) == before

    def test_never_silently_without(self, course: Path, tmp_path: Path) -> None:
        """Where no jail can be built nothing is started."""
        elsewhere = kernel(course / "submitted/ada/ex", bwrap=str(tmp_path / "bwrap"))
        with pytest.raises(JailUnavailable, match="jailed = False"), elsewhere:
            pass


@pytest.mark.skipif(os.geteuid() != 0, reason="these tests run as an ordinary user already")
def test_as_an_ordinary_user() -> None:
    """What holds for root holds for an ordinary user: the same tests, run as one.

    The user is made by bubblewrap itself: it shows the machine as it is, but for our home folder, where of
    all there may be only the interpreter is readable.
    """
    interpreter = Path(sys.executable).resolve().parents[1]
    home = Path.home()
    command = [str(find_bwrap().path), "--dev-bind", "/", "/", "--die-with-parent"]
    if home in interpreter.parents:
        command += ["--perms", "0755", "--tmpfs", str(home)]
        for parent in sorted(parent for parent in interpreter.parents if home in parent.parents):
            command += ["--perms", "0755", "--dir", str(parent)]
        command += ["--ro-bind", str(interpreter), str(interpreter)]
    command += ["--", "setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]
    command += ["--bounding-set=-all", "env", "HOME=/nonexistent", "XDG_RUNTIME_DIR=", "TMPDIR=/tmp"]
    command += ["PYTHONDONTWRITEBYTECODE=1", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    tests = ["TestSeen", "TestRefused", "TestLimits", "test_nothing_is_left", "test_student_side_connects"]
    command += ["-k", " or ".join(tests), str(Path(__file__))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=PACKAGE.parent)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert " passed" in done.stdout
