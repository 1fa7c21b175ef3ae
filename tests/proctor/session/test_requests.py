"""The number of requests that hidden tests take, which is what grading costs."""

from __future__ import annotations

from typing import Any

import pytest

from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.session.proxies import loopback
from tests.proctor.support.judging import HIDDEN, REFERENCE

REQUESTS = 342
"""Requests that exercise 4's solution takes in all."""


def counted(link: Any) -> list[bytes]:
    """Return the frames that a link sends from now on."""
    sent: list[bytes] = []
    exchange = link.exchange
    link.exchange = lambda frame: (sent.append(frame), exchange(frame))[1]
    return sent


@pytest.mark.filterwarnings("ignore")
def test_exercise_4_takes_no_more_requests_than_before() -> None:
    """All of its hidden tests together, on the solution."""
    assert REFERENCE is not None
    link = REFERENCE.link()
    sent = counted(link)
    for case in HIDDEN.values():
        report = judge_cell(case, LocalSide(link))
        assert report.points == report.worth
    assert len(sent) <= REQUESTS


def test_what_takes_no_request() -> None:
    """Truth and methods of plain objects are known with their type, and a list that is changed goes along."""
    plain = type(
        "Plain",
        (),
        {"__init__": lambda self: setattr(self, "items", []), "total": lambda self: sum(self.items)},
    )
    link = loopback({"Plain": plain})
    link.begin()
    thing = link.find(["Plain"])["Plain"]()
    sent = counted(link)
    assert thing
    assert callable(thing.total)
    assert not sent
    thing.items.append(3)
    assert thing.total() == 3
    assert len(sent) == 2
