"""Outputs of a cell, as they are gathered from frames."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proctor.session.outputs import MAX_DISPLAYS, MAX_ID, MAX_PARTS, TOO_MANY, Displays, Outputs


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """Return an output of text."""
    return {"output_type": "stream", "name": name, "text": text}


def data(text: str) -> dict[str, Any]:
    """Return an output of data."""
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def add(outputs: Outputs, output: Any, display: Any = None, show: str = "output") -> None:
    """Let a frame with an output come."""
    outputs.add({"show": show, "id": display}, json.dumps(output).encode())


def texts(outputs: Outputs) -> list[str]:
    """Return the text of each output, in order, with what was left out."""
    return [output.text if "text" in output else output.data["text/plain"] for output in outputs.finish()]


def test_text_is_joined() -> None:
    """Texts of one stream that follow each other are one output; another stream, or data, stands between."""
    outputs = Outputs(1000)
    for output in (stream("a"), stream("b"), stream("c", "stderr"), stream("d"), data("e"), stream("f")):
        add(outputs, output)
    assert texts(outputs) == ["ab", "c", "d", "e", "f"]


def test_limit() -> None:
    """Beyond the limit nothing is kept, but smaller outputs that fit; a line tells how much was left out."""
    outputs = Outputs(200)
    add(outputs, stream("a"))
    large = stream("x" * 300)
    add(outputs, large)
    outputs.add({"show": "lost", "size": 1000}, b"")
    add(outputs, stream("b"))
    shown = "".join(texts(outputs))
    assert shown.startswith("ab")
    assert f"[{1000 + len(json.dumps(large))} more bytes of output were left out here.]" in shown
    assert outputs.size <= 200
    assert outputs.seen > 1300


@pytest.mark.parametrize("wait", [False, True])
def test_cleared_output_is_not_missed(wait: bool) -> None:
    """A cell that shows and clears for long stays within its limit, and nothing is said to be left out."""
    outputs = Outputs(500)
    for number in range(100):
        add(outputs, stream(f"step {number}" + "." * 100))
        outputs.add({"show": "clear", "wait": wait}, b"")
    add(outputs, stream("done"))
    assert texts(outputs) == ["done"]


def test_clear_that_waits_for_nothing() -> None:
    """With `wait` the last output stays until another one comes; without, it goes at once."""
    for wait, kept in ((True, ["a"]), (False, [])):
        outputs = Outputs(500)
        add(outputs, stream("a"))
        outputs.add({"show": "clear", "wait": wait}, b"")
        assert texts(outputs) == kept


def test_updates_across_cells() -> None:
    """An update replaces all outputs with its display id, those of earlier cells included, and adds none."""
    displays: Displays = {}
    first, second = Outputs(1000, displays), Outputs(1000, displays)
    add(first, data("old"), "bar")
    add(first, data("other"), "foo")
    add(second, data("older"), "bar")
    add(second, data("new"), "bar", "update")
    assert texts(first) == ["new", "other"]
    assert texts(second) == ["new"]


@pytest.mark.parametrize("name", [None, 5, ["bar"], {"a": 1}, "unknown"])
def test_update_of_what_is_not_there(name: Any) -> None:
    """An update with an id that nothing has changes nothing."""
    outputs = Outputs(1000)
    add(outputs, data("old"), "bar")
    add(outputs, data("new"), name, "update")
    assert texts(outputs) == ["old"]


@pytest.mark.parametrize(
    "output", [stream("text"), {"output_type": "error", "ename": "", "evalue": "", "traceback": []}]
)
def test_update_by_another_kind(output: dict[str, Any]) -> None:
    """An update that carries no data, which no notebook makes, changes nothing."""
    outputs = Outputs(1000)
    add(outputs, data("old"), "bar")
    add(outputs, output, "bar", "update")
    assert texts(outputs) == ["old"]


def test_display_ids_are_limited() -> None:
    """A notebook cannot fill the memory with display ids."""
    displays: Displays = {}
    outputs = Outputs(10**6, displays)
    for number in range(MAX_DISPLAYS + 10):
        add(outputs, data("x"), str(number))
    assert len(displays) == MAX_DISPLAYS
    assert len(outputs.finish()) == MAX_DISPLAYS + 10


def test_long_display_ids_are_none() -> None:
    """An id comes in a frame's header, which no limit of outputs counts: a long one is not kept."""
    displays: Displays = {}
    add(Outputs(1000, displays), data("x"), "x" * (MAX_ID + 1))
    assert displays == {}


@pytest.mark.parametrize(
    "output",
    [
        {"output_type": "display_data", "data": {"application/json": [{}] * MAX_PARTS}, "metadata": {}},
        {"output_type": "display_data", "data": {}, "metadata": {"x": [[]] * MAX_PARTS}},
        {"output_type": "display_data", "data": {"a+json": 1}, "metadata": {"x": {"y": [{}] * MAX_PARTS}}},
    ],
)
def test_outputs_of_many_parts_are_left_out(output: dict[str, Any]) -> None:
    """Each dict would be one of a notebook's, of some three hundred bytes; a line says that the output was left out."""
    outputs = Outputs(10**6)
    add(outputs, output)
    assert texts(outputs) == [TOO_MANY]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ({}, b""),
        ({"show": "output"}, b""),
        ({"show": "output"}, b"[1]"),
        ({"show": "output"}, b"\xff"),
        ({"show": "output"}, b'"x"'),
        ({"show": "output"}, b"[" * 100_000),
        ({"show": "output"}, b'{"output_type": "stream", "name": 1, "text": "x"}'),
        ({"show": "output"}, b'{"output_type": "stream", "name": "stdout", "text": ["x"]}'),
        ({"show": "output"}, b'{"output_type": "display_data", "data": [], "metadata": {}}'),
        ({"show": "output"}, b'{"output_type": ["stream"]}'),
        ({"show": "output"}, b'{"output_type": "widget"}'),
        (
            {"show": "output", "id": []},
            b'{"output_type": "error", "ename": 1, "evalue": "", "traceback": []}',
        ),
        ({"show": ["output"]}, b"{}"),
        ({"show": "lost", "size": "9"}, b""),
        ({"show": "lost", "size": -9}, b""),
        ({"show": "lost", "size": True}, b""),
        ({"show": "lost", "size": int("9" * 4300)}, b""),
        ({"show": "update", "id": "x"}, b"null"),
    ],
)
def test_junk_is_dropped(header: dict[str, Any], body: bytes) -> None:
    """A frame that no agent of ours would send is dropped."""
    outputs = Outputs(10**6)
    add(outputs, stream("a"))
    outputs.add(header, body)
    add(outputs, stream("b"))
    assert texts(outputs) == ["ab"]


def test_stray_fields_are_dropped() -> None:
    """An output keeps the fields of its type, and no others."""
    outputs = Outputs(1000)
    add(outputs, stream("a") | {"metadata": {"x": 1}, "evil": "<script>"})
    assert dict(outputs.finish()[0]) == stream("a")
