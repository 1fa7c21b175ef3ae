"""The feedback page: what stands at its top, whose points count, and that every reader can read it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.page import page
from proctor.feedback.reports import show_report
from proctor.feedback.summary import Line, advise, in_words
from tests.proctor.support.chromium import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[3]
SCHEMES = ("light", "dark")

CONTRASTS = """() => {
    const rgba = text => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
    const over = (top, ground) => [0, 1, 2].map(i => top[i] * top[3] + ground[i] * (1 - top[3]));
    const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                         return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const ground = e => e === null ? [255, 255, 255]
        : over(rgba(getComputedStyle(e).backgroundColor), ground(e.parentElement));
    const low = new Set();
    for (const e of document.querySelectorAll("body *")) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.getClientRects().length) continue;
        const under = ground(e), [a, b] = [light(over(rgba(getComputedStyle(e).color), under)), light(under)];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.add(`${e.tagName} ${e.className}: ${ratio.toFixed(2)}`);
    }
    return [...low];
}"""
"""Lists the elements whose text has less contrast to what is behind it than WCAG's level AA asks for."""


def verdict(outcome: Outcome, worth: float = 1.0, **rest: Any) -> Verdict:
    """Build a verdict."""
    return Verdict("test", "A sentence with `code`.", outcome, worth, **rest)


def line(name: str, *verdicts: Verdict, points: float | None = None) -> Line:
    """Build the line of a graded cell; its points are the grader's unless others are given."""
    report = CellReport(name, name.title(), verdicts)
    return Line(name, name.title(), report.points if points is None else points, report.worth, report)


RIGHT = line("right", verdict(Outcome.PASSED))
WRONG = line("wrong", verdict(Outcome.FAILED, 2, hint="Shape (2, 3) came."), verdict(Outcome.WAITING))
LESS_WRONG = line("less", verdict(Outcome.PASSED), verdict(Outcome.FAILED, 0.5, hint="Half of it is not."))
OPEN = line("open", verdict(Outcome.UNFINISHED, 4, hint="Not yet."))
CRASHED = line("crashed", verdict(Outcome.ERROR, hint="Your code raised."))


def test_what_brings_most_comes_first() -> None:
    """What stopped the code, then what is wrong by its points, then what is unfinished; nothing that is right."""
    advice = advise([RIGHT, OPEN, LESS_WRONG, WRONG, CRASHED])
    assert [one.lines[0].grade_id for one in advice] == ["crashed", "wrong", "less", "open"]
    assert [one.points for one in advice] == [1, 3, 0.5, 4]


def test_one_reason_is_said_once() -> None:
    """Cells that failed for the same reason are one piece of advice, a waiting criterion is none."""
    hint = verdict(Outcome.NOT_FOUND, hint="`He` was not found.")
    (advice,) = advise([line("one", hint), line("two", verdict(Outcome.PASSED), hint)])
    assert [one.grade_id for one in advice.lines] == ["one", "two"]
    assert advice.points == 2


PLACE = "forward, line 3: return x + y"


@pytest.mark.parametrize(
    "pair",
    [
        [
            verdict(Outcome.ERROR, hint=f"Your code raised ValueError: {shapes}\n{PLACE}")
            for shapes in ("(2,) (3,)", "(4,) (5,)")
        ],
        [
            verdict(Outcome.FAILED, misconception="You round down.", hint="Which?"),
            verdict(Outcome.ERROR, misconception="You round down.", hint="Which?\nYour code raised."),
        ],
        [
            verdict(Outcome.UNFINISHED, hint="Not yet."),
            verdict(Outcome.UNFINISHED, misconception="Not written yet.", hint="What is the fan-in?"),
        ],
    ],
    ids=["exception in one place", "mistake with a name", "not begun"],
)
def test_what_is_one_reason(pair: list[Verdict]) -> None:
    """An exception of one place, a mistake of one name and all that is not begun are one piece of advice each."""
    (advice,) = advise([line("one", pair[0]), line("two", pair[1])])
    assert [one.grade_id for one in advice.lines] == ["one", "two"]


def test_exceptions_of_two_places_are_two_reasons() -> None:
    """The place of an exception tells reasons apart, and so does its text where there is no place."""
    hints = [
        f"Your code raised E: x\n{PLACE}",
        f"Your code raised E: x\n{PLACE} + z",
        "It died: 1",
        "It died: 2",
    ]
    assert len(advise([line(hint, verdict(Outcome.ERROR, hint=hint)) for hint in hints])) == 4


