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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FRAME = 64 * 2**20
MAX_HEADER = 8 * 2**20
MAX_MARKS = 800_000
"""Commas and opening brackets in a header, which is at least the number of the values in it."""
MAX_DESCRIPTORS = 4
PIECE = 2**18


class FormatError(ValueError):
    """A frame or value that the format does not allow."""


def pack(header: dict[str, Any], body: bytes | bytearray = b"") -> bytes:
    """Return the frame of a JSON-ready header and a body, as bytes; FormatError if it is too large."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > MAX_HEADER or 4 + len(text) + len(body) > MAX_FRAME:
        raise FormatError(f"more than {MAX_FRAME // 2**20} MiB in one value")
    return struct.pack(">II", 4 + len(text) + len(body), len(text)) + text + body


def unpack(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Return (header, body) of a frame without its first four bytes; FormatError if it is malformed."""
    try:
        (size,) = struct.unpack_from(">I", frame)
        text = bytes(frame[4 : 4 + size])
        if size > MAX_HEADER or text.count(b",") + text.count(b"[") + text.count(b"{") > MAX_MARKS:
            raise FormatError("too many items in one value")
        header = json.loads(text)
    except FormatError:
        raise
    except (struct.error, ValueError, RecursionError):
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
        self.descriptors: list[int] = []

    def waited(self) -> None:
        """Note that nothing came, or went, for as long as the socket waits."""

    def send(self, header: dict[str, Any], body: bytes = b"", descriptors: Sequence[int] = ()) -> None:
        """Send one frame."""
        self.send_frame(pack(header, body), descriptors)

    def send_frame(self, frame: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send a packed frame."""
        view = memoryview(frame)
        while view:
            try:
                if descriptors:
                    sent, descriptors = socket.send_fds(self.socket, [view[:PIECE]], descriptors), ()
                else:
                    sent = self.socket.send(view)
            except BlockingIOError:
                self.waited()
            else:
                view = view[sent:]
                if view:
                    self.waited()

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Return the header and the body of the next frame; EOFError when the other side is gone."""
        return unpack(self.receive_frame())

    def receive_frame(self) -> bytes:
        """Return the next frame, without its length."""
        (size,) = struct.unpack(">I", self._take(4))
        if size > MAX_FRAME:
            raise FormatError("a frame that is too large")
        return self._take(size)

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            try:
                piece = self._read()
            except BlockingIOError:
                self.waited()
                continue
            if not piece:
                raise EOFError
            self._data += piece
            if len(self._data) < size:
                self.waited()
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    def _read(self) -> bytes:
        return self.socket.recv(PIECE)

    def close(self) -> None:
        """Close this end."""
        self.socket.close()


class DescriptorConnection(Connection):
    """A connection that keeps the descriptors that frames bring along, in `descriptors`, for whoever takes them."""

    def _read(self) -> bytes:
        data, found, _, _ = socket.recv_fds(self.socket, PIECE, MAX_DESCRIPTORS)
        self.descriptors += found
        return data

    def take_descriptors(self) -> list[int]:
        """Return the descriptors that came since the last time; they are the caller's to close."""
        taken, self.descriptors = self.descriptors, []
        return taken
