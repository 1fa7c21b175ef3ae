"""Frames over a socket pair, between the grader and what runs in a sandbox.

A frame, in either direction::

    4 bytes   length of all that follows, big-endian, at most MAX_FRAME
    4 bytes   length of the header, big-endian, at most MAX_HEADER
    header    UTF-8 JSON, an object
    body      the bytes of the arrays of the header's values, one after the other

A frame may bring descriptors along. Neither side trusts a frame: a header is measured before it is parsed, since
parsing a byte of JSON can take a hundred bytes of memory.
"""

from __future__ import annotations

import json
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FRAME = 64 * 2**20
MAX_HEADER = 8 * 2**20
MAX_MARKS = 800_000
"""Commas and opening brackets in a header, which is at least the number of the values in it."""
MAX_DESCRIPTORS = 4
PIECE = 2**18
encode = json.JSONEncoder(separators=(",", ":")).encode
"""Kept: `json.dumps` would make an encoder for each frame."""
TOO_LARGE = f"more than {MAX_FRAME // 2**20} MiB in one value"


class FormatError(ValueError):
    """A frame or value that the format does not allow."""


def pack(header: dict[str, Any], body: bytes | bytearray = b"") -> bytes:
    """Return the frame of a JSON-ready header and a body, as bytes; FormatError if it is too large."""
    text = encode(header).encode()
    if len(text) > MAX_HEADER or 4 + len(text) + len(body) > MAX_FRAME:
        raise FormatError(TOO_LARGE)
    return struct.pack(">II", 4 + len(text) + len(body), len(text)) + text + body


def unpack(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Return (header, body) of a frame without its first four bytes; FormatError if it is malformed."""
    size = int.from_bytes(frame[:4], "big")
    text = frame[4 : 4 + size]
    if size > MAX_HEADER or text.count(b",") + text.count(b"[") + text.count(b"{") > MAX_MARKS:
        raise FormatError("too many items in one value")
    try:
        header = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise FormatError("a frame that is not in the format") from None
    if not isinstance(header, dict) or 4 + size > len(frame):
        raise FormatError("a frame whose header is not an object")
    return header, frame[4 + size :]


class Connection:
    """An end of a socket pair.

    Reads and writes block. Where the socket has a timeout of the system's (`SO_RCVTIMEO`), :meth:`waited` is called
    each time it passes, and may raise.
    """

    def __init__(self, end: socket.socket) -> None:
        self.socket, self._data = end, bytearray()

    def waited(self) -> None:
        """Note that nothing came, or went, for as long as the socket waits."""

    def send(self, header: dict[str, Any], body: bytes = b"", descriptors: Sequence[int] = ()) -> None:
        """Send one frame."""
        self.send_frame(pack(header, body), descriptors)

    def send_frame(self, frame: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send a packed frame."""
        view = memoryview(frame)
        while view:
            with suppress(BlockingIOError):
                if descriptors:
                    sent, descriptors = socket.send_fds(self.socket, [view[:PIECE]], descriptors), ()
                else:
                    sent = self.socket.send(view)
                view = view[sent:]
            if view:
                self.waited()

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Return the header and the body of the next frame; EOFError when the other side is gone."""
        self._fill(4)
        size = int.from_bytes(self._data[:4], "big")
        if size > MAX_FRAME:
            raise FormatError("a frame that is too large")
        self._fill(4 + size)
        frame = bytes(self._data[4 : 4 + size])
        del self._data[: 4 + size]
        return unpack(frame)

    def _fill(self, size: int) -> None:
        """Wait until there are so many bytes."""
        while len(self._data) < size:
            with suppress(BlockingIOError):
                if not (piece := self._read()):
                    raise EOFError
                self._data += piece
            if len(self._data) < size:
                self.waited()

    def _read(self) -> bytes:
        return self.socket.recv(PIECE)

    def close(self) -> None:
        """Close this end."""
        self.socket.close()


class DescriptorConnection(Connection):
    """A connection that keeps the descriptors that frames bring along, for whoever takes them."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end)
        self.descriptors: list[int] = []

    def _read(self) -> bytes:
        data, found, _, _ = socket.recv_fds(self.socket, PIECE, MAX_DESCRIPTORS)
        self.descriptors += found
        return data
