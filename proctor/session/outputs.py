"""Outputs of cells in the notebook format, gathered as a front end would, within bounds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbformat.v4 import new_output

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_DISPLAYS = 1_000
"""Display ids of a notebook that are kept for updates."""

TYPES: dict[str, dict[str, type]] = {
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
    "error": {"ename": str, "evalue": str, "traceback": list},
}
"""The fields of each type of output."""

Displays = dict[str, list[Any]]
"""The outputs of a notebook that have a display id, by it: a later cell may update them."""


class Outputs:
    """Gathers the outputs of one cell, and stops at a number of bytes.

    Attributes:
        size: bytes that are kept.
        seen: bytes that came, or were announced.
        outputs: what is kept so far.
    """

    def __init__(self, limit: int, displays: Displays | None = None) -> None:
        self.limit, self.size, self.seen = limit, 0, 0
        self.outputs: list[NotebookNode] = []
        self._displays: Displays = {} if displays is None else displays
        self._clear_next = False
        self._lost = 0

    def add(self, header: dict[str, Any], body: bytes) -> None:
        """Take one frame of a running cell; what is not in the notebook format is dropped."""
        what, name = header.get("show"), header.get("id")
        if what == "clear":
            self._clear_next = True
            if not header.get("wait"):
                self._clear()
            return
        size = header.get("size") if what == "lost" else len(body)
        if type(size) is not int or size < 0:
            return
        self.seen += size
        if what == "lost" or self.size + size > self.limit:
            self._lost += size
            return
        output = _read(body)
        if output is None:
            return
        if what == "update" and output.output_type == "display_data":
            self._update(name, output)
        elif what == "output":
            self._append(name, output, size)

    def finish(self) -> list[NotebookNode]:
        """Return the outputs, with a line that says what was left out."""
        if self._lost:
            note = f"[{self._lost} more bytes of output were left out here.]\n"
            self.outputs.append(new_output("stream", name="stdout", text=note))
        return self.outputs

    def _append(self, name: Any, output: NotebookNode, size: int) -> None:
        self._clear()
        self.size += size
        last = self.outputs[-1] if self.outputs else None
        if last and output.output_type == last.output_type == "stream" and last.name == output.name:
            last.text += output.text
            return
        self.outputs.append(output)
        if isinstance(name, str) and (name in self._displays or len(self._displays) < MAX_DISPLAYS):
            self._displays.setdefault(name, []).append(output)

    def _update(self, name: Any, output: NotebookNode) -> None:
        self.size += len(json.dumps(output.data))
        for shown in self._displays.get(name, []) if isinstance(name, str) else []:
            shown.data, shown.metadata = output.data, output.metadata

    def _clear(self) -> None:
        if self._clear_next:
            self.outputs.clear()
            self._clear_next, self.size = False, 0


def _read(body: bytes) -> NotebookNode | None:
    """Return an output of the notebook format from its JSON, or None if it is none."""
    try:
        data = json.loads(body)
        kind = data.pop("output_type")
        fields = TYPES[kind]
        if all(isinstance(data[name], expected) for name, expected in fields.items()):
            output: NotebookNode = new_output(kind, **{name: data[name] for name in fields})
            return output
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return None
