"""Parsers of what students hand in, and inputs for each: what the tests try briefly and `make fuzz` for long.

A surface is a strategy of inputs and a property: nothing but the error in words comes out, and what comes out is valid,
and obeyed by no browser. `search` tries the inputs of one, under a limit of CPU time for each.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import signal
import struct
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from proctor import submission
from proctor.agent import kinds, tables
from proctor.agent.frames import Connection, FormatError, pack, unpack
from proctor.agent.values import Reader, Writer
from proctor.errors import CollectError, TableError, UnreadableError
from proctor.feedback.markdown import code, render
from proctor.lms.download import open_inner
from proctor.lms.pick_files import grade_ids
from proctor.lms.platforms.moodle import moodle_time
from proctor.lms.roster import people_in
from proctor.lms.spreadsheet import parse_table
from proctor.submission.sanitize import clean_outputs, shorten, text_of, without_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests" / "specimens" / "corpus"
RELEASE = nbformat.read(ROOT / "release/exercise4/exercise4.ipynb", as_version=4)
RELEASED = nbformat.writes(RELEASE).encode()
GRADED = {
    cell.metadata.nbgrader.grade_id
    for cell in RELEASE.cells
    if cell.metadata.get("nbgrader", {}).get("grade")
}
SEED = 18
SECONDS = 5.0
"""CPU time of one input."""
FORBIDDEN = {
    "script", "style", "iframe", "object", "embed", "svg", "link", "meta", "base", "form", "input",
}  # fmt: skip
"""Tags that no page may get from a student's text."""


class TooSlowError(AssertionError):
    """An input that takes more CPU time than it may."""


@dataclass(frozen=True)
class Surface:
    """A parser under test.

    Attributes:
        inputs: a strategy.
        holds: the property, which raises if it does not hold for an input.
    """

    inputs: st.SearchStrategy[Any]
    holds: Callable[[Any], None]


