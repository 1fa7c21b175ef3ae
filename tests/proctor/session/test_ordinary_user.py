"""What holds for root holds for an ordinary user: the same tests, run as one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from proctor.sandbox.bwrap import find_bwrap

TESTS = Path(__file__).resolve().parents[1]
SAME = (
    "session/test_seen.py",
    "session/test_refused.py",
    "session/test_limits.py",
    "session/test_ends.py::test_memory_of_all",
    "session/test_ends.py::test_files_without_content",
    "session/test_ends.py::test_nothing_is_left",
    "session/test_ends.py::test_crash_leaves_nothing",
    "sandbox/test_apart.py",
    "sandbox/test_probes.py",
    "sandbox/test_fork_server.py::test_killed_one_is_no_fault_of_the_student",
    "jupyter_kernel/test_kernel.py::test_limits",
    "jupyter_kernel/test_kernel.py::test_nothing_is_left",
)


@pytest.mark.skipif(os.geteuid() != 0, reason="these tests run as an ordinary user already")
@pytest.mark.skipif(
    not shutil.which("setpriv"), reason="setpriv is not installed, which changes to another user"
)
@pytest.mark.timeout(900)
def test_as_an_ordinary_user() -> None:
    """What is seen, refused, limited, shared and left holds for an ordinary user.

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
    command += [str(TESTS / path) for path in SAME]
    if subprocess.run([*command[: command.index("env")], "test", "-r", str(TESTS)], check=False).returncode:
        pytest.skip(f"an ordinary user cannot read {TESTS}")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=TESTS.parents[1])
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert " passed" in done.stdout
