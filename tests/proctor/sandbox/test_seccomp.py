"""The filter of system calls."""

from __future__ import annotations

import platform
import struct

from proctor.sandbox import seccomp


class TestSeccomp:
    """The filter of system calls, run by a small interpreter of its own."""

    def verdict(self, number: int, *arguments: int, architecture: int = 0xC000003E) -> int:
        """Return what the filter says to a call on x86-64."""
        program = seccomp.filter_program("x86_64")
        assert program is not None
        steps = list(struct.iter_unpack("HBBI", program))
        first, second, third = (*arguments, 0, 0, 0)[:3]
        data = {0: number, 4: architecture, 16: first, 24: second, 32: third}
        accumulator, at = 0, 0
        while True:
            code, yes, no, operand = steps[at]
            if code == 0x06:
                return int(operand)
            if code == 0x20:
                accumulator = data[operand]
                at += 1
                continue
            holds = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x45: accumulator & operand}
            at += 1 + (yes if holds[code] else no)

    def test_verdicts(self) -> None:
        """Reading is allowed; the keyring, new namespaces and other machines' numbers are not."""
        allow, kill, eperm, enosys = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
        assert self.verdict(0) == allow  # read
        assert self.verdict(250) == eperm  # keyctl
        assert self.verdict(319) == eperm  # memfd_create
        assert self.verdict(56, 0x11) == allow  # clone, as fork
        assert self.verdict(56, 0x3D0F00) == allow  # clone, as a thread
        assert self.verdict(56, 0x10000011) == eperm  # clone, into a new user namespace
        assert self.verdict(435) == enosys  # clone3, whose flags lie in memory
        assert self.verdict(0x40000000 + 250) == enosys  # x32
        assert self.verdict(0, architecture=0x40000003) == kill  # i386
        assert self.verdict(64) == eperm  # semget
        assert self.verdict(294) == eperm  # inotify_init1
        assert self.verdict(162) == eperm  # sync

    def test_sockets(self) -> None:
        """Sockets of a namespace's are allowed; those of vsock and of the kernel's cryptography are not."""
        allow, unsupported = 0x7FFF0000, 0x00050061
        for call in (41, 53):  # socket, socketpair
            assert [self.verdict(call, family, 1) for family in (1, 2, 10, 16)] == [allow] * 4
            assert {self.verdict(call, family, 1) for family in (17, 38, 40)} == {unsupported}

    def test_buffers_of_sockets(self) -> None:
        """Their size, which no limit counts, stays the system's; other options can be set."""
        allow, eperm = 0x7FFF0000, 0x00050001
        assert {self.verdict(54, 3, 1, option) for option in (7, 8, 32, 33)} == {eperm}
        assert self.verdict(54, 3, 1, 2) == allow  # SO_REUSEADDR
        assert self.verdict(54, 7, 6, 7) == allow  # an option of TCP's

    def test_unknown_machine_has_none(self) -> None:
        """For a machine whose numbers we do not know there is no filter rather than a wrong one."""
        assert seccomp.filter_program("riscv64") is None
        assert platform.machine() not in {"x86_64", "aarch64"} or seccomp.filter_program() is not None
