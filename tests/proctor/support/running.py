"""Small notebooks, run in plain Jupyter and in a session, with outputs that can be compared."""

from __future__ import annotations

import base64
import contextlib
import io
import re
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from PIL import Image

from proctor.sandbox.settings import Sandbox
from proctor.sandbox.visible_files import HOME, environment
from proctor.session.clock import Bounds
from proctor.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Cells = list[list[dict[str, Any]]]

CHANGING = (
    (r"ipykernel_\d+/\d+\.py", "CELL"),
    (r"\b0x[0-9a-f]+\b", "ADDRESS"),
    (r"\b[0-9a-f]{32}\b", "IDENTITY"),
    (r"[\d.]+(e[+-]?\d+)? ?(ns|[µμ]s|us|ms|s|min)\b", "TIME"),
    (r"(?<=[a-z]) \d+ function calls|\d+\.\d{3}(?= +)", "NUMBER"),
    (r"Thread-\d+", "Thread-N"),
    (r"Task-\d+", "Task-N"),
    (r"\bpid[ =]\d+", "pid N"),
    (r"\b\d+\.py, line", "CELL, line"),
    (r"\bat [0-9a-f]{12}\b", "at ADDRESS"),
)
"""Patterns of what differs from run to run, and what stands for them."""

OWN_FRAMES = r"site-packages/ipykernel/|/run/sandbox/agent/|skipping hidden"
"""Frames of a traceback that show how input is refused and how text is written, here and there."""


def run_plainly(cells: Sequence[str], home: Path) -> Cells:
    """Return the outputs of cells, run by nbclient on plain ipykernel."""
    folder = home / "work"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    variables = {name: value.replace(HOME, str(home)) for name, value in environment().items()}
    del variables["MPLBACKEND"], variables["PYDEVD_DISABLE_FILE_VALIDATION"]
    client = NotebookClient(
        notebook,
        timeout=10,
        kernel_name="python3",
        allow_errors=True,
        shutdown_kernel="immediate",  # nothing is asked of it any more, and it would wait for its threads
        resources={"metadata": {"path": str(folder)}},
    )
    variables["JUPYTER_RUNTIME_DIR"] = str(home / "runtime")
    with contextlib.suppress(DeadKernelError):
        client.execute(env=variables)
    places = {str(folder): "WORK", "~/work": "WORK", str(home): "HOME"}
    return [comparable(cell.outputs, places) for cell in notebook.cells]


def run_ours(cells: Sequence[str], folder: Path, *, in_order: bool = False, **settings: Any) -> Cells:
    """Return the outputs of cells, run by a session, with stdout and stderr in order or apart."""
    shown = []
    with Session(folder, Sandbox(**settings), Bounds()) as session:
        for source in cells:
            execution = session.run(source)
            shown.append(execution.outputs)
            if execution.fatal:
                break
    places = {f"{HOME}/work": "WORK", "~/work": "WORK", HOME: "HOME"}
    if in_order:
        return [[_normal(output, places) for output in outputs] for outputs in shown]
    return [comparable(outputs, places) for outputs in shown]


def comparable(outputs: Sequence[dict[str, Any]], places: dict[str, str]) -> list[dict[str, Any]]:
    """Return outputs without what changes from run to run.

    Jupyter keeps the order within stdout and within stderr, but not the order of the two.
    """
    found: list[dict[str, Any]] = []
    streams: dict[str, str] = {}
    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + output["text"]
            continue
        found += _gathered(streams)
        streams = {}
        found.append(dict(output))
    return [_normal(output, places) for output in [*found, *_gathered(streams)]]


def _gathered(streams: dict[str, str]) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": name, "text": text} for name, text in sorted(streams.items())]


def _normal(value: Any, places: dict[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _normal(inner, places, name) for name, inner in value.items()}
    if key == "traceback":
        value = [entry for entry in value if not re.search(OWN_FRAMES, entry)]
    if isinstance(value, list):
        return [_normal(inner, places) for inner in value]
    if key in ("image/png", "image/jpeg") and isinstance(value, str):
        return _picture(value)
    if not isinstance(value, str):
        return value
    for place, name in places.items():
        value = value.replace(place, name)
    for pattern, stand_in in CHANGING:
        value = re.sub(pattern, stand_in, value)
    return re.sub(r"<dc:date>.*?</dc:date>|<!-- Created with .*? -->", "", value)


def _picture(text: str) -> Any:
    """Return the size and pixels of a picture."""
    try:
        with Image.open(io.BytesIO(base64.b64decode(text))) as image:
            return (image.format, image.size, hash(image.convert("RGBA").tobytes()))
    except (OSError, ValueError):
        return text


def brief(outputs: Sequence[dict[str, Any]]) -> list[str]:
    """Return one line for each output, for a table."""
    lines = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            lines.append(f"{output['name']}: {output['text']}")
        elif kind == "error":
            lines.append(f"error: {output['ename']}: {output['evalue']}")
        else:
            what = "result" if kind == "execute_result" else "display"
            lines.append(f"{what}: {output['data'].get('text/plain', sorted(output['data']))}")
    return lines
