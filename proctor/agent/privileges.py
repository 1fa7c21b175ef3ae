"""Entering a sandbox and dropping all privileges in it, before anything of a submission is read.

The order matters: namespaces that bubblewrap has made; the student's user; a user namespace in which nothing is
owned; no capability any more; limits; and last the filter for system calls, which forbids to do any of this again.
"""

import ctypes
import os
import resource
import struct

USER, MOUNT, UTS, IPC, PID, NET = 0x10000000, 0x00020000, 0x04000000, 0x08000000, 0x20000000, 0x40000000
"""Namespaces, as setns and unshare take them."""
DUMPABLE, FILTER, DROP_BOUND, NO_NEW_PRIVILEGES, AMBIENT = 4, 22, 24, 38, 47
"""Options of prctl."""
FILTER_MODE, CLEAR_ALL, LAST_CAPABILITY, CAPABILITY_VERSION = 2, 4, 63, 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """A filter for system calls, as prctl takes it (struct sock_fprog)."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def call(name, *arguments):
    """Call a function of libc; OSError, with its name, if it refuses."""
    if getattr(libc, name)(*arguments) == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def prctl(option, *arguments):
    """Call prctl with numbers, which it takes as long ones."""
    call("prctl", option, *map(ctypes.c_ulong, (*arguments, 0, 0, 0)[:4]))


def enter(sandbox, namespaces):
    """Enter some namespaces of a process, given by a pidfd; for that of processes, the next child does."""
    call("setns", sandbox, namespaces)


def hide_memory():
    """Let no other process of this user look into this one."""
    prctl(DUMPABLE, 0)


def drop_privileges(settings):
    """Drop all privileges for good.

    Args:
        settings: user (to change to, or null), inner_user (its number in a namespace of its own, or null where no
            namespace can be made), rlimits, limited (processes that they hold for), filter (as hexadecimal text).
    """
    os.umask(0o077)
    if settings["user"] is not None:
        os.setgroups([])
        os.setresgid(*[settings["user"]] * 3)
        os.setresuid(*[settings["user"]] * 3)
    prctl(DUMPABLE, 1)  # who has changed users may not write the maps otherwise
    if settings["inner_user"] is not None:
        own_nothing(settings["inner_user"])
    prctl(NO_NEW_PRIVILEGES, 1)
    drop_capabilities()
    for name, (soft, hard) in settings["rlimits"].items():
        for pid in settings["limited"]:
            resource.prlimit(pid, getattr(resource, name), (soft, hard))
    program = bytes.fromhex(settings["filter"])
    if program:
        filtering = Program(len(program) // 8, program)
        nothing = ctypes.c_ulong(0)
        call("prctl", FILTER, ctypes.c_ulong(FILTER_MODE), ctypes.byref(filtering), nothing, nothing)


def own_nothing(user):
    """Enter a user namespace of one user, `user` by name, so that no process outside of it can be traced."""
    outer_user, outer_group = os.geteuid(), os.getegid()
    call("unshare", USER)
    maps = {"setgroups": "deny", "uid_map": f"{user} {outer_user} 1", "gid_map": f"{user} {outer_group} 1"}
    for name, line in maps.items():
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def drop_capabilities():
    """Drop all capabilities, those that a program could bring back included."""
    prctl(AMBIENT, CLEAR_ALL)
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl(DROP_BOUND, capability)
        except OSError:  # more than this machine has, or not ours to drop: then there is none
            break
    call("capset", struct.pack("Ii", CAPABILITY_VERSION, 0), bytes(24))
