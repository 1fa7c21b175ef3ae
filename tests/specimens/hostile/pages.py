"""Script on its way into the page that the student, a friend or the teaching assistant opens."""

from functools import partial

from tests.specimens.recipe import Outcome, attack, nbformat

SCRIPT = "<script>proctorWasHere()</script>"
MANY = (
    SCRIPT,
    "<img src=x onerror=proctorWasHere()>",
    "<svg onload=proctorWasHere()><a xlink:href='javascript:proctorWasHere()'>x</a></svg>",
    "<iframe srcdoc='<script>parent.proctorWasHere()</script>'></iframe>",
    "<a href='javascript:proctorWasHere()'>x</a>",
    "<a href='  java\nscript:proctorWasHere()'>x</a>",
    "<object data='data:text/html,<script>proctorWasHere()</script>'></object>",
    "<embed src='data:text/html,<script>proctorWasHere()</script>'>",
    "<form action='javascript:proctorWasHere()'><button>x</button></form>",
    "<meta http-equiv=refresh content='0;url=javascript:proctorWasHere()'>",
    "<details open ontoggle=proctorWasHere()>",
    "<math><mi xlink:href='javascript:proctorWasHere()'>x</mi></math>",
    "<base href='javascript:/proctorWasHere()//'>",
    "</pre></div><script>proctorWasHere()</script>",
    "<scr<script>ipt>proctorWasHere()</script>",
)
"""Ways to run script from a page."""

ENDS_OF_VALUES = (Outcome.ERROR, Outcome.FAILED)
attack = partial(attack, solved=True, page=True)


@attack()
def script_in_html(work):
    """A cell shows HTML with script, in fifteen spellings."""
    work.first(f"""
        from IPython.display import HTML, display
        for text in {MANY!r}:
            display(HTML(text))
        """)


@attack()
def script_as_javascript(work):
    """A cell shows JavaScript as such."""
    work.first("from IPython.display import Javascript, display\ndisplay(Javascript('proctorWasHere()'))\nget_ipython().run_cell_magic('javascript', '', 'proctorWasHere()')")


@attack()
def script_in_other_types(work):
    """A cell shows SVG, Markdown, LaTeX and types of programs, all with script."""
    work.first(f"""
        from IPython.display import display
        for text in {MANY!r}:
            for kind in ('image/svg+xml', 'text/markdown', 'text/latex', 'application/vnd.jupyter.widget-view+json',
                         'text/vnd.mermaid', 'application/pdf', 'image/png'):
                display({{kind: text, 'text/plain': text}}, raw=True)
        """)


@attack()
def script_in_text(work):
    """A cell prints script, raises it, and writes it to the error stream."""
    work.first(f"""
        import sys
        for text in {MANY!r}:
            print(text)
            print(text, file=sys.stderr)
        raise type({SCRIPT!r}, (Exception,), {{}})({SCRIPT!r} + '\\x1b]8;;javascript:proctorWasHere()\\x07x\\x1b]8;;\\x07')
        """)


@attack()
def script_in_markdown(work):
    """Text cells hold HTML with script, in fifteen spellings."""
    for text in MANY:
        work.insert(f"# Notes\n\n{text}\n\n[x](javascript:proctorWasHere())\n", before="conv", cell_type="markdown")


@attack()
def script_in_attachments(work):
    """Text cells hold attachments, and raw cells hold HTML."""
    cell = nbformat.v4.new_markdown_cell("![x](attachment:x.svg)")
    cell["attachments"] = {"x.svg": {"image/svg+xml": MANY[2], "text/html": SCRIPT}}
    raw = nbformat.v4.new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html", "format": "text/html"})
    work.notebook.cells[:0] = [cell, raw]


@attack()
def script_in_metadata(work):
    """The notebook's and the cells' metadata hold script: title, language, widgets, names."""
    work.notebook.metadata = {
        "title": SCRIPT, "authors": [{"name": SCRIPT}],
        "language_info": {"name": SCRIPT, "pygments_lexer": SCRIPT, "mimetype": SCRIPT},
        "kernelspec": {"name": SCRIPT, "display_name": SCRIPT, "language": SCRIPT},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": {"model_name": SCRIPT}}}},
    }  # fmt: skip
    for cell in work.notebook.cells:
        cell.metadata["name"] = SCRIPT
        cell.metadata["tags"] = [SCRIPT]
        cell["id"] = SCRIPT


@attack({"sigmoid_forward": 1, "sigmoid_backward": 1}, ENDS_OF_VALUES)
def script_in_an_error(work):
    """The error that the report quotes has script in its type, its text and its traceback."""
    work.method("Sigmoid.forward", f"raise type({SCRIPT!r}, (Exception,), {{}})({SCRIPT!r})  # {SCRIPT}")


@attack({"sigmoid_forward": 1}, ENDS_OF_VALUES)
def script_in_a_type(work):
    """The type of a result, which the report names, has script in its name."""
    work.method("Sigmoid.forward", f"self.output = 1 / (1 + np.exp(-x))\nreturn type({SCRIPT!r}, (), {{}})()")


@attack()
def script_in_a_report(work):
    """A cell shows a report like the grader's, with script in it, for programs that would show it."""
    work.first(f"""
        from IPython.display import display
        verdict = {{'criterion': {SCRIPT!r}, 'sentence': {SCRIPT!r}, 'outcome': 'PASSED', 'worth': 4.0, 'rung': None,
                    'hint': {SCRIPT!r}, 'misconception': {SCRIPT!r}, 'remarks': [{SCRIPT!r}]}}
        report = {{'grade_id': 'conv_forward', 'title': {SCRIPT!r}, 'verdicts': [verdict]}}
        display({{'application/vnd.proctor.report+json': report, 'text/html': {SCRIPT!r}}}, raw=True)
        """)


