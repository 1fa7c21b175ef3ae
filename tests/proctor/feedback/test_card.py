"""The report card: every text on it is harmless, every outcome is in words, and it suits every reader."""

import html as htmllib
import re
from html.parser import HTMLParser

import pytest

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.feedback.card import html, number, text

HOSTILE = "<script>alert(1)</script><img src=x onerror='steal()'>\" & `</td><b>`"


class Page(HTMLParser):
    """A fragment as a browser reads it: the tags, with attributes, and the text between them."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, and that it is open."""
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost tag, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def report(outcome: Outcome = Outcome.FAILED, *, worth: float = 0.75, **texts: object) -> CellReport:
    """Build a report with one criterion."""
    title = str(texts.pop("title", "ReLU"))
    values = {"sentence": "`forward` keeps the shape.", **texts}
    return CellReport("relu", title, (Verdict("test_it", outcome=outcome, worth=worth, **values),))


@pytest.mark.parametrize("place", ["title", "sentence", "hint", "misconception", "remarks"])
def test_hostile_text_is_shown_and_not_obeyed(place: str) -> None:
    """Markup in any text adds no tag to the card, and is read as it was written."""
    texts = {"hint": "h", "misconception": "m", "remarks": ("r",), "sentence": "s"}
    plain = Page(html(report(**texts)))
    page = Page(html(report(**{**texts, place: (HOSTILE,) if place == "remarks" else HOSTILE})))
    code = [tag for tag, _ in page.tags].count("code")
    assert code == 1
    assert [tag for tag, _ in page.tags if tag != "code"] == [tag for tag, _ in plain.tags]
    assert HOSTILE.replace("`", "") in page.text
    assert not page.open


@pytest.mark.parametrize("render", [html, text])
@pytest.mark.parametrize("letter", ["\x1b", "\x00", "\u202e", "\u2066", "\ud800", "\r"])
def test_letters_that_act_are_made_visible(render: object, letter: str) -> None:
    """Escape codes, overrides of direction and half letters become a replacement mark that can be encoded."""
    card = render(report(title=f"a{letter}b", hint=f"a{letter}b"))
    assert letter not in card
    assert card.count("a\ufffdb") == 2
    card.encode()


@pytest.mark.parametrize(
    ("points", "short"),
    [(0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1.0, "1"), (10.0, "10"), (100, "100")],
)
def test_points_are_written_short(points: float, short: str) -> None:
    """A quarter keeps its decimals, a whole has none, and ten is not one."""
    assert number(points) == short


@pytest.mark.parametrize("render", [html, text])
def test_earned_and_possible_points_stand_on_the_card(render: object) -> None:
    """Each criterion says earned / worth, and the top the totals."""
    (passed,), (failed,) = report(Outcome.PASSED).verdicts, report(worth=1.0).verdicts
    card = render(CellReport("relu", "ReLU", (passed, failed)))
    for piece in ("0.75 of 1.75 points", "0.75 / 0.75", "0 / 1"):
        assert piece in card


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_said_in_words(outcome: Outcome) -> None:
    """The words of each outcome stand on both cards; the symbol before them is hidden from screen readers."""
    assert outcome.value in text(report(outcome))
    card = html(report(outcome))
    assert outcome.value in Page(card).text
    assert f'<span aria-hidden="true">{outcome.symbol}</span> {outcome.value}' in card


def test_a_screen_reader_finds_its_way() -> None:
    """The table has one caption with title and points, and each column's head says that it is one."""
    card = html(report())
    page = Page(card)
    caption = re.search("<caption.*?>(.*)</caption>", card)
    assert caption
    assert Page(caption[1]).text == "ReLU0 of 0.75 points"
    assert [attributes.get("scope") for tag, attributes in page.tags if tag == "th"] == ["col"] * 3
    assert re.findall(r'<th scope="col"[^>]*>(\w+)</th>', card) == ["Criterion", "Outcome", "Points"]


def test_the_card_takes_its_colours_from_the_page() -> None:
    """No colour of text is set, and no background covers the page's own: light and dark both work."""
    styles = ";".join(attributes.get("style") or "" for _, attributes in Page(html(report())).tags)
    assert set(re.findall(r"(?<!-)\bcolor: ([^;]+)", styles)) == {"inherit"}
    backgrounds = set(re.findall(r"background[\w-]*: ([^;]+)", styles))
    assert backgrounds
    assert all(re.fullmatch(r"transparent|rgba\(\d+, \d+, \d+, 0\.\d+\)", ground) for ground in backgrounds)


def test_the_name_of_the_mistake_comes_first_then_the_hint_then_remarks() -> None:
    """Beneath the sentence, in this order; the name is bold."""
    texts = {"misconception": "rows for columns", "hint": "Shape (2, 3) came.", "remarks": ("A list came.",)}
    card = html(report(**texts))
    assert "<strong>rows for columns</strong>: Shape (2, 3) came." in card
    for rendered in (Page(card).text, text(report(**texts))):
        order = [rendered.index(piece) for piece in ("keeps the shape", "rows for", "Shape (2", "A list")]
        assert order == sorted(order)


def test_a_mistake_named_in_a_sentence_needs_no_colon() -> None:
    """The sentence that names a mistake stands before the question, with a blank between them."""
    verdict = report(misconception="You take the mean.", hint="Is it summed?")
    assert "<strong>You take the mean.</strong> Is it summed?" in html(verdict)
    assert "    You take the mean. Is it summed?\n" in text(verdict)


def test_backticks_become_code_and_lines_stay_lines() -> None:
    """Pairs of backticks are set as code, a lone one stays, and the fragment is one line for Markdown."""
    card = html(report(hint="`a < b` came\n\nand ` stayed"))
    assert re.search(r"<code[^>]*>a &lt; b</code> came<br><br>and ` stayed", card)
    assert re.search(r"<code[^>]*>forward</code> keeps", card)
    assert "\n" not in card
    assert htmllib.escape("a < b") in card
