"""A sandbox as bubblewrap's arguments. Nothing here starts anything or looks at the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proctor.sandbox.view import HOME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proctor.sandbox.limits import Limits
    from proctor.sandbox.view import View

INSIDE = "/run/sandbox"
"""The folder of our own files, inside a sandbox."""


def mount_arguments(view: View, limits: Limits, files: Mapping[str, int]) -> list[str]:
    """Return bubblewrap's arguments for the file system of a sandbox.

    The root is a small file system in memory, which is made read-only once it is furnished. What can be
    written is in memory too and of fixed size: the home folder, /tmp, /dev/shm. The first two come before
    what is shown, which may lie below them. Folders are given their mode before anything is mounted in
    them, since bubblewrap makes missing ones for their owner only.

    Args:
        view: what is shown of the host.
        limits: the sizes of what can be written.
        files: descriptors with the content of read-only files, by path.
    """
    arguments = ["--perms", "0755", "--dir", "/home"]
    for folder, size in ((HOME, limits.home), ("/tmp", limits.tmp)):  # noqa: S108  - a path inside the sandbox
        arguments += ["--perms", "1777", "--size", str(size), "--tmpfs", folder]
    folders = ["/etc", "/run", INSIDE, f"{INSIDE}/fonts", f"{INSIDE}/agent", *map(str, view.parents())]
    for folder in dict.fromkeys(folders):
        arguments += ["--perms", "0755", "--dir", folder]
    for path in view.shown:
        arguments += ["--ro-bind", str(path), str(path)]
    for link, target in view.links:
        arguments += ["--symlink", target, str(link)]
    for path in view.hidden:
        arguments += ["--perms", "0555", "--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path)]
    arguments += ["--proc", "/proc", "--dev", "/dev"]
    arguments += ["--perms", "1777", "--size", str(limits.shared_memory), "--tmpfs", "/dev/shm"]  # noqa: S108  - likewise
    for name, descriptor in files.items():
        arguments += ["--perms", "0444", "--file", str(descriptor), name]
    return [
        *arguments,
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/",
        "--hostname",
        "sandbox",
        "--chdir",
        INSIDE,
    ]


def environment_arguments(variables: Mapping[str, str]) -> list[str]:
    """Return bubblewrap's arguments for an environment of exactly these variables."""
    pairs = [word for name, value in variables.items() for word in ("--setenv", name, value)]
    return ["--clearenv", *pairs]
