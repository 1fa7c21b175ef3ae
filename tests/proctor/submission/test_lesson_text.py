"""The lesson's own text stays as it was handed out, frames and all; what a student has changed is cleaned."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from proctor.feedback.page import page
from proctor.submission.restoring import restore

FRAMED = '<div class="alert" style="color: #0b3d47">\n\n**Task 1.** Write it.\n\n</div>'
NAMES = {"student": "ada", "notebook": "exercise4", "late_penalty": 0, "score": 0.0, "max_score": 0.0}


def restored(source: str) -> str:
    """Return what becomes of a text cell in a submission, where the release has a framed one."""
    submitted = new_notebook(cells=[new_markdown_cell(source)])
    notebook, _ = restore(submitted, new_notebook(cells=[new_markdown_cell(FRAMED)]))
    return str(notebook.cells[0].source)


@pytest.mark.parametrize("source", [FRAMED, f"{FRAMED}\n\n"])
def test_a_given_text_is_not_cleaned(source: str) -> None:
    """White space around it is no change."""
    assert restored(source) == source


@pytest.mark.parametrize(
    "source", [FRAMED.replace("Write", "I write"), f"{FRAMED}\n<img src='http://there'>"]
)
def test_a_changed_text_is_cleaned(source: str) -> None:
    """What differs by a word is the student's, and asks nobody for anything."""
    assert "<div" not in restored(source)
    assert "<img" not in restored(source)


def test_a_given_text_is_no_work_of_the_student() -> None:
    """The page folds it with the lesson, and shows no tags as text."""
    release = new_notebook(cells=[new_markdown_cell(FRAMED)])
    notebook, _ = restore(release, release)
    html = page(notebook, release, NAMES)
    assert "A cell of your own" not in html
    assert "&lt;div" not in html
