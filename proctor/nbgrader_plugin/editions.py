"""Editions of an exercise in other languages: the same notebook, files and points, with other words.

The words lie beside the master notebook, in a Markdown file of the same name:

    <!-- cell: relu-idea 1f0c2a9b -->
    ### Warum die ReLU gewann ...

    <!-- lines -->
    # 1. Keep the value in self.value.
    # 1. Merke dir den Wert in self.value.

A Markdown cell is translated as a whole, under its id and the hash of the text that was translated. In code cells each
line with words is: a comment, a line of a docstring, or a line with a sentence in a string. Such lines stand in pairs.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import shutil
import tokenize
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.errors import UserError
from proctor.submission.fingerprints import checksum

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from proctor.authoring.master import Master
    from proctor.course import Exercise

HEAD = re.compile(r"^<!-- (?:cell: (?P<cell>\S+) (?P<hash>[0-9a-f]{8})|lines) -->\n", re.MULTILINE)
GIVEN = re.compile(r"# ?[%#]|### ")
"""Beginning of comments that are no prose: magics that are switched off, and nbgrader's markers."""
SENTENCE = re.compile(r"[^\W\d]{2,} [^\W\d]{2,}")
STUB = "# YOUR CODE HERE"


@dataclass
class Translation:
    """The words of an edition, for one notebook, from a file.

    Attributes:
        cells: the hash of the original and the translated text, by cell id.
        lines: the translated lines of code cells, by the original ones.
    """

    path: Path
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Translation:
        """Read a translation; lines that do not stand in pairs are a UserError."""
        found = cls(path)
        text = path.read_text(encoding="utf-8")
        heads = [*HEAD.finditer(text)]
        for head, after in zip(heads, [*heads[1:], None], strict=True):
            body = text[head.end() : after.start() if after else len(text)].strip("\n")
            if head["cell"]:
                found.cells[head["cell"]] = (head["hash"], body)
                continue
            for pair in filter(None, re.split(r"\n\s*\n", body)):
                one, *other = pair.split("\n")
                if len(other) != 1:
                    rule = "should stand above its translation, and a blank line below"
                    raise UserError(f"{path}: “{one}” {rule}.")
                found.lines[one.strip()] = other[0].strip()
        return found

    def faults(self, notebook: Any) -> Iterator[str]:
        """Yield what is missing, out of date or left over, compared with a master notebook."""
        texts = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
        for name, text in texts.items():
            known, _ = self.cells.get(name, ("", ""))
            if not known:
                yield f"the cell {name} is not translated: begin with <!-- cell: {name} {hash_of(text)} -->"
            elif known != hash_of(text):
                yield f"the cell {name} is out of date: look it through, and write {hash_of(text)} for {known}"
        yield from (f"there is no cell {name} any more" for name in self.cells if name not in texts)
        used = {STUB}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                found = lines_with_words(cell.source)
                used.update(found)
                lacking = [line for line in found if line not in self.lines]
                yield from (f"the line “{line}” of {cell.id} is not translated" for line in lacking)
        yield from (f"the line “{line}” is in no cell any more" for line in self.lines if line not in used)

    def apply(self, notebook: Any) -> None:
        """Translate a notebook in place; checksums fit afterwards."""
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = self.cells.get(cell.id, ("", cell.source))[1]
            elif cell.cell_type == "code":
                cell.source = "\n".join(map(self._line, cell.source.split("\n")))
            data = cell.metadata.get("nbgrader", {})
            if "checksum" in data:
                data["checksum"] = checksum(cell)

    def _line(self, line: str) -> str:
        code, mark, comment = line.partition("  # ")
        for before, text in ((code + "  ", mark.strip() + " " + comment), ("", line)):
            stripped = text.strip()
            if stripped in self.lines:
                return before + text.replace(stripped, self.lines[stripped])
        return line


def hash_of(text: str) -> str:
    """Return the hash of a cell's text, which changes with every visible change."""
    return hashlib.sha256(text.strip().encode()).hexdigest()[:8]


def lines_with_words(source: str) -> list[str]:
    """Return what is to be translated in a code cell: comments, lines of docstrings, lines with sentences in strings.

    A cell that is not Python has none.
    """
    python = re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE)
    try:
        tree = ast.parse(python)
    except SyntaxError:
        return []
    rows = python.split("\n")
    found = {
        token.start: token.string
        for token in tokenize.generate_tokens(io.StringIO(python).readline)
        if token.type == tokenize.COMMENT and not GIVEN.match(token.string)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SENTENCE.search(node.value):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                if re.search(r"[^\W\d]", rows[number - 1]):
                    found[number, 0] = rows[number - 1].strip()
    return list(dict.fromkeys(found[place] for place in sorted(found)))


def translations(exercise: Exercise, editions: Mapping[str, str]) -> dict[str, list[Translation]]:
    """Return the translations of an exercise by edition; an exercise without such a folder is in one language."""
    return {
        name: [Translation.read(path) for path in sorted((exercise.given / folder).glob("*.md"))]
        for name, folder in editions.items()
        if (exercise.given / folder).is_dir()
    }


def refuse_incomplete(master: Master, exercise: Exercise, editions: Mapping[str, str]) -> None:
    """Refuse a master notebook whose translations do not fit, by a UserError that says which cells and lines."""
    for each in chain.from_iterable(translations(exercise, editions).values()):
        if each.path.stem == master.name and (faults := list(each.faults(master.notebook))):
            raise UserError(f"{each.path}: {'; '.join(faults)}.")


def write_edition(folder: Path, target: Path, found: list[Translation]) -> None:
    """Copy a generated folder, and translate the notebooks in the copy."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(folder, target)
    for translation in found:
        path = target / f"{translation.path.stem}.ipynb"
        if path.exists():
            notebook = nbformat.read(path, as_version=4)
            translation.apply(notebook)
            nbformat.write(notebook, path)
