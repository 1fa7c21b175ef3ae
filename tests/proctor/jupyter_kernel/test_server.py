"""The sandboxed kernel in a real Jupyter server, as JupyterLab uses it: by name, over HTTP and a web socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import uuid
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import websocket_connect

from proctor.jupyter_kernel.kernelspec import KERNEL_NAME, PROVISIONER_NAME, install_kernelspec

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-token-for-this-test"
PATIENCE = 60


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a short folder for the sockets, which has to be empty in the end."""
    folder = Path(tempfile.mkdtemp(prefix="t-"))
    yield folder
    folder.rmdir()


@pytest.fixture
def server(tmp_path: Path, place: Path) -> Iterator[str]:
    """Start a Jupyter server on a course with one submission; return its address."""
    submission = tmp_path / "course" / "submitted" / "ada" / "exercise4"
    submission.mkdir(parents=True)
    (submission / "own.py").write_text("answer = 42\n")
    (tmp_path / "course" / "nbgrader_config.py").touch()
    if not entry_points(group="jupyter_client.kernel_provisioners", name=PROVISIONER_NAME):
        pytest.fail(
            "Jupyter finds provisioners by entry points: install this package first, `pip install -e .`"
        )
    install_kernelspec(tmp_path)
    variables = os.environ | {
        "JUPYTER_PATH": str(tmp_path / "share" / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "XDG_RUNTIME_DIR": str(place),
    }
    command = [
        sys.executable,
        "-m",
        "jupyter_server",
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
    ]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={tmp_path / 'course'}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables, cwd=tmp_path) as process:
        try:
            assert process.stderr is not None
            found = (re.search(r"http://127\.0\.0\.1:(\d+)/", line) for line in process.stderr)
            port = int(next(match[1] for match in found if match))
            wait_until_open(port, process)
            yield f"http://127.0.0.1:{port}"
            family = psutil.Process(process.pid).children(recursive=True)
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)
    assert not [child for child in family if child.is_running()]


def wait_until_open(port: int, process: subprocess.Popen[str]) -> None:
    """Try to connect until the server, which tells its address a moment earlier, listens there."""
    while process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
    pytest.fail("the Jupyter server ended")


async def call(address: str, method: str, path: str, body: dict[str, str] | None = None) -> Any:
    """Call the server's REST interface."""
    request = HTTPRequest(
        f"{address}/api/{path}",
        method=method,
        headers={"Authorization": f"token {TOKEN}"},
        body=json.dumps(body or {}) if method == "POST" else None,
        request_timeout=PATIENCE,
    )
    response = await AsyncHTTPClient().fetch(request, raise_error=False)
    return json.loads(response.body) if response.body else None


class Channels:
    """The web socket to one kernel."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def send(self, code: str) -> str:
        """Ask for the execution of a cell; return the request's id."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "s", "version": "5.3"}
        content = {"code": code, "silent": False, "stop_on_error": False}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }
        await self.connection.write_message(json.dumps(message))
        return header["msg_id"]

    async def read(self, request: str, until: str | None = None) -> str:
        """Return what a request printed, and the name of its error, at its end or when it printed `until`."""
        said = ""
        while True:
            message = json.loads(await asyncio.wait_for(self.connection.read_message(), PATIENCE))
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                said += content["text"]
            elif message["msg_type"] == "error":
                said += content["ename"]
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return said.strip()
            if said.strip() == until:
                return said.strip()

    async def run(self, code: str) -> str:
        """Run a cell."""
        return await self.read(await self.send(code))


@contextlib.asynccontextmanager
async def channels(address: str, kernel: str) -> Any:
    """Open the web socket to a kernel."""
    url = f"{address.replace('http', 'ws')}/api/kernels/{kernel}/channels?token={TOKEN}"
    connection = await websocket_connect(url)
    try:
        yield Channels(connection)
    finally:
        connection.close()


async def session(address: str) -> None:
    """Do what an instructor does in JupyterLab with a student's notebook."""
    specs = await call(address, "GET", "kernelspecs")
    assert specs["kernelspecs"][KERNEL_NAME]["spec"]["display_name"] == "Python 3 (sandboxed)"
    started = await call(
        address, "POST", "kernels", {"name": KERNEL_NAME, "path": "submitted/ada/exercise4/exercise4.ipynb"}
    )
    kernel = started["id"]
    async with channels(address, kernel) as opened:
        assert await opened.run("import os, own; print(own.answer, os.getcwd())") == "42 /home/student/work"
        assert await opened.run("import socket; socket.create_connection(('192.0.2.1', 80), 5)") == "OSError"
        # Unflushed, the text is sent by a thread while the cell sleeps, so the interrupt finds it asleep.
        request = await opened.send("import time\nprint('on')\ntime.sleep(600)")
        assert await opened.read(request, until="on") == "on"
        await call(address, "POST", f"kernels/{kernel}/interrupt")
        assert await opened.read(request) == "KeyboardInterrupt"
        await opened.run("leftover = 1")
    await call(address, "POST", f"kernels/{kernel}/restart")
    async with channels(address, kernel) as opened:
        assert await opened.run("print('leftover' in globals())") == "False"
    await call(address, "DELETE", f"kernels/{kernel}")
    assert await call(address, "GET", "kernels") == []
    refused = await call(address, "POST", "kernels", {"name": KERNEL_NAME, "path": "overview.ipynb"})
    assert "the course itself, with its hidden tests" in refused["message"]


def test_notebook_of_a_student(server: str, place: Path) -> None:
    """An instructor opens, runs, interrupts, restarts and closes a student's notebook; not the course's."""
    asyncio.run(session(server))
    assert not list(place.iterdir())
