"""A fuzzer for what is parsed of a stranger's: notebooks, archives, worksheets, times, Markdown and HTML.

Each property is that nothing but the error in words comes out, and that what comes out is valid and obeyed by no
browser. The search is seeded, so that it finds the same again; `make thorough` searches for two minutes. What it has
found is kept in tests/specimens/corpus, one file each, and is tried first.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from proctor import submission
from proctor.errors import CollectError, UnreadableError
from proctor.feedback.markdown import code, render
from proctor.lms.archive import open_inner
from proctor.lms.times import moodle_time
from proctor.submission.sanitize import clean_outputs, shorten, text_of, without_requests
from tests.proctor.support.thinning import THOROUGH

TESTS = Path(__file__).resolve().parents[2]

CORPUS = sorted((TESTS / "specimens" / "corpus").iterdir())
RELEASE = nbformat.read(TESTS.parent / "release/exercise4/exercise4.ipynb", as_version=4)
SEED = 18

fuzzed = settings(
    max_examples=2_000 if THOROUGH else 60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

scraps = st.sampled_from(
    ["<", ">", "</", "<div>", "<script>", "<!--", "$", "$$", "\\begin{a}", "![", "](", "`", "```", "~~~", "|",
     "> ", "- ", "\n", "\n\n", "\\", "{", "}", "&", "&#x", "http://a", "attachment:", "\x1b[", "\r", "\x00", "\ud800",
     "style=", "mermaid", "#", "*", "_"]
)  # fmt: skip
texts = st.lists(scraps | st.text(max_size=5), max_size=60).map("".join)
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
kinds = st.sampled_from(["stream", "error", "display_data"])
keys = st.sampled_from(["output_type", "data", "text", "name", "ename", "evalue", "traceback", "metadata"])
outputs_of_any_shape = st.lists(st.dictionaries(keys, kinds | values, max_size=5), max_size=4)
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cells | values, max_size=6) | values}, optional={"worksheets": values}
)


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
    graded = {
        cell.metadata.nbgrader.grade_id
        for cell in RELEASE.cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert submission.grade_ids(nbformat.writes(restored).encode()) >= graded


def shown(text: str) -> None:
    """Show a text in every way: what comes out has no tag but those that may be there."""
    tags = set(re.findall(r"<([a-z]+)", render(text, {})))
    assert not tags & {
        "script",
        "style",
        "iframe",
        "object",
        "embed",
        "svg",
        "link",
        "meta",
        "base",
        "form",
        "input",
    }
    assert "<script" not in code(text)
    for function in (text_of, shorten, without_requests):
        assert isinstance(function(text), str)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_was_found_before(path: Path) -> None:
    """Inputs that have once broken something, or that the fuzzers began with."""
    data = path.read_bytes()
    read_and_restored(data)
    shown(data.decode("utf-8", "replace"))


@seed(SEED)
@fuzzed
@given(notebooks)
def test_any_json_is_a_notebook_or_none(value: Any) -> None:
    """JSON of any shape is read or refused in words."""
    read_and_restored(json.dumps(value).encode())


@seed(SEED)
@fuzzed
@given(st.binary(max_size=200), st.integers(0, 60_000), st.integers(0, 200))
def test_any_bytes_are_a_notebook_or_none(junk: bytes, place: int, length: int) -> None:
    """A notebook with bytes overwritten is read or refused in words."""
    data = nbformat.writes(RELEASE).encode()
    read_and_restored(data[:place] + junk + data[place + length :])
    read_and_restored(junk)


@seed(SEED)
@fuzzed
@given(texts)
def test_any_text_is_shown(text: str) -> None:
    """Markdown, HTML and code of any kind make a page."""
    shown(text)


@seed(SEED)
@fuzzed
@given(outputs_of_any_shape)
def test_any_outputs_are_sanitized(outputs: list[Any]) -> None:
    """Outputs of any shape become valid ones of text and pictures."""
    notebook = new_notebook(cells=[new_code_cell("x")])
    notebook.cells[0].outputs = [nbformat.from_dict(output) for output in outputs]
    clean_outputs(notebook)
    nbformat.validate(notebook)


@seed(SEED)
@fuzzed
@given(st.binary(max_size=60), st.integers(0, 300), texts)
def test_any_zip_is_listed_or_refused(junk: bytes, place: int, name: str) -> None:
    """An archive with bytes overwritten is read or refused in words."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name.encode("utf-8", "replace").decode()[:50] or "a", b"content")
        archive.writestr("a.ipynb", b"{}" * 100, zipfile.ZIP_DEFLATED)
    data = buffer.getvalue()
    try:
        for file in open_inner(data[:place] + junk + data[place + len(junk) :], "a.zip").files:
            file.read()
    except CollectError as reason:
        assert str(reason)  # noqa: PT017  likewise


@seed(SEED)
@fuzzed
@given(texts | st.text("0123456789:., APMuhrMondayJanuary", max_size=40))
def test_any_time_is_one_or_none(text: str) -> None:
    """A worksheet's time is read, or is none."""
    found = moodle_time(text, dt.UTC)
    assert found is None or isinstance(found, dt.datetime)
