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
