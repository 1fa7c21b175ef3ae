"""Fork servers: what ends with them, what happens next, and where there is none."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from proctor.criteria.outcome import Outcome
from proctor.errors import GraderError
from proctor.sandbox.bwrap import Bwrap
from proctor.sandbox.fork_server import PATIENCE, fork_servers
from proctor.sandbox.settings import Sandbox
from proctor.session.session import Session
from tests.proctor.support.sandboxes import BOUNDS, Cells, cells, gone, left, temporary, traces

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
SMALL = {"preload": ["colorsys"]}
"""Settings of a fork server that starts quickly."""
THREADS = {"preload": ["numpy"], "extra_env": {"OPENBLAS_NUM_THREADS": "2"}}
"""Settings with which NumPy starts threads."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a submission; after the test no fork server is left, nor anything else."""
    path = tmp_path / "submission"
    path.mkdir()
    (tmp_path / "temporary").mkdir()
    with temporary(tmp_path / "temporary"):
        before = traces()
        yield path
        fork_servers().close()
        fork_servers().failures = 0
        assert left(before) == {}


def outermost(run: Cells) -> psutil.Process:
    """Return the outermost process of the fork server that an agent came from."""
    process = psutil.Process(run.session.pid)
    while process.ppid() != os.getpid():
        process = psutil.Process(process.ppid())
    return process


def test_preloaded(folder: Path) -> None:
    """What the setting names is loaded; a module that does not exist does no harm."""
    with cells(folder, preload=["no_such_module", "colorsys"]) as run:
        assert run.forked
        assert run("import sys; print('colorsys' in sys.modules, 'scipy' in sys.modules)") == "True False"


def test_killed_one_is_replaced(folder: Path) -> None:
    """A fork server that is killed takes its agents with it; the next agent comes from a new one."""
    with cells(folder, **SMALL) as run:
        first = outermost(run)
        first.kill()
        with pytest.raises(GraderError, match="was killed"):
            run("while True: pass")
    with cells(folder, **SMALL) as run:
        assert run.forked
        assert outermost(run).pid != first.pid
        assert run("print(1)") == "1"


def test_killed_one_is_no_fault_of_the_student(folder: Path) -> None:
    """An agent that is lost with its fork server is the grader's failure, also between cells."""
    with cells(folder, **SMALL) as run:
        assert run.forked  # one that has started by itself is not lost with any other
        assert run("print(1)") == "1"
        agent = psutil.Process(run.session.pid)
        outermost(run).kill()
        assert gone([agent])
        with pytest.raises(GraderError, match="was killed"):
            run.session.alive()


def test_agent_ends_alone(folder: Path) -> None:
    """An agent that crashes ends with its own descendants; its fork server and its siblings live on."""
    with cells(folder, **SMALL) as doomed, cells(folder, **SMALL) as other:
        server = outermost(doomed)
        assert doomed("import os, subprocess; print(subprocess.Popen(['sleep', '600']).poll())") == "None"
        family = psutil.Process(doomed.session.pid).children(recursive=True)
        assert family
        crash = doomed.session.run("os.abort()")
        assert (crash.ended, crash.fatal, crash.cause) == (Outcome.DIED, True, "crashed with signal 6")
        assert not doomed.session.alive()
        assert other("print(1)") == "1"
        assert server.is_running()
        assert outermost(other) == server
    assert gone(family)


@pytest.mark.parametrize("how", ["exit", "kill"])
@pytest.mark.parametrize("preload", [["colorsys"], []], ids=["forked", "alone"])
def test_all_ends_with_the_process_of_the_grader(folder: Path, how: str, preload: list[str]) -> None:
    """When the grader's process ends, in order or killed, its fork server and its agents end too."""
    code = f"""
        import sys
        from pathlib import Path
        from tests.proctor.support.sandboxes import cells
        with cells(Path({str(folder)!r}), preload={preload}) as run:
            run("import subprocess; subprocess.Popen(['sleep', '600'])")
            print(run.forked, flush=True)
            sys.stdin.readline()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as grader:
        assert grader.stdin is not None
        assert grader.stdout is not None
        assert grader.stdout.readline().strip() == str(bool(preload))
        family = psutil.Process(grader.pid).children(recursive=True)
        assert any("600" in process.cmdline() for process in family)
        if how == "exit":
            grader.stdin.write("\n")
            grader.stdin.close()
        else:
            grader.send_signal(signal.SIGKILL)
    assert gone(family)


def test_gives_up_after_some_failures(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where no fork server ever comes up it is not tried for a whole class, whose agents start all the same."""
    with caplog.at_level(logging.WARNING):
        for _ in range(PATIENCE + 1):
            with cells(folder, **THREADS) as run:
                assert not run.forked
    assert caplog.text.count("starts by itself") == PATIENCE
    assert "starts threads" in caplog.text


def test_without_nested_namespaces(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a sandbox cannot hold another, agents start by themselves, after a line in the log."""
    plain = Bwrap.namespace_arguments
    monkeypatch.setattr("proctor.sandbox.launch.DYING", 0.1)  # it lives, for all that it cannot do
    monkeypatch.setattr(Bwrap, "namespace_arguments", lambda self, privileges=(): plain(self))  # noqa: ARG005  - its face
    with caplog.at_level(logging.WARNING), cells(folder, preload=["cmd"]) as run:
        assert not run.forked
        assert run("print(1)") == "1"
    assert "starts by itself" in caplog.text
    assert "not permitted" in caplog.text


def test_a_forked_grader_has_its_own(folder: Path) -> None:
    """A process that was forked from the grader's neither uses nor ends its parent's fork server."""
    with cells(folder, **SMALL) as run:
        parents = outermost(run).pid
        child = os.fork()
        if child == 0:
            try:
                fork_servers().close()
                with Session(folder, Sandbox(**SMALL), BOUNDS) as session:
                    mine = Cells(session)
                    os._exit(0 if mine.forked and outermost(mine).pid != parents else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert run("print(1)") == "1"
