"""JupyterLab as people use it: a real server and a real Chromium, in a home of their own.

One person sits at one desk::

    with opened(make_course) as desk:
        notebook = Notebook(desk, "exercise4.ipynb")
        notebook.menu("Run", "Run All Cells")
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

import psutil
from playwright.sync_api import expect, sync_playwright

from tests.proctor.support.scratch_home import LeftoverError, ScratchHome, alive, scratch_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120
"""Seconds for any single step, on a slow machine with much else to do."""

NO_NEWS = "home/config/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"


@dataclass(frozen=True)
class Server:
    """A Jupyter server that listens."""

    address: str
    token: str
    process: subprocess.Popen[str]

    def url(self, path: str) -> str:
        """Return the address of a page, with what it takes to be let in, and with an empty workspace."""
        return f"{self.address}/{path}?reset&token={self.token}"

    def family(self) -> list[psutil.Process]:
        """List what the server has started and is still there: kernels, and what these have started."""
        return psutil.Process(self.process.pid).children(recursive=True)


@contextlib.contextmanager
def jupyter(folder: Path, home: ScratchHome) -> Iterator[Server]:
    """Start JupyterLab in a folder, as `jupyter lab` does, on a port that it chooses.

    Raises:
        LeftoverError: a kernel, or anything else that was started, outlived the server.
    """
    token = "a-token-for-this-test"
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.root_dir={folder}",
    ]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--IdentityProvider.token={token}"]
    said: list[str] = []
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=home.variables, cwd=folder
    ) as process:
        drain = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        try:
            server = Server(_address(process, said), token, process)
            drain.start()
            yield server
            family = server.family()
        except BaseException:
            sys.stderr.write("".join(said))  # what the server said is the first thing to look at
            raise
        finally:
            process.terminate()
            process.wait(PATIENCE)
    if left := alive(family):
        raise LeftoverError("\n".join(map(str, left)))


def _address(process: subprocess.Popen[str], said: list[str]) -> str:
    """Wait until the server listens; it tells its address a moment earlier."""
    for line in process.stderr or ():
        said.append(line)
        if match := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            while process.poll() is None:
                with (
                    contextlib.suppress(ConnectionRefusedError),
                    socket.create_connection(("127.0.0.1", int(match[1]))),
                ):
                    return f"http://127.0.0.1:{match[1]}"
    raise AssertionError(f"the Jupyter server ended:\n{''.join(said)}")


@contextlib.contextmanager
def chromium(server: Server, home: ScratchHome) -> Iterator[BrowserContext]:
    """Start the system's Chromium, headless, which reaches this server and nothing else.

    Raises:
        RuntimeError: there is no Chromium.
    """
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise RuntimeError("No Chromium found: install one (Debian: `apt-get install chromium`).")
    variables = home.variables | {"XDG_RUNTIME_DIR": str(home.folder / "home")}  # it keeps settings there
    with mock.patch.dict(os.environ, variables), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-quic"])
        allowed = ["clipboard-read", "clipboard-write"]
        context = browser.new_context(viewport={"width": 1280, "height": 900}, permissions=allowed)
        context.set_default_timeout(1000 * PATIENCE)
        expect.set_options(timeout=1000 * PATIENCE)
        context.route(lambda url: not url.startswith(server.address), lambda route: route.abort())
        yield context
        browser.close()


@dataclass(frozen=True)
class Desk:
    """Workplace of one person: a folder, the Jupyter server in it, and a browser."""

    folder: Path
    home: ScratchHome
    server: Server
    browser: BrowserContext


@contextlib.contextmanager
def opened(fill: Callable[[Path], None]) -> Iterator[Desk]:
    """Fill a new folder, start JupyterLab in it and a browser; in the end, nothing of it may be left.

    Raises:
        LeftoverError: a process, a socket or a temporary file was left.
    """
    with scratch_home() as made:
        folder = made.folder / "course"
        fill(folder)
        (made.folder / NO_NEWS).parent.mkdir(parents=True)
        (made.folder / NO_NEWS).write_text('{"fetchNews": "false"}')  # JupyterLab asks, over what is below
        with jupyter(folder, made) as server, chromium(server, made) as browser:
            yield Desk(folder, made, server, browser)
