"""Outputs of cells in the notebook format, joined and updated as a front end would, within bounds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbformat import from_dict

from proctor.submission.sanitize import new_output

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_DISPLAYS, MAX_ID = 1_000, 200
"""Display ids of a notebook that are kept for updates; characters of one."""
MAX_PARTS = 20_000
"""Dicts and lists of one output: a dict of a notebook takes two hundred times the bytes of its JSON."""
TOO_MANY = f"[An output of more than {MAX_PARTS:,} parts is left out here.]\n"
MAX_LOST = 2**50
"""Bytes that an output may be said to have had."""

TYPES: dict[str, dict[str, type]] = {
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
    "error": {"ename": str, "evalue": str, "traceback": list},
}
"""The fields of each type of output."""


@dataclass
class Shown:
    """An output that has a display id, and the bytes that it takes."""

    output: NotebookNode
    size: int


Displays = dict[str, dict[int, Shown]]
"""The outputs of a notebook that have a display id, by it and by their identity: a later cell may update them."""


class Outputs:
    """Collector of the outputs of one cell, which keeps `size` bytes up to a limit, of the `seen` ones that came."""

    def __init__(self, limit: int, displays: Displays | None = None) -> None:
        self.limit, self.size, self.seen, self._lost = limit, 0, 0, 0
        self.outputs: list[NotebookNode] = []
        self._displays: Displays = {} if displays is None else displays
        self._own: list[tuple[str, Shown]] = []
        self._clear_next = False

    def add(self, header: dict[str, Any], body: bytes) -> None:
        """Take one frame of a running cell; what is not in the notebook format is dropped."""
        what, name = header.get("show"), header.get("id")
        if what == "clear":
            self._clear_next = True
            if not header.get("wait"):
                self._clear()
            return
        size = header.get("size") if what == "lost" else len(body)
        if type(size) is not int or not 0 <= size <= MAX_LOST:
            return
        self.seen += size
        if what in ("output", "lost"):
            self._clear()
        name = name if isinstance(name, str) and len(name) <= MAX_ID else None
        if what == "lost" or size > self.limit:
            self._lost += size
        elif (output := _read(body)) is None:
            return
        elif what == "update" and output.output_type == "display_data":
            self._update(name, output, size)
        elif what == "output":
            self._append(name, output, size)

    def finish(self) -> list[NotebookNode]:
        """Return the outputs, with a line that says what was left out."""
        if self._lost:
            note = f"[{self._lost} more bytes of output were left out here.]\n"
            self.outputs.append(new_output("stream", name="stdout", text=note))
        return self.outputs

    def _append(self, name: str | None, output: NotebookNode, size: int) -> None:
        if not self._take(size, size):
            return
        last = self.outputs[-1] if self.outputs else None
        if last and output.output_type == last.output_type == "stream" and last.name == output.name:
            last.text += output.text
            return
        self.outputs.append(output)
        if name is not None and (name in self._displays or len(self._displays) < MAX_DISPLAYS):
            shown = Shown(output, size)
            self._displays.setdefault(name, {})[id(shown)] = shown
            self._own.append((name, shown))

    def _update(self, name: str | None, output: NotebookNode, size: int) -> None:
        found = [] if name is None else list(self._displays.get(name, {}).values())
        if not self._take(sum(size - shown.size for shown in found), size):
            return
        for shown in found:
            shown.output.data, shown.output.metadata, shown.size = output.data, output.metadata, size

    def _take(self, more: int, size: int) -> bool:
        """Return whether more bytes are within the limit, and count them as kept or the output's as lost."""
        if self.size + more > self.limit:
            self._lost += size
            return False
        self.size += more
        return True

    def _clear(self) -> None:
        if not self._clear_next:
            return
        for name, shown in self._own:
            del self._displays[name][id(shown)]
        self.outputs.clear()
        self._own.clear()
        self._clear_next, self.size, self._lost = False, 0, 0


def _read(body: bytes) -> NotebookNode | None:
    """Return an output of the notebook format from its JSON, or None if it is none."""
    try:
        data = json.loads(body)
        kind = data.pop("output_type")
        kept = {name: data[name] for name in TYPES[kind]}
        if not all(isinstance(kept[name], expected) for name, expected in TYPES[kind].items()):
            return None
        if "data" in kept:
            kept["data"] = {name: value for name, value in kept["data"].items() if _is_valid(name, value)}
        if not _are_lines(kept.get("traceback", [])):
            return None
        if _parts(kept) > MAX_PARTS:
            kind, kept = "stream", {"name": "stdout", "text": TOO_MANY}
        output: NotebookNode = from_dict({"output_type": kind, **kept})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return output


def _parts(value: Any) -> int:
    """Return the number of dicts and lists in a value of JSON."""
    if not isinstance(value, dict | list):
        return 0
    return 1 + sum(map(_parts, value.values() if isinstance(value, dict) else value))


def _is_valid(name: str, value: Any) -> bool:
    """Return whether the notebook format has such a value for a format: text, its lines, or any for JSON."""
    if name == "application/json" or (name.startswith("application/") and name.endswith("+json")):
        return True
    return isinstance(value, str) or _are_lines(value)


def _are_lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)
