"""The filter of system calls."""

from __future__ import annotations

import platform
import struct

from proctor.sandbox import seccomp


class TestSeccomp:
    """The filter of system calls, run by a small interpreter of its own."""

    def verdict(self, number: int, argument: int = 0, architecture: int = 0xC000003E) -> int:
        """Return what the filter says to a call on x86-64."""
        program = seccomp.filter_program("x86_64")
        assert program is not None
        steps = list(struct.iter_unpack("HBBI", program))
        data = {0: number, 4: architecture, 16: argument}
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

    def test_unknown_machine_has_none(self) -> None:
        """For a machine whose numbers we do not know there is no filter rather than a wrong one."""
        assert seccomp.filter_program("riscv64") is None
        assert platform.machine() not in {"x86_64", "aarch64"} or seccomp.filter_program() is not None
