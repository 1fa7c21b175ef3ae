"""Lengths of what a student reads between two things to do, in words and minutes.

python -m benchmarks.stretches [NOTEBOOK]
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

SOURCE = Path(__file__).resolve().parents[1] / "source" / "exercise4" / "exercise4.ipynb"
WORDS_A_MINUTE = 150  # of a technical text, in a language that is not the reader's own
FOLDED = re.compile(r"<details.*?</details>", re.DOTALL)
QUESTION = "Stop and think"


@dataclass
class Stretch:
    """Text that is read before one thing to do: the words of its text cells, folded ones left out.

    Attributes:
        to: the id of the cell that ends it: one to fill, to answer, to check or to change.
        words: how many.
        heading: the last heading in it.
    """

    to: str = ""
    words: int = 0
    heading: str = ""
    cells: list[str] = field(default_factory=list)


def stretches(notebook: nbformat.NotebookNode) -> list[Stretch]:
    """Cut a notebook where there is something to do: a question, a cell to write in or to check with, the widget."""
    found, now = [], Stretch()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            question = QUESTION in cell.source
            now.words += words(cell.source)
            headings = re.findall(r"^#+ (.+)$", cell.source, re.MULTILINE)
            now.heading = headings[-1] if headings else now.heading
            if not question:
                continue
        elif not is_to_do(cell):
            continue
        now.to = cell.id
        if now.words:
            found.append(now)
        now = Stretch()
    return found


def words(source: str) -> int:
    """Count the words of a text cell, without what is folded, pictures and markup."""
    bare = re.sub(r"<[^>]*>|[|*`#$]", " ", FOLDED.sub(" ", source))
    return len(re.findall(r"\w[\w'-]*", bare))


def is_to_do(cell: nbformat.NotebookNode) -> bool:
    """Return whether a code cell is more than a picture to look at: written, changed, checked with, or played with."""
    shows = cell.source.startswith("see.") and "see.play" not in cell.source
    return not shows and "set-up" not in cell.id


def main(arguments: list[str]) -> None:
    """Print a table."""
    notebook = nbformat.read(Path(arguments[0]) if arguments else SOURCE, as_version=4)
    sys.stdout.write("| up to | words | minutes |\n| --- | --- | --- |\n")
    for stretch in stretches(notebook):
        sys.stdout.write(f"| `{stretch.to}` | {stretch.words} | {stretch.words / WORDS_A_MINUTE:.1f} |\n")


if __name__ == "__main__":
    main(sys.argv[1:])
