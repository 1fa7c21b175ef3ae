"""The German edition: the same notebook in other words, and graded like the English one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest

from benchmarks.stretches import SOURCE
from proctor.nbgrader_plugin.editions import Translation, lines_with_words
from proctor.submission.reading import grade_id
from proctor.submission.restoring import restore

ROOT = Path(__file__).resolve().parents[3]
TRANSLATION = SOURCE.parent / "editions" / "de" / "exercise4.md"
SAME = {
    "pictures": r"img/[\w.]+",
    "addresses": r"https://[^)\s]+",
    "code in a line": r"`[^`\n]+`",
    "folded parts": r"</?details|<summary>",
    "headings": r"^#+ ",
    "alerts": r"alert-\w+",
}
"""Pieces of which every cell of both editions has the same number; code in a line may come once more."""
ANCHOR = re.compile(r"\]\(#([^)]+)\)")


def cells(path: Path) -> dict[str, Any]:
    """Return the cells of a notebook by their ids."""
    return {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}


@pytest.fixture(scope="module")
def english() -> dict[str, Any]:
    """The cells of the release."""
    return cells(ROOT / "release/exercise4/exercise4.ipynb")


@pytest.fixture(scope="module")
def german() -> dict[str, Any]:
    """The cells of the German release."""
    return cells(ROOT / "release_de/exercise4/exercise4.ipynb")


def test_translation_is_complete() -> None:
    """Every text and every line with words is translated from what the master notebook says now."""
    translation = Translation.read(TRANSLATION)
    assert list(translation.faults(nbformat.read(SOURCE, as_version=4))) == []


def test_cells_are_the_same_but_for_their_words(english: dict[str, Any], german: dict[str, Any]) -> None:
    """Each cell has the pictures, links, formulas and code of the English one, and none of its sentences."""
    assert list(german) == list(english)
    for name, cell in english.items():
        other = german[name]
        data, own = ({**each.metadata.get("nbgrader", {}), "checksum": ""} for each in (cell, other))
        assert data == own, name
        if cell.cell_type == "code":
            mine, theirs = set(lines_with_words(other.source)), set(lines_with_words(cell.source))
            assert {line for line in mine & theirs if re.search(r"\w{4}", line)} <= {
                "error: [b, c * p * q]."
            }, name
            continue
        assert other.source != cell.source, name
        for what, pattern in SAME.items():
            found, wanted = (
                Counter(re.findall(pattern, each.source, re.MULTILINE)) for each in (other, cell)
            )
            if what == "code in a line":  # a sentence may name a thing once more
                found, wanted = Counter(set(found)), Counter(set(wanted))
                translated = {"`[b, n_kernels, ...rows, ...columns]`", "`# YOUR CODE HERE`"}
                wanted = Counter({each: 1 for each in wanted if each not in translated})
                assert not wanted - found, (name, wanted - found)
            else:
                assert found == wanted, (name, what, found - wanted, wanted - found)
        formulas = [re.findall(r"\$\$.+?\$\$|\$[^$]+\$", each.source, re.DOTALL) for each in (other, cell)]
        plain = [
            Counter(re.sub(r"\\(text|operatorname)\{.*?\}", "", each) for each in found) for found in formulas
        ]
        assert plain[0] == plain[1], (name, plain[0] - plain[1], plain[1] - plain[0])


def test_links_lead_to_headings(german: dict[str, Any]) -> None:
    """Each link inside the notebook has its heading, in German, too."""
    text = "\n".join(cell.source for cell in german.values() if cell.cell_type == "markdown")
    headings = {line.strip().replace(" ", "-") for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    assert set(ANCHOR.findall(text)) == {"Quellen", "Deine-Schichten"} <= headings


def test_typography_is_german(german: dict[str, Any]) -> None:
    """Texts have „…“ for quotation marks, say du, and name the reader in no other way."""
    for name, cell in german.items():
        if cell.cell_type == "markdown":
            text = re.sub(r"```.*?```|`[^`\n]*`|<[^>]*>|\$[^$]*\$", "", cell.source, flags=re.DOTALL)
            assert not re.search(r"[\"”]", text), name
            assert text.count("„") == text.count("“"), name
            assert not re.search(r"\bIhne?n\b", text), name


@pytest.mark.parametrize("named", [True, False], ids=["as handed out", "without metadata"])
def test_graded_cells_are_restored_without_a_word(named: bool, english: dict[str, Any]) -> None:
    """What is handed in from the German release gets the graded cells of the English one, in their places."""
    release = nbformat.read(ROOT / "release/exercise4/exercise4.ipynb", as_version=4)
    submitted = nbformat.read(ROOT / "solutions_de/exercise4/exercise4.ipynb", as_version=4)
    if not named:
        for cell in submitted.cells:
            cell.metadata = nbformat.NotebookNode()
    restored, notices = restore(submitted, release)
    graded = [cell for cell in restored.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert [grade_id(cell) for cell in graded] == [
        grade_id(cell) for cell in english.values() if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert all(cell.source == english[grade_id(cell)].source for cell in graded)
    layers = next(
        place for place, cell in enumerate(restored.cells) if "class ConvolutionalLayer" in cell.source
    )
    places = [place < layers for place, cell in enumerate(restored.cells) if cell in graded]
    assert places == [True] * 7 + [False] * 8
    assert [note for note in notices if "no longer says" not in note] == []
    assert bool(notices) is not named


def test_edition_is_small_and_has_the_same_files() -> None:
    """Both releases have the same files, and each is below 1.5 MB."""
    folders = [ROOT / name / "exercise4" for name in ("release", "release_de")]
    files = [
        {
            path.relative_to(each): path.stat().st_size
            for path in each.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        for each in folders
    ]
    assert files[0].keys() == files[1].keys()
    assert all(sum(sizes.values()) < 1_500_000 for sizes in files)
