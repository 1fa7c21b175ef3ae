"""The system calls that no student's program needs: a filter for sandboxes.

It closes what namespaces and limits leave open: the kernel's keyring, which a process inherits from the
grader's login (Kerberos tickets live there); memory that no limit counts (memfd, System V segments, queues and
semaphores, large buffers of sockets); new namespaces and mounts; tracing; kinds of sockets that no namespace holds
(vsock speaks to a virtual machine's host); what Linux counts for a user or the whole machine, so that one sandbox
could use it up for all others (watches of files, asynchronous reading), or does for all at once (sync); and rarely
used system calls with much code behind them (bpf, io_uring, perf, userfaultfd). A refused call fails with EPERM, as if
for lack of rights; clone3 with ENOSYS, because libc then uses clone, whose flags a filter can read.
"""

from __future__ import annotations

import errno
import platform
import struct

# Classic BPF: opcode, jump if true, jump if false, operand.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, (16, 24, 32)  # offsets in struct seccomp_data
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_NEW_NAMESPACES = 0x7E020000  # the CLONE_NEW... flags that clone takes
_X32 = 0x40000000  # x86-64's second set of numbers for the same calls

_Step = tuple[int, int, int, int]

_ARCHITECTURES = {"x86_64": (0xC000003E, 56), "aarch64": (0xC00000B7, 220)}
"""For each machine: its name in the kernel, and its number of clone."""

_CLONE3 = 435
_SOCKETS = {"socket": (41, 198), "socketpair": (53, 199)}
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK
_SETSOCKOPT, _SOL_SOCKET = (54, 208), 1
_BUFFERS = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF, and both by force
# fmt: off
_SAME_NUMBER = (
    425, 426, 427,  # io_uring_setup, io_uring_enter, io_uring_register
    428, 429, 430, 431, 432, 433, 442, 447,  # open_tree, move_mount, fs*, mount_setattr, memfd_secret
)
_REFUSED = {
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "memfd_create": (319, 279), "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190),
    "vmsplice": (278, 75),
    "inotify_init": (253, 26), "inotify_init1": (294, 26), "io_setup": (206, 0), "sync": (162, 81), "syncfs": (306, 267),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "fanotify_init": (300, 262),
    "quotactl": (179, 60), "acct": (163, 89), "syslog": (103, 116), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
}
# fmt: on
"""For each refused call: its number on x86-64 and on 64-bit ARM."""


def filter_program(machine: str = "") -> bytes | None:
    """Return the filter for `machine` (by default, this one), or None for one we do not know."""
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        return None
    architecture, clone = _ARCHITECTURES[machine]
    column = list(_ARCHITECTURES).index(machine)
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _REFUSE | errno.ENOSYS),
    ]
    for number in sorted({*_SAME_NUMBER, *(numbers[column] for numbers in _REFUSED.values())}):
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    for numbers in _SOCKETS.values():
        known = _among(_FAMILIES, _ALLOW, _REFUSE | errno.EAFNOSUPPORT)
        steps += _if_equal(numbers[column], [(_LOAD, 0, 0, _ARGUMENTS[0]), *known])
    sized = [(_LOAD, 0, 0, _ARGUMENTS[2]), *_among(_BUFFERS, _REFUSE | errno.EPERM, _ALLOW)]
    level = [(_LOAD, 0, 0, _ARGUMENTS[1]), *_if_equal(_SOL_SOCKET, sized), (_RETURN, 0, 0, _ALLOW)]
    steps += _if_equal(_SETSOCKOPT[column], level)
    steps += [
        (_EQUAL, 0, 3, clone),
        (_LOAD, 0, 0, _ARGUMENTS[0]),
        (_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _if_equal(value: int, then: list[_Step]) -> list[_Step]:
    """Return the steps that do others, which end with a verdict, if what was loaded is equal to a value."""
    return [(_EQUAL, 0, len(then), value), *then]


def _among(values: tuple[int, ...], yes: int, no: int) -> list[_Step]:
    """Return the steps that end with one verdict if what was loaded is one of some values, else with the other."""
    tests = [(_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [*tests, (_RETURN, 0, 0, no), (_RETURN, 0, 0, yes)]
