"""`proctor report`: from a graded course to one page, read-only, without names, and harmless."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from proctor.cli import report
from proctor.cli.main import main
from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.gradebook.database import open_gradebook
from proctor.report.gathering import gather
from proctor.report.lesson import Lesson
from proctor.report.page import page, percent
from proctor.report.pseudonyms import REDACTED, Pseudonyms
from proctor.submission import record
from proctor.submission.record import Origin
from tests.exercise4.mistakes import solution
from tests.proctor.support.classrooms import EXERCISE, Made, build, judged, named, renamed

TESTS = Path(__file__).resolve().parents[2]

WHEN = dt.datetime(2027, 1, 20, 9, 30, tzinfo=dt.UTC)
EVIL = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"
TAUGHT = {
    "sigmoid_forward": "sigmoid-idea", "sigmoid_backward": "activation-backward",
    "relu_forward": "relu-idea", "relu_backward": "activation-backward",
    "const": "constant-weights", "uniform_random": "weight-range", "he": "he-idea",
    "flatten": "flatten-idea", "conv_forward": "forward-formula", "conv_stride": "stride",
    "conv_gradient_bias": "backward-bias", "conv_gradient_weights": "backward-weights",
    "conv_gradient_input": "backward-input", "conv_update": "update", "conv_initialize": "first-weights",
}  # fmt: skip


def students() -> list[Made]:
    """Make a class of six: a mistake, its renamed copy, two right ones, one by hand and late, one hostile."""
    source, wrong = named("relu_zero_passes")
    right = judged("initializers", _solved("initializers"))
    hostile = [Verdict("test_x", EVIL, Outcome.FAILED, 1.0, misconception=EVIL, hint=EVIL)]
    solved = _solved("conv").replace("    def backward", "    # by Grace Hopper\n    def backward", 1)
    body = f"evil = '''{EVIL}'''\n{solved}"
    copied = {"activation_functions": renamed(source), "conv": renamed(body)}
    return [
        Made("ah01", wrong | right, {"activation_functions": source, "conv": body}, name=("Ada", "Hilbert")),
        Made("gh02", wrong | right, copied, name=("Grace", "Hopper")),
        Made("an03", right, facts={"cpu_seconds": 1.5, "sandboxed": True}),
        Made("kg04", right, facts={"cpu_seconds": 2.5, "sandboxed": False, "notices": [f"Noted: {EVIL}"]}),
        Made("me05", right, by_hand={"flatten": 2.0}, penalty=1.5),
        Made("ev06", {"he": CellReport("he", "He", tuple(hostile))}, facts={"unreadable": EVIL}),
    ]  # fmt: skip


def _solved(part: str) -> str:
    return solution()[part]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course with that class."""
    return build(tmp_path_factory.mktemp("course"), students())


@pytest.fixture(scope="module")
def written(course: Path) -> str:
    """Return the page about that class."""
    return page(gather(report.open_course(course), EXERCISE), WHEN)


class Links(HTMLParser):
    """Collects what a page links to, its ids, and everything that could load or run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.bad: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag (called by the parser)."""
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.add(value or "")
            if name == "id":
                self.ids.append(value or "")
            loads = name in ("src", "srcset", "data", "action") and not (value or "").startswith(
                "data:image/"
            )
            if loads or name.startswith("on") or (name == "style" and "url" in (value or "")):
                self.bad.append(f"{tag} {name}={value}")
        if tag in ("script", "iframe", "object", "link", "form", "base"):
            self.bad.append(tag)


def test_the_page_runs_and_loads_nothing(written: str) -> None:
    """What students wrote, and grading said about them, is escaped; no tag asks for a script or the network."""
    assert Links(written).bad == []
    assert EVIL not in written
    places = (
        "evil = &#39;&#39;&#39;{}",
        "Noted: {}",
        "Not readable: {}",
        '<p class="sentence">{}',
        '<p class="what">{}',
    )
    for place in places:
        assert place.format("&lt;/pre&gt;&lt;script&gt;") in written, "the hostile text is shown"
    assert "default-src 'none'" in written


