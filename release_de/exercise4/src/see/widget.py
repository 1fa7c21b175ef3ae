"""A kernel that students can move over a picture themselves: one page of HTML, SVG and JavaScript."""

from pathlib import Path
from uuid import uuid4

from IPython.display import HTML

TEMPLATE = Path(__file__).with_suffix(".html")


def play() -> HTML:
    """Return the widget: a small picture, a kernel and the output, with sliders; it needs no library and no network."""
    # Each output has an id of its own, so that the cell can be run twice.
    return HTML(TEMPLATE.read_text("utf-8").replace("WIDGET", f"kernel-{uuid4().hex[:8]}"))
