"""Ends of sandboxes: by a limit, a crash, an interrupt, or a failed start; and nothing is left of them."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError, SubmissionRefused
from proctor.sandbox import memory
from proctor.sandbox.settings import Sandbox
from proctor.session.clock import Allowance, Bounds
from proctor.session.copies import CopySide
from proctor.session.session import Session
from tests.proctor.support.sandboxes import Cells, cells, gone, left, temporary, traces
from tests.proctor.support.thinning import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SMALL = Allowance(5, 30)
EVERY_WAY = pytest.mark.parametrize("settings", [{}, {"enabled": False}], ids=["sandboxed", "plain"])


@pytest.fixture(scope="module", autouse=True)
def _own_folder(
    tmp_path_factory: pytest.TempPathFactory, folder: Path, way: dict[str, Any]
) -> Iterator[None]:
    """Let all that is temporary lie in a folder of its own, and let the fork server start before anything is counted."""
    with temporary(tmp_path_factory.mktemp("temporary")):
        with cells(folder, **way):
            pass
        yield


def test_processor_time(folder: Path, way: dict[str, Any]) -> None:
    """A loop ends with the processor time, also where the signal is ignored."""
    with cells(
        folder, limits={"cpu_seconds": 1 if way["preload"] else 2}, **way
    ) as run:  # alone, it imports, too
        run("import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)")
        assert run.until_dead("while True: pass") == "processor time limit"


@pytest.mark.parametrize("hidden", [False, True])
def test_memory_of_all(folder: Path, way: dict[str, Any], hidden: bool) -> None:
    """Processes that stay below their own limit are ended when together they hold too much, also if they hide it."""
    code = f"""
        import ctypes, os, time
        for _ in range(4):
            if not os.fork():
                ctypes.CDLL(None).prctl(4, {int(not hidden)})  # PR_SET_DUMPABLE
                held = b'x' * 2**27
                time.sleep(600)
        time.sleep(600)
    """
    with cells(folder, limits={"memory": 400 * 2**20}, **way) as run:
        assert run.until_dead(code) == "memory limit"


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "."])
def test_files_without_content(
    folder: Path, way: dict[str, Any], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Empty files count with the memory that they take."""
    monkeypatch.setattr(memory, "INODE", 2**20)
    code = f"""
        import time
        for number in range(400):
            open(f"{place}/{{number}}", "w").close()
        time.sleep(600)
    """
    with cells(folder, limits={"memory": 400 * 2**20}, **way) as run:
        assert run.until_dead(code) == "memory limit"


@pytest.mark.parametrize("kind", ["sockets: used", "TCP: inuse", "TCP6: inuse"])
def test_sockets(folder: Path, way: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets count with what may wait in them, which is no process's memory."""
    monkeypatch.setattr(memory, "SOCKETS", {kind: 2**23})
    family = {"TCP: inuse": "INET", "TCP6: inuse": "INET6"}.get(kind, "UNIX")
    code = f"""
        import socket, time
        held = [socket.socket(socket.AF_{family}) for _ in range(100)]
        for each in held:
            if "{family}" != "UNIX":
                each.bind(("localhost", 0))
                each.listen()
        time.sleep(600)
    """
    with cells(folder, limits={"memory": 700 * 2**20}, **way) as run:
        assert run.until_dead(code) == "memory limit"


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("import ctypes; ctypes.string_at(0)", "crashed with signal 11"),
        ("import os; os.abort()", "crashed with signal 6"),
        ("import os; os._exit(3)", "ended with status 3"),
        ("import os; os.kill(os.getpid(), 9)", "killed"),
        ("import os; os._exit(0)", ""),
    ],
)
def test_crash(folder: Path, way: dict[str, Any], code: str, cause: str) -> None:
    """A process that ends is told with its cause."""
    with cells(folder, **way) as run:
        assert run.until_dead(code) == cause


def test_interrupt(folder: Path, way: dict[str, Any]) -> None:
    """A cell over its limit is interrupted, with the programs that it waits for, and the next one runs."""
    waits = ["!sleep 600", "import time; time.sleep(600)", "import asyncio; await asyncio.sleep(600)"]
    if not THOROUGH and not way["preload"]:
        del waits[1:]
    with cells(folder, Bounds(cell=Allowance(0.3, 1)), **way) as run:
        for code in ("while True: pass", *waits):
            execution = run.session.run(code)
            assert (execution.ended, execution.fatal) == (Outcome.TIME, False), code
            assert run("print(1)") == "1"


