"""`proctor site`: the solved lesson as one page that needs no other file."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from proctor.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course whose solution has a picture, a formula, a folded cell and a result."""
    folder = tmp_path / "solutions" / "small"
    (folder / "img").mkdir(parents=True)
    (folder / "img" / "dot.png").write_bytes(PIXEL)
    (tmp_path / "nbgrader_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.solution_directory = "solutions"\n'
    )
    folded = new_code_cell("# Set-up\nsecret_helper = 1", metadata={"jupyter": {"source_hidden": True}})
    cells = [
        new_markdown_cell(r"$\frac{a}{b}$ and ![a dot](img/dot.png)"),
        folded,
        new_code_cell("print(6 * 7)"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "small.ipynb")
    return tmp_path


def test_page_holds_all_that_it_shows(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cells are run, pictures travel inside, formulas are MathML, and folded code stays folded."""
    assert main(["site", "small", "--course", str(course)]) == 0
    page = course / "build" / "site" / "small.html"
    assert capsys.readouterr().out == f"{page}\n"
    text = page.read_text(encoding="utf-8")
    assert "42" in text
    assert f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}" in text
    assert "<mfrac>" in text
    assert "secret_helper" not in text


def test_a_cell_that_fails_leaves_no_page(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line names the exception, the status is 2, and nothing is written."""
    path = course / "solutions" / "small" / "small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source = "1 / 0"
    nbformat.write(notebook, path)
    assert main(["site", "small", "--course", str(course)]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "ZeroDivisionError: division by zero" in said.err
    assert not (course / "build").exists()


def test_no_solution_is_one_line(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing was generated, the line says how to generate it."""
    assert main(["site", "large", "--course", str(course)]) == 2
    assert "generate the solution first" in capsys.readouterr().err