def test_what_a_person_decided_counts() -> None:
    """A cell that a person has given full points needs no advice, and says who graded it."""
    forgiven = line("wrong", verdict(Outcome.FAILED, hint="No."), points=1)
    assert advise([forgiven]) == []
    assert (forgiven.by_hand, forgiven.state) == (True, "graded by a person")
    assert WRONG.state == "failed"
    assert LESS_WRONG.state == "partly right"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([RIGHT, RIGHT], "Everything that was asked for is there, and it is right."),
        ([OPEN, OPEN], "Nothing is implemented yet."),
        (
            [RIGHT, WRONG, OPEN, OPEN],
            "Of 4 graded cells, 1 is all right, 1 is not right yet and 2 are not implemented yet.",
        ),
        ([WRONG], "The graded cell is not right yet."),
        ([WRONG, LESS_WRONG], "Of 2 graded cells, 2 are not right yet."),
        (
            [line("one", verdict(Outcome.UNREADABLE)), line("two", verdict(Outcome.UNREADABLE))],
            "Your notebook could not be read, so nothing in it was judged.",
        ),
    ],
)
def test_the_class_of_result_is_said_in_words(lines: list[Line], words: str) -> None:
    """Perfect, untouched, mixed: one sentence each."""
    assert in_words(lines) == words


def release() -> Any:
    """Read the release."""
    return nbformat.read(ROOT / "release" / "exercise4" / "exercise4.ipynb", as_version=4)


def graded(outcomes: Mapping[str, Verdict]) -> Any:
    """Build a graded notebook: the release, with these verdicts; cells without one have passed."""
    notebook = release()
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        if data.get("grade"):
            name = data["grade_id"]
            found = outcomes.get(name, verdict(Outcome.PASSED, float(data["points"])))
            show_report(cell, CellReport(name, f"Title of {name}", (found,)))
            data["score"] = found.points
    notebook.metadata["proctor"] = {"notices": ["The graded cell `he` had been changed."]}
    return notebook


def typical() -> Any:
    """Build a graded notebook with two mistakes, one unfinished cell, own cells, an error and a comment."""
    hint = {
        "misconception": "You turn the kernels.",
        "hint": "Shape (2, 3) came.",
        "remarks": ("A list came.",),
    }
    notebook = graded({
        "conv_forward": verdict(Outcome.FAILED, 4.0, **hint),
        "he": verdict(Outcome.TIME, 2.0, hint="The time limit was reached."),
        "relu_backward": verdict(Outcome.UNFINISHED, 1.0),
    })  # fmt: skip
    cells = {cell.id: cell for cell in notebook.cells}
    cells["conv"].metadata.nbgrader["comment"] = "Look at **turning** and $x \\star w$."
    cells["he"].metadata.nbgrader["score"] = 1.5
    cells["initializers"].outputs = [new_output("error", ename="E", evalue="v", traceback=["Trace", "E: v"])]
    own = new_code_cell("print('mine')")
    own.outputs = [new_output("stream", name="stdout", text="mine\n" + "long " * 200)]
    notebook.cells[20:20] = [own, new_markdown_cell("# My notes\n\n| a | b |\n|---|---|\n| $x^2$ | 2 |")]
    return notebook


def written(notebook: Any, **changes: Any) -> str:
    """Write the page of a notebook."""
    names = {
        "student": "ada <b>",
        "notebook": "exercise4",
        "score": 18.5,
        "max_score": 25.0,
        "late_penalty": 0,
    }
    return page(notebook, release(), names | changes)


def text_of(html: str) -> str:
    """Return what a page says, without its style and tags."""
    bare = re.sub(r"(?s)<(style|title)>.*?</\1>|<[^>]*>", " ", html)
    return " ".join(bare.replace("&lt;", "<").replace("&gt;", ">").split())


def test_a_notebook_without_parts_has_no_row_for_one() -> None:
    """Where no heading names a part, the table of points begins with the first cell."""
    notebook = release()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("## ", "")
    facts = {"student": "ada", "notebook": "exercise4", "score": 0, "max_score": 25.0, "late_penalty": 0}
    assert '<tr class="part">' in page(notebook, release(), facts)
    assert '<tr class="part">' not in page(notebook, notebook, facts)


def test_the_top_says_total_parts_and_what_to_look_at_first() -> None:
    """In this order: total, advice, points of each part; the gradebook's points, not the grader's."""
    text = text_of(written(typical()))
    order = [
        "Feedback for ada <b>", "18.5 of 25 points",
        "What to look at first", "This cell did not run to its end. E: v", "Title of he",
        "You turn the kernels. Shape (2, 3) came.", "This is not implemented yet",
        "Worth knowing", "A list came.", "had been changed",
        "Part 1 · Activation functions 3 / 4", "Part 2 · The first weights 3.5 / 4",
        "Part 3 · The convolutional layer 13 / 17", "Your notebook", "Look at turning and",
    ]  # fmt: skip
    places = [text.index(piece) for piece in order]
    assert places == sorted(places)
    assert "A person has looked at this cell: 1.5 of 2 points count." in text


