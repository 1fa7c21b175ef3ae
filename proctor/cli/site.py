"""Write the solved lesson as one page of HTML, pictures included, for whoever looks before installing.

The solution in solutions/ is run in a copy; it is the course's own code, so it needs no sandbox.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from jinja2 import pass_context
from latex2mathml.converter import convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from proctor.cli.course import add_exercise
from proctor.course import Exercise, open_course, write_whole
from proctor.errors import UserError

if TYPE_CHECKING:
    import argparse

SECONDS = 600
ENDING = {".png": "image/png", ".gif": "image/gif"}


class Renderer(IPythonRenderer):
    """nbconvert's renderer, with formulas as MathML, which a page shows without a script and without a network."""

    def block_math(self, body: str) -> str:
        """Render a formula of its own line."""
        return formula(body, "block")

    def inline_math(self, body: str) -> str:
        """Render a formula within a line."""
        return formula(body, "inline")


def formula(body: str, display: str) -> str:
    """Return LaTeX as MathML; the converter knows `align*` for `aligned`."""
    return str(convert(re.sub(r"(begin|end)\{aligned\}", r"\1{align*}", body), display=display))


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """Render a cell's Markdown; whole HTML blocks stay open across blank lines, as they do in Jupyter."""
    attachments = context.get("cell", {}).get("attachments", {})
    return str(MarkdownWithMath(renderer=Renderer(escape=False, attachments=attachments)).render(source))


def page(folder: Path, name: str) -> str:
    """Run the notebook of a folder, in which its files lie, and return it as one page of HTML.

    CellExecutionError if one of its cells fails.
    """
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    place = {"metadata": {"path": str(folder), "name": name}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=place).execute()
    for cell in notebook.cells:
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.source = cell.source.splitlines()[0]
    html, _ = HTMLExporter(filters={"markdown2html": markdown2html}).from_notebook_node(notebook, place)
    return embed(html, folder)


def embed(html: str, folder: Path) -> str:
    """Put the pictures that HTML names by their path into the page itself."""

    def data(found: re.Match[str]) -> str:
        path = folder / found["path"]
        if not path.is_file() or path.suffix not in ENDING:
            return found[0]
        return f'{found["name"]}="data:{ENDING[path.suffix]};base64,{b64encode(path.read_bytes()).decode()}"'

    return re.sub(r'(?P<name>src|srcset)="(?P<path>img/[\w.-]+)"', data, html)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    add_exercise(parser)
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="where to [default: build/site]")


def run(args: argparse.Namespace) -> int:
    """Write the page; returns 0."""
    name = args.exercise
    exercise = Exercise(name, open_course(args.course))
    source, target = exercise.solution, args.to or exercise.root / "build" / "site"
    if not (source / f"{name}.ipynb").exists():
        raise UserError(
            f"{source}/{name}.ipynb is missing: generate the solution first (`nbgrader generate_solution {name}`)."
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = shutil.copytree(source, Path(scratch) / name)
        try:
            html = page(folder, name)
        except CellExecutionError as error:
            why = f"{error.ename}: {error.evalue}"
            raise UserError(f"{source}: a cell fails, so there is no page: {why}") from None
    target.mkdir(parents=True, exist_ok=True)
    write_whole(target / f"{name}.html", html)
    print(target / f"{name}.html")
    return 0