@attack()
def commands_to_terminals(work):
    """A cell prints commands to terminals without end, carriage returns and backspaces, a million of each."""
    work.first("""
        print('\\x1b[' + '0;' * 10**5)
        print('\\x1b]8;;' + 'x' * 10**5)
        print('\\r'.join(['y'] * 10**5), '\\b' * 10**5)
        print('\\x1bP' * 10**5, '\\x9b31m' * 1000, '\\x1b[2J\\x1b[1;1H' * 1000)
        """)


@attack()
def marks_upon_marks(work):
    """A letter has a hundred thousand marks above it, in text, code and outputs."""
    marks = "a" + "\u0301\u0316" * 50_000
    work.insert(marks, after="conv", cell_type="markdown")
    work.first(f"print({marks!r})")


@attack()
def wide_tables_and_deep_lists(work):
    """Markdown has tables of a thousand columns, spans of a million, and lists nested a hundred deep."""
    work.insert("|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|b" * 1000 + "|", after="conv", cell_type="markdown")
    work.insert("<table><tr><td colspan=1000000 rowspan=65534>x</td></tr></table>", after="conv", cell_type="markdown")
    work.insert("\n".join("  " * n + "- x" for n in range(100)), after="conv", cell_type="markdown")
    work.insert("> " * 1000 + "x", after="conv", cell_type="markdown")


@attack()
def styles_over_the_page(work):
    """Text cells bring styles that cover the page, and classes and ids of the page's own."""
    for text in (
        "<style>*{display:none}</style>",
        "<div style='position:fixed;inset:0;background:url(//evil.example/x)'>25 of 25</div>",
        "<div class='card highlight' id='total'>25 / 25</div>",
        "<span class='pictured highlight'>x</span><link rel=stylesheet href=//evil.example/x.css>",
        "<details open><summary>Points: 25 of 25</summary></details>",
    ):
        work.insert(text, after="conv", cell_type="markdown")


@attack()
def commands_in_formulas(work):
    """Formulas hold commands of TeX that read files, define, repeat, link and take room."""
    for text in (
        r"$\input{/etc/passwd}$", r"$\href{javascript:proctorWasHere()}{x}$", r"$\def\x{\x\x}\x$", r"$\rule{9999em}{9999em}$",
        r"$\class{card}{x}\style{position:fixed}{y}\cssId{total}{z}$", "$" + r"\frac{1}{" * 200 + "1" + "}" * 200 + "$",
        r"$\begin{array}{" + "c" * 900 + r"}1\end{array}$", r"$\text{</math><script>proctorWasHere()</script>}$", r"$\char60 script\char62 $",
        r"$\mathrm{&lt;script&gt;proctorWasHere()&lt;/script&gt;}$", r"$\unicode{x3c}script\unicode{x3e}$", r"$$\hspace{-9999em}\raise9999em{x}$$",
    ):
        work.insert(text, after="conv", cell_type="markdown")


@attack()
def links_that_browsers_mend(work):
    """Links of Markdown lead to scripts, files and data, in forms that browsers mend."""
    for url in ("javascript:proctorWasHere()", "JaVa\tScRiPt:proctorWasHere()", "&#106;avascript:proctorWasHere()", "vbscript:x", "file:///etc/passwd",
                "data:text/html;base64,PHNjcmlwdD4=", "//evil.example", "http://a@evil.example", "\x01javascript:proctorWasHere()", "blob:x", "https://x\" onmouseover=\"proctorWasHere()"):
        work.insert(f"[x]({url}) [y]: <{url}> <{url}>\n\n[z]: {url}\n[z]", after="conv", cell_type="markdown")


@attack()
def pictures_that_are_programs(work):
    """Pictures that a cell shows are polyglots: PNG with script, JPEG with HTML, bombs of pixels, and truncated."""
    work.first("""
        import base64, io, struct, zlib
        from IPython.display import display
        def chunk(k, d): return struct.pack('>I', len(d)) + k + d + struct.pack('>I', zlib.crc32(k + d))
        head = b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 5000, 5000, 8, 6, 0, 0, 0))
        for data in (head + chunk(b'tEXt', b'x\\0<script>proctorWasHere()</script>') + chunk(b'IDAT', zlib.compress(bytes(100))) + chunk(b'IEND', b''),
                     head + chunk(b'zTXt', b'x\\0\\0' + zlib.compress(bytes(2**26))) + chunk(b'IEND', b''),
                     head + chunk(b'iCCP', b'x\\0\\0' + zlib.compress(bytes(2**26))) + chunk(b'IEND', b''),
                     b'\\xff\\xd8\\xff\\xe0<script>proctorWasHere()</script>', head[:20], b'GIF89a' + bytes(100)):
            for kind in ('image/png', 'image/jpeg'):
                display({kind: base64.b64encode(data).decode(), 'text/plain': 'x'}, raw=True)
                display({kind: data}, raw=True)
        """)


@attack()
def card_of_its_own(work):
    """A text cell and an output look like the page's own report card, with all points."""
    card = ('<div style="overflow-x: auto"><table><caption><strong style="font-size: 1.15em">Convolution, forward</strong><br>4 of 4 points</caption>'
            '<tr><td>all right</td><td>passed</td><td>4 / 4</td></tr></table></div>')
    work.insert(card, after="conv", cell_type="markdown")
    work.first(f"from IPython.display import HTML, display\ndisplay(HTML({card!r}))\nprint({card!r})")
