"""Nothing of a submission runs or loads anything in the browser of a person who looks at it.

Every payload of tests/specimens/payloads.py is shown in the places that we render for, in a real browser, as
a graded notebook would bring it that was never cleaned: in nbgrader's formgrader, with its own scripts, on the
feedback page, and on the class report, in code that two students share and in all that grading says. Each asks
for an address with its name; what is asked for was run or loaded.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config, PyFileConfigLoader

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.markdown import markdown, render
from proctor.feedback.page import page
from proctor.feedback.reports import REPORT, reports_of, show_report
from proctor.report.class_scores import StudentScores
from proctor.report.gathering import Classroom, Source, Submission
from proctor.report.page import page as report_page
from proctor.submission import restore
from proctor.submission.sanitize import clean_outputs, shorten
from tests.proctor.support.chromium import chromium
from tests.specimens.payloads import HOST, HTML, MARKDOWN, PNG, cells, metadata, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Route


ROOT = Path(__file__).resolve().parents[3]

GRADED = "sigmoid_forward"
ADDRESS = "http://grader.invalid/formgrader/submissions/1/"
TOUCH = """() => {
    for (const e of document.querySelectorAll("#payloads ~ *, main *, body *")) {
        for (const kind of ["mouseover", "mouseenter", "focus", "click"])
            if (!(kind === "click" && /^https?:/.test(e.href || "")) && !e.closest("nav"))
                e.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: false}));
        if (/^javascript:/i.test(e.protocol || "")) e.click();
    }
}"""
"""Moves over and clicks everything, as a curious reader would."""

CLICK = """() => {
    for (const link of document.querySelectorAll(".jp-Notebook a"))
        if (!/^https?:|^file:/.test(link.protocol)) link.click();
}"""
"""Clicks every link in JupyterLab that does not lead to an ordinary page."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for all pages."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def config() -> Config:
    """Read the course's own configuration, as formgrader does."""
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    settings.HTMLExporter.template_name = "formgrade"
    settings.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    return settings


def is_valid(cell: Any) -> bool:
    """Return whether nbconvert takes a notebook with this cell; formgrader shows no other."""
    try:
        nbformat.validate(new_notebook(cells=[deepcopy(cell)]), relax_add_props=True)
    except nbformat.ValidationError:
        return False
    return True


PAYLOADS = cells()
VALID = {name: cell for name, cell in PAYLOADS.items() if is_valid(cell)}


def hostile(**chosen: Any) -> Any:
    """Build a graded notebook with the payloads in it, a heading after each that has to survive, and a report."""
    notebook = new_notebook(metadata=metadata())
    for name, cell in chosen.items():
        notebook.cells += [cell, new_markdown_cell(f"after {name}")]
    graded = nbformat.v4.new_code_cell("x")
    graded.metadata["nbgrader"] = {
        "grade": True,
        "solution": False,
        "grade_id": GRADED,
        "points": 1,
        "score": 1,
    }
    verdict = Verdict("test", "A sentence.", Outcome.PASSED, 1.0)
    show_report(graded, CellReport(GRADED, "A title", (verdict,)))
    notebook.cells.append(graded)
    return notebook


def formgrader(notebook: Any, config: Config) -> str:
    """Render a notebook as formgrader does."""
    resources = {
        "base_url": "",
        "notebook_id": "exercise4",
        "assignment_id": "exercise4",
        "submission_id": "1",
        "index": 0,
        "total": 1,
        "notebook_path": "x",
    }
    html, _ = HTMLExporter(config=config).from_notebook_node(deepcopy(notebook), resources)
    return html


def feedback(notebook: Any) -> str:
    """Render a notebook as a feedback page."""
    names = {"student": "ada", "notebook": "exercise4", "score": 1.0, "max_score": 1.0, "late_penalty": 0}
    return page(
        deepcopy(notebook), nbformat.read(ROOT / "release/exercise4/exercise4.ipynb", as_version=4), names
    )