def search(surface: Surface, cases: int, number: int = SEED) -> int:
    """Try many inputs; raises what a property raised for the smallest input that was found, which is in its notes.

    Args:
        surface: of which.
        cases: how many.
        number: the seed: the same inputs are tried again.

    Returns:
        How many were tried.
    """
    count = 0

    @seed(number)
    @settings(max_examples=cases, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(surface.inputs)
    def tried(value: Any) -> None:
        nonlocal count
        count += 1
        with limited(SECONDS):
            surface.holds(value)

    tried()
    return count


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooSlowError in a block that takes more CPU time than it may."""

    def over(*_: object) -> None:
        raise TooSlowError(f"more than {seconds:g} s of CPU time")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


scraps = st.sampled_from(
    ["<", ">", "</", "<div>", "<script>", "<!--", "$", "$$", "\\begin{a}", "![", "](", "`", "```", "~~~", "|",
     "> ", "- ", "\n", "\n\n", "\\", "{", "}", "&", "&#x", "http://a", "attachment:", "\x1b[", "\r", "\x00", "\ud800",
     "style=", "mermaid", "#", "*", "_"]
)  # fmt: skip
texts = st.lists(scraps | st.text(max_size=5), max_size=60).map("".join)
long_texts = st.tuples(texts, st.integers(1, 2_000)).map(lambda parts: (parts[0] * parts[1])[:100_000])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | values,
        "source": texts | st.lists(texts, max_size=3) | values,
        "metadata": st.fixed_dictionaries(
            {"nbgrader": st.fixed_dictionaries({"grade_id": st.just("he") | values})}
        )
        | values,
        "attachments": values,
        "outputs": values,
        "level": values,
    },
)
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cells | values, max_size=6) | values}, optional={"worksheets": values}
)
keys = st.sampled_from(["output_type", "data", "text", "name", "ename", "evalue", "traceback", "metadata"])
outputs = st.lists(
    st.dictionaries(keys, st.sampled_from(["stream", "error", "display_data"]) | values, max_size=5),
    max_size=4,
)
patches = st.tuples(st.binary(max_size=200), st.integers(0, 60_000), st.integers(0, 200))
forms = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["<f8", ">u2", "O", "U3", "M8[s]", "V4", "dict", "Counter", "builtins", "int", "2024-01-01"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.builds(
        lambda kind, rest: [kind, *rest],
        st.sampled_from(["a", "n", "c", "l", "t", "d", "r", "m", "o", *kinds.READERS, *tables.READERS]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=30,
)  # fmt: skip
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=20,
)
lines = st.lists(
    st.sampled_from([*',;\t"\n\r\'=+-@', "\r\n", "Identifier", "Grade", "Maximum Grade", "12,5", "Participant 1"])
    | st.text(max_size=4),
    max_size=80,
).map("".join)  # fmt: skip


def read_and_restored(data: bytes) -> None:
    """Read and restore what may be a notebook: a valid one comes out, or the error in words."""
    try:
        found = submission.parse(data, "a.ipynb")
    except UnreadableError as reason:
        assert str(reason).startswith("a.ipynb ")  # noqa: PT017  any input may be one or the other
        return
    restored, notices = submission.restore(found, RELEASE)
    nbformat.validate(restored)
    assert all(isinstance(notice, str) for notice in notices)
    assert grade_ids(nbformat.writes(restored).encode()) >= GRADED


def overwritten(patch: tuple[bytes, int, int]) -> None:
    """Read a notebook of which some bytes were replaced, and these bytes alone."""
    junk, place, length = patch
    read_and_restored(RELEASED[:place] + junk + RELEASED[place + length :])
    read_and_restored(junk)


def shown(text: str) -> None:
    """Show a text in every way: what comes out has no tag but those that may be there."""
    assert not FORBIDDEN & set(re.findall(r"<([a-z]+)", render(text, {})))
    assert "<script" not in code(text)
    for function in (text_of, shorten, without_requests):
        assert isinstance(function(text), str)


def sanitized(found: list[Any]) -> None:
    """Sanitize outputs of any shape: valid ones of text and pictures come out."""
    notebook = new_notebook(cells=[new_code_cell("x")])
    notebook.cells[0].outputs = [nbformat.from_dict(output) for output in found]
    clean_outputs(notebook)
    nbformat.validate(notebook)


def listed(case: tuple[bytes, int, str]) -> None:
    """List and read an archive with bytes overwritten."""
    junk, place, name = case
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            name.replace("\0", "").encode("utf-8", "replace")[:50].decode("utf-8", "replace") or "a",
            b"content",
        )
        archive.writestr("a.ipynb", b"{}" * 100, zipfile.ZIP_DEFLATED)
    data = buffer.getvalue()
    opened(data[:place] + junk + data[place + len(junk) :])


def opened(data: bytes) -> None:
    """List and read what may be an archive: its files come out, or the error in words."""
    for ending in ("a.zip", "a.tar"):
        try:
            for file in open_inner(data, ending).files:
                file.read()
        except CollectError as reason:
            assert str(reason)  # noqa: PT017  likewise


def tabular(data: bytes) -> None:
    """Read a worksheet: people come out, or the error in words.

    They are the same when it is written and read again, unless a name of a column may be taken for several.
    """
    try:
        table = parse_table(data, "a.csv")
        people = people_in(table, dt.UTC)
    except TableError as reason:
        assert str(reason)  # noqa: PT017  likewise
        return
    if not any(set(name) & set(",;\t\r\n") for name in table.header):
        assert people_in(parse_table(table.encode(), "a.csv"), dt.UTC) == people


def told(text: str) -> None:
    """Read a worksheet's time: a time comes out, or none."""
    assert isinstance(moodle_time(text, dt.UTC), dt.datetime | None)


def refuse(*_: Any) -> Any:
    """Refuse what stays on the other side."""
    raise FormatError("not plain")


def valued(frame: bytes) -> None:
    """Read a frame without its length, and the value in it: something plain comes out, or FormatError."""
    try:
        header, body = unpack(frame)
        Reader(body, refuse).read(header.get("value"))
    except FormatError as reason:
        assert str(reason)  # noqa: PT017  likewise


def damaged(case: tuple[Any, bytes, int]) -> None:
    """Read a frame of plain values with bytes overwritten."""
    value, junk, place = case
    writer = Writer(refuse)
    frame = pack({"value": writer.write(value)}, writer.body)[4:]
    valued(frame[:place] + junk + frame[place + len(junk) :])


def formed(case: tuple[Any, bytes]) -> None:
    """Read a frame whose value has a form that may be none."""
    form, body = case
    text = json.dumps({"value": form}).encode()
    valued(struct.pack(">I", len(text)) + text + body)


class Pieces(Connection):
    """A connection to whoever sends these bytes, piece by piece, and goes."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._data, self._pieces = bytearray(), iter(pieces)

    def _read(self) -> bytes:
        return next(self._pieces, b"")


def received(pieces: Iterable[bytes]) -> None:
    """Receive frames from a stream of any bytes, until it ends or is none."""
    connection = Pieces(pieces)
    try:
        while True:
            connection.receive()
    except (EOFError, FormatError):
        pass


frames = st.builds(
    lambda size, rest: struct.pack(">I", size) + rest, st.integers(0, 70), st.binary(max_size=80)
)
SURFACES = {
    "notebook": Surface(notebooks.map(lambda value: json.dumps(value).encode()), read_and_restored),
    "notebook overwritten": Surface(patches, overwritten),
    "text": Surface(texts | long_texts, shown),
    "outputs": Surface(outputs, sanitized),
    "archive": Surface(st.tuples(st.binary(max_size=60), st.integers(0, 300), texts), listed),
    "worksheet": Surface(
        st.builds(str.encode, lines, st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]), st.just("replace"))
        | st.binary(max_size=100),
        tabular,
    ),
    "time": Surface(texts | st.text("0123456789:., APMuhrMondayJanuary", max_size=40), told),
    "frame": Surface(st.tuples(forms, st.binary(max_size=64)), formed),
    "frame overwritten": Surface(st.tuples(plain, st.binary(max_size=8), st.integers(0, 200)), damaged),
    "stream of frames": Surface(st.lists(st.binary(min_size=1, max_size=80) | frames, max_size=8), received),
}  # fmt: skip
"""By what is parsed."""
