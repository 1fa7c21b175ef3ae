"""Editions in other languages: what is translated, what is missed, and what stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from proctor.errors import UserError
from proctor.nbgrader_plugin.editions import Translation, hash_of, lines_with_words, write_edition
from proctor.submission.fingerprints import checksum

if TYPE_CHECKING:
    from pathlib import Path

CODE = '''# %%writefile a.py
%matplotlib inline
class A:
    """Keep a number.

    x: The number.
    """

    def f(self):
        return 1  # the number one

# Keep it.
mode = "same"
print("that is all", mode)
### BEGIN SOLUTION
'''
LINES = """<!-- lines -->
\"\"\"Keep a number.
\"\"\"Merk dir eine Zahl.

x: The number.
x: Die Zahl.

# the number one
# die Zahl eins

# Keep it.
# Merk sie dir.

print("that is all", mode)
print("das ist alles", mode)
"""
TITLE = f"<!-- cell: title {hash_of('# One')} -->\n# Eins\n\n"


@pytest.fixture
def notebook() -> Any:
    """A notebook of a text and of code that is graded."""
    code = new_code_cell(CODE.strip(), metadata={"nbgrader": {"grade_id": "a", "checksum": "old"}}, id="a")
    return new_notebook(cells=[new_markdown_cell("# One", id="title"), code])


def read(folder: Path, text: str) -> Translation:
    """Return the translation of this text."""
    path = folder / "a.md"
    path.write_text(text, encoding="utf-8")
    return Translation.read(path)


def test_only_lines_with_words_are_translated() -> None:
    """Comments, docstrings and sentences are; magics, markers and single words are not; what is not Python has none."""
    assert lines_with_words(CODE) == [
        '"""Keep a number.', "x: The number.", "# the number one", "# Keep it.", 'print("that is all", mode)',
    ]  # fmt: skip
    assert lines_with_words("echo 'a b c' | # no Python") == []


def test_notebook_is_translated_and_keeps_its_code(tmp_path: Path, notebook: Any) -> None:
    """Each text is the other one, indentation and code stay, and nbgrader's checksum fits."""
    (tmp_path / "release").mkdir()
    nbformat.write(notebook, tmp_path / "release" / "a.ipynb")
    translation = read(tmp_path, TITLE + LINES)
    assert list(translation.faults(notebook)) == []
    (tmp_path / "release_de" / "stale").mkdir(parents=True)
    write_edition(tmp_path / "release", tmp_path / "release_de", [translation])
    title, code = nbformat.read(tmp_path / "release_de" / "a.ipynb", as_version=4).cells
    assert not (tmp_path / "release_de" / "stale").exists()
    assert title.source == "# Eins"
    assert "    x: Die Zahl.\n" in code.source
    assert "        return 1  # die Zahl eins\n" in code.source
    assert code.source.startswith("# %%writefile a.py\n%matplotlib inline\n")
    assert code.metadata.nbgrader.checksum == checksum(code)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LINES, f"the cell title is not translated: begin with <!-- cell: title {hash_of('# One')} -->"),
        (TITLE.replace(hash_of("# One"), "0" * 8) + LINES,
         f"the cell title is out of date: look it through, and write {hash_of('# One')} for 00000000"),
        (TITLE + TITLE.replace("title", "old") + LINES, "there is no cell old any more"),
        (TITLE + LINES.replace("# Keep it.", "# Kept."), "the line “# Keep it.” of a is not translated"),
        (TITLE + LINES + "\n# Gone.\n# Weg.\n", "the line “# Gone.” is in no cell any more"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(tmp_path: Path, notebook: Any, text: str, said: str) -> None:
    """A text that is missing, out of date or left over is told with its cell."""
    assert said in list(read(tmp_path, text).faults(notebook))


def test_line_without_its_translation_is_refused(tmp_path: Path) -> None:
    """A line that stands alone cannot be used."""
    with pytest.raises(UserError, match=r"“# Keep it[.]” should stand above its translation"):
        read(tmp_path, "<!-- lines -->\n# Keep it.\n\n# Merk sie dir.\n")
