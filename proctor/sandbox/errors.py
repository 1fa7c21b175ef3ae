"""What can go wrong before a sandbox runs.

SandboxError
├── SandboxUnavailable    no sandbox can be built on this machine
├── ForkServerError       the preloaded process gave no agent
│   └── ForkServerGone    it has ended, or was killed
└── SubmissionRefused     a folder cannot go into a sandbox
"""

from __future__ import annotations


class SandboxError(Exception):
    """A sandbox could not be started; the text is for the person who asked for it."""


class SandboxUnavailable(SandboxError):  # noqa: N818  - a state of the machine, named as the user meets it
    """No sandbox can be built on this machine; the message says why and what to do."""


class ForkServerError(SandboxError):
    """No agent came from the fork server; the message says why."""


class ForkServerGone(ForkServerError):  # noqa: N818  - what happened to it
    """The fork server has ended, or was killed."""


class SubmissionRefused(SandboxError):  # noqa: N818  - what happened to the folder
    """The folder cannot go into a sandbox; the message says why."""
