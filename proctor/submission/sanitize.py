"""Sanitizing: what of a student's notebook may reach other people's browsers. Text, checked pictures, Markdown.

There are three such browsers: the grader's formgrader, the grader's JupyterLab, and the reader's of a feedback page.

- **Outputs** are reduced when the graded notebook is written, so that it holds nothing that a browser would run or
  load: only text, and pictures that really are PNG or JPEG. HTML is not cleaned but read for its text: a cleaner
  must know all that browsers can do, and what students of an exercise print reads well as text.
- **Markdown** stays as it was written, but for pictures from elsewhere, which become links: JupyterLab would load
  them. Its rendering is made safe in :mod:`proctor.feedback.markdown`.

Whatever is done here to a text takes time in proportion to its length, and looks at MAX_TEXT characters at most.
"""

from __future__ import annotations

import base64
import binascii
import html
import io
import re
import sys
from typing import TYPE_CHECKING, Any

from nbformat import from_dict
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LINES = 120
"""Lines of text shown for one output: its beginning, then its end."""
MAX_LINE = 400
MAX_TEXT = 200_000
MAX_OUTPUTS = 30
MAX_PICTURE_BYTES = 3 * 2**20
MAX_PIXELS = 25_000_000

PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG"}

_CONTROLS = re.compile(
    r"\x1b(?:\][^\x07\x1b]*(?:\x07|\x1b\\)?|\[[0-?]*[ -/]*[@-~]|.)?"  # commands to terminals, colours included
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"  # control codes, and what turns text around
)
_HIDDEN = re.compile(r"<(?:script|style)\b", re.IGNORECASE)
_SHOWN = re.compile(r"</(?:script|style)\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:!--|[!/?a-zA-Z])[^<>]*+>?")
_LOADING = re.compile(
    r"<(?=/?\s*(?:img|image|picture|source|video|audio|track|svg|math|iframe|frame|object|embed|applet|link|style"
    r"|script|base|meta|input|body|table|t[dhr]|use|bgsound|portal)\b)"
    r"|<(?=[a-zA-Z][^<]*?\b(?:style|srcset|poster|background)\s*=)",
    re.IGNORECASE,
)
"""The beginning of a tag that makes a browser ask for something, by its name or by an attribute."""
_PICTURE = re.compile(r"(?<!!)!++\[(?![^\]\[]{0,500}\]\((?:attachment:)?(?!/)[\w./ %()-]{1,200}\))")
"""The beginning of a picture of Markdown that is neither attached nor beside the notebook."""
_DIAGRAM = re.compile(r"(?<![`~])([`~]{3,}+[ \t]*+)(?=mermaid)", re.IGNORECASE)
_MORE = " [{} more characters]"
_NO_TEXT = re.compile(r"<[\w.]+ object(?: at 0x[0-9a-f]+)?>\s*")


def clean_outputs(notebook: Any) -> None:
    """Reduce all outputs of a notebook to text and pictures, in place; before any report is put into it."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        outputs = list(cell.get("outputs", []))
        kept = [_clean(output) for output in outputs[:MAX_OUTPUTS]]
        if len(outputs) > MAX_OUTPUTS:
            kept.append(_note(f"{len(outputs) - MAX_OUTPUTS} more outputs are left out here."))
        cell.outputs, cell.execution_count = kept, None


def shorten_sources(notebook: Any, most: int, given: Iterable[str] = ()) -> None:
    """Cut the sources for a page that shows so many characters of a student's, in place; given ones stay."""
    for cell in notebook.cells:
        if cell.source.strip() in given:
            continue
        if len(cell.source) > most:
            left_out = len(cell.source) - most
            cell.source = f"{cell.source[:most]}\n\n# [{left_out} more characters are left out on this page]"
        most = max(0, most - len(cell.source))


def picture(data: Any, kind: str) -> str | None:
    """Return the base64 text of a picture, written anew, if it is one of this kind and of sensible size."""
    if not isinstance(data, str) or kind not in PICTURES or len(data) > 2 * MAX_PICTURE_BYTES:
        return None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
        # Only the header is read here, which Pillow does in Python.
        with Image.open(io.BytesIO(raw), formats=[PICTURES[kind]]) as image:
            width, height = image.size
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        return None
    if len(raw) > MAX_PICTURE_BYTES or width * height > MAX_PIXELS:
        return None
    return base64.b64encode(raw).decode("ascii")


def pictures_of(attachments: Any) -> dict[str, dict[str, str]]:
    """Return those attachments of a cell that are pictures, in the form of the notebook format."""
    found = {}
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        data = bundle if isinstance(bundle, dict) else {}
        checked = {kind: picture(data.get(kind), kind) for kind in PICTURES}
        kept = {kind: data for kind, data in checked.items() if data}
        if kept and len(str(name)) < 200:
            found[shorten(str(name))] = kept
    return found


