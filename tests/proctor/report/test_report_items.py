"""The figures of the class report, on classes small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from proctor.criteria.outcome import CellReport, Outcome, Verdict
from proctor.report.class_scores import StudentScores
from proctor.report.gathering import Classroom, Submission
from proctor.report.items import Item, discriminate, items, misconceptions
from proctor.report.lesson import Lesson, ideas, not_begun
from proctor.report.outliers import notices, slow_from, stops, versions

GOOD, BAD, OPEN = Outcome.PASSED, Outcome.FAILED, Outcome.UNFINISHED


def report(cell: str, *outcomes: Outcome, mistake: str = "") -> CellReport:
    """Make a cell's report: a criterion of one point for each outcome."""
    verdicts = [
        Verdict(f"test_{n}", f"Sentence {n}.", outcome, 1.0, misconception=mistake if outcome is BAD else "")
        for n, outcome in enumerate(outcomes)
    ]
    return CellReport(cell, cell.title(), tuple(verdicts))


def submission(student: str, *reports: CellReport, by_hand: dict[str, float] | None = None) -> Submission:
    """Make a submission whose points are those of its reports, unless they are given by hand."""
    cells = {each.grade_id: each.points for each in reports} | (by_hand or {})
    scores = StudentScores(cells=cells, by_hand=set(by_hand or {}))
    return Submission(student, scores, {each.grade_id: each for each in reports})


def classroom(*submissions: Submission, **rest: object) -> Classroom:
    """Make a class, whose cells are worth as many points as they have criteria."""
    worth = {cell: each.worth for one in submissions for cell, each in one.reports.items()}
    return Classroom("exercise4", worth, submissions, **rest)  # type: ignore[arg-type]


def test_pass_rates_count_everybody() -> None:
    """Of four, two pass, one fails and one has done nothing: the rate is a half."""
    outcomes = [GOOD, GOOD, BAD, OPEN]
    made = classroom(*(submission(f"s{n}", report("a", each)) for n, each in enumerate(outcomes)))
    item = items(made)[0]
    assert (item.rate, item.students, item.begun) == (0.5, 4, 3)
    assert item.lost == 0.25, "what was not done is not wrong"


def test_discrimination_is_the_correlation_with_the_rest() -> None:
    """Five pass with 2 points elsewhere, five fail with 0: the correlation is 1; turned around, it is -1."""
    made = [submission(f"s{n}", report("a", GOOD if n < 5 else BAD), report("b", *[GOOD if n < 5 else BAD] * 2))
            for n in range(10)]  # fmt: skip
    assert items(classroom(*made))[0].discrimination.value == pytest.approx(1)
    made = [submission(f"s{n}", report("a", GOOD if n < 5 else BAD), report("b", *[BAD if n < 5 else GOOD] * 2))
            for n in range(10)]  # fmt: skip
    assert items(classroom(*made))[0].discrimination.value == pytest.approx(-1)


def test_discrimination_by_hand() -> None:
    """Ten students: those who pass have 3, 3, 3, 1, 1 points elsewhere, the others 3, 1, 1, 1, 1.

    The means are 2.2 and 1.4, the deviation over all is sqrt(0.96), half pass: r = 0.8 / sqrt(0.96) * 0.5. Its
    interval is tanh(artanh(r) -+ 1.96 / sqrt(7)).
    """
    passed = np.array([True] * 5 + [False] * 5)
    rest = np.array([3.0, 3, 3, 1, 1, 3, 1, 1, 1, 1])
    found, why_not = discriminate(passed, rest)
    r = 0.8 / math.sqrt(0.96) * 0.5
    assert (found.value, why_not) == (pytest.approx(r), "")
    reach = 1.959964 / math.sqrt(7)
    assert found.low == pytest.approx(math.tanh(math.atanh(r) - reach))
    assert found.high == pytest.approx(math.tanh(math.atanh(r) + reach))


def test_a_criterion_does_not_correlate_with_itself() -> None:
    """When nothing but the criterion has points, nothing is left to correlate with."""
    made = [submission(f"s{n}", report("a", GOOD if n < 5 else BAD)) for n in range(10)]
    item = items(classroom(*made))[0]
    assert (item.discrimination, item.why_not) == (None, "all else was equal")


@pytest.mark.parametrize(
    ("yes", "no", "why"),
    [(10, 0, "all who tried passed"), (0, 10, "nobody passed"), (6, 4, "only 4 failed"),
     (4, 6, "only 4 passed"), (0, 0, "nobody tried")],
)  # fmt: skip
def test_where_there_is_nothing_to_see_it_is_said(yes: int, no: int, why: str) -> None:
    """Without variance, or with fewer than five on one side, there is no value but a reason."""
    passed = np.array([True] * yes + [False] * no)
    assert discriminate(passed, np.arange(yes + no, dtype=float)) == (None, why)


def marked(students: int) -> Item:
    """Return a criterion that discriminates badly, in a class of so many."""
    made = [submission(f"s{n}", report("a", GOOD if n % 2 else BAD), report("b", GOOD if n % 4 < 2 else BAD))
            for n in range(students)]  # fmt: skip
    return items(classroom(*made))[0]


