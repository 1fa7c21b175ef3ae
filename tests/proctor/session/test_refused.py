"""Refusals of a sandbox to students' code."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.proctor.support.sandboxes import Cells


def test_network(run: Cells) -> None:
    """No host can be reached, not even our own ports; its own loopback works."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)"
        assert run(code) == "ConnectionRefusedError"
    assert run("import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)") == "OSError"
    code = """
        import socket
        with socket.create_server(('127.0.0.1', 0)) as s, socket.create_connection(s.getsockname()):
            print('ok')
    """
    assert run(code) == "ok"


def test_abstract_sockets(run: Cells) -> None:
    """Sockets without a file, which no mount could hide, are out of reach as well."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0proctor-test-{os.getpid()}")
        server.listen()
        code = f"import socket; socket.socket(socket.AF_UNIX).connect('\\0proctor-test-{os.getpid()}')"
        assert run(code) == "ConnectionRefusedError"


def test_kinds_of_sockets(run: Cells) -> None:
    """Kinds that no namespace holds, such as vsock, which speaks to a virtual machine's host, cannot be opened."""
    code = """
        import socket
        for family in range(1, 46):
            for kind in (1, 2, 3, 5):
                try:
                    socket.socket(family, kind).close()
                    print(family)
                except OSError:
                    pass
    """
    assert set(run(code).split()) <= {"1", "2", "10", "16"}


def test_system_is_read_only(run: Cells) -> None:
    """Nothing outside the home folder, /tmp and /dev/shm can be written."""
    folders = [
        "/",
        "/usr",
        "/usr/bin",
        "/etc",
        "/run",
        "/run/sandbox",
        "/run/sandbox/agent",
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
    assert run(code) == "[]"


@pytest.mark.parametrize(
    "call",
    [
        "libc.unshare(0x10000000)",
        "libc.syscall(250, 0, -3, 0, 0, 0)",
        "libc.shmget(0, 4096, 0o1600)",
        "libc.semget(0, 100, 0o1600)",
        "libc.ptrace(0, 0, 0, 0)",
        "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
def test_system_calls(run: Cells, call: str) -> None:
    """New namespaces, the keyring, uncounted memory, tracing and mounting are refused."""
    code = f"import ctypes; libc = ctypes.CDLL(None, use_errno=True); print({call}, ctypes.get_errno())"
    assert run(code) == "-1 1"


def test_root_is_out_of_reach(run: Cells) -> None:
    """It cannot become root again."""
    assert run("import os; os.setuid(0)") in {"PermissionError", "OSError"}
