"""Series and DataFrames across the sandbox."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from proctor.agent.frames import FormatError
from proctor.agent.tables import MAX_ROWS
from proctor.agent.values import MAX_EQUAL_HASHES, Reader
from proctor.session.proxies import loopback
from proctor.session.proxy import Proxy


def through(value: Any) -> Any:
    """Return what comes back of a value that a student's function returns as it is."""
    link = loopback({"same": lambda it: it})
    link.begin()
    return link.find(["same"])["same"](value)


FRAMES: dict[str, Any] = {
    "numbers": lambda: pd.DataFrame({"a": [1, 2], "b": [0.5, float("nan")]}),
    "texts": lambda: pd.DataFrame({"name": ["Ada", "Bob"], "mixed": pd.Series([1, "x"], dtype=object)}),
    "dates": lambda: pd.DataFrame({"n": [1, 2]}, index=pd.to_datetime(["2024-01-31", "2024-02-29"])),
    "named index": lambda: pd.DataFrame({"n": [1, 2]}, index=pd.Index(["x", "y"], name="key")),
    "groups": lambda: pd.DataFrame({"k": ["a", "b", "a"], "n": [1, 2, 3]}).groupby("k").sum(),
    "two levels": lambda: pd.DataFrame({"k": ["a", "b"], "l": [1, 2], "n": [3, 4]}).set_index(["k", "l"]),
    "two levels of columns": lambda: (
        pd.DataFrame({"k": ["a"], "n": [1]}).groupby("k").agg({"n": ["min", "max"]})
    ),
    "same name twice": lambda: pd.DataFrame([[1, "x"]], columns=["a", "a"]),
    "whole numbers with gaps": lambda: pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}),
    "categories": lambda: pd.DataFrame({"c": pd.Categorical(["a", "b", "a"])}),
    "truth": lambda: pd.DataFrame({"b": [True, False]}),
    "nothing": lambda: pd.DataFrame({"a": pd.Series([], dtype="float64")}),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_come_back(name: str) -> None:
    """A DataFrame is the same on the other side, and a Series of it."""
    frame = FRAMES[name]()
    pd.testing.assert_frame_equal(through(frame), frame, check_freq=False)
    pd.testing.assert_series_equal(through(frame.iloc[:, 0]), frame.iloc[:, 0], check_freq=False)


def test_index_and_timestamp() -> None:
    """So are an index and a moment."""
    assert through(pd.Index([3, 4], name="n")).equals(pd.Index([3, 4], name="n"))
    assert through(pd.Timestamp("2024-02-29 12:00")) == pd.Timestamp("2024-02-29 12:00")


def test_what_is_too_long_stays_on_its_side() -> None:
    """A long table is a proxy: its methods answer."""
    link = loopback({"make": lambda: pd.DataFrame({"n": range(MAX_ROWS + 1)})})
    link.begin()
    frame = link.find(["make"])["make"]()
    assert isinstance(frame, Proxy)
    assert frame.shape == (MAX_ROWS + 1, 1)
    assert frame["n"].max() == MAX_ROWS


def refuse(*_: Any) -> Any:
    """Refuse what is not plain."""
    raise FormatError("not plain")


HASHES = [(2**61 - 1) * number for number in range(MAX_EQUAL_HASHES + 1)]


@pytest.mark.parametrize(
    "form",
    [
        ["h", ["object", HASHES], [["R", 0, len(HASHES), 1], None], None],
        ["h", ["object", [1]], [["R", 0, 2, 1], None], None],
        ["h", ["eval", [1]], [["R", 0, 1, 1], None], None],
        ["h", ["object", [1]], [["R", 0, 1, 1], None], ["l", []]],
        ["h", None, None, None],
        ["w", [["object", [1]]], [["R", 0, 1, 1], None], [["R", 0, 2, 1], None]],
        ["w", 5, [["R", 0, 1, 1], None], [["R", 0, 1, 1], None]],
        ["x", ["R", 0, 10**9, 1], None],
        ["x", [[["object", [1]], ["object", [1, 2]]]], None, None],
        ["x"],
        ["x", "R", None],
    ],
)
def test_malformed_tables(form: Any) -> None:
    """A table that no writer of ours would write is refused, in one way."""
    with pytest.raises(FormatError):
        Reader(b"", refuse, plain_keys=True).read(form)
