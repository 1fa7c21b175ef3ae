"""Capture of what the student's code prints while a hidden test calls it."""

import io

MAX_PRINTED = 200_000
"""Characters that are kept."""


class Printed(io.TextIOBase):
    """A stream in the place of `sys.stdout`, which keeps what is written and passes it on."""

    encoding = "utf-8"

    def __init__(self):
        self._stream, self._parts, self._left = None, [], MAX_PRINTED

    def beside(self, stream):
        """Pass on to a stream what is written from now on; return itself."""
        if stream is not self:
            self._stream = stream
        return self

    def writable(self):
        return True

    def write(self, text):
        """Keep a text, as far as there is room."""
        kept = text[: self._left]
        self._parts.append(kept)
        self._left -= len(kept)
        self._stream.write(text)
        return len(text)

    def flush(self):
        """Flush the stream that it passes on to."""
        if self._stream is not None:
            self._stream.flush()

    def take(self):
        """Return what was written since the last time."""
        text = "".join(self._parts)
        self._parts, self._left = [], MAX_PRINTED
        return text

    def __getattr__(self, name):
        return getattr(self.__dict__["_stream"], name)
