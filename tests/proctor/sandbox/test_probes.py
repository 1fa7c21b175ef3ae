"""Probes of what one student could leave to the next, or do to a neighbour: one for each of it, tried by two sandboxes.

A probe has a part that acts, in one sandbox, and a part that looks, in another one of the same fork server, while the
first still lives. What the second part prints is the same as without the first, and names nothing of the first one's.
Both are tried as root and as an ordinary user (session/test_ordinary_user.py), with and without the fork server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proctor.sandbox.fork_server import fork_servers
from tests.proctor.support.sandboxes import Cells, cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

C = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True)\n"
TRY = """
def tried(call, *arguments):
    try:
        call(*arguments)
    except OSError:
        pass
"""
PLACES = ["/tmp/left", "/var/tmp/left", "/home/student/left", "left"]
SETTINGS = [f"/proc/sys/{name}" for name in ("vm/overcommit_memory", "kernel/core_pattern", "kernel/pid_max")]
ALLOWED = "print(sorted(os.sched_getaffinity(0)))"
LIMITS = "import resource; print([resource.getrlimit(each) for each in range(16)])"

PROBES = {
    # What belongs to a process, and could be handed on by a fork server that was touched.
    "limits": ("import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))", LIMITS),
    "limits of others": (
        TRY + "import resource\nfor pid in (1, 2): tried(resource.prlimit, pid, resource.RLIMIT_NPROC, (1, 1))",
        LIMITS,
    ),
    "affinity": ("import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})", f"import os; {ALLOWED}"),
    "affinity of others": (
        TRY + "import os\nfor pid in range(1, 50): tried(os.sched_setaffinity, pid, {min(os.sched_getaffinity(0))})",
        f"import os; {ALLOWED}",
    ),
    "priority": ("import os; os.nice(5)", "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"),
    "priority of all of the user": (
        "import os\ntry: os.setpriority(os.PRIO_USER, 0, 19)\nexcept OSError: pass",
        "import os; print(os.getpriority(os.PRIO_PROCESS, 0))",
    ),
    "scheduling": (
        "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))",
        "import os; print(os.sched_getscheduler(0))",
    ),
    "io priority": (C + "libc.syscall(251, 1, 0, (3 << 13))", C + "print(libc.syscall(252, 1, 0))"),
    "out-of-memory score": (
        "open('/proc/self/oom_score_adj', 'w').write('1000')",
        "print(open('/proc/self/oom_score_adj').read())",
    ),
    "dumpable": (C + "libc.prctl(4, 0)", C + "print(libc.prctl(3))"),
    "name": (C + "libc.prctl(15, b'left-behind')", "print(open('/proc/self/comm').read())"),
    "personality": (C + "libc.personality(0x0040000)", C + "print(libc.personality(-1))"),
    "timer slack": (C + "libc.prctl(29, 10**9)", C + "print(libc.prctl(30))"),
    "ignored signals": (
        "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "print([line for line in open('/proc/self/status') if line.startswith(('SigIgn', 'SigBlk', 'SigCgt'))])",
    ),
    "blocked signals": (
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})",
        "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, set()))",
    ),
    "alarm": ("import signal; signal.setitimer(signal.ITIMER_REAL, 100)", "import signal; print(signal.getitimer(0))"),
    "umask": ("import os; os.umask(0o777)", "import os; mask = os.umask(0o22); print(mask)"),
    "folder": ("import os; os.chdir('/')", "import os; print(os.getcwd())"),
    "environment": ("import os; os.environ['LEFT'] = 'behind'", "import os; print('LEFT' in os.environ)"),
    "descriptors": (
        "import os; held = [os.open('/dev/null', 0) for _ in range(30)]",
        "import os; print(len(os.listdir('/proc/self/fd')))",
    ),
    "processor time": (
        "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass",
        "import resource; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime < 0.2)",
    ),
    # What Python keeps, in a process that others are forked from.
    "modules": ("import sys; sys.modules['left'] = sys", "import sys; print('left' in sys.modules)"),
    "patched library": ("import numpy; numpy.left = 1", "import numpy; print(hasattr(numpy, 'left'))"),
    "settings of NumPy": ("import numpy; numpy.seterr(all='raise')", "import numpy; print(numpy.geterr())"),
    "settings of Matplotlib": (
        "import matplotlib; matplotlib.rcParams['lines.linewidth'] = 77",
        "import matplotlib; print(matplotlib.rcParams['lines.linewidth'])",
    ),
    "locale": (
        "import locale, time, os; os.environ['TZ'] = 'Asia/Tokyo'; time.tzset()",
        "import time; print(time.tzname)",
    ),
    "recursion limit": ("import sys; sys.setrecursionlimit(5_000)", "import sys; print(sys.getrecursionlimit())"),
    "history": (
        "left = 'behind'",
        "print([cell for cell in In[:-1] if cell.startswith('left')], 'left' in globals())",
    ),
    "magics": (
        "get_ipython().register_magic_function(print, magic_name='left')",
        "print('left' in get_ipython().magics_manager.magics['line'])",
    ),
    # What the system keeps by name.
    "abstract socket": (
        "import socket; held = socket.socket(socket.AF_UNIX); held.bind(chr(0) + 'left'); held.listen()",
        "print('left' in open('/proc/net/unix').read())",
    ),
    "port": (
        "import socket; held = socket.create_server(('127.0.0.1', 4322))",
        "import socket; print(socket.socket().connect_ex(('127.0.0.1', 4322)))",
    ),
    "shared memory": (
        "open('/dev/shm/left', 'w').write('x')",
        "import os; print(os.listdir('/dev/shm'))",
    ),
    "System V shared memory": (C + "libc.shmget(4242, 4096, 0o1666)", C + "print(libc.shmget(4242, 0, 0))"),
    "semaphores": (C + "libc.semget(4243, 1, 0o1666)", C + "print(libc.semget(4243, 0, 0))"),
    "message queue": (C + "libc.msgget(4244, 0o1666)", C + "print(libc.msgget(4244, 0))"),
    "POSIX message queue": (
        C + "libc.mq_open(b'/left', 0o102, 0o666, None)",
        C + "print(libc.mq_open(b'/left', 0))",
    ),
    "key ring": (
        C + "libc.syscall(248, b'user', b'left', b'behind', 6, -4)",
        C + "print(libc.syscall(249, b'user', b'left', None, -4))",
    ),
    "files": (
        TRY + f"for path in {PLACES}: tried(open, path, 'w')",
        f"import os; print([os.path.exists(path) for path in {PLACES}])",
    ),
    "host name": (
        "import socket\ntry: socket.sethostname('left')\nexcept OSError: pass",
        "import socket; print(socket.gethostname())",
    ),
    "system settings": (
        TRY + f"import os\nfor path in {SETTINGS}: tried(lambda: os.write(os.open(path, os.O_WRONLY), b'1'))",
        f"print([open(path).read() for path in {SETTINGS}])",
    ),
    "mounts": (
        C + "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        "print(len(open('/proc/self/mounts').readlines()))",
    ),
    "namespaces": (C + "libc.unshare(0x10000000)", "import os; print(os.getuid(), open('/proc/self/uid_map').read())"),
    "daemon": (
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: time.sleep(1000)\n    os._exit(0)",
        "import os; print(sorted(name for name in os.listdir('/proc') if name.isdigit()))",
    ),
    "terminal": (
        "import pty; held = pty.openpty()",
        "import os; print(os.listdir('/dev/pts'))",
    ),
    "watch of files": (
        C + "while libc.inotify_init() > 0: pass",
        C + "print(libc.inotify_init() > 0)",
    ),
    "timers": (
        C + "one = ctypes.c_void_p()\nwhile libc.timer_create(1, None, ctypes.byref(one)) == 0: pass",
        C + "print(libc.timer_create(1, None, ctypes.byref(ctypes.c_void_p())))",
    ),
}  # fmt: skip


LAST = ("umask", "folder", "blocked signals", "limits", "limits of others", "timers")
"""Probes that would keep others from acting."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a submission, and end the fork server at the end."""
    yield tmp_path_factory.mktemp("submission")
    fork_servers().close()


@pytest.fixture(scope="module", params=["fork server", "alone"])
def pair(folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Cells, dict[str, str], Cells]]:
    """Return a session, what each probe sees before anybody has acted, and a session begun after all have.

    Each probe acts in the first session; most of what they leave stays for as long as that lives.
    """
    settings = {} if request.param == "fork server" else {"preload": []}
    with cells(folder, **settings) as one:
        before = {}
        with cells(folder, **settings) as fresh:
            assert fresh.forked is (request.param == "fork server")
            for name, (_, look) in PROBES.items():
                before[name] = fresh(look)
        acted = {
            name: one(act) for name, (act, _) in sorted(PROBES.items(), key=lambda each: each[0] in LAST)
        }
        assert {name: said for name, said in acted.items() if said} == {}
        with cells(folder, **settings) as later:
            yield one, before, later


@pytest.mark.parametrize("name", PROBES)
def test_nothing_is_left_to_the_next(pair: tuple[Cells, dict[str, str], Cells], name: str) -> None:
    """What the next one sees is what it would have seen without the one before."""
    _, before, later = pair
    assert later(PROBES[name][1]) == before[name]


def test_there_are_enough() -> None:
    """Each kind of thing is tried."""
    assert len(PROBES) >= 42
