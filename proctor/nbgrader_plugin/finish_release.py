"""Completion of a release, or of a solution: stubs, pictures, packed files, editions, and solution cells as modules.

The adapters in :mod:`~.generate_assignment` call :func:`finish` when nbgrader has written the notebooks.
Everything is derived from the master notebook by way of what nbgrader made of it, and deterministic.
"""

from __future__ import annotations

import base64
import bz2
import json
import shutil
from typing import TYPE_CHECKING, Any

import nbformat

from proctor.authoring.master import MARKER, Master
from proctor.authoring.named_files import files_named, pictures_in_code, place_of
from proctor.nbgrader_plugin.editions import translations, write_edition

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from proctor.course import Exercise

WITH_IDS = (4, 5)
"""The first version of the notebook format in which cells have ids; in older ones they are an error."""
PACKED = 'FILES = ""\n'
"""The line of a code cell that is filled with the given text files, for who uploads only the notebook."""


def finish(
    folder: Path, exercise: Exercise, stubs: str, suffix: str, editions: Mapping[str, str] | None = None
) -> None:
    """Complete a folder that nbgrader has generated from an exercise: the release, or the solution.

    Each solution cell is written as a module, whose name has the suffix, to the folder of stubs in it, if there is one.
    The edition of `release/exercise4` by the translations called `de` comes to `release_de/exercise4`.
    """
    _tidy_notebooks(folder)
    _copy_pictures(folder, exercise)
    made = [folder]
    for name, found in translations(exercise, editions or {}).items():
        target = folder.parent.with_name(f"{folder.parent.name}_{name}") / folder.name
        write_edition(folder, target, found)
        made.append(target)
    for each in made:
        if stubs:
            _write_modules(each, each / stubs, suffix)
        _pack_files(each)


def _notebooks(folder: Path) -> Iterator[tuple[Path, Any]]:
    for path in sorted(folder.glob("*.ipynb")):
        yield path, nbformat.read(path, as_version=4)


def _tidy_notebooks(folder: Path) -> None:
    """Write notebooks without markers, outputs and trailing space, so that a second run changes no byte."""
    for path, notebook in _notebooks(folder):
        for cell in notebook.cells:
            cell.source = MARKER.sub("", cell.source).rstrip()
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
            if (notebook.nbformat, notebook.nbformat_minor) < WITH_IDS:
                cell.pop("id", None)
        nbformat.write(notebook, path)


def _write_modules(folder: Path, target: Path, suffix: str) -> None:
    """Write each solution cell as a module; a stub is what `%load` brings back, so it is the cell as it is."""
    target.mkdir(parents=True, exist_ok=True)
    for path, notebook in _notebooks(folder):
        for name, source in Master(path, notebook).solutions.items():
            text = MARKER.sub("", source).rstrip() + "\n"
            (target / f"{name}{suffix}.py").write_text(text, encoding="utf-8")


def _copy_pictures(folder: Path, exercise: Exercise) -> None:
    """Copy what the notebooks name and nbgrader has not: from the course's pictures, or an ignored folder."""
    for _, notebook in _notebooks(folder):
        named = {each.path for each in files_named(notebook)} | pictures_in_code(notebook)
        for path in sorted(named):
            source, target = place_of(path, exercise), folder / path
            if source and source.is_file() and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


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
    empty, full = (json.dumps(line)[1:-1] for line in (PACKED, f'FILES = "{packed}"\n'))
    for path in folder.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        if empty in text:
            path.write_text(text.replace(empty, full), encoding="utf-8")