def class_report() -> str:
    """Render the report of a class in which two students have all payloads, in their code and in their verdicts."""
    said = texts()
    release = nbformat.read(ROOT / "release/exercise4/exercise4.ipynb", as_version=4)
    # The numbers make each line one of its own; lines of equal tokens are nobody's.
    code = "\n".join(
        f"payload_{n} = [{n}, {n * n}, {text!r}, {n + 7}]" for n, text in enumerate(said.values())
    )

    def submission(student: str, outcome: Outcome, source: str, name: str) -> Submission:
        verdicts = tuple(
            Verdict(
                f"test_{number}", "A sentence.", outcome, 1.0, hint=text, misconception=text, remarks=(text,)
            )
            for number, text in enumerate(said.values())
        )
        facts = {"notices": list(said.values()), "unreadable": name, "cpu_seconds": 1.0, "sandboxed": False}
        scores = StudentScores(name=name, cells={GRADED: 1.0})
        return Submission(
            student, scores, {GRADED: CellReport(GRADED, name, verdicts)}, (Source(name, source),), facts
        )

    attack = "".join(said.values())
    written = [submission(each, Outcome.FAILED, code, attack) for each in ("ada", "bob")]
    written += [submission(each, Outcome.PASSED, f"{each} = 1", attack) for each in ("cem", "dan", "eve")]
    troubles = (("ben", attack),)
    classroom = Classroom(
        "exercise4", {GRADED: float(len(said))}, tuple(written), {"exercise4": release}, troubles=troubles
    )
    return report_page(classroom, dt.datetime(2027, 1, 20, tzinfo=dt.UTC), names=True)


def visit(browser: Browser, html: str, *, policy: bool = False) -> tuple[set[str], Any]:
    """Show a page to a curious reader; return the names that were asked for, and what stands there then.

    The page's own policy is left out of account unless it is asked for: two locks are tried one by one.
    """
    asked: set[str] = set()
    static = Path(handlers.static_path)

    def serve(route: Route) -> None:
        url = route.request.url
        if url == ADDRESS:
            route.fulfill(body=html, content_type="text/html")
        elif url.startswith(HOST):
            asked.add(url.removeprefix(HOST).strip("/").partition("/")[0])
            route.abort()
        elif url.startswith(ADDRESS.partition("/formgrader/")[0]) and "/formgrader/static/" in url:
            route.fulfill(path=static / url.partition("/static/")[2])
        elif "/api/" in url:
            route.fulfill(json=[])
        else:
            asked.add(url)
            route.abort()

    with browser.new_context(bypass_csp=not policy) as context:
        context.route("**/*", serve)
        tab = context.new_page()
        tab.goto(ADDRESS, wait_until="networkidle")
        tab.evaluate(TOUCH)
        # What the reader has set off asks before this does.
        tab.evaluate(f"() => fetch('{HOST}/last').catch(() => null)")
        asked.discard("last")
        facts = {
            "text": tab.evaluate("document.body.textContent"),
            "url": tab.url,
            "scores": tab.locator("input.score").count(),
            "frames": len(tab.frames),
            "remote": tab.evaluate(
                "[...document.querySelectorAll('img[src]')].map(e => e.src).filter(s => !s.startsWith('data:'))"
            ),
        }
    return asked, facts


