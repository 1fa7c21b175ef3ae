"""Files of this machine that are visible in a sandbox: Python, its libraries and fonts, and a made-up /etc.

Only the folders that hold programs and libraries are shown, not whole prefixes: an environment often lies
in the course's own folder (`.venv`), and `<prefix>/etc` may hold a Jupyter server's password. Nothing shown
can be written.
"""

from __future__ import annotations

import os
import site
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.sandbox.process import STUDENT_UID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HOME = "/home/student"
WORK = f"{HOME}/work"
"""Folder of the copy of the submission, inside the sandbox."""

PACKAGE = Path(__file__).resolve().parents[1]
"""Our own package: students need not read the grader."""

SYSTEM = (
    "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share",
    "/usr/local/bin", "/usr/local/lib", "/usr/local/lib64", "/usr/local/share/fonts",
    "/nix/store", "/gnu/store",
)  # fmt: skip
TOP = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
"""Folders on most systems of old, links into /usr on those of today."""

SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/timezone")

MADE_UP = {
    "/etc/passwd": (
        f"root:x:0:0:root:/:/bin/false\nstudent:x:{STUDENT_UID}:{STUDENT_UID}:Student:{HOME}:/bin/sh\n"
    ),
    "/etc/group": f"root:x:0:\nstudent:x:{STUDENT_UID}:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


@dataclass(frozen=True)
class View:
    """Folders that a sandbox sees."""

    shown: tuple[Path, ...]  # host paths that appear under the same path, read-only
    links: tuple[tuple[Path, str], ...]  # symbolic links to make: path, target
    hidden: tuple[Path, ...]  # folders below a shown one that appear empty

    def parents(self) -> list[Path]:
        """Return the folders that have to be made for the shown ones, outermost first."""
        return sorted({parent for path in self.shown for parent in path.parents if parent != Path("/")})


def build_view(hide: Iterable[Path] = ()) -> View:
    """Return the view that the running interpreter needs, without folders to hide that lie in a shown one."""
    links = {path: str(path.readlink()) for path in map(Path, TOP) if path.is_symlink()}
    wanted = {*map(Path, (*SYSTEM, *TOP, *SETTINGS)), *_python()} - links.keys()
    shown: list[Path] = []
    for path in sorted(path for path in wanted if path.exists()):
        if not any(path.is_relative_to(other) for other in shown):
            shown.append(path)
    is_seen = {path: any(path.is_relative_to(other) for other in shown) for path in (PACKAGE, *hide)}
    hidden = sorted(path for path, seen in is_seen.items() if seen and path.is_dir())
    return View(tuple(shown), tuple(links.items()), tuple(hidden))


def _python() -> Iterator[Path]:
    """Yield what the running interpreter needs: its program, standard library and packages.

    The program is often a chain of links from one prefix to the next; each has to be there.
    """
    prefixes = set(map(Path, (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)))
    program = Path(sys.executable)
    while program.is_symlink():
        prefixes.add(program.parent.parent)
        program = Path(os.path.normpath(program.parent / program.readlink()))
    prefixes.add(program.parent.parent)
    for prefix in prefixes - {Path("/"), Path("/usr")}:
        yield from (prefix / name for name in ("bin", "lib", "lib64", "share", "pyvenv.cfg"))
    if site.ENABLE_USER_SITE:
        yield Path(site.getusersitepackages())


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment variables of the student's process: none of the caller's, but `extra`.

    One thread per process keeps the linear algebra libraries from fighting over the processors when many
    submissions run at once, and two arenas keep malloc's reserves within the limit on address space. Without
    .pyc files a module that is written twice in a second is not mistaken for its first version.
    """
    variables = {
        "HOME": HOME,
        **dict.fromkeys(("USER", "LOGNAME"), "student"),
        "SHELL": "/bin/sh",
        "TMPDIR": "/tmp",  # noqa: S108  - inside the sandbox
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "IPYTHONDIR": f"{HOME}/.ipython",
        "MPLCONFIGDIR": f"{HOME}/.config/matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        "MALLOC_ARENA_MAX": "2",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    if site.ENABLE_USER_SITE:
        variables["PYTHONUSERBASE"] = site.getuserbase()
    return variables | dict(extra or {})
