"""Whatever a student hands in is read at a known cost, found by one rule, and put right without accusing anybody."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import tracemalloc
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from proctor import submission
from proctor.errors import UnreadableError
from proctor.sandbox import packing as folder_of
from proctor.sandbox.packing import entries
from proctor.submission import reading
from proctor.submission.restoring import MAX_CELLS
from proctor.submission.sanitize import without_requests
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = Submission.release().notebook
SOLVED = Submission.solved().notebook
NAME = "exercise4.ipynb"
HEAVY = {
    "objects": b"{},",
    "lists": b"[],",
    "deep": b"[",
    "numbers": b"1,",
    "pairs": b'{"a":{}},',
    "texts": b'"a",',
    "emoji": '"\U0001f600\U0001f600\U0001f600",'.encode(),
    "quotes": b'"',
    "backslashes": b'"\\',
    "escapes": rb'"\"',
    "digits": b"1",
    "spaces": b" ",
    "zeros": b"\0",
    "half": b"\xf0\x9f",
}


def written(folder: Path, notebook: Any, name: str = NAME) -> Path:
    """Write a notebook, or bytes."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode())
    return path


def peak(data: bytes) -> int:
    """Return the bytes of memory that parsing takes at its height."""
    tracemalloc.start()
    try:
        submission.parse(data, NAME)
    except UnreadableError:
        pass
    finally:
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return size


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize("size", [2**20, 2**24 + 2**20])
def test_memory_is_known_before_parsing(name: str, size: int) -> None:
    """No file takes more than 500 MB; before, one of 16 MB took 2.7 GB. Cut off or whole, it is read or refused."""
    filling = HEAVY[name] * (size // len(HEAVY[name]))
    data = b'{"cells": [], "metadata": {"x": [' + filling
    assert peak(data) < 500 * 10**6
    assert peak(data.rstrip(b",") + b"]}}") < 500 * 10**6


def test_large_outputs_cost_nobody_the_exercise(tmp_path: Path) -> None:
    """A notebook with 40 MB of pictures is graded: its long strings, which are outputs, are not parsed."""
    notebook = deepcopy(SOLVED)
    picture = {"image/png": "A" * 10_000_000}
    outputs = [nbformat.v4.new_output("display_data", data=picture) for _ in range(4)]
    notebook.cells.append(new_code_cell("plot()  # \u00e9", outputs=outputs))
    found = submission.read(written(tmp_path, notebook))
    assert [cell.source for cell in found.cells] == [cell.source for cell in notebook.cells]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_encoding_of_an_editor_is_read(encoding: str) -> None:
    """A notebook that an editor has saved in its own encoding is the same notebook."""
    notebook = new_notebook(cells=[new_code_cell("caf\u00e9 = 1")])
    data = json.dumps(notebook, ensure_ascii=False).encode(encoding)
    assert [cell.source for cell in submission.parse(data, NAME).cells] == ["caf\u00e9 = 1"]


@pytest.mark.parametrize(
    "odd",
    [
        {"cells": [{"cell_type": "code", "source": [["x"], {"y": 1}, "z = 1"]}]},
        {"cells": [1, None, [], {"cell_type": "code", "source": "z = 1"}]},
        {"cells": [{"cell_type": "code", "source": "z = 1", "metadata": [], "attachments": 3}]},
        {"cells": [{"cell_type": "code", "source": "z = 1", "metadata": {"nbgrader": {"grade_id": {}}}}]},
        {"worksheets": [{"cells": [{"cell_type": "code", "input": "z = 1"}]}, None, {"cells": 1}]},
    ],
)
def test_odd_cells_are_no_reason_for_nothing(odd: dict[str, Any]) -> None:
    """What has not the form of a cell is passed over; what has one is kept, and is a valid notebook."""
    found = submission.parse(json.dumps(odd).encode(), NAME)
    assert [cell.source for cell in found.cells] == ["z = 1"]
    nbformat.validate(found)


@pytest.mark.parametrize(
    "data", [b"[]", b"{}", b"1", b'{"cells": 3}', b'{"cells": {}}', b"null", b"NaN", b"\xff\xfe"]
)
def test_what_is_no_notebook_is_refused_in_words(data: bytes) -> None:
    """The reason begins with the file's name."""
    with pytest.raises(UnreadableError, match=r"^exercise4\.ipynb "):
        submission.parse(data, NAME)


CHOICES = {
    "mac's twin": ({NAME: SOLVED, f"._{NAME}": b"\0\5\26\7"}, NAME, 0),
    "an editor's twin": ({NAME: SOLVED, f".~{NAME}": b"{}"}, NAME, 0),
    "only a twin": ({f"._{NAME}": b"\0\5\26\7"}, NAME, 0),
    "capitals": ({"Exercise4.IPYNB": SOLVED}, "Exercise4.IPYNB", 1),
    "a mailer's txt": ({f"{NAME}.txt": SOLVED}, f"{NAME}.txt", 1),
    "a browser's json": ({f"{NAME}.json": SOLVED}, f"{NAME}.json", 1),
    "a copy": ({"exercise4-Copy1.ipynb": SOLVED}, "exercise4-Copy1.ipynb", 1),
    "a second download": ({"exercise4 (1).ipynb": SOLVED}, "exercise4 (1).ipynb", 1),
    "a folder": ({f"Exercise 4/{NAME}": SOLVED}, f"Exercise 4/{NAME}", 1),
    "a stub and a copy": ({NAME: RELEASE, "exercise4-Copy1.ipynb": SOLVED}, "exercise4-Copy1.ipynb", 1),
    "a stub and a folder": ({NAME: RELEASE, f"final/{NAME}": SOLVED}, f"final/{NAME}", 1),
    "a stub and another name": ({NAME: RELEASE, "mine.ipynb": SOLVED}, "mine.ipynb", 1),
    "two that were worked on": ({NAME: SOLVED, "exercise4-Copy1.ipynb": SOLVED}, NAME, 1),
    "broken and a copy": ({NAME: b"{", "exercise4 (1).ipynb": SOLVED}, "exercise4 (1).ipynb", 1),
    "neither name": ({"a.ipynb": RELEASE, "b.ipynb": SOLVED}, "b.ipynb", 1),
    "a checkpoint": ({NAME: SOLVED, f".ipynb_checkpoints/{NAME}": SOLVED}, NAME, 0),
    "two downloads": ({NAME: SOLVED, "exercise4 (2).ipynb": SOLVED}, "exercise4 (2).ipynb", 1),
    "a copy and its copy": ({"exercise4 - Copy.ipynb": SOLVED, f"old/{NAME}": SOLVED}, f"old/{NAME}", 1),
    "two stubs": ({NAME: RELEASE, "mine.ipynb": RELEASE}, NAME, 1),
}


@pytest.mark.parametrize("name", CHOICES)
def test_which_notebook_it_is(tmp_path: Path, name: str) -> None:
    """The one that was worked on is taken, and the page says what was there and what was taken."""
    files, taken, notices = CHOICES[name]
    for file, content in files.items():
        written(tmp_path, content, file)
    found, said = submission.look_for(tmp_path / NAME, RELEASE)
    assert str(found.relative_to(tmp_path)) == taken
    assert bool(said) == bool(notices)
    assert f"`{taken}`" in said or not said


def test_the_latest_of_two_attempts_by_time(tmp_path: Path) -> None:
    """Times that packing does not explain go before numbers and folders, but not before what was worked on."""
    for age, file in enumerate([NAME, f"old/{NAME}", "exercise4 (3).ipynb", "exercise4-Copy1.ipynb"]):
        written(tmp_path, SOLVED, file)
        os.utime(tmp_path / file, (10_000 - 100 * age, 10_000 - 100 * age))
    written(tmp_path, RELEASE, "exercise4 (4).ipynb")
    assert submission.look_for(tmp_path / NAME, RELEASE)[0] == tmp_path / NAME
    os.utime(tmp_path / f"old/{NAME}", (20_000, 20_000))
    assert submission.look_for(tmp_path / NAME, RELEASE)[0] == tmp_path / "old" / NAME


def test_an_answered_cell_comes_before_other_work(tmp_path: Path) -> None:
    """Who has tried something in the stub, and worked in a copy, has handed in the copy."""
    tried = deepcopy(RELEASE)
    tried.cells.insert(1, new_code_cell("x = 1"))
    written(tmp_path, tried, NAME)
    written(tmp_path, SOLVED, "exercise4-Copy1.ipynb")
    assert submission.look_for(tmp_path / NAME, RELEASE)[0].name == "exercise4-Copy1.ipynb"


def test_a_link_in_the_expected_place_is_not_passed_over(tmp_path: Path) -> None:
    """It is refused in words when it is read; nothing else is taken for it."""
    (tmp_path / NAME).symlink_to("/etc/passwd")
    written(tmp_path, SOLVED, "mine.ipynb")
    assert submission.look_for(tmp_path / NAME, RELEASE)[0] == tmp_path / NAME


def edited(change: Any) -> list[str]:
    """Return the notices on the solution with its graded cells changed."""
    notebook = deepcopy(SOLVED)
    notebook.cells = [cell for cell in notebook.cells if change(cell) is not False]
    restored, notices = submission.restore(notebook, RELEASE)
    graded = [
        reading.grade_id(cell) for cell in RELEASE.cells if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert sorted(name for name in map(reading.grade_id, restored.cells) if name in graded) == sorted(graded)
    return notices


def is_graded(cell: Any) -> bool:
    """Return whether a cell is graded."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


@pytest.mark.parametrize("end", ["\r\n", "\r", " \n", "\t\n", "\n\n"])
def test_line_ends_are_no_change(end: str) -> None:
    """An editor's line ends, and spaces that nobody sees, are not a changed cell."""
    sources = [
        cell.source.replace("\n", end) if end.strip("\n") else cell.source + end for cell in SOLVED.cells
    ]
    cells = [{**cell, "source": source} for cell, source in zip(SOLVED.cells, sources, strict=True)]
    data = json.dumps({"cells": cells}).encode()
    assert submission.restore(submission.parse(data, NAME), RELEASE)[1] == []


def test_an_editor_that_drops_metadata_is_one_line() -> None:
    """Without metadata the graded cells are known by their text, and one sentence says so."""
    notices = edited(lambda cell: cell.update(metadata=nbformat.NotebookNode()))
    assert len(notices) == 1
    assert "costs nothing" in notices[0]


def test_a_cell_that_came_later_accuses_nobody() -> None:
    """Who handed in before a cell was added reads that it was put in, not that it was missing."""
    (notice,) = edited(lambda cell: reading.grade_id(cell) != "he")
    assert notice.startswith("The graded cell `he` was not in this notebook: put back")


def test_many_changes_are_one_sentence() -> None:
    """Fifteen cells that are not as handed out are one notice that counts them, two are named."""
    (notice,) = edited(lambda cell: cell.update(source="x") if is_graded(cell) else None)
    assert notice.startswith("15 graded cells were not as handed out")
    few = ("he", "const")
    (notice,) = edited(lambda cell: cell.update(source="x") if reading.grade_id(cell) in few else None)
    assert notice.startswith("The graded cells `const`, `he` were not as handed out")


@pytest.mark.parametrize(
    "change",
    [
        lambda source: source.replace('"', "'"),
        lambda source: source.replace("(", "( ").replace(")", " )"),
        lambda source: source + "  # right",
        lambda source: "# mine\n" + source + "\n# done",
    ],
)
def test_what_says_the_same_is_no_change(change: Any) -> None:
    """Kinds of quotes, space and comments in a graded cell, as formatters and students leave them, are no notice."""
    assert not edited(lambda cell: cell.update(source=change(cell.source)) if is_graded(cell) else None)


@pytest.mark.parametrize("given", ["", 'self_check("flatten")\n'])
def test_an_answer_in_a_graded_cell_is_kept(given: str) -> None:
    """It is run in a cell of the student's own above the graded one, which is as it was handed out."""
    notebook, answer = deepcopy(SOLVED), "class FlattenLayer:\n    pass"
    (cell,) = [cell for cell in notebook.cells if reading.grade_id(cell) == "flatten"]
    handed_out, cell.source = cell.source, given + answer
    restored, notices = submission.restore(notebook, RELEASE)
    assert notices[0].endswith("what you define there was run above it.")
    names = list(map(reading.grade_id, restored.cells))
    place = names.index("flatten")
    assert restored.cells[place - 1].source.endswith(answer)
    assert restored.cells[place].source == handed_out


def test_what_is_no_answer_in_a_graded_cell_is_not_kept() -> None:
    """A call below what was handed out defines nothing, and nothing is run of it."""
    notebook = deepcopy(SOLVED)
    for cell in filter(is_graded, notebook.cells):
        cell.source += "\nprint('passed')"
    assert len(submission.restore(notebook, RELEASE)[0].cells) == len(notebook.cells)


def test_many_cells_are_no_reason_for_nothing() -> None:
    """Of 3,000 cells the graded ones all count; the page says how many others were run."""
    notebook = deepcopy(SOLVED)
    notebook.cells[1:1] = [new_code_cell(f"x = {number}") for number in range(3_000)]
    notebook.cells += [new_code_cell("") for _ in range(3_000)]
    restored, notices = submission.restore(notebook, RELEASE)
    names = [reading.grade_id(cell) for cell in restored.cells if reading.grade_id(cell)]
    assert names == [reading.grade_id(cell) for cell in RELEASE.cells if reading.grade_id(cell)]
    assert len(restored.cells) < MAX_CELLS + 2 * len(RELEASE.cells)
    assert "were run" in notices[-1]


def test_deep_and_wide_folders_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand nested folders and very many files are listed up to a limit, which is said."""
    handle = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1_100):
        os.mkdir("n" * 60, dir_fd=handle)
        inner = os.open("n" * 60, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    (tmp_path / "a.txt").write_text("x")
    found = {
        name: reason for name, reason, content in entries(tmp_path) if content is None or content.close()
    }
    # Python's own rmtree calls itself.
    subprocess.run(["rm", "-rf", str(tmp_path / ("n" * 60))], check=True)
    assert len(found) == 1
    assert "path too long" in next(iter(found.values()))
    for number in range(60):
        (tmp_path / f"f{number:03}").touch()
    monkeypatch.setattr(folder_of, "MAX_ENTRIES", 40)
    reasons = [reason for _, reason, content in entries(tmp_path) if content is None or content.close()]
    assert reasons == ["beyond the first 40 entries, as all that follows"]


def test_what_vanishes_while_it_is_listed_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file and a folder that are gone after they were listed are left out, in words; the others come along."""
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder").mkdir()
    listed = os.listdir

    def then_removed(handle: int) -> list[str]:
        names = listed(handle)
        (tmp_path / "b").unlink(missing_ok=True)
        return names

    monkeypatch.setattr(os, "listdir", then_removed)
    found = {}
    for name, reason, content in entries(tmp_path):
        if name == "c":
            (tmp_path / "folder").rmdir()
        found[name] = reason if content is None else content.read().decode()
        if content is not None:
            content.close()
    assert found == {"a": "a", "b": "gone", "c": "c", "folder": "gone"}


def test_folders_that_may_not_be_read_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission is left out, in words; root may read all, so the refusal is made here."""
    (tmp_path / "locked").mkdir()
    (tmp_path / "open").write_text("x")
    opened = folder_of._open_folder

    def refused(top: Path, inside: Any) -> int:
        if inside.parts:
            raise OSError(errno.EACCES, "Permission denied")
        return opened(top, inside)

    monkeypatch.setattr(folder_of, "_open_folder", refused)
    found = {
        name: reason for name, reason, content in entries(tmp_path) if content is None or content.close()
    }
    assert found == {"locked": "not readable"}


@pytest.mark.parametrize(
    "source",
    [
        "![x](http://a.b/c.png)",
        "!![x](http://a.b/c.png)",
        "![x](//a.b/c.png)",
        "![x][1]\n\n[1]: http://a.b/c.png",
        "![x](<http://a.b>)",
        "![x](attachment:a.png http://a.b)![y](http://a.b)",
        '<img src="http://a.b/c.png">',
        "<IMG\nSRC=x>",
        '<p style="background: url(http://a.b)">x</p>',
        "```mermaid\ngraph\n```",
    ],
)
def test_markdown_of_a_graded_notebook_loads_nothing(source: str) -> None:
    """Pictures from elsewhere are links in what JupyterLab opens; doing it twice changes nothing more."""
    harmless = without_requests(source)
    assert harmless != source
    assert without_requests(harmless) == harmless


@pytest.mark.parametrize(
    "source", ["$a<b$, x<y", "![x](attachment:a.png)", "![x](img/a.gif)", "`a<b>` **b**"]
)
def test_other_markdown_stays_as_it_is(source: str) -> None:
    """Formulas, attached pictures and those beside the notebook are the student's answer."""
    assert without_requests(source) == source


def test_an_assignments_other_notebook_is_taken_for_none(tmp_path: Path) -> None:
    """Of an assignment with two notebooks, each is itself: whoever has handed in one has not handed in the other."""
    (tmp_path / "second.ipynb").write_text(nbformat.writes(RELEASE))
    known = ["second", NAME.removesuffix(".ipynb")]
    assert submission.look_for(tmp_path / NAME, RELEASE, known) == (tmp_path / NAME, "")
    assert submission.look_for(tmp_path / NAME, RELEASE)[0] == tmp_path / "second.ipynb"
    (tmp_path / NAME).write_text(nbformat.writes(RELEASE))
    assert submission.look_for(tmp_path / NAME, RELEASE, known) == (tmp_path / NAME, "")


def test_halves_of_characters_are_not_put_right() -> None:
    """A file of halves of characters is no notebook: to put a replacement for each would take seconds."""
    with pytest.raises(UnreadableError, match=r"^a\.ipynb is no Jupyter notebook: its utf-16 is damaged\.$"):
        reading.parse(b"\xff\xfe" + b"\x00\xd8" * 10, "a.ipynb")