def test_the_exception_of_a_cell_is_said_once_at_the_top() -> None:
    """Where advice tells what stopped a cell, it leads to that cell, and no other item repeats the exception."""
    hint = "The cell that defines `Const` stopped with an exception:\nE: v"
    notebook = typical()
    const = next(cell for cell in notebook.cells if cell.id == "const")
    show_report(const, CellReport("const", "Title of const", (verdict(Outcome.ERROR, hint=hint),)))
    const.metadata.nbgrader["score"] = 0
    advice = text_of(written(notebook)).partition("What to look at first")[2].partition("Worth knowing")[0]
    assert advice.count("E: v") == 1
    assert "The cell is Your work: initializers ." in advice


def test_a_late_penalty_is_said() -> None:
    """It is named beside the total, and in the table."""
    text = text_of(written(graded({}), late_penalty=2.5, score=22.5))
    assert "2.5 points were taken off because it was late" in text
    assert "Late \N{MINUS SIGN}2.5 Total 22.5 / 25" in text
    text = text_of(written(graded({}), late_penalty=1.0, score=24.0))
    assert "1 point was taken off because it was late" in text


def test_a_perfect_page_gives_no_advice() -> None:
    """Whoever has all points is not told what to look at first."""
    notebook = graded({})
    notebook.metadata.proctor["notices"] = []
    text = text_of(written(notebook, score=25.0))
    assert "Everything that was asked for is there" in text
    assert "look at first" not in text
    assert "Notes on" not in text


def test_the_lesson_is_folded_away_and_own_work_is_not() -> None:
    """What stands as it was handed out is in folds; own cells, solutions and cards are not."""
    html = written(typical())
    open_part, folds = html, 1
    while folds:  # folds may hold folds
        open_part, folds = re.subn(r"(?s)<details>(?:(?!<details>).)*?</details>", "", open_part)
    for piece in ("My notes", "print", "Your work: initializers", "Title of he"):
        assert piece in open_part
    for piece in ("Why a network has to bend</h4>", "see</span>"):
        assert piece in html
        assert piece not in open_part


def test_formulas_are_mathml() -> None:
    """Every formula of the lesson is one, and none is left as LaTeX."""
    html = written(graded({}))
    assert html.count("<math") > 80
    assert not re.search(r"\$[^$<]*\\|<code>[^<]*\\(?:frac|sum|begin)", html)


def test_the_page_refers_to_nothing_outside_and_forbids_scripts() -> None:
    """No script, no stylesheet, no picture and no font from anywhere."""
    html = written(typical())
    assert "<script" not in html
    assert not re.findall(r"(?:src|srcset|action|data)=\"(?!data:image/(?:png|jpeg))[^\"]", html)
    assert not re.findall(r"url\(|@import|<link", html)
    assert "default-src 'none'" in html


def test_a_notebook_without_a_release_still_gives_a_page() -> None:
    """Where the release is gone, parts and folds are, too, and everything else is there."""
    names = {"student": "ada", "notebook": "exercise4", "score": 18.5, "max_score": 25.0, "late_penalty": 0}
    text = text_of(page(typical(), nbformat.v4.new_notebook(), names))
    assert "18.5 of 25 points" in text
    assert "Other 19.5 / 25" in text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser."""
    with chromium() as started:
        yield started


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_has_contrast(browser: Browser, scheme: Any) -> None:
    """In light and in dark, with all folds open, each text meets WCAG's level AA."""
    with browser.new_context(color_scheme=scheme) as context:
        tab = context.new_page()
        tab.set_content(written(typical()))
        tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        assert tab.evaluate(CONTRASTS) == []
        tab.add_style_tag(content=".words { color: #888; background: #777 }")
        assert tab.evaluate(CONTRASTS) != []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_fits_its_window(browser: Browser, width: int) -> None:
    """Nothing makes the page wider than the window, from the smallest phone on, whatever was printed."""
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        tab = context.new_page()
        tab.set_content(written(typical()))
        tab.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_a_screen_reader_finds_its_way(browser: Browser) -> None:
    """One first heading, no level left out, heads that say what of, links that lead somewhere, names for pictures."""
    with browser.new_context() as context:
        tab = context.new_page()
        tab.set_content(written(typical()))
        levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.tagName[1])")
        assert levels.count(1) == 1
        assert [pair for pair in itertools.pairwise(levels) if pair[1] > pair[0] + 1] == []
        assert tab.locator("th:not([scope])").count() == 0
        assert tab.locator("table.points th[scope=rowgroup]").count() == 3
        assert tab.locator("img:not([alt])").count() == 0
        assert tab.evaluate(
            "[...document.querySelectorAll('a[href^=\"#\"]')].every(a => document.querySelector(a.hash))"
        )
        ids = tab.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(set(ids)) == len(ids)
        assert tab.get_by_role("heading", name="What to look at first").count() == 1