@pytest.fixture(scope="module")
def seen(browser: Browser, config: Config) -> dict[str, tuple[set[str], Any]]:
    """Show all payloads in both places."""
    return {
        "formgrader": visit(browser, formgrader(hostile(**VALID), config)),
        "feedback": visit(browser, feedback(hostile(**PAYLOADS))),
        "report": visit(browser, class_report()),
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start JupyterLab on a graded notebook with all payloads; return its address."""
    folder = tmp_path_factory.mktemp("lab")
    written = hostile(**{name: deepcopy(cell) for name, cell in VALID.items()})
    found = reports_of(written)
    clean_outputs(written)
    graded = written.cells.pop()
    notebook, _ = restore(written, new_notebook())
    for cell, before in zip(notebook.cells, written.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = before.outputs
    notebook.cells.append(graded)
    show_report(notebook.cells[-1], found[GRADED])
    (folder / "work").mkdir()
    nbformat.write(notebook, folder / "work" / "graded.ipynb")
    settings = folder / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none", "kernelShutdown": true}')
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    variables = os.environ | {name: str(folder / name) for name in places}
    variables["JUPYTERLAB_SETTINGS_DIR"] = str(folder / "settings")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port=0"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder / 'work'}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables, cwd=folder) as process:
        try:
            assert process.stderr is not None
            addresses = (
                re.search(r"http://(?:localhost|127\.0\.0\.1):(\d+)/", line) for line in process.stderr
            )
            yield f"http://127.0.0.1:{next(match[1] for match in addresses if match)}/lab/tree/graded.ipynb"
            family = psutil.Process(process.pid).children(recursive=True)
        finally:
            process.terminate()
            process.communicate(timeout=60)
    assert not [child for child in family if child.is_running()]


def test_jupyterlab_shows_the_card_and_runs_nothing(browser: Browser, lab: str) -> None:
    """The graded notebook, opened by a grader, has its report card and runs no payload.

    Nor does it ask anybody else: what Markdown would load from elsewhere has become a link.
    """
    asked: set[str] = set()
    own = lab.partition("/lab/")[0]

    def refuse(route: Route) -> None:
        asked.add(route.request.url)
        route.abort()

    with browser.new_context() as context:
        context.route(lambda url: not url.startswith((own, "data:", "blob:")), refuse)
        tab = context.new_page()
        tab.goto(lab)
        tab.locator(".proctor-card").get_by_text("A sentence.").wait_for(timeout=60_000)
        # Markdown is rendered bit by bit; the last note stands when all is.
        last = [*VALID][-1]
        tab.locator(".jp-RenderedMarkdown").get_by_text(f"after {last}", exact=True).wait_for(timeout=60_000)
        assert tab.locator(".jp-RenderedMarkdown").count() > len(VALID)
        tab.evaluate(CLICK)
        tab.evaluate(f"() => fetch('{HOST}/last').catch(() => null)")
    assert asked == {f"{HOST}/last"}


SURFACES = {"feedback": PAYLOADS, "formgrader": VALID, "JupyterLab": VALID, "class report": texts()}
"""Payloads that each place shows."""


@pytest.mark.parametrize("place", SURFACES)
def test_sixty_payloads_are_tried_in_each_place(place: str) -> None:
    """The same HTML as an output, alone, and within a text is one payload; no two have the same text."""
    tried = {re.sub(r"^(bare|block|inline)\.", "html.", name) for name in SURFACES[place]}
    assert len(tried) >= 60
    for written in (HTML, MARKDOWN):
        assert len(set(written.values())) == len(written)


@pytest.mark.parametrize(("place", "names"), [("feedback", PAYLOADS), ("formgrader", VALID)])
def test_no_payload_does_anything(seen: dict[str, tuple[set[str], Any]], place: str, names: Any) -> None:
    """None runs or loads anything (else its name is in the set), and what follows each stands there as before."""
    asked, facts = seen[place]
    assert asked == set()
    assert [name for name in names if f"after {name}" not in facts["text"]] == []


def test_the_class_report_shows_payloads_and_runs_none(seen: dict[str, tuple[set[str], Any]]) -> None:
    """What two students share is shown side by side, payloads and all, as text; none runs or loads anything."""
    asked, facts = seen["report"]
    assert asked == set()
    assert f"fetch('{HOST}/html.script')" in facts["text"]
    assert "payload_12 = [" in facts["text"]


@pytest.mark.parametrize("place", ["formgrader", "feedback", "report"])
def test_the_page_stays_what_it_is(seen: dict[str, tuple[set[str], Any]], place: str) -> None:
    """No frame, no picture from elsewhere, no field of formgrader's own, no other address; the card is there."""
    _, facts = seen[place]
    assert (facts["url"].partition("?")[0], facts["frames"], facts["remote"]) == (ADDRESS, 1, [])
    assert facts["scores"] == (1 if place == "formgrader" else 0)
    assert "A sentence." in facts["text"]


NOTICED = (
    "html.script", "html.image_error", "block.script", "markdown.link", "output.javascript", "odd.width",
    "odd.isolated", "html.image_remote",
)  # fmt: skip
"""Payloads of each kind."""


def test_the_browser_would_notice(browser: Browser, config: Config) -> None:
    """Without our part of the configuration formgrader runs them: these tests can fail."""
    bare = Config(
        {"HTMLExporter": {k: config.HTMLExporter[k] for k in ("template_name", "extra_template_basedirs")}}
    )
    asked, _ = visit(browser, formgrader(hostile(**{name: PAYLOADS[name] for name in NOTICED}), bare))
    assert set(NOTICED) <= asked


def test_the_policy_of_the_feedback_page_is_a_second_lock(browser: Browser) -> None:
    """A script that would get into the page runs without the policy, and does not run with it."""
    html = feedback(hostile()).replace(
        "</main>", f"<script>fetch('{HOST}/in')</script><img src='{HOST}/on'></main>"
    )
    assert visit(browser, html)[0] == {"in", "on"}
    assert visit(browser, html, policy=True)[0] == set()


def test_a_graded_notebook_holds_only_text_and_pictures() -> None:
    """What is written for JupyterLab and for everybody else has no type that anything would run."""
    notebook = hostile(**PAYLOADS)
    clean_outputs(notebook)
    types = {
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    }
    assert types == {"text/plain", "image/png"}
    assert "widgets" not in notebook.metadata
    nbformat.validate(
        nbformat.v4.new_notebook(
            cells=[c for c in notebook.cells if c.cell_type == "code" and c.id.isalnum()]
        )
    )


def test_a_report_of_a_students_own_is_none() -> None:
    """An output that looks like a report does not become one, be it in whatever cell."""
    notebook = new_notebook(cells=[nbformat.v4.new_code_cell("x")])
    report = CellReport(GRADED, "Full marks", ())
    notebook.cells[0].metadata["nbgrader"] = {"grade": True, "grade_id": GRADED}
    show_report(notebook.cells[0], report)
    assert REPORT in notebook.cells[0].outputs[0].data
    clean_outputs(notebook)
    assert REPORT not in notebook.cells[0].outputs[0].get("data", {})


def test_text_is_shown_as_a_terminal_leaves_it_and_not_too_long() -> None:
    """Progress bars leave their last state, control codes nothing, and what is too long its ends."""
    assert shorten("10 %\r50 %\r100 %\r\n\x1b[31mred\x1b[0m\x07") == "100 %\nred"
    long = shorten("\n".join(f"{number} {'x' * 5000}" for number in range(1000)))
    assert len(long) < 100_000
    lines = long.split("\n")
    assert lines[0].startswith("0 xxx")
    assert lines[-1].startswith("39") or "lines are left out" in long
    assert shorten(long) == long
    assert shorten("a\ud800b") == "a?b"


def test_pictures_by_tag_are_shown_where_they_are_at_hand() -> None:
    """A figure set with a tag of HTML is shown; of one that is not there, what it is said to show, as text."""
    gif = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
    at_hand = '<img src="img/a.gif" alt="A &quot;window&quot;" width="600">'
    shown = render(at_hand + '<img src="img/b.gif" alt="1 < 2 &amp; <b>x</b>">', {"img/a.gif": gif})
    assert f'<img src="{gif}"' in shown
    assert '<span class="pictured">1 &lt; 2 &amp; &lt;b&gt;x&lt;/b&gt;</span>' in shown
    assert gif not in render(f'<img src="{gif}" alt="of a student\'s">', {})


@pytest.mark.parametrize(
    "source",
    [
        '<img alt="<script>alert(1)</script>">',
        "<img alt='&lt;script&gt;alert(1)&lt;/script&gt;'>",
        "![<script>alert(1)</script>](x.png)",
        '<a href="https://x.org/<img alt=&quot;<script>&quot;>">x</a>',
        '<img alt="<img alt=&quot;<script>alert(1)</script>&quot;>">',
    ],
)
def test_what_a_picture_is_said_to_show_is_text(source: str) -> None:
    """Where it takes the picture's place, nothing in it becomes a tag."""
    assert not re.search(r"<script|<img", render(source, {}).replace("&lt;", ""))
    assert "<script" not in render(source, {})


def test_pasted_pictures_of_an_answer_stay_and_are_shown() -> None:
    """Restoring keeps a Markdown cell's attachments that are pictures, and no others; the page shows them."""
    mine = new_markdown_cell("![my sketch](attachment:a.png)")
    others = {"b.svg": {"image/svg+xml": "PHN2Zz4="}, "c.png": {"image/png": "x"}}
    mine["attachments"] = {"a.png": {"image/png": PNG}, **others}
    restored, _ = restore(new_notebook(cells=[mine]), new_notebook())
    (cell,) = restored.cells
    assert cell.attachments == {"a.png": {"image/png": PNG}}
    assert f'<img src="data:image/png;base64,{PNG}" alt="my sketch">' in markdown(
        cell.source, cell.attachments
    )
    nbformat.validate(restored)


def test_a_wide_table_scrolls_by_itself(browser: Browser, config: Config) -> None:
    """On a phone, formgrader's page of a submission is as wide as its window."""
    wide = "".join(f"<td>column {number}</td>" for number in range(40))
    page = formgrader(new_notebook(cells=[new_markdown_cell(f"<table><tr>{wide}</tr></table>")]), config)
    with browser.new_context(viewport={"width": 390, "height": 800}) as context:
        tab = context.new_page()
        context.route("**/*", lambda route: route.abort())
        tab.set_content(page)
        assert tab.evaluate("document.querySelector('td').textContent") == "column 0"
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
