"""Making pages costs in proportion to what a student wrote: thirty nasty texts of a megabyte, on each surface.

The time for a text is compared with that for half of it, both measured in this run; nobody waits for a clock.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from proctor import submission
from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.blocks import blocks
from proctor.feedback.markdown import MAX_PIECE, code, markdown, render
from proctor.grading.missing import MAX_NAMES, Ran, explained, nearest
from proctor.nbgrader_plugin.formgrader import Sanitize, highlight_code
from proctor.report.tokens import tokens
from proctor.submission.sanitize import clean_outputs, shorten, text_of, without_requests

if TYPE_CHECKING:
    from collections.abc import Callable


from tests.proctor.support.thinning import thinned
from tests.specimens.hostile.costs import PATTERNS

SIZE = 2**20
WIDE = 4.0
"""How many times longer twice the text may take, where the square of it would take four times and more."""
GROUND = 0.05
"""Seconds below which a measurement says nothing."""


def page_of_outputs(text: str) -> Any:
    """Return the page's blocks for outputs of all types, and a text cell."""
    data = {"text/html": text, "text/latex": text}
    outputs = [new_output("display_data", data=data), new_output("stream", text=text)]
    outputs.append(new_output("error", ename=text, evalue=text, traceback=[text]))
    notebook = new_notebook(cells=[new_code_cell(text, outputs=outputs), new_markdown_cell(text)])
    return blocks(notebook, new_notebook(), {})


def formgrader_page(text: str) -> Any:
    """Return what formgrader is about to render."""
    cells = [
        new_code_cell("x", outputs=[new_output("display_data", data={"text/html": text})]),
        new_markdown_cell(text),
    ]
    notebook, _ = Sanitize().preprocess(new_notebook(cells=cells), {})
    return [markdown(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"]


def restored(text: str) -> Any:
    """Return a notebook that was read and put right."""
    # Not a text for each line, as Jupyter writes it: a million lines are refused, and cost nothing.
    data = json.dumps(new_notebook(cells=[new_markdown_cell(text), new_code_cell(text)])).encode()
    return submission.restore(submission.parse(data, "a.ipynb"), new_notebook())


def not_found(source: str) -> Any:
    """Return what is said of names that a notebook with such a cell lacks."""
    hints = ("`Sigmoid` was not found.", "`Sigmoid.forward` was not found.")
    verdicts = tuple(Verdict(hint, "", Outcome.NOT_FOUND, 1.0, hint=hint) for hint in hints)
    return explained({"x": CellReport("x", "", verdicts)}, [Ran("class Sigmoid:\n x = 1"), Ran(source)])


SURFACES: dict[str, Callable[[str], Any]] = {
    "markdown": lambda text: render(text, {}),
    "code": code,
    "formgrader's code": highlight_code,
    "html": text_of,
    "text": shorten,
    "graded notebook": without_requests,
    "read and restored": restored,
    "names that are like one": lambda text: not_found(f"a:{text}"),
    "report's tokens": tokens,
    "feedback page": page_of_outputs,
    "formgrader's page": formgrader_page,
}


EVERY = {f"{surface}-{pattern}": (surface, pattern) for pattern in PATTERNS for surface in SURFACES}
PAIRS = thinned(EVERY, 30)
"""Each takes seconds of computing: `make thorough` measures all. Here is one for each surface."""


def seconds(surface: Callable[[str], Any], text: str) -> float:
    """Return the least CPU time of a few runs."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        surface(text)
        times.append(time.process_time() - begun)
        if times[-1] < GROUND:
            break
    return min(times)


@pytest.mark.parametrize("pair", PAIRS)
def test_cost_grows_in_proportion(pair: str) -> None:
    """Twice the text takes about twice as long, in one line and in many paragraphs."""
    surface, pattern = PAIRS[pair]
    piece = PATTERNS[pattern]
    for separator in ("", "\n\n"):
        line = (piece * (200 if separator else 1)) + separator
        text = (line * (SIZE // len(line) + 1))[:SIZE]
        half = max(seconds(SURFACES[surface], text[: SIZE // 2]), GROUND)
        assert seconds(SURFACES[surface], text) < WIDE * half


def test_names_are_compared_up_to_a_number() -> None:
    """Comparing takes a while for each name, and is done for each criterion: of too many the first ones count."""
    others = [f"other{number}" for number in range(MAX_NAMES - 1)]
    assert nearest("Sigmoid", [*others, "sigmoyd"]) == "sigmoyd"
    assert not nearest("Sigmoid", [*others, "other", "sigmoyd"])


def test_what_is_too_long_says_so_and_keeps_its_text() -> None:
    """A paragraph that cannot be laid out is plain text with a word about it; those around it are laid out."""
    long = "x " * MAX_PIECE
    page = render(f"**before**\n\n{long}\n\n**after**" + "\n\n" + "words\n\n" * 300, {})
    assert "Shown as plain text" in page
    assert "<strong>before</strong>" in page
    assert "<strong>after</strong>" in page
    assert "Shown as plain text" in code("x = " + "1 + " * 400 + "1")
    assert "Shown as plain text" not in code("x = 1\n" * 400)


def test_long_texts_read_as_short_ones() -> None:
    """Where a text is split nothing is lost: fenced code with empty lines stays one block."""
    fence = "```\na\n\nb\n```"
    text = "\n\n".join([f"paragraph {number}" for number in range(400)] + [fence])
    page = render(text, {})
    assert page.count("<p>") == 400
    assert page.count("<pre>") == 1


def test_html_reads_as_its_text() -> None:
    """Scripts and styles are left out, tags too; comparisons are no tags."""
    assert (
        text_of("<p>1 &lt; 2<br/> a < b</p><style>p {}</style><SCRIPT>x</SCRIPT>!<script>y") == "1 < 2 a < b!"
    )


def test_outputs_of_any_type_become_text() -> None:
    """Whatever an output holds where a text should be, cleaning goes on."""
    odd = {"output_type": "stream", "text": [1, None, ["x"], "y"]}
    cell = new_code_cell("x")
    cell.outputs = [nbformat.NotebookNode(odd)]
    notebook = new_notebook()
    notebook.cells = [cell]
    clean_outputs(notebook)
    assert notebook.cells[0].outputs[0].text == "y"
