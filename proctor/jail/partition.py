"""Cuts a room for one kernel out of the nursery: its own namespaces, file systems and rules.

Runs inside the nursery's jail, as text handed over, like the launcher. The nursery's jail shows the same
read-only system as any other; what is made here is what students must not share: processes, mounts, network,
memory segments, whatever can be written, and the socket of the wall. The order matters. First the mounts, with
the nursery's privileges over its own user namespace; then a user namespace in which nothing is owned; then
the loss of all privileges; then the filter for system calls, which forbids to do any of this again.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import stat
import struct
import sys

NEW = {"mount": 0x00020000, "uts": 0x04000000, "ipc": 0x08000000, "pid": 0x20000000, "net": 0x40000000}
NEW_USER = 0x10000000
"""Namespaces, as unshare takes them."""

READ_ONLY, NO_SUID, NO_DEV, NO_EXEC, REMOUNT, BIND, MOVE, RECURSIVE, PRIVATE = (
    1, 2, 4, 8, 32, 4096, 8192, 16384, 1 << 18,
)  # fmt: skip
DETACH = 2
PROC, NEW_PROC = "/proc", "/run/proc"
COVERED = ("sys", "sysrq-trigger", "irq", "bus")
"""What bubblewrap covers in /proc where it is root, and so do we."""

DEATH_SIGNAL, DUMPABLE, FILTER, DROP_BOUND, NO_NEW_PRIVILEGES, AMBIENT = 1, 4, 22, 24, 38, 47
"""Options of prctl."""
LAST_CAPABILITY = 63
SET_FLAGS, UP_AND_RUNNING = 0x8914, 0x41
SIGKILL = 9

libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """A filter for system calls, as prctl takes it (struct sock_fprog)."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def call(name: str, *arguments: object) -> None:
    """Call a function of libc; OSError, with its name, if it refuses."""
    words = [os.fsencode(word) if isinstance(word, str) else word for word in arguments]
    if getattr(libc, name)(*words) == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def prctl(option: int, *arguments: int) -> None:
    """Call prctl with numbers, which it takes as long ones."""
    call("prctl", option, *map(ctypes.c_ulong, (*arguments, 0, 0, 0)[:4]))


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount."""
    call("mount", source, target, kind, ctypes.c_ulong(flags), data)


def unmount(target: str) -> None:
    """Unmount what is on top at `target`."""
    call("umount2", target, DETACH)


def leave_namespaces() -> None:
    """Let this process have its own mounts, network and memory segments, and its next child its own processes."""
    call("unshare", sum(NEW.values()))


def furnish(room: dict[str, object]) -> None:
    """Give the process, which is the first of its namespaces, a file system and a loopback device.

    Args:
        room: rooms (the folder of all walls, as the nursery sees it), wall (this one's, below it, and where
            it is to be seen), files (folder, and content by name), sizes (of each folder to write to).
    """
    mount(None, "/", None, RECURSIVE | PRIVATE)
    show_wall(str(room["rooms"]), *room["wall"])  # type: ignore[misc]
    show_processes()
    for folder, size in room["sizes"].items():  # type: ignore[attr-defined]
        make_writable(folder, size)
    unmount("/dev/pts")
    mount("devpts", "/dev/pts", "devpts", NO_SUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=620")
    place_files(*room["files"])  # type: ignore[misc]
    raise_loopback()


def make_writable(folder: str, size: int) -> None:
    """Give the room a folder of its own to write to, and show in it what the nursery shows there.

    An environment may lie below /tmp. Where nothing does, what the nursery has there is unmounted; else it
    is covered, since a mount can only be shown again as long as it is there.
    """
    shown = [path for path in mounted() if path.startswith(f"{folder}/")]
    places = [(path, os.open(path, os.O_PATH)) for path in sorted(shown)]
    if not shown:
        unmount(folder)
    mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEV, f"mode=1777,size={size}")
    for path, place in places:
        is_folder = stat.S_ISDIR(os.fstat(place).st_mode)
        os.makedirs(path if is_folder else os.path.dirname(path), 0o755, exist_ok=True)  # noqa: PTH103, PTH120
        if not is_folder and not os.path.exists(path):  # noqa: PTH110
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o444))
        mount(f"{PROC}/self/fd/{place}", path, None, BIND)
        os.close(place)


def mounted() -> list[str]:
    """List where something is mounted."""
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:  # noqa: PTH123
        return [line.split()[4] for line in lines]


def show_wall(rooms: str, wall: str, target: str) -> None:
    """Show the folder of this room's socket, read-only, and no other's any more."""
    mount(wall, target, None, BIND)
    mount(None, target, None, BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEV)
    unmount(rooms)


def show_processes() -> None:
    """Exchange /proc for one that knows the processes of this room only.

    Linux allows a new one only as long as an old one is to be seen whole.
    """
    below = [path for path in mounted() if path.startswith(f"{PROC}/")]
    for covered in reversed(below):
        unmount(covered)
    mount("proc", NEW_PROC, "proc", NO_SUID | NO_DEV | NO_EXEC)
    unmount(PROC)
    mount(NEW_PROC, PROC, None, MOVE)
    for name in COVERED:
        path = f"{PROC}/{name}"
        if os.access(path, os.W_OK):
            mount(path, path, None, BIND)
            mount(None, path, None, BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEV | NO_EXEC)


def place_files(folder: str, files: dict[str, str]) -> None:
    """Put files into a small file system of their own and make it read-only."""
    mount("tmpfs", folder, "tmpfs", NO_SUID | NO_DEV, "mode=0755,size=64k")
    for name, content in files.items():
        path = os.path.join(folder, name)  # noqa: PTH118
        with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(content)
        os.chmod(path, 0o444)  # noqa: PTH101
    mount(None, folder, None, REMOUNT | BIND | READ_ONLY | NO_SUID | NO_DEV)


def raise_loopback() -> None:
    """Switch on the loopback device, the only one of the room's network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", b"lo", UP_AND_RUNNING))


def own_nothing(user: int) -> None:
    """Enter a user namespace of one user, `user` by name, and lose every privilege over it."""
    prctl(DUMPABLE, 1)  # who has changed users may not write the maps otherwise
    outer_user, outer_group = os.geteuid(), os.getegid()
    call("unshare", NEW_USER)
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {outer_user} 1"),
        ("gid_map", f"{user} {outer_group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(line)
    prctl(NO_NEW_PRIVILEGES, 1)
    prctl(AMBIENT, 4)
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl(DROP_BOUND, capability)
        except OSError:  # more than this machine has
            break
    call("capset", struct.pack("Ii", 0x20080522, 0), bytes(24))


def refuse_system_calls(program: bytes) -> None:
    """Filter the system calls of this process and of all that it will start."""
    filtering = Program(len(program) // 8, program)
    call("prctl", FILTER, ctypes.c_ulong(2), ctypes.byref(filtering), ctypes.c_ulong(0), ctypes.c_ulong(0))


def die_with_parent() -> None:
    """Be killed when the parent ends."""
    prctl(DEATH_SIGNAL, SIGKILL)


def hide_memory() -> None:
    """Let no other process of this user look into this one."""
    prctl(DUMPABLE, 0)


if sys.platform != "linux":
    raise SystemExit("namespaces are Linux's")