def test_small_classes_are_not_judged() -> None:
    """A correlation of about 0 is marked among 20, and among 19 or fewer it is not."""
    assert abs(marked(20).discrimination.value) < 0.2
    assert marked(20).discriminates_badly
    assert abs(marked(16).discrimination.value) < 0.2
    assert not marked(16).discriminates_badly


def test_who_did_nothing_does_not_lift_the_discrimination() -> None:
    """Twenty without a beginning, and no points, leave the value of the others as it is."""
    made = [submission(f"s{n}", report("a", GOOD if n % 2 else BAD), report("b", GOOD if n % 4 < 2 else BAD))
            for n in range(20)]  # fmt: skip
    idle = [submission(f"t{n}", report("a", OPEN), report("b", OPEN)) for n in range(20)]
    alone, both = items(classroom(*made))[0], items(classroom(*made, *idle))[0]
    assert both.discrimination == alone.discrimination
    assert (both.rate, alone.rate) == (0.25, 0.5)


def test_points_by_hand_count_in_other_cells() -> None:
    """A teaching assistant's points in cell b are what cell a is compared with; in a itself they are not."""
    made = [
        submission(
            f"s{n}", report("a", GOOD if n < 5 else BAD), report("b", BAD), by_hand={"b": float(n < 5)}
        )
        for n in range(10)
    ]
    assert items(classroom(*made))[0].discrimination.value == pytest.approx(1)
    made = [
        submission(f"s{n}", report("a", GOOD if n < 5 else BAD), by_hand={"a": float(n)}) for n in range(10)
    ]
    assert items(classroom(*made))[0].why_not == "all else was equal"


def test_a_file_that_cannot_be_read_says_nothing_about_criteria() -> None:
    """It is left out of the rates, and counted among the outcomes."""
    lost = submission("s9", report("a", Outcome.UNREADABLE))
    made = classroom(submission("s0", report("a", GOOD)), lost)
    assert items(made)[0].students == 1
    assert [(stop.outcome, stop.students) for stop in stops(made)] == [(Outcome.UNREADABLE, 1)]


def test_a_student_counts_once_for_a_mistake() -> None:
    """A mistake that shows in two cells is one mistake of one student; the frequent ones come first."""
    made = classroom(
        submission("s0", report("a", BAD, mistake="turned"), report("b", BAD, BAD, mistake="turned")),
        submission("s1", report("a", BAD, mistake="rare"), report("b", GOOD, GOOD)),
        submission("s2", report("a", BAD, mistake="turned"), report("b", GOOD, GOOD)),
    )
    assert [(name, count) for name, _, count in misconceptions(made)] == [("turned", 2), ("rare", 1)]
    assert misconceptions(made)[0][1][0][0] == "a"


def test_ideas_say_what_they_cost() -> None:
    """What a wrong answer cost is averaged over all; each mistake counts once, and who did nothing is not wrong."""
    made = classroom(
        submission("s0", report("a", BAD, mistake="x"), report("b", GOOD, GOOD, GOOD)),
        submission("s1", report("a", BAD, mistake="y"), report("b", BAD, BAD, BAD)),
        submission("s2", report("a", GOOD), report("b", BAD, BAD, GOOD)),
        submission("s3", report("a", OPEN), report("b", OPEN, OPEN, OPEN)),
    )
    found = ideas(made, items(made), Lesson({}))
    # Without a notebook there is one place for all: nowhere.
    assert [(idea.cells, idea.students, idea.begun) for idea in found] == [(("a", "b"), 3, 3)]
    assert found[0].lost == pytest.approx((1 + 1 + 3 + 2) / 4)
    assert found[0].mistakes == (("x", 1), ("y", 1))
    assert not_begun(made, {"Part 1": ["a"], "Part 2": ["b"]}) == [("Part 1", 1), ("Part 2", 1)]


def test_stops_count_students_and_criteria() -> None:
    """Two time limits of one student are one student; passed and failed are not listed."""
    made = classroom(
        submission("s0", report("a", Outcome.TIME, Outcome.TIME), report("b", Outcome.DIED)),
        submission("s1", report("a", GOOD, Outcome.TIME), report("b", BAD)),
    )
    found = {stop.outcome: (stop.students, stop.criteria, stop.cells) for stop in stops(made)}
    assert found == {Outcome.TIME: (2, 3, (("a", 2),)), Outcome.DIED: (1, 1, (("b", 1),))}


def test_slow_is_slow_for_the_class() -> None:
    """Four times the median, but never below ten seconds."""
    assert slow_from([1.0, 2.0, 3.0]) == 10
    assert slow_from([10.0, 20.0, 30.0]) == 80
    assert slow_from([]) == 10


def test_what_grading_noted_is_kept() -> None:
    """Notices come once each, after the reason why a file cannot be read; versions of the tests are counted."""
    facts = {"notices": ["Changed.", "Changed."], "unreadable": "No notebook.", "fingerprint": {"tests": "1"}}
    one = Submission("s0", StudentScores(), {}, facts=facts)
    other = Submission("s1", StudentScores(), {}, facts={"fingerprint": {"tests": "2"}})
    assert notices(one) == ["Not readable: No notebook.", "Changed."]
    assert versions(Classroom("exercise4", {}, (one, other))) == 2
    assert versions(Classroom("exercise4", {}, (one, one))) == 1
