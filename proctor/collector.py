"""Gathers what a running cell shows, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbformat.v4 import new_output, output_from_msg

if TYPE_CHECKING:
    from nbformat import NotebookNode


class Collector:
    """Gathers a cell's outputs as a front end would, and stops at a number of bytes."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.seen = limit, 0, 0
        self.outputs: list[NotebookNode] = []
        self.clear = False

    def add(self, message: dict[str, Any]) -> None:
        """Take one message of the IOPub channel."""
        kind, content = message["msg_type"], message["content"]
        if kind == "clear_output":
            self.clear = True
            if not content.get("wait"):
                self._clear()
            return
        if kind not in ("stream", "display_data", "execute_result", "error"):
            return
        size = len(str(content))
        self.seen += size
        if self.size + size > self.limit:
            return
        self._clear()
        self.size += size
        output = output_from_msg(message)
        last = self.outputs[-1] if self.outputs else None
        if kind == "stream" and last and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            self.outputs.append(output)

    def finish(self) -> list[NotebookNode]:
        """Return the outputs, with a line that says what was left out."""
        if self.seen > self.size:
            note = f"[{self.seen - self.size} more characters of output were left out here.]\n"
            self.outputs.append(new_output("stream", name="stdout", text=note))
        return self.outputs

    def _clear(self) -> None:
        if self.clear:
            self.outputs.clear()
            self.clear, self.size = False, 0
