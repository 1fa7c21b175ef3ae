"""Outputs of a running cell become outputs of the notebook format, within bounds, whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbformat.validator import validate

from proctor.session.outputs import Displays, Outputs


def _display(text: str, **more: Any) -> bytes:
    output = {"output_type": "display_data", "data": {"text/plain": text, **more}, "metadata": {}}
    return json.dumps(output).encode()


def _stream(text: str) -> bytes:
    return json.dumps({"output_type": "stream", "name": "stdout", "text": text}).encode()


OUTPUT: dict[str, Any] = {"show": "output", "id": None}
NAMED: dict[str, Any] = {"show": "output", "id": "a"}
UPDATE: dict[str, Any] = {"show": "update", "id": "a"}


@pytest.mark.parametrize(
    "body",
    [
        _display("kept", **{"application/x-own": {"k": [1]}}),
        _display("kept", **{"image/png": 5}),
        _display("kept", **{"application/vnd.own+json": {"k": [1]}}),
        b'{"output_type": "error", "ename": "E", "evalue": "", "traceback": [5]}',
        b'{"output_type": "error", "ename": "E", "evalue": "", "traceback": "text"}',
        b'{"output_type": "stream", "name": "other", "text": "kept"}',
        b'{"output_type": "display_data", "data": [], "metadata": {}}',
        b'{"output_type": "no such type"}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_whatever_comes_the_outputs_are_in_the_notebook_format(body: bytes) -> None:
    """No output raises, and what is kept can be saved."""
    outputs = Outputs(10**6)
    outputs.add(OUTPUT, body)
    kept = outputs.finish()
    validate(new_notebook(cells=[new_code_cell(outputs=kept)]))
    assert (len(kept) == 1) == (b"kept" in body)


def test_what_is_cleared_is_not_told_as_left_out() -> None:
    """A cell that clears what was too much has no line about it."""
    outputs = Outputs(1000)
    outputs.add(OUTPUT, _stream("x" * 2000))
    outputs.add({"show": "clear", "wait": True}, b"")
    outputs.add(OUTPUT, _stream("small"))
    assert [output.text for output in outputs.finish()] == ["small"]


def test_what_replaces_an_output_is_not_counted_with_it() -> None:
    """Pictures that follow each other after `clear_output(wait=True)` are each within the limit."""
    outputs = Outputs(1000)
    for number in range(5):
        outputs.add({"show": "clear", "wait": True}, b"")
        outputs.add(OUTPUT, _stream(f"{number}" * 800))
    assert [output.text for output in outputs.finish()] == ["4" * 800]


def test_updates_take_the_place_of_what_they_update() -> None:
    """Many updates of one output are within the limit, and the last one is shown."""
    outputs = Outputs(1000)
    outputs.add(NAMED, _display("first"))
    for number in range(100):
        outputs.add(UPDATE, _display(f"{number}" * 100))
    assert [output.data["text/plain"] for output in outputs.finish()] == ["99" * 100]


def test_an_update_counts_for_each_output_that_it_changes() -> None:
    """A large update of many small outputs is over the limit, and told as left out."""
    displays: Displays = {}
    outputs = Outputs(5000, displays)
    for _ in range(20):
        outputs.add(NAMED, _display("x"))
    outputs.add(UPDATE, _display("y" * 1000))
    shown = outputs.finish()
    assert [output.data["text/plain"] for output in shown[:-1]] == ["x"] * 20
    assert "left out" in shown[-1].text


def test_what_was_cleared_frees_no_space_when_it_is_updated() -> None:
    """An update finds no output that was cleared, and the size never falls below zero."""
    displays: Displays = {}
    outputs = Outputs(5000, displays)
    outputs.add(NAMED, _display("x" * 3000))
    outputs.add({"show": "clear", "wait": False}, b"")
    outputs.add(UPDATE, _display("y"))
    assert outputs.size == 0
    assert outputs.finish() == []


def test_a_later_cell_updates_an_earlier_one() -> None:
    """Display ids are the notebook's, not the cell's."""
    displays: Displays = {}
    first, second = Outputs(1000, displays), Outputs(1000, displays)
    first.add(NAMED, _display("x"))
    second.add(UPDATE, _display("y"))
    assert [output.data["text/plain"] for output in first.finish()] == ["y"]
    assert second.finish() == []
