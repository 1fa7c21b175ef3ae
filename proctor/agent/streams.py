"""Output of a running cell, gathered and sent to the grader in the order in which it is shown.

What Python code prints goes through :class:`OutStream`. What programs and C code write to the descriptors 1 and 2 lands
in files without a name, and is read before anything else is shown and when the cell ends.
"""

import codecs
import contextlib
import ctypes
import io
import json
import numbers
import os
import threading
import time

from .privileges import libc

PIECE, MAX_PIECE = 8192, 2**16
"""Characters after which text is sent; a cell that prints in a loop does not cost a frame a line."""
DELAY = 0.1
"""Seconds after which a line is sent at once: a cell that ends its process loses at most what came in that time."""
MAX_READ = 4 * 2**20
"""Bytes that are read of a descriptor's output at once; what is over is skipped."""
HOLE = 2**20
"""Bytes of output already read, after which their memory is given back."""
PUNCH_HOLE, KEEP_SIZE = 2, 1
MAX_PRINTED = 200_000
"""Characters that are kept of what is printed while a hidden test calls."""


class Descriptor:
    """Text that is written to a descriptor: a file in memory, read step by step."""

    def __init__(self, number, name):
        self.name, self._read, self._kept_from = name, 0, 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        file = os.open("/tmp", os.O_TMPFILE | os.O_RDWR | os.O_APPEND, 0o600)
        os.dup2(file, number)
        os.close(file)
        self._number = number

    def read(self):
        """Return what was written since the last time, as text."""
        size = os.fstat(self._number).st_size
        if size <= self._read:
            return ""
        data = os.pread(self._number, min(size - self._read, MAX_READ), self._read)
        self._read = size
        if size - self._kept_from > HOLE:
            place = ctypes.c_long(self._kept_from), ctypes.c_long(size - self._kept_from)
            libc.fallocate(self._number, PUNCH_HOLE | KEEP_SIZE, *place)
            self._kept_from = size
        return self._decoder.decode(data)


class Display:
    """The way out for everything that a cell shows.

    Without a connection, between cells and in forked copies, nothing goes anywhere.
    """

    def __init__(self):
        self.descriptors, self._only_errors = [], False
        self.disconnect()
        os.register_at_fork(after_in_child=self.disconnect)

    def disconnect(self):
        """Forget the connection and what was not sent; also in a process that a cell has forked."""
        self._lock, self._connection = threading.RLock(), None
        self._name, self._text, self._size, self._sent = "", [], 0, 0.0

    def connect(self, connection):
        """Begin a cell."""
        self._connection = connection

    def end(self, told):
        """End a cell: send what is left of it, that it is over, and what else the grader is told."""
        with self._lock:
            self._read_descriptors()
            self._flush()
            connection, self._connection = self._connection, None
            connection.send({"done": True, **told})

    @contextlib.contextmanager
    def only_errors(self):
        """Show of what comes inside the block nothing but exceptions."""
        self._only_errors = True
        try:
            yield
        finally:
            self._only_errors = False

    def write(self, name, text):
        """Show text; in a process that a cell has forked it goes to the descriptor."""
        with self._lock:
            if self._connection is not None:
                self._read_descriptors()
                self._append(name, text)
                return
            with contextlib.suppress(OSError):
                os.write(1 if name == "stdout" else 2, text.encode("utf-8", "replace"))

    def show(self, output, display_id=None, *, update=False):
        """Show an output in the notebook format, or put it in the place of those with its display id."""
        with self._lock:
            self.flush()
            unwanted = self._only_errors and output["output_type"] != "error"
            if self._connection is not None and not unwanted:
                header = {"show": "update" if update else "output", "id": display_id}
                self._send(header, written(output))

    def show_error(self, name, text, lines=()):
        """Show an exception."""
        self.show({"output_type": "error", "ename": name, "evalue": text, "traceback": list(lines)})

    def clear(self, *, wait):
        """Clear the cell's output, now or when the next one comes."""
        with self._lock:
            self.flush()
            if self._connection is not None and not self._only_errors:
                self._send({"show": "clear", "wait": wait})

    def flush(self):
        """Send the text that has come so far."""
        with self._lock:
            if self._connection is not None:
                self._read_descriptors()
                self._flush()

    def _read_descriptors(self):
        for descriptor in self.descriptors:
            if text := descriptor.read():
                self._append(descriptor.name, text)

    def _append(self, name, text):
        if self._only_errors:
            return
        if name != self._name:
            self._flush()
        self._name = name
        self._text.append(text)
        self._size += len(text)
        if self._size > PIECE or (text.endswith("\n") and time.monotonic() - self._sent > DELAY):
            self._flush()

    def _flush(self):
        text, self._text, self._size = "".join(self._text), [], 0
        for start in range(0, len(text), MAX_PIECE):  # so that a limit cuts it off, and does not leave it out
            self._sent = time.monotonic()
            piece = text[start : start + MAX_PIECE]
            output = {"output_type": "stream", "name": self._name, "text": piece}
            self._send({"show": "output", "id": None}, written(output))

    def _send(self, header, body=b""):
        with contextlib.suppress(OSError):
            try:
                self._connection.send(header, body)
            except ValueError:  # too large for a frame
                self._connection.send({"show": "lost", "size": len(body)})


def written(output):
    """Return an output as JSON; half of a surrogate pair, which no file can hold, as a question mark."""
    return json.dumps(output, default=plain_value, ensure_ascii=False).encode("utf-8", "replace")


def plain_value(value):
    """Return a value of a library's own type as JSON has it: numbers as such, sets as lists, all else as text."""
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    return list(value) if isinstance(value, set | frozenset) else str(value)


class OutStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of a notebook, named as in ipykernel: libraries know it by its name."""

    encoding = "UTF-8"

    def __init__(self, display, name, number):
        self.name, self._display, self._number = name, display, number

    def write(self, text):
        """Show text."""
        if not isinstance(text, str):
            __tracebackhide__ = True
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._display.write(self.name, text)
        return len(text)

    def flush(self):
        """Send what was written so far."""
        self._display.flush()

    def fileno(self):
        """Return the descriptor, for programs that are given this stream."""
        return self._number

    def writable(self):
        return True


class Printed(io.TextIOBase):
    """A stream in the place of `sys.stdout`, which keeps what is written and passes it on to another one."""

    encoding = "utf-8"

    def __init__(self):
        self.stream, self._parts, self._left = None, [], MAX_PRINTED

    def writable(self):
        return True

    def write(self, text):
        """Keep a text, up to MAX_PRINTED characters in all."""
        kept = text[: self._left]
        self._parts.append(kept)
        self._left -= len(kept)
        self.stream.write(text)
        return len(text)

    def flush(self):
        """Flush the stream that it passes on to."""
        if self.stream is not None:
            self.stream.flush()

    def take(self):
        """Return what was written since the last time."""
        text = "".join(self._parts)
        self._parts, self._left = [], MAX_PRINTED
        return text

    def __getattr__(self, name):
        return getattr(self.__dict__["stream"], name)
