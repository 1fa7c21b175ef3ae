"""Limits of a sandbox, which its agent survives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.proctor.support.sandboxes import Cells, cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMITS = {
    "address_space": 2**30, "processes": 40, "file_size": 2**20, "open_files": 128,
    "home": 4 * 2**20, "tmp": 4 * 2**20, "shared_memory": 2**20,
}  # fmt: skip


@pytest.fixture(scope="module")
def tight(folder: Path, way: dict[str, Any]) -> Iterator[Cells]:
    """Return one session with small limits, for tests that run into them."""
    with cells(folder, limits=LIMITS, **way) as running:
        yield running


def test_memory(tight: Cells) -> None:
    """An allocation beyond the limit is a MemoryError."""
    assert tight("import numpy; numpy.ones(2**28)") == "MemoryError"


def test_processes(tight: Cells) -> None:
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
    assert tight(code) == "True"
    assert tight("print(1)") == "1"


def test_file_size(tight: Cells) -> None:
    """A file ends at its limit."""
    assert tight("open('/tmp/big', 'wb').write(bytes(2**21))") == "OSError"
    code = "import os; print(os.path.getsize('/tmp/big') <= 2**20); os.remove('/tmp/big')"
    assert tight(code) == "True"


def test_open_files(tight: Cells) -> None:
    """Files can be opened up to the limit."""
    assert tight("held = [open('/dev/null') for _ in range(200)]") == "OSError"
    assert tight("held = None; print(1)") == "1"


@pytest.mark.parametrize("place", ["/tmp", "/home/student/work", "/dev/shm"])
def test_space(tight: Cells, place: str) -> None:
    """Every place that can be written is of fixed size, whatever the number of files."""
    code = f"""
        import glob, os
        try:
            for i in range(20):
                open(f'{place}/fill{{i}}', 'wb').write(bytes(2**19))
        except OSError as error:
            print(error.strerror)
        for path in glob.glob('{place}/fill*'):
            os.remove(path)
    """
    assert tight(code) == "No space left on device"


def test_limits_are_hard(tight: Cells) -> None:
    """A student cannot lift a limit, for its own process or for bubblewrap's."""
    code = "import resource; resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000))"
    assert tight(code) == "ValueError"
    code = """
        import resource
        try:
            print(resource.prlimit(1, resource.RLIMIT_NPROC))
        except PermissionError:  # as root, where it is another user's process
            print((40, 40))
    """
    if not tight.forked:  # a forked one cannot reach the memory of process 1, whose limits then help nobody
        assert tight(code) == "(40, 40)"
