"""Markdown to HTML that runs nothing, loads nothing, and cannot pass for a part of the page around it.

nbconvert parses, so that a text reads as it does in Jupyter; formulas become MathML, which needs no script and
no network; nh3 then keeps what the lists below name. No class, id, style or form of the page's own gets through:
formgrader's scripts look for theirs, and a reader trusts what looks like a report card.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from html import escape, unescape
from typing import Any
from xml.etree import ElementTree as ET

import nh3
from latex2mathml.converter import convert
from mistune.plugins import import_plugin
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from proctor.submission.sanitize import pictures_of

MAX_SOURCE = 100_000
MAX_PIECE = 3_000
"""Characters that are parsed at once. The parsers take time that grows with the square of a text and worse, for some
texts without end; of this length none of them takes more than a tenth of a second. Pieces end at empty lines."""
MAX_FORMULA = 1_000
MAX_CODE = 20_000
MAX_LINE = 400
"""Characters of a cell and of a line of it that are coloured: Pygments takes the square of some long lines."""
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_PLAIN = "<p><em>[Shown as plain text: it cannot be laid out.]</em></p>"
PLUGINS = ("strikethrough", "table", "url", "def_list")

_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|split)\}")  # the converter knows these by another name

_MATH = {
    *(
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "mtext",
        "mspace",
        "mfrac",
        "msqrt",
        "mroot",
        "mstyle",
        "mpadded",
        "mphantom",
    ),
    *("msub", "msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd"),
}
_TAGS = {
    *(
        "p",
        "br",
        "hr",
        "div",
        "span",
        "blockquote",
        "pre",
        "code",
        "kbd",
        "em",
        "strong",
        "b",
        "i",
        "u",
        "s",
        "del",
    ),
    *("sub", "sup", "mark", "small", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "a", "img"),
    *("details", "summary"),
} | _MATH
_ATTRIBUTES: dict[str, set[str]] = {
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "minsize", "maxsize"},
    "mspace": {"width"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mtable": {"displaystyle"},
    "mtd": {"columnalign"},
    "a": {"href"},
    "img": {"src", "alt"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
    "div": {"class"},
    "span": {"class"},
}
_VALUES = {
    ("a", "href"): re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE),
    ("img", "src"): re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/]+={0,2}"),
    ("div", "class"): re.compile(r"highlight|alert alert-(?:info|success|warning|danger)"),
    ("span", "class"): re.compile(r"[a-z][a-z0-9]{0,2}"),  # what Pygments calls its tokens; not `pictured`
    ("th", "scope"): re.compile(r"col|row"),
}


_PICTURED = re.compile(r'<img alt="([^"]*)">')
"""A picture that is not at hand. Browsers draw a torn one beside what it is said to show."""


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, with MathML for formulas, and pictures only where they are at hand."""

    def __init__(self, pictures: dict[str, str], level: int) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self._pictures, self._level = pictures, level

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Render a heading, moved down below those of the page."""
        return str(super().heading(text, min(level + self._level, 6), **attrs))

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002  mistune gives it
        """Render a picture that the cell brings along; of any other, only what it is said to show."""
        source = self._pictures.get(url.removeprefix("attachment:"))
        return f'<img src="{source}" alt="{escape(text)}">' if source else f'<img alt="{escape(text)}">'

    def block_mermaidjs(self, code: str) -> str:
        """Show a diagram's source; a script of formgrader's would draw it."""
        return f"<pre>{escape(code)}</pre>"

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002  mistune's
        """Render a table's cell; a head says that it is one of a column."""
        return f'<th scope="col">{text}</th>' if head else f"<td>{text}</td>"

    def block_math(self, body: str) -> str:
        """Render a formula of its own line."""
        return _formula(body, "block")

    def inline_math(self, body: str) -> str:
        """Render a formula within a line."""
        return _formula(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        """Render a formula that is an environment."""
        return _formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")


def markdown(source: str, attachments: Any = None, *, level: int = 0) -> str:
    """Render Markdown of a student's to HTML that runs nothing, loads nothing and looks like nothing of ours.

    Args:
        source: the text; formulas in it become MathML.
        attachments: pictures of the cell, by name, as the notebook format keeps them.
        level: how far headings are moved down.
    """
    found = {}
    for name, bundle in pictures_of(attachments).items():
        kind, data = next(iter(bundle.items()))
        found[name] = f"data:{kind};base64,{data}"
    return render(source, found, level) if found else _bare(source, level)


@lru_cache(maxsize=256)
def _bare(source: str, level: int) -> str:
    """Render Markdown without pictures; a lesson is the same for all students."""
    return render(source, {}, level)


def code(source: str) -> str:
    """Render Python with its tokens coloured; in plain where that would take too long."""
    source = _whole(source).rstrip()
    if len(source) <= MAX_CODE and max(map(len, source.split("\n"))) <= MAX_LINE:
        return str(_highlighter()(source))
    cut = f"\n# [{len(source) - MAX_SOURCE} more characters]" if len(source) > MAX_SOURCE else ""
    return f'{_PLAIN}<div class="highlight"><pre>{escape(source[:MAX_SOURCE])}{cut}</pre></div>'


@cache
def _highlighter() -> Highlight2HTML:
    return Highlight2HTML(pygments_lexer="ipython3")


def render(source: str, pictures: dict[str, str], level: int = 0) -> str:
    """Render Markdown to HTML of the tags and attributes above; in the worst case, its source as text.

    Args:
        source: whatever a student wrote.
        pictures: data URLs of checked pictures, by what the text calls them (attachments without `attachment:`).
        level: how far headings are moved down.
    """
    source = _whole(source)
    if len(source) > MAX_SOURCE:
        cut = f"{escape(source[:MAX_SOURCE])}\n[{len(source) - MAX_SOURCE} more characters]"
        return f"{_PLAIN}<pre>{cut}</pre>"
    return "\n".join(_piece(piece, pictures, level) for piece in _pieces(source))


def _whole(source: str) -> str:
    """Return a text without half characters, which no file can hold."""
    return source.encode("utf-8", "replace").decode("utf-8")


def _pieces(source: str) -> list[str]:
    """Split a long text at empty lines that are not in fenced code; a short one is one piece."""
    if len(source) <= MAX_PIECE:
        return [source]
    paragraphs: list[list[str]] = [[]]
    fenced = False
    for line in source.splitlines():
        fenced ^= _FENCE.match(line) is not None
        if not line.strip() and not fenced:
            paragraphs.append([])
        paragraphs[-1].append(line)
    pieces = [""]
    for paragraph in map("\n".join, paragraphs):
        # A paragraph that is too long stands alone, so that those around it are laid out.
        if len(pieces[-1]) > MAX_PIECE // 3 or len(pieces[-1]) + len(paragraph) > MAX_PIECE:
            pieces.append("")
        pieces[-1] = f"{pieces[-1]}\n{paragraph}" if pieces[-1] else paragraph
    return pieces


def _piece(source: str, pictures: dict[str, str], level: int) -> str:
    """Render a piece that is short enough to be parsed, or show it as it is written."""
    if len(source) > MAX_PIECE:
        return f"{_PLAIN}<pre>{escape(source)}</pre>"
    try:
        parser = MarkdownWithMath(_Renderer(pictures, level), plugins=map(import_plugin, PLUGINS))
        page = parser.render(source)
    except Exception:  # noqa: BLE001  a parser may fail at any text, and a page is wanted all the same
        page = f"{_PLAIN}<pre>{escape(source)}</pre>"
    shown = nh3.clean(
        page,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_allowed, pictures),
        url_schemes={"http", "https", "mailto", "data"},
        clean_content_tags={"script", "style", "template", "noscript", "title", "textarea", "select"},
    )
    return _PICTURED.sub(lambda found: f'<span class="pictured">{escape(unescape(found[1]))}</span>', shown)


def _allowed(pictures: dict[str, str], tag: str, attribute: str, value: str) -> str | None:
    """Return a value that may stay; MathML's are words and lengths, all others are listed (called by nh3)."""
    if (tag, attribute) == ("img", "src") and (value in pictures or value in pictures.values()):
        return pictures.get(value, value)
    pattern = _VALUES.get((tag, attribute))
    if pattern is None:
        return value if attribute == "alt" or re.fullmatch(r"[\w.+-]{1,20}", value) else None
    return value if pattern.fullmatch(value) else None


def _formula(body: str, display: str) -> str:
    """Render LaTeX as MathML, or as its source where that fails."""
    source = f"<code>{escape(body)}</code>"
    if len(body) > MAX_FORMULA:
        return source
    try:
        formula = str(convert(_ALIGNED.sub(r"\\\1{align*}", body), display=display))
        # Text in a formula is not escaped by the converter: what is no tree would take the page with it.
        ET.fromstring(formula)  # noqa: S314  no document type can stand within an element
    except Exception:  # noqa: BLE001  see render
        return source
    return formula