@EVERY_WAY
def test_nothing_is_left(folder: Path, way: dict[str, Any], settings: dict[str, Any]) -> None:
    """Processes, descriptors and folders are those of before, whatever a cell has started, or a copy."""
    code = f"""
        import os, subprocess, time
        subprocess.Popen(['sleep', '600'])
        child = {settings == {}} and os.fork()  # a daemon, which only a sandbox takes along
        if child == 0 and child is not False:
            os.setsid()
            if not os.fork():
                open('up', 'w').close()
                time.sleep(600)
            os._exit(0)
        if child: os.waitpid(child, 0)
        while child and not os.path.exists('up'):
            pass
        class Student:
            def start(self): return subprocess.Popen(['sleep', '600']).pid
        print('started')
    """
    before = traces()
    with cells(folder, **way, **settings) as run:
        assert run(code) == "started"
        with CopySide(run.session, SMALL, SMALL) as side:
            student = side.link().find(["Student"])["Student"]()
            before_it = {process.pid for process in run.family()}
            assert student.start() > 0
            family = run.family()
            started = {process.pid for process in family} - before_it
            assert started
            assert any("600" in process.cmdline() for process in family)
        assert gone([process for process in family if process.pid in started])
    assert gone(family)
    assert left(before) == {}


@EVERY_WAY
def test_crash_leaves_nothing(folder: Path, way: dict[str, Any], settings: dict[str, Any]) -> None:
    """A cell that ends its process takes along what it has started."""
    before = traces()
    with cells(folder, **way, **settings) as run:
        run("import os, subprocess; subprocess.Popen(['sleep', '600'])")
        family = run.family()
        assert run.until_dead("os._exit(3)") == "ended with status 3"
    assert gone(family)
    assert left(before) == {}


def test_failed_start_leaves_nothing(folder: Path, way: dict[str, Any]) -> None:
    """A folder that is refused, or an agent that does not come up, leaves no trace, and says why."""
    before = traces()
    with pytest.raises(SubmissionRefused, match="nowhere is not a folder"), cells(folder / "nowhere", **way):
        pass
    broken = cells(folder, extra_env={"PYTHONHOME": "/nowhere"}, **way)
    with pytest.raises(GraderError, match=r"(?s)did not start.*Fatal Python error"), broken:
        pass
    assert left(before) == {}


def test_closed_twice_or_never_entered(folder: Path, way: dict[str, Any]) -> None:
    """A session that is closed twice, or before it was entered, does nothing more; it runs nothing afterwards."""
    before = traces()
    session = Session(folder, Sandbox(**way), Bounds())
    session.close()
    with session:
        session.close()
    assert left(before) == {}
    with pytest.raises(GraderError, match="has ended"):
        session.run("1")


def test_without_a_sandbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a sandbox a report says so first; a clean environment and limits remain, and a folder of its own."""
    monkeypatch.setenv("GRADEBOOK_TOKEN", "open sesame")
    code = """
        import os, resource
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        print(os.environ.get('GRADEBOOK_TOKEN'), files, os.listdir(), os.environ['HOME'] == os.path.dirname(os.getcwd()))
        print(os.getcwd())
    """
    settings = {"enabled": False, "limits": {"open_files": 200}}
    assert Sandbox(**settings).describe().startswith("WITHOUT a sandbox")
    with cells(folder, **settings) as run:
        first, place = run(code).split("\n")
        assert first == "None 200 ['src'] True"
        assert os.path.isdir(place)  # noqa: PTH112  - a word of the cell's
        assert place.startswith(tempfile.gettempdir())
    assert not os.path.exists(place)  # noqa: PTH110  - likewise


def test_never_silently_without(folder: Path, way: dict[str, Any], tmp_path: Path) -> None:
    """Where no sandbox can be built nothing is started."""
    elsewhere = cells(folder, bwrap=str(tmp_path / "bwrap"), **way)
    with pytest.raises(GraderError, match=r"c\.Sandbox\.enabled = False"), elsewhere:
        pass


def test_report_names_the_sandbox(run: Cells) -> None:
    """A report names the sandbox and its limits."""
    assert run("print(1)") == "1"
    assert Sandbox().describe().startswith("In a sandbox (bubblewrap ")