def text_of(page: str) -> str:
    """Return the text of a piece of HTML; tags and scripts have no effect."""
    first, *others = _HIDDEN.split(page[:MAX_TEXT])
    kept = [first]
    for rest in others:
        # What follows the first end tag is text; without one, all is the script's.
        end = _SHOWN.search(rest)
        kept.append(rest[end.start() :] if end else "")
    return html.unescape(_TAG.sub("", "".join(kept))).strip()


def without_requests(source: str) -> str:
    """Return Markdown that makes JupyterLab ask nobody for anything: pictures from elsewhere become links."""
    source = _PICTURE.sub("[picture ", source)
    source = _DIAGRAM.sub(r"\1text ", source)
    return _LOADING.sub("&lt;", source)


def shorten(text: str) -> str:
    """Return a text as a terminal would leave it, without colours and control codes, and not too long."""
    text = text[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
    # A progress bar writes its line again and again, each time after a carriage return.
    last = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    lines = [_line(line) for line in _CONTROLS.sub("", "\n".join(last)).split("\n")]
    left_out = len(lines) - MAX_LINES
    if left_out > 0:
        end = MAX_LINES // 4
        lines = [*lines[: MAX_LINES - end - 1], f"[{left_out + 1} lines are left out here.]", *lines[-end:]]
    return "\n".join(lines)


def without_prefix(text: str) -> str:
    """Return a text without the folder that the grader's Python is in, which says nothing about the student's code."""
    return text.replace(sys.prefix, "…") if sys.prefix != "/usr" else text


def new_output(kind: str, **fields: Any) -> Any:
    """Return an output of the notebook format; the whole notebook is validated once, when it is written.

    nbformat's own function validates each output, a quarter of a millisecond each.
    """
    metadata: dict[str, Any] = {} if kind in ("stream", "error") else {"metadata": {}}
    return from_dict({"output_type": kind, **metadata, **fields})


def _clean(output: Any) -> Any:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=shorten(_text(output.get("text"))))
    if kind == "error":
        lines = output.get("traceback")
        trace = shorten(without_prefix("\n".join(map(_text, lines))) if isinstance(lines, list) else "")
        name, value = (shorten(without_prefix(_text(output.get(key)))) for key in ("ename", "evalue"))
        return new_output("error", ename=name, evalue=value, traceback=trace.split("\n"))
    data = output.get("data")
    return _clean_data(data if isinstance(data, dict) else {}, output.get("metadata"))


def _clean_data(data: dict[str, Any], metadata: Any) -> Any:
    """Keep one picture, or else what there is of text."""
    for kind in PICTURES:
        if checked := picture(data.get(kind), kind):
            shown = {kind: checked, "text/plain": shorten(_text(data.get("text/plain")))}
            return new_output("display_data", data=shown, metadata=_size(metadata, kind))
    plain = _text(data.get("text/plain"))
    if not plain or _NO_TEXT.fullmatch(plain):
        plain = _other_text(data) or plain
    return new_output("display_data", data={"text/plain": shorten(plain)}) if plain else _left_out(data)


def _other_text(data: dict[str, Any]) -> str:
    """Return the text of an output that has none of its own: the source of Markdown and LaTeX, HTML without tags."""
    source = data.get("text/markdown") or data.get("text/latex")
    return _text(source) if source else text_of(_text(data.get("text/html")))


def _left_out(data: dict[str, Any]) -> Any:
    kinds = [kind for kind in data if re.fullmatch(r"[\w.+/-]{1,60}", str(kind))]
    return _note(f"An output of the type {kinds[0]} is left out here." if kinds else "An empty output.")


def _note(words: str) -> Any:
    return new_output("stream", name="stdout", text=f"[{words}]\n")


def _size(metadata: Any, kind: str) -> dict[str, Any]:
    """Keep width and height of a picture, if they are whole numbers: templates put them into tags."""
    asked = metadata.get(kind) if isinstance(metadata, dict) else None
    sides = [(key, asked.get(key)) for key in ("width", "height")] if isinstance(asked, dict) else []
    kept = {key: side for key, side in sides if type(side) is int and 0 < side < 10_000}
    return {kind: kept} if kept else {}


def _text(value: Any) -> str:
    """Return a text, which the format also allows as a list of lines; no more of it than is ever shown."""
    if isinstance(value, list):
        value = "".join(line for line in value if isinstance(line, str))
    return value[: 2 * MAX_TEXT] if isinstance(value, str) else ""


def _line(line: str) -> str:
    """Shorten a line, and take out what acts on a terminal or a page."""
    if len(line) <= MAX_LINE:
        return line
    kept = line[: MAX_LINE - len(_MORE) - 8]
    return kept + _MORE.format(len(line) - len(kept))
