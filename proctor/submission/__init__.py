"""Submissions as students hand them in: which file is the notebook, what is in it, and what of it may be shown.

- `find_notebook`: which file of a folder is the notebook.
- `intake`: reads a submission's files from the disk; links are not followed.
- `handed_in`: when it was handed in; a forged time does not count.
- `reading`: turns a notebook's bytes into cells, at a cost that is known before.
- `restoring`: puts the release's graded cells back, and marks demonstrations.
- `answered_cells`: which answers each graded cell is about.
- `sanitize`: reduces outputs, Markdown and attachments to what no browser runs or loads.
- `fingerprints`: what a grade depends on, and which cell nobody has changed.
- `folders`: folders of any depth, listed and removed.
- `record`: what was collected, from whom, which returning needs.
"""

from typing import TYPE_CHECKING, Any

from proctor.submission.find_notebook import look_for, sources
from proctor.submission.reading import content, fingerprint, fingerprint_of, parse, read

if TYPE_CHECKING:
    from proctor.submission.restoring import restore, unreadable

__all__ = [
    "content", "fingerprint", "fingerprint_of", "look_for", "parse", "read", "restore", "sources", "unreadable",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import `restoring` when it is first asked for: it takes nbformat and Pillow, which reading does not."""
    if name not in ("restore", "unreadable"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from proctor.submission import restoring

    return getattr(restoring, name)
