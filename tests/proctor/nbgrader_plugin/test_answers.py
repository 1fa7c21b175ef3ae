"""Formgrader's page of all answers to a cell, and what is on its page of a submission."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Page, Route, expect
from traitlets.config import Config

from proctor.nbgrader_plugin.answers import ROUTE, SUGGESTIONS, Answer, grouped, page
from proctor.nbgrader_plugin.configuration import configure
from proctor.nbgrader_plugin.formgrader import add_pages
from tests.proctor.support.chromium import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS: dict[str, dict[str, Any]] = {
    "layer": {"solution": True},
    "helper": {"solution": True},
    "forward": {"grade": True, "points": 2.0},
    "backward": {"grade": True, "points": 1.0},
    "in_code": {"solution": True, "grade": True, "points": 1.0},
    "essay": {"solution": True, "grade": True, "points": 3.0},
    "task": {"task": True, "points": 4.0},
}
IN_MARKDOWN = ("essay", "task")
OFFERED = "Look <b>again</b>."


def notebook() -> Any:
    """Make a notebook with a table in Markdown and a cell of each kind."""
    cells = [new_markdown_cell("| layer | shape |\n|---|---|\n| conv | (3, 3) |")]
    for name, kind in KINDS.items():
        new = new_markdown_cell if name in IN_MARKDOWN else new_code_cell
        data = {"grade_id": name, "schema_version": 3, "solution": False, "grade": False, "locked": False}
        cells.append(new(f"# {name}", metadata={"nbgrader": {**data, "task": False, **kind}}))
    return new_notebook(cells=cells)


def answer(number: int, text: str, **facts: Any) -> Answer:
    """Make an answer."""
    known: dict[str, Any] = {"points": 1.0, "worth": 2.0, "waits": False, **facts}
    return Answer(f"id{number}", number, text, **known)


def test_equal_answers_stand_together() -> None:
    """Space, case and comments make no other answer; the most frequent is first, others in the order of the text."""
    answers = [
        answer(5, "return  x*2"), answer(1, "return x*3"), answer(4, "# mine\nReturn x*2\n"), answer(3, ""),
        answer(2, "return x * 2"),
    ]  # fmt: skip
    assert [[one.number for one in group] for group in grouped(answers)] == [[4, 5], [3], [2], [1]]


def test_nothing_that_was_written_is_markup() -> None:
    """The page shows code as text, cuts what is endless, and links each submission at the cell."""
    groups = grouped([answer(1, "<script>alert(1)</script>" + "x" * 9_000, waits=True), answer(2, "")])
    shown = page("/user/ta", "ex 4", "nb", {"forward": groups})
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert len(shown) < 9_000
    assert 'href="/user/ta/formgrader/submissions/id2/#forward"' in shown
    assert "1 of 2, to be graded by hand" in shown
    assert "1 submission, empty" in shown


def test_our_pages_are_served_once() -> None:
    """However often a configuration is read, formgrader has one route for each, before the one for unknown pages."""
    add_pages()
    add_pages()
    routes = [route for route, *_ in handlers.default_handlers]
    assert (routes.count(ROUTE), routes.count(SUGGESTIONS)) == (1, 1)


@contextmanager
def opened(shown: str) -> Iterator[tuple[Page, list[dict[str, Any]]]]:
    """Open formgrader's page with its own scripts; yield the tab, and the comments that it saves, as they come."""
    comments = {name: {"id": f"c-{name}", "name": name, "auto_comment": None, "manual_comment": "As it was."}
                for name in ("layer", "helper", "in_code", "essay", "task")}  # fmt: skip
    saved: list[dict[str, Any]] = []

    def serve(route: Route) -> None:
        path = urlsplit(route.request.url).path
        static = Path(handlers.static_path) / path.removeprefix("/formgrader/static/")
        if path == "/page":
            route.fulfill(body=shown, content_type="text/html")
        elif path == "/formgrader/api/suggestions/12":
            route.fulfill(json={"helper": [OFFERED], "gone": ["never shown"]})
        elif path == "/formgrader/api/comments":
            route.fulfill(json=list(comments.values()))
        elif path == "/formgrader/api/grades":
            route.fulfill(json=[])
        elif path.startswith("/formgrader/api/comment/"):
            saved.append(json.loads(route.request.post_data or ""))
            route.fulfill(json=saved[-1])
        elif static.is_file():
            route.fulfill(path=static)
        else:
            route.abort()

    with chromium() as browser:
        tab = browser.new_page()
        tab.route("**/*", serve)
        tab.goto("http://formgrader.invalid/page")
        expect(tab.locator("#essay-comment")).to_have_value("As it was.")
        yield tab, saved


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return formgrader's page of a submission."""
    path = tmp_path_factory.mktemp("formgrader") / "nb.ipynb"
    nbformat.write(notebook(), path)
    config = Config()
    configure(config, Path(path.parent))
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    named = dict.fromkeys(("base_url", "assignment_id", "notebook_id", "student"), "")
    resources = {
        **named,
        "submission_id": "12",
        "index": 0,
        "total": 1,
        "first_name": "",
        "last_name": "",
        "notebook_path": "",
    }
    html, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    return str(html)


@pytest.mark.parametrize("cell", ["layer", "helper", "in_code", "essay", "task"])
def test_each_answer_has_a_box_for_a_comment(cell: str, shown: str) -> None:
    """Whatever a person grades, and each solution that tests grade, has formgrader's box for a comment."""
    assert len(re.findall(f'<textarea [^>]*id="{cell}-comment"', shown)) == 1


def test_tables_have_space(shown: str) -> None:
    """A Markdown table stands where the style applies that gives its cells space, after Bootstrap's takes it."""
    assert shown.index("bootstrap.min.css") < shown.index("rendered_html :is(th, td)") < shown.index("<table")
    assert "padding: 0.3em 0.8em" in shown


def test_comments_are_offered_below_the_box(shown: str) -> None:
    """What others got for the same mistake is a button, as text; clicked, it is in the box, and saved."""
    with opened(shown) as (tab, saved):
        box, offer = tab.locator("#helper-comment"), tab.locator(".suggestion")
        expect(offer).to_have_text([OFFERED])
        box.fill("Well.")
        offer.click()
        expect(box).to_have_value(f"Well.\n\n{OFFERED}")
        assert saved[-1]["manual_comment"] == f"Well.\n\n{OFFERED}"
        expect(tab.locator("a.all-answers")).to_have_count(5)


def test_a_cell_of_tests_has_the_box_of_its_answer(shown: str) -> None:
    """Below each cell of tests stands the comment on the answer before it; written there, it is saved as that one."""
    with opened(shown) as (tab, saved):
        own = tab.locator("#helper-comment")
        again = [tab.locator(f".nbgrader_cell:has(#{cell}) textarea") for cell in ("forward", "backward")]
        for box in (own, *again):
            expect(box).to_have_value("As it was.")
        again[0].fill("Changed.")
        again[0].press("Tab")
        for box in (own, *again):
            expect(box).to_have_value("Changed.")
        assert [each["id"] for each in saved] == ["c-helper"]
        assert tab.locator("textarea").count() == 7
