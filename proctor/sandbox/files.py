"""Files of our own that are shown in a sandbox: a made-up /etc, a list of fonts, and the agent's source."""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import proctor.agent
from proctor.sandbox.fonts import font_list
from proctor.sandbox.mounts import INSIDE
from proctor.sandbox.view import MADE_UP

if TYPE_CHECKING:
    from proctor.sandbox.view import View

SETTINGS = "settings.json"
AGENT = Path(next(iter(proctor.agent.__path__)))


def inside_files(view: View, settings: dict[str, Any] | None = None) -> dict[str, bytes]:
    """Return the files that a sandbox has, by path; the agent's settings among them, if there are some."""
    files = {path: text.encode() for path, text in MADE_UP.items()}
    if (fonts := font_list(view.shown)) is not None:
        files[f"{INSIDE}/fonts/{fonts[0]}"] = fonts[1]
    if settings is not None:
        files |= agent_files()
        files[f"{INSIDE}/{SETTINGS}"] = json.dumps(settings).encode()
    return files


@functools.cache
def agent_files() -> dict[str, bytes]:
    """Return the agent's source, by the path where it is shown."""
    return {f"{INSIDE}/agent/{path.name}": path.read_bytes() for path in sorted(AGENT.glob("*.py"))}


def agent_command(folder: str = INSIDE) -> list[str]:
    """Return the command that starts an agent or a fork server, in the folder that holds the package `agent`."""
    return [sys.executable, "-m", "agent", f"{folder}/{SETTINGS}"]