def test_every_link_leads_somewhere(written: str) -> None:
    """Links to the lesson and to cells lead to an id of the page; no id is there twice."""
    found = Links(written)
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert "lesson-activation-backward" in inside
    assert inside <= set(found.ids)
    assert len(found.ids) == len(set(found.ids))


def test_figures_of_the_lesson_are_in_the_page(course: Path) -> None:
    """What the page quotes from the lesson has its figures, moving ones too."""
    release = TESTS.parent / "release" / EXERCISE
    written = page(gather(report.open_course(course), EXERCISE), WHEN, images=release)
    assert {"gif", "png"} <= set(re.findall(r'<img src="data:image/(\w+);base64,', written))
    assert 'class="pictured"' not in written


def test_each_graded_cell_leads_to_its_lesson() -> None:
    """The text that the page links to is the one that teaches what the cell asks."""
    release = nbformat.read(TESTS.parent / "release" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    lesson = Lesson({EXERCISE: release})
    assert {cell: lesson.find(cell).id for cell in TAUGHT} == TAUGHT
    assert lesson.find("no_such_cell") is None


def test_a_tag_decides_what_teaches_a_cell() -> None:
    """A text tagged `teaches:CELL` goes before the one whose heading has the words."""
    graded = new_code_cell("", metadata={"nbgrader": {"grade": True, "grade_id": "pool_stride", "points": 1}})
    notebook = new_notebook(cells=[
        new_markdown_cell("## Part 1", id="one"),
        new_markdown_cell("### 1. The stride", id="stride"),
        new_markdown_cell("An aside.", id="aside", metadata={"tags": ["teaches:pool_stride"]}),
        graded,
    ])  # fmt: skip
    assert Lesson({"n": notebook}).find("pool_stride").id == "aside"
    notebook.cells[2].metadata = {}
    place = Lesson({"n": notebook}).find("pool_stride")
    assert (place.id, place.heading, place.part) == ("stride", "The stride", "Part 1")


def test_nobody_is_named(written: str) -> None:
    """No id and no name that the gradebook knows is on the page, not even in a comment of shown code."""
    for made in students():
        assert made.student not in written
    assert not re.search("hilbert|hopper|grace", written, re.IGNORECASE)
    assert f"# by {REDACTED} {REDACTED}" in written
    assert {f"Student {n:02d}" for n in range(1, 7)} >= set(re.findall(r"Student \d\d", written))


def test_teams_are_named_and_not_compared(course: Path, tmp_path: Path) -> None:
    """Members stand with their team, which has a number as its members have; what they have in common is no finding."""
    made = shutil.copytree(course, tmp_path / "course")
    assert '<th scope="col">Team</th>' not in page(gather(report.open_course(made), EXERCISE), WHEN)
    record.update(
        made, EXERCISE, {name: Origin("moodle", team="Group <A>") for name in ("ah01", "gh02")}
        | {"an03": Origin("moodle", team="Group B"), "me05": Origin("moodle")},
    )  # fmt: skip
    classroom = gather(report.open_course(made), EXERCISE)
    hidden, named = page(classroom, WHEN), page(classroom, WHEN, names=True)
    rows = dict(re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td><td class", named))
    assert rows["Ada Hilbert (ah01)"] == rows["Grace Hopper (gh02)"] == "Group &lt;A&gt;"
    assert (rows["an03"], rows["me05"]) == ("Group B", "")
    numbers = re.findall(r"<tr><td>[^<]*</td><td>([^<]*)</td><td class", hidden)
    assert sorted(numbers) == [
        "",
        "",
        "",
        "Team\N{NO-BREAK SPACE}1",
        "Team\N{NO-BREAK SPACE}1",
        "Team\N{NO-BREAK SPACE}2",
    ]
    assert "Group" not in hidden
    for text in (hidden, named):
        assert 'class="paper pair"' not in text
        assert "Members of a team were not compared with each other." in text


def test_everybody_is_in_a_table_and_a_chart(course: Path, tmp_path: Path) -> None:
    """Points, lateness and time of each; mean, median and deviation in a line; a dot for each whose time is known."""
    made = shutil.copytree(course, tmp_path / "course")
    with open_gradebook(f"sqlite:///{made / 'gradebook.db'}", "made-up") as book:
        for day, student in enumerate(("ah01", "gh02", "me05"), 10):
            book.find_submission(EXERCISE, student).timestamp = dt.datetime(2027, 1, day, 9, 5)
        book.db.commit()
    text = page(gather(report.open_course(made), EXERCISE), WHEN, names=True)
    assert "Mean 4.67, median 5, standard deviation 2.66 of 6 submissions." in text
    table = text.partition('<table class="students named">')[2].partition("</table>")[0]
    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", row) for row in table.split("<tr>")[2:]]
    assert rows == [
        ["Ada Hilbert (ah01)", "7", "", "10 Jan 09:05"],
        ["Grace Hopper (gh02)", "7", "", "11 Jan 09:05"],
        ["me05", "6", "\N{MINUS SIGN}1.5", "12 Jan 09:05"],
        ["an03", "4", "", ""],
        ["kg04", "4", "", ""],
        ["ev06", "0", "", ""],
    ]
    chart = text.partition("Points of 3 submissions by the time of handing in")[2].partition("</svg>")[0]
    assert (chart.count('class="dot"'), chart.count('class="dot slow"')) == (2, 1)
    assert "Of 3 students nothing says when." in text


def test_names_are_shown_on_request(course: Path) -> None:
    """With names, the pair that is alike has them."""
    text = page(gather(report.open_course(course), EXERCISE), WHEN, names=True)
    assert "Ada Hilbert (ah01) and Grace Hopper (gh02)" in text
    assert "Student 0" not in text


def test_pseudonyms_say_nothing() -> None:
    """They are stable, each one's own, and not in the order of the ids."""
    ids = {f"s{n:03d}": "" for n in range(100)}
    one, other = Pseudonyms(ids, names=False), Pseudonyms(dict(reversed(ids.items())), names=False)
    called = [one[student] for student in ids]
    assert called == [other[student] for student in ids]
    assert len(set(called)) == 100
    assert called != sorted(called)


def test_notices_lose_the_names_of_files() -> None:
    """A notebook's own name may be a student's; the name that it should have stays."""
    pseudonyms = Pseudonyms({"ah01": "Ada Hilbert"}, names=False)
    text = (
        "The notebook is called `final_ADA.ipynb`; it was taken for `exercise4.ipynb`. Hilbert, Hilbertraum."
    )
    assert pseudonyms.notice(text, "exercise4.ipynb") == (
        f"The notebook is called `{REDACTED}.ipynb`; it was taken for `exercise4.ipynb`. {REDACTED}, Hilbertraum."
    )


def test_the_figures_are_the_gradebooks(course: Path, written: str) -> None:
    """Points by hand count, lateness is said and not taken off, and the mistake is counted for both."""
    made = gather(report.open_course(course), EXERCISE)
    points = {each.student: each.scores.points for each in made.submissions}
    assert points == {"ah01": 7.0, "gh02": 7.0, "an03": 4.0, "kg04": 4.0, "me05": 6.0, "ev06": 0.0}
    assert (made.full, list(made.worth)[:2]) == (25, ["sigmoid_forward", "sigmoid_backward"])
    assert "What lateness cost (1 student, 1.5 points together)" in written
    assert "For 1 student it includes points given by hand" in written
    assert re.search(r"2.</span> The error also passes where the input was exactly 0", written)
    assert "1 submission was graded without a sandbox" in written


def test_the_copy_is_shown_beside_the_original(written: str) -> None:
    """One pair is alike, and its lines are there, with the given code left out."""
    assert written.count('class="paper pair"') == 1
    assert "self.mine_0" in written
    assert "is a reason to look, not a verdict" in written


def test_the_page_is_the_same_twice(course: Path, written: str) -> None:
    """The same class at the same time gives the same page, to the letter."""
    assert page(gather(report.open_course(course), EXERCISE), WHEN) == written


def fingerprint(folder: Path) -> dict[str, str]:
    """Return a hash of each file of a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_command_only_reads(course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes the page where it was asked to, for its owner only, and touches nothing in the course."""
    before, target = fingerprint(course), tmp_path / "deep" / "page.html"
    assert main(["report", EXERCISE, "--course", str(course), "--to", str(target)]) == 0
    assert fingerprint(course) == before
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]
    assert target.stat().st_mode & 0o077 == 0
    assert capsys.readouterr().out == f"{target}: 6 submissions\n"


def test_who_is_not_graded_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A submission that came after the grading is not in the page, and that is said."""
    course = build(tmp_path / "course", [Made("a1", judged("initializers", _solved("initializers")))])
    for student in ("a1", "b2"):
        (course / "submitted" / student / EXERCISE).mkdir(parents=True, exist_ok=True)
    assert main(["report", EXERCISE, "--course", str(course)]) == 0
    assert capsys.readouterr().out.endswith("\nHanded in, but not graded and not in it: b2\n")


def test_the_page_is_written_whole_or_not_at_all(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """When the disk is full, the old page is still there, nothing else is, and one line says why."""
    target = tmp_path / "page.html"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main(["report", EXERCISE, "--course", str(course), "--to", str(target)]) == 1
    assert (target.read_text(), len(list(tmp_path.iterdir()))) == ("old", 1)
    assert (
        capsys.readouterr().err == "proctor report: The disk is full. Make room. The same command goes on.\n"
    )


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run the command, which must refuse in one line."""
    assert main(["report", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("proctor report: ")
    assert said.count("\n") == 1
    return said


def test_what_cannot_be_reported_is_refused(
    course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No course, no gradebook, an unknown assignment, a folder as file: a line each, and nothing is written."""
    assert "no course" in refusal(capsys, EXERCISE, "--course", str(tmp_path))
    assert "does not know exercise5 (it knows exercise4)" in refusal(
        capsys, "exercise5", "--course", str(course)
    )
    assert "is a folder" in refusal(capsys, EXERCISE, "--course", str(course), "--to", str(tmp_path))
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    assert "does not know exercise4. `nbgrader generate" in refusal(
        capsys, EXERCISE, "--course", str(tmp_path)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"], "not even an empty gradebook"


def test_nothing_graded_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An assignment that nobody's work was graded of is refused."""
    build(tmp_path, [])
    assert "Nothing was graded yet" in refusal(capsys, EXERCISE, "--course", str(tmp_path))


def test_what_does_not_fit_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A graded notebook that is gone or broken is named on the page, and the others are reported on."""
    build(
        tmp_path, [Made(name, judged("initializers", _solved("initializers"))) for name in ("a1", "b2", "c3")]
    )
    notebooks = {
        name: tmp_path / "autograded" / name / EXERCISE / f"{EXERCISE}.ipynb" for name in ("b2", "c3")
    }
    notebooks["b2"].unlink()
    notebooks["c3"].write_text(json.dumps({"cells": [{}]}))
    assert main(["report", EXERCISE, "--course", str(tmp_path), "--names"]) == 0
    said = (tmp_path / "reports" / f"{EXERCISE}.html").read_text()
    assert "b2</strong>: in the gradebook, but there is no graded notebook" in said
    assert "c3</strong>: the graded notebook cannot be read" in said
    assert "2 could not be read" in capsys.readouterr().out


def test_a_class_of_one_mind_tells_nobody_apart(tmp_path: Path) -> None:
    """Where all have passed, the page explains no picture that it does not have."""
    solved = judged("initializers", _solved("initializers"))
    build(tmp_path, [Made(f"a{number}", solved) for number in range(20)])
    text = page(gather(report.open_course(tmp_path), EXERCISE), WHEN)
    assert "No criterion was both passed and failed by enough students" in text
    assert "the dashed line is" not in text


def test_one_student_is_a_class(tmp_path: Path) -> None:
    """The smallest class has a page, which explains no picture that it does not have."""
    build(tmp_path, [Made("a1", judged("initializers", _solved("initializers")))])
    text = page(gather(report.open_course(tmp_path), EXERCISE), WHEN)
    assert "No criterion was both passed and failed by enough students" in text
    assert "the dashed line is" not in text
    assert "1 submission ·" in text


@pytest.mark.parametrize(
    ("share", "words"), [(0, "0 %"), (0.001, "1 %"), (0.5, "50 %"), (0.999, "99 %"), (1, "100 %")]
)
def test_only_all_are_all(share: float, words: str) -> None:
    """100 % is everybody and 0 % nobody, however large the class."""
    assert percent(share) == words
