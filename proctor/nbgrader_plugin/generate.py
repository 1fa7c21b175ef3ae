"""What nbgrader's generators leave to us: stubs, figures, and the solved layers as modules.

`nbgrader generate_assignment` and `nbgrader generate_solution` call these after they have written their
notebooks (`post_convert_hook` in nbgrader_config.py). Everything is derived from the master notebook by way of
what nbgrader made of it, and deterministic.
"""

from __future__ import annotations

import base64
import bz2
import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat

MARKER = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)
PACKED = 'FILES = ""\n'
"""The line of a code cell that is filled with the given text files, for who uploads only the notebook."""
FIGURE = re.compile(r"\bimg/([\w.-]+\.(?:png|gif))")


def finish_release(assignment: str, student: str, notebooks: list[str]) -> None:  # noqa: ARG001
    """Complete the release; nbgrader calls it at the end of generate_assignment, in the course folder."""
    folder = Path("release") / assignment
    _tidy_notebooks(folder)
    _write_layers(folder, suffix="_0")
    _copy_figures(folder)
    _pack_files(folder)


def finish_solution(assignment: str, student: str, notebooks: list[str]) -> None:  # noqa: ARG001
    """Complete the solution; nbgrader calls it at the end of generate_solution, in the course folder."""
    folder = Path("solutions") / assignment
    _tidy_notebooks(folder)
    _write_layers(folder, suffix="")
    _copy_figures(folder)
    _pack_files(folder)


def solution_cells(notebook: Any) -> dict[str, str]:
    """Return the source of each solution cell of a notebook by its grade_id, without nbgrader's markers."""
    cells = {}
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("solution") and cell.cell_type == "code":
            cells[data["grade_id"]] = MARKER.sub("", cell.source)
    return cells


def _tidy_notebooks(folder: Path) -> None:
    """Write notebooks without markers, outputs and trailing space, so that a second run changes no byte."""
    for path in folder.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = MARKER.sub("", cell.source).rstrip()
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, path)


def _write_layers(folder: Path, suffix: str) -> None:
    """Write each solution cell as a module; a stub is what `%load` brings back, so it is the cell as it is."""
    target = folder / "src" / "layers"
    target.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.ipynb"):
        for name, source in solution_cells(nbformat.read(path, as_version=4)).items():
            (target / f"{name}{suffix}.py").write_text(source.rstrip() + "\n", encoding="utf-8")


def _copy_figures(folder: Path) -> None:
    """Copy the figures that the notebooks show."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.ipynb")]
    for name in sorted({name for text in texts for name in FIGURE.findall(text)}):
        (folder / "img").mkdir(exist_ok=True)
        shutil.copyfile(Path("img") / name, folder / "img" / name)


def _pack_files(folder: Path) -> None:
    """Put the modules beside the notebooks into the line that waits for them.

    They are packed by bzip2, which makes the same bytes on every computer.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for top in ("src", "Tests")
        for path in sorted((folder / top).rglob("*"))
        if path.suffix in {".py", ".html"}
    }
    packed = base64.b85encode(bz2.compress(json.dumps(files).encode(), 9)).decode()
    for path in folder.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        if json.dumps(PACKED)[1:-1] in text:
            line = json.dumps(f'FILES = "{packed}"\n')[1:-1]
            path.write_text(text.replace(json.dumps(PACKED)[1:-1], line), encoding="utf-8")
