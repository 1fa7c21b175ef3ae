"""Content of a sandbox, as bubblewrap's arguments: its file system with files of our own, environment and filter."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import proctor.agent
from proctor.sandbox.process import lend
from proctor.sandbox.seccomp import filter_program
from proctor.sandbox.visible_files import HOME, MADE_UP, build_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import ExitStack

    from proctor.sandbox.settings import Limits
    from proctor.sandbox.visible_files import View

INSIDE = "/run/sandbox"
"""The folder of our own files, inside a sandbox."""
SETTINGS = "settings.json"
AGENT = Path(next(iter(proctor.agent.__path__)))


def furnish(  # noqa: PLR0913  - each is a side of a sandbox
    stack: ExitStack,
    hide: Iterable[Path],
    limits: Limits,
    variables: Mapping[str, str],
    files: Mapping[str, bytes],
    *,
    filtered: bool = True,
) -> tuple[list[str], set[int]]:
    """Return bubblewrap's arguments for a sandbox's content, and the descriptors that they name, until the stack ends.

    Args:
        stack: owns the descriptors.
        hide: folders that must not be seen.
        limits: the sizes of what can be written.
        variables: the environment.
        files: further read-only files, by path.
        filtered: whether to filter the system calls of bubblewrap's own process 1, and of all below it.
    """
    view = build_view(hide)
    contents = {path: text.encode() for path, text in MADE_UP.items()}
    if (fonts := font_list(view.shown)) is not None:
        contents[f"{INSIDE}/fonts/{fonts[0]}"] = fonts[1]
    lent = {path: lend(stack, content) for path, content in {**contents, **files}.items()}
    arguments = [*mount_arguments(view, limits, lent), *environment_arguments(variables)]
    passed = set(lent.values())
    if filtered and (program := filter_program()) is not None:
        passed.add(descriptor := lend(stack, program))
        arguments += ["--seccomp", str(descriptor)]
    return arguments, passed


def mount_arguments(view: View, limits: Limits, files: Mapping[str, int]) -> list[str]:
    """Return bubblewrap's arguments for the file system of a sandbox.

    The root is a small file system in memory, which is made read-only once it is furnished. What can be
    written is in memory too and of fixed size: the home folder, /tmp, /dev/shm. The first two come before
    what is shown, which may lie below them. Folders are given their mode before anything is mounted in
    them, since bubblewrap makes missing ones for their owner only.
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
    arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*arguments, "--hostname", "sandbox", "--chdir", INSIDE]


def environment_arguments(variables: Mapping[str, str]) -> list[str]:
    """Return bubblewrap's arguments for an environment of exactly these variables."""
    pairs = [word for name, value in variables.items() for word in ("--setenv", name, value)]
    return ["--clearenv", *pairs]


def agent_files(settings: dict[str, Any]) -> dict[str, bytes]:
    """Return the agent's source and settings, by the path where they are shown."""
    return {**_agent_source(), f"{INSIDE}/{SETTINGS}": json.dumps(settings).encode()}


@functools.cache
def _agent_source() -> dict[str, bytes]:
    return {f"{INSIDE}/agent/{path.name}": path.read_bytes() for path in sorted(AGENT.glob("*.py"))}


def agent_command(folder: str = INSIDE) -> list[str]:
    """Return the command that starts an agent or a fork server, in the folder that holds the package `agent`."""
    return [sys.executable, "-m", "agent", f"{folder}/{SETTINGS}"]


@functools.cache
def font_list(shown: tuple[Path, ...]) -> tuple[str, bytes] | None:
    """Return the name and content of Matplotlib's cache of fonts, or None: without it each process searches for fonts.

    Fonts that are not shown inside, such as those in our home folder, are struck off.
    """
    try:
        import matplotlib as mpl
        from matplotlib import font_manager

        name = f"fontlist-v{font_manager.FontManager.__version__}.json"
        fonts = json.loads((Path(mpl.get_cachedir()) / name).read_text())
    except (ImportError, OSError, ValueError):
        return None
    for kind in ("ttflist", "afmlist"):
        fonts[kind] = [font for font in fonts[kind] if _is_visible(Path(font["fname"]), shown)]
    return name, json.dumps(fonts).encode()


def _is_visible(path: Path, shown: tuple[Path, ...]) -> bool:
    """Return whether a font is shown inside; the paths of Matplotlib's own are relative."""
    return not path.is_absolute() or any(folder in path.parents for folder in shown)
