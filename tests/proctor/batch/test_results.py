"""The outcome of a run as plain data, in the shape that docs/commands.md describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from proctor.batch.display import print_summary
from proctor.batch.results import Change, GradedStudent, Progress
from proctor.gradebook.lateness import Penalties
from proctor.gradebook.marks import Marks
from proctor.gradebook.score import Score

if TYPE_CHECKING:
    import pytest


def test_progress_as_plain_data() -> None:
    """Each submission is in it once, with its points and changes, and what was not dealt with is counted."""
    progress = Progress(total=6)
    progress.graded.append(
        GradedStudent("cem", 2.0, 3.0, 0.5, ("time",), Change(1.0, 2.0, ("double 1 -> 2",)))
    )
    progress.graded.append(GradedStudent("ann", 3.0, 3.0, 0.25))
    progress.up_to_date.append("ben")
    progress.penalties["dan"] = Penalties(0.0, 1.5)
    progress.failed["eve"] = "The disk is full."
    found = progress.as_dict()
    assert json.loads(json.dumps(found)) == {
        "graded": {
            "ann": {"points": 3.0, "worth": 3.0, "seconds": 0.25, "look": [], "change": None},
            "cem": {
                "points": 2.0, "worth": 3.0, "seconds": 0.5, "look": ["time"],
                "change": {"before": 1.0, "after": 2.0, "cells": ["double 1 -> 2"]},
            },
        },
        "up_to_date": ["ben"],
        "penalties": {"dan": {"before": 0.0, "after": 1.5}},
        "failed": {"eve": "The disk is full."},
        "left": 1,
    }  # fmt: skip
    assert list(found["graded"]) == ["ann", "cem"]


def test_points_given_by_hand_count() -> None:
    """What was given by hand counts in place of tests, and where only a person grades; what waits counts 0."""
    before = {
        "tested": Score(1.0, manual=1.5),
        "essay": Score(None, manual=2.0),
        "task": Score(None, manual=3.0),
    }
    marks = Marks({"tested": 0.0, "essay": None, "new": 1.0}, worth=12.0)
    graded = GradedStudent.of("ada", [marks], 1.0, before)
    assert (graded.points, graded.worth) == (1.5 + 2.0 + 3.0 + 1.0, 12.0)
    assert GradedStudent.of("ada", [marks], 1.0, {}).points == 1.0


def test_worth_a_look_says_them(capsys: pytest.CaptureFixture[str]) -> None:
    """The line about whom somebody should look at has the points that count, those given by hand included."""
    marks = Marks({"tested": 0.0, "essay": None}, worth=12.0, look=("time limit",))
    before = {"tested": Score(1.0, manual=1.5), "essay": Score(None, manual=2.0)}
    print_summary(Progress(1, [GradedStudent.of("ada", [marks], 1.0, before)]), 1.0)
    said = capsys.readouterr().out.partition("Worth a look")[2]
    assert said.split() == ["ada", "3.5", "of", "12", "points:", "time", "limit"]
