"""Make a static page of the solved lesson, pictures included, for whoever looks before installing.

    python -m proctor.site exercise4 [FOLDER]      writes FOLDER/exercise4.html, build/site/exercise4.html by default

The solution that `make release` has written is run in a copy; it is the course's own code, so it needs no sandbox.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context
from latex2mathml.converter import convert
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

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
def markdown2html(context: Any, source: str) -> str:  # noqa: ARG001  nbconvert gives it
    """Render Markdown; whole HTML blocks stay open across blank lines, as they do in Jupyter."""
    return str(MarkdownWithMath(renderer=Renderer(escape=False)).render(source))


def page(folder: Path, name: str) -> str:
    """Run the notebook of a folder, in which its files lie, and return it as one page of HTML.

    CellExecutionError if one of its cells fails.
    """
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    for cell in notebook.cells:
        if cell.get("metadata", {}).get("jupyter", {}).get("source_hidden"):
            cell.source = cell.source.splitlines()[0]
    html, _ = HTMLExporter(filters={"markdown2html": markdown2html}).from_notebook_node(
        notebook, {"metadata": {"path": str(folder), "name": name}}
    )
    return embed(html, folder)


def embed(html: str, folder: Path) -> str:
    """Put the pictures that HTML names by their path into the page itself."""

    def data(found: re.Match[str]) -> str:
        path = folder / found["path"]
        if not path.is_file() or path.suffix not in ENDING:
            return found[0]
        return f'{found["name"]}="data:{ENDING[path.suffix]};base64,{b64encode(path.read_bytes()).decode()}"'

    return re.sub(r'(?P<name>src|srcset)="(?P<path>img/[\w.-]+)"', data, html)


def main(arguments: list[str]) -> None:
    """Write the page, or exit with a line that says why not."""
    name, target = arguments[0] if arguments else "exercise4", Path(*arguments[1:2] or ["build/site"])
    source = Path("solutions") / name
    if not (source / f"{name}.ipynb").exists():
        sys.exit(f"{source}/{name}.ipynb is missing: run `make release` first, in the course's folder.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = shutil.copytree(source, Path(scratch) / name)
        try:
            html = page(folder, name)
        except CellExecutionError as error:
            sys.exit(f"{source}: a cell fails, so there is no page: {error.ename}: {error.evalue}")
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{name}.html").write_text(html, encoding="utf-8")
    sys.stdout.write(f"{target / name}.html\n")


if __name__ == "__main__":
    main(sys.argv[1:])
