"""Frames over a socket pair, and the plain values in them: what is chosen by the other side is measured first."""

from __future__ import annotations

import json
import struct
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from proctor.agent.frames import MAX_FRAME, MAX_HEADER, MAX_MARKS, Connection, FormatError, pack, unpack
from proctor.agent.values import MAX_DEPTH, MAX_EQUAL_HASHES, MAX_EXTENT, MAX_ITEMS, Reader, Writer
from proctor.sandbox.peer_process import socket_pair

if TYPE_CHECKING:
    from collections.abc import Callable


def refuse(*_: Any) -> Any:
    """Refuse what is not plain."""
    raise FormatError("not plain")


def crossed(value: Any) -> Any:
    """Take a value through a frame."""
    writer = Writer(refuse)
    header, body = unpack(pack({"value": writer.write(value)}, writer.body)[4:])
    return Reader(body, refuse).read(header["value"])


def frame(header: bytes, body: bytes = b"") -> bytes:
    """Return a frame without its first four bytes, whatever its header is."""
    return struct.pack(">I", len(header)) + header + body


def cpu(act: Callable[[], Any]) -> float:
    """Return the least CPU time in seconds that something takes, of three times."""

    def once() -> float:
        begun = time.process_time()
        act()
        return time.process_time() - begun

    return min(once() for _ in range(3))


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -(2**62), 1.5, "text", 1 + 2j, [1, [2.0]], (1, ("a",)), {"a": [1], 2: None}, [], (), {}],
)
def test_plain_values_come_back(value: Any) -> None:
    """A plain value is the same on the other side, with its type."""
    back = crossed(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?", "c16", ">f8"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (2, 3, 4)])
def test_arrays_come_back(dtype: str, shape: tuple[int, ...]) -> None:
    """An array is the same on the other side, and can be written to."""
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    back = crossed(array)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert np.array_equal(back, array)
    assert back.flags.writeable


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"\0\0",
        frame(b"[]"),
        frame(b"null"),
        frame(b'{"a": '),
        frame(b'{"a": "\xff"}'),
        frame(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        struct.pack(">I", 100) + b"{}",
        struct.pack(">I", MAX_HEADER + 1) + b"{}",
    ],
)
def test_malformed_frames(bad: bytes) -> None:
    """A frame that is not in the format is refused, in one way."""
    with pytest.raises(FormatError):
        unpack(bad)


@pytest.mark.parametrize("entry", [b"{}", b"[]", b"0"])
def test_many_small_entries_cost_no_parsing(entry: bytes) -> None:
    """Eight megabytes of brackets and commas are refused, for less than a text of that size costs to read."""
    count = MAX_HEADER // (len(entry) + 1) - 10
    many, plain = (
        frame(b'{"a":[' + b",".join([entry] * count) + b"]}"),
        frame(b'{"a":"' + b"x" * (MAX_HEADER - 20) + b'"}'),
    )
    assert count > MAX_MARKS

    def refused() -> None:
        with pytest.raises(FormatError, match="too many items"):
            unpack(many)

    assert cpu(refused) < 20 * cpu(lambda: unpack(plain))


def test_too_large_is_not_sent() -> None:
    """A value beyond a frame's size is refused by the side that has it."""
    with pytest.raises(FormatError, match="64 MiB"):
        pack({}, bytes(MAX_FRAME))
    with pytest.raises(FormatError):
        pack({"a": "x" * MAX_HEADER})
    with pytest.raises(FormatError, match="64 MiB"):
        crossed([np.zeros(MAX_FRAME // 16), np.zeros(MAX_FRAME // 16 + 1)])


def test_too_many_or_too_deep_is_not_sent() -> None:
    """So is one of too many items, or too deep."""
    deep: Any = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]
    for value in (deep, [0] * (MAX_ITEMS + 1)):
        with pytest.raises(FormatError, match="too many or too deeply nested"):
            crossed(value)


def read(form: Any, body: bytes = b"") -> Any:
    """Read a JSON form that no writer of ours would write."""
    return Reader(body, refuse).read(form)


def nested(depth: int) -> Any:
    """Return a form of many lists in each other."""
    form: Any = 1
    for _ in range(depth):
        form = ["l", [form]]
    return form


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (["l", [0] * (MAX_ITEMS + 1)], b""),
        (nested(5_000), b""),
        (["a", "f8", [3]], bytes(23)),
        (["a", "f8", [-1]], b""),
        (["a", "f8", [True]], bytes(8)),
        (["a", "f8", [1.0]], bytes(8)),
        (["a", "f8", [2**31, 2**31, 4]], bytes(8)),
        (["a", "f8", [0, MAX_EXTENT + 1]], b""),
        (["a", "f8", [1] * (MAX_DEPTH + 1)], bytes(8)),
        (["a", "O", [1]], bytes(8)),
        (["a", "f8,O", [1]], bytes(16)),
        (["a", "S1000000000", [0]], b""),
        (["a", "no such type", [1]], bytes(8)),
        (["n", "f8"], b""),
        (["n"], b""),
        (["c", "x", 1], b""),
        (["d", [[1]]], b""),
        (["d", [[["l", []], 1]]], b""),
        (["d", 5], b""),
        (["t", None], b""),
        ([], b""),
        ({}, b""),
        (["?", 1], b""),
        ([["l", []]], b""),
    ],
)
def test_malformed_values(form: Any, body: bytes) -> None:
    """A value that is not in the format is refused, in one way."""
    with pytest.raises(FormatError):
        read(form, body)


def test_equal_hashes_cost_no_building() -> None:
    """A dict whose keys all have one hash, which is quadratic to build, is refused for what a plain one costs."""
    step = 2**61 - 1
    form = json.loads(json.dumps(["d", [[step * number, 0] for number in range(20_000)]]))
    plain = ["d", [[number, 0] for number in range(20_000)]]

    def refused() -> None:
        with pytest.raises(FormatError, match="same hash"):
            read(form)

    assert cpu(refused) < 10 * cpu(lambda: read(plain))
    assert len(read(["d", form[1][:MAX_EQUAL_HASHES]])) == MAX_EQUAL_HASHES


def test_equal_hashes_in_tuples() -> None:
    """So is one of tuples, whose hashes are those of what is in them."""
    step = 2**61 - 1
    form = ["d", [[["t", [step * number]], 0] for number in range(5_000)]]
    with pytest.raises(FormatError, match="same hash"):
        read(form)


def test_connection() -> None:
    """Frames come out as they went in, whatever pieces they come in; the end is told."""
    mine, theirs = socket_pair()
    with mine, theirs:
        connection = Connection(theirs)
        sent = pack({"a": 1}, b"xyz") + pack({"b": 2})
        for byte in sent:
            mine.sendall(bytes([byte]))
        assert connection.receive() == ({"a": 1}, b"xyz")
        assert connection.receive() == ({"b": 2}, b"")
        mine.sendall(b"\0\0")
        mine.close()
        with pytest.raises(EOFError):
            connection.receive()


def test_a_frame_that_is_too_large_is_refused() -> None:
    """It is not waited for."""
    mine, theirs = socket_pair()
    with mine, theirs:
        mine.sendall(struct.pack(">I", MAX_FRAME + 1))
        with pytest.raises(FormatError, match="too large"):
            Connection(theirs).receive()
