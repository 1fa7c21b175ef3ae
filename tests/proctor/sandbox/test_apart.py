"""Two sandboxes of one fork server share nothing, and a forked agent begins as a fresh one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from proctor.sandbox.fork_server import fork_servers
from proctor.session.clock import Allowance, Bounds
from tests.proctor.support.sandboxes import Cells, cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Pair = tuple[Cells, Cells]
AS_ROOT = os.geteuid() == 0
SECRET = "correct-horse-" + "battery-staple"
"""Written in two parts, so that this file's own text is not what is found."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a submission, and end the fork server at the end."""
    path = tmp_path_factory.mktemp("submission")
    (path / "mine.py").write_text("x = 1\n")
    yield path
    fork_servers().close()


@pytest.fixture(scope="module")
def pair(folder: Path) -> Iterator[Pair]:
    """Return two sessions that run at once."""
    with cells(folder) as one, cells(folder) as other:
        assert one.forked
        assert other.forked
        yield one, other


def test_namespaces(pair: Pair) -> None:
    """Each has namespaces of its own, and none of ours."""
    code = "import os; print([os.readlink(f'/proc/self/ns/{n}') for n in ('user','mnt','pid','ipc','net','uts')])"
    one, other = (set(eval(run(code))) for run in pair)
    names = ("user", "mnt", "pid", "ipc", "net", "uts")
    ours = {os.readlink(f"/proc/self/ns/{name}") for name in names}  # noqa: PTH115  - no file
    assert len(one) == len(other) == 6
    assert not one & other
    assert not (one | other) & ours


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm", "/home/student", "/home/student/work"])
def test_files(pair: Pair, place: str) -> None:
    """A file of the one is not seen by the other."""
    one, other = pair
    assert one(f"print(open('{place}/{SECRET}', 'w').write('x'))") == "1"
    assert other(f"import os; print('{SECRET}' in os.listdir('{place}'))") == "False"


def test_processes(pair: Pair) -> None:
    """Each sees its own processes only."""
    code = "import os; print(sorted(p for p in os.listdir('/proc') if p.isdigit()), os.getpid())"
    assert [run(code) for run in pair] == ["['1', '2', '3'] 3"] * 2


@pytest.mark.parametrize("signal", ["SIGTERM", "SIGKILL", "SIGSTOP"])
def test_signals(pair: Pair, folder: Path, signal: str) -> None:
    """A signal to all reaches no other's processes; an ordinary user's own sandbox may end by it."""
    with cells(folder, Bounds(cell=Allowance(5, 20))) as run:
        run.session.run(f"import os, signal; os.kill(-1, signal.{signal})")
    assert [run("print(1)") for run in pair] == ["1", "1"]


def test_terminals(pair: Pair) -> None:
    """A terminal that one opens is not to be found by the other."""
    one, other = pair
    assert one("import os, pty; held = pty.openpty(); print(os.ttyname(held[1]))") == "/dev/pts/0"
    assert other("import os; print(os.listdir('/dev/pts'))") == "['ptmx']"


def test_network(pair: Pair) -> None:
    """A port, and a socket without a file, that one opens are out of the other's reach."""
    one, other = pair
    code = """
        import socket
        server = socket.create_server(('127.0.0.1', 4321))
        hidden = socket.socket(socket.AF_UNIX); hidden.bind(chr(0) + 'x'); hidden.listen()
        print('open')
    """
    assert one(code) == "open"
    assert other("import socket; socket.create_connection(('127.0.0.1', 4321))") == "ConnectionRefusedError"
    assert other("socket.socket(socket.AF_UNIX).connect(chr(0) + 'x')") == "ConnectionRefusedError"


def test_privileges(pair: Pair) -> None:
    """No process of a sandbox has any privilege, or may gain one, or escapes the filter."""
    code = """
        for pid in ('self', '1', '2'):
            lines = dict(line.split(':', 1) for line in open(f'/proc/{pid}/status'))
            names = ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp')
            print([int(lines[name], 16) for name in names])
    """
    assert pair[0](code).splitlines() == ["[0, 0, 0, 0, 0, 1, 2]"] * 3


@pytest.mark.parametrize("pid", [1, 2])
def test_first_processes_are_out_of_reach(pair: Pair, pid: int) -> None:
    """The memory of the sandbox's process 1 and of its gate cannot be touched, nor, as root, their limits.

    An ordinary user's process may lower the limits of others of its user, its own sandbox's; it gains nothing.
    """
    code = f"""
        import os, resource
        reached = []
        for name, act in {{
            'read': lambda: open('/proc/{pid}/mem', 'rb'),
            'write': lambda: open('/proc/{pid}/mem', 'r+b'),
            'environment': lambda: open('/proc/{pid}/environ').read(),
            'descriptor': lambda: os.readlink('/proc/{pid}/fd/0'),
            'limits': lambda: resource.prlimit({pid}, resource.RLIMIT_NOFILE, (10, 10)),
        }}.items():
            try:
                act()
                reached.append(name)
            except PermissionError:
                pass
        print(reached)
    """
    assert pair[0](code) == ("[]" if AS_ROOT else "['limits']")


def test_random_numbers_differ(pair: Pair) -> None:
    """No two agents draw the same numbers, from any generator (by chance: once in 2**50 runs)."""
    code = """
        import random, uuid
        import numpy as np
        print([random.random(), np.random.rand(), np.random.default_rng().random(), uuid.uuid4()])
    """
    one, other = (run(code)[1:-1].split(",") for run in pair)
    assert len(one) == 4
    assert not set(one) & set(other)


def test_nothing_of_the_submission_before(folder: Path) -> None:
    """No secret of an earlier submission is anywhere in a later one's memory.

    The patterns do not match their own text; that the search finds something is seen by the second one.
    """
    with cells(folder) as run:
        assert run(f"secret = '{SECRET}'; print(secret)") == SECRET
    patterns = [f"[{word[0]}]{word[1:]}".encode() for word in (SECRET, "own-needle")]
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
    with cells(folder) as run:
        assert run(code) == "{1}"


def test_autoreload_sees_what_can_change(folder: Path) -> None:
    """A module of the student's is reloaded when it has changed; those that came preloaded are not looked at."""
    code = """
        from pathlib import Path
        import numpy
        reloader = get_ipython().magics_manager.registry['AutoreloadMagics']._reloader
        Path('mine.py').write_text('x = 2')
        os.utime('mine.py', (2e9, 2e9))
        print('numpy' in reloader.skip_modules, 'mine' in reloader.skip_modules)
    """
    with cells(folder) as run:
        run("import os\n%load_ext autoreload\n%autoreload 2")
        assert run("import mine; print(mine.x)") == "1"
        assert run(code) == "True False"
        assert run("print(mine.x)") == "2"


def test_own_modules_may_have_our_names(folder: Path) -> None:
    """A student's `agent.py` or `shell.py` is what `import` finds, and ours are not there."""
    with cells(folder) as run:
        run(
            "from pathlib import Path\nPath('agent.py').write_text('mine = 1')\nPath('shell.py').write_text('mine = 2')"
        )
        assert run("import agent, shell; print(agent.mine, shell.mine)") == "1 2"
        assert run("import agent.values") == "ModuleNotFoundError"
