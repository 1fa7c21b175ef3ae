"""What can go wrong before a kernel runs.

    tornado.web.HTTPError
    └── JailError               an error whose text Jupyter shows
        ├── JailUnavailable     no jail can be built on this machine (also a RuntimeError)
        └── SubmissionRefused   the folder cannot go into a jail (also a ValueError)

A Jupyter server shows the text of tornado's `HTTPError` to whoever opened the notebook; of any other error it
says "Unhandled error".
"""

from __future__ import annotations

from tornado.web import HTTPError


class JailError(HTTPError):
    """An error whose text is for the person at the other end."""

    status = 500

    def __init__(self, text: str) -> None:
        super().__init__(self.status, text)
        self.text = text

    def __str__(self) -> str:
        return self.text


class JailUnavailable(JailError, RuntimeError):  # noqa: N818  - a state of the machine, named as the user meets it
    """No jail can be built on this machine; the message says why and what to do."""

    status = 503


class SubmissionRefused(JailError, ValueError):  # noqa: N818  - what happened to the folder
    """The folder cannot go into a jail; the message says why."""

    status = 400
