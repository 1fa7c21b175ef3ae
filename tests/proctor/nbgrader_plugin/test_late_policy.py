"""The policy for late work: days, cap, grace and extensions, alone and through nbgrader's own step."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import TraitError
from traitlets.config import Config

from proctor.gradebook.database import open_gradebook
from proctor.gradebook.extensions import forget, grant
from proctor.nbgrader_plugin.late_policy import DAY, LatePolicy

if TYPE_CHECKING:
    from pathlib import Path

DUE = dt.datetime(2027, 1, 15, 22, 59)
HOUR = 60 * 60


def penalty(seconds: float, *, student: str = "ada", score: float = 20.0, **settings: Any) -> float | None:
    """Ask a policy for the penalty of a submission."""
    return LatePolicy(**settings).late_submission_penalty(student, score, seconds)


def test_without_a_policy_lateness_costs_nothing() -> None:
    """The default takes no points, however late."""
    assert penalty(400 * DAY) is None


@pytest.mark.parametrize(
    ("seconds", "days"), [(0, 0), (1, 1), (DAY, 1), (DAY + 1, 2), (2.5 * DAY, 3), (9 * DAY, 9)]
)
def test_each_day_counts_once_it_has_begun(seconds: float, days: int) -> None:
    """A second is a day, a day is a day, a day and a second are two."""
    assert LatePolicy().days_late("ada", "exercise4", seconds) == days
    assert penalty(seconds, per_day=0.1) == pytest.approx(2.0 * days if days else None)


def test_the_cap_ends_it() -> None:
    """After five days at 10 % with a cap of 50 %, nothing more is taken; with no cap all points go, not more."""
    assert penalty(30 * DAY, per_day=0.1, cap=0.5) == 10
    assert penalty(30 * DAY, per_day=0.1) == 20


def test_grace_forgives_minutes_only() -> None:
    """Within the grace period nothing is lost; a second later it is late since the due date."""
    policy = LatePolicy(grace_minutes=15, per_day=0.1)
    assert policy.days_late("ada", "exercise4", 15 * 60) == 0
    assert policy.days_late("ada", "exercise4", 15 * 60 + 1) == 1
    assert policy.days_late("ada", "exercise4", DAY + 60) == 2


def test_extensions_are_for_one_student() -> None:
    """Who was granted days is late after them; the others are not touched; the grace comes on top."""
    settings = {"per_day": 0.1, "extensions": {"ada": 2}, "grace_minutes": 15}
    assert penalty(2 * DAY + 15 * 60, **settings) is None
    assert penalty(2 * DAY + HOUR, **settings) == 2
    assert penalty(2 * DAY + HOUR, student="alan", **settings) == 6


def test_an_extension_for_an_assignment_goes_first() -> None:
    """The days for a student and an assignment replace those for the student, also where they are fewer."""
    policy = LatePolicy(extensions={"ada": 2, "ada/exercise4": 7, "alan": 3, "alan/exercise4": 0})
    assert policy.days_late("ada", "exercise4", 7 * DAY) == 0
    assert policy.days_late("ada", "exercise5", 7 * DAY) == 5
    assert policy.days_late("alan", "exercise4", HOUR) == 1


BEFORE_AUTUMN = dt.datetime(2027, 10, 30, 21, 59)
BEFORE_SPRING = dt.datetime(2027, 3, 27, 22, 59)


@pytest.mark.parametrize(
    ("due", "hours", "days"),
    [
        (BEFORE_AUTUMN, 24.85, 1),  # 24 h 51 min later it is 23:50 by the clock on the wall
        (BEFORE_AUTUMN, 25.0, 1),
        (BEFORE_AUTUMN, 25.1, 2),
        (BEFORE_AUTUMN, 0.5, 1),
        (BEFORE_SPRING, 23.0, 1),
        (BEFORE_SPRING, 23.1, 2),
    ],
)
def test_days_are_those_of_the_calendar(due: dt.datetime, hours: float, days: int) -> None:
    """A day ends at the same hour on the wall, also where clocks are changed in between."""
    policy = LatePolicy(timezone="Europe/Berlin")
    assert policy.days_late("ada", "exercise4", hours * HOUR, due) == days


def test_an_extension_over_a_change_of_clocks_ends_at_the_same_hour() -> None:
    """Two days granted before clocks go back end at 23:59, which is 49 hours later."""
    policy = LatePolicy(timezone="Europe/Berlin", extensions={"ada": 2})
    assert policy.days_late("ada", "exercise4", 49 * HOUR, BEFORE_AUTUMN) == 0
    assert policy.days_late("ada", "exercise4", 49.1 * HOUR, BEFORE_AUTUMN) == 1


def test_more_time_is_read_from_the_course(tmp_path: Path) -> None:
    """An extension until a time counts from there; one for the assignment goes first; an earlier one takes nothing."""
    policy = LatePolicy(timezone="Europe/Berlin", course=str(tmp_path))
    grant(tmp_path, "ada", dt.datetime.fromisoformat("2027-01-17T23:59+01:00"))
    assert policy.days_late("ada", "exercise4", 2 * DAY, DUE) == 0
    assert policy.days_late("ada", "exercise4", 2 * DAY + 60, DUE) == 1
    assert policy.days_late("alan", "exercise4", 2 * DAY, DUE) == 2
    grant(tmp_path, "ada/exercise4", dt.datetime.fromisoformat("2027-01-01T12:00+01:00"))
    assert policy.days_late("ada", "exercise4", 2 * DAY, DUE) == 2
    assert policy.days_late("ada", "exercise5", 2 * DAY, DUE) == 0
    assert forget(tmp_path, "ada")
    assert json.loads((tmp_path / "extensions.json").read_text()) == {}


def test_a_zone_that_does_not_exist_is_refused() -> None:
    """A name that is no time zone is an error that says what one looks like."""
    with pytest.raises(TraitError, match="such as Europe/Berlin"):
        LatePolicy(timezone="Mars/Base")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("per_day", 10), ("per_day", -0.1), ("cap", 50), ("grace_minutes", -1), ("extensions", {"ada": -2})],
)
def test_a_policy_that_makes_no_sense_is_refused(setting: str, value: Any) -> None:
    """Percent where a share is meant, and negative times, are errors that name the setting."""
    with pytest.raises(TraitError, match=f"LatePolicy.{setting}"):
        LatePolicy(**{setting: value})


def test_a_score_of_zero_stays() -> None:
    """Nothing is taken from nothing, and never more than there is."""
    assert penalty(9 * DAY, per_day=0.5, score=0.0) == 0


@pytest.fixture
def graded(tmp_path: Path) -> str:
    """Make a gradebook with one submission of 8 of 10 points, and return its URL."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with open_gradebook(url) as book:
        book.add_assignment("exercise4", duedate=DUE)
        book.add_notebook("exercise4", "exercise4")
        book.add_grade_cell("relu", "exercise4", "exercise4", max_score=10, cell_type="code")
        book.add_student("ada")
        book.add_submission("exercise4", "ada")
        book.find_grade("relu", "exercise4", "exercise4", "ada").auto_score = 8
        book.db.commit()
    return url


def assign(url: str, late: dt.timedelta, **settings: Any) -> tuple[float, float]:
    """Hand in so late, run nbgrader's step, and return the points before and what is taken away."""
    with open_gradebook(url) as book:
        book.find_submission("exercise4", "ada").timestamp = DUE + late
        book.db.commit()
    config = Config(
        AssignLatePenalties={"plugin_class": "proctor.nbgrader_plugin.late_policy.LatePolicy"},
        LatePolicy=settings,
    )
    names = {"notebook": "exercise4", "assignment": "exercise4", "student": "ada", "db_url": url}
    AssignLatePenalties(config=config).preprocess(nbformat.v4.new_notebook(), {"nbgrader": names})
    with open_gradebook(url) as book:
        submission = book.find_submission("exercise4", "ada")
        return submission.score, submission.late_submission_penalty


def test_nbgrader_takes_the_penalty(graded: str) -> None:
    """The step of nbgrader itself, with the policy as its plugin, writes the penalty into a real gradebook."""
    assert assign(graded, dt.timedelta(hours=30), per_day=0.1) == (8, pytest.approx(1.6))
    assert assign(graded, dt.timedelta(hours=30), per_day=0.1, of_achievable=True) == (8, pytest.approx(2.0))
    assert assign(graded, dt.timedelta(days=40), per_day=0.1, of_achievable=True) == (8, 8)
    assert assign(graded, dt.timedelta(days=40), per_day=0.1, cap=0.5) == (8, 4)


def test_nbgrader_gives_the_penalty_back(graded: str) -> None:
    """After an extension was granted, grading again takes the penalty away; by assignment, too."""
    assert assign(graded, dt.timedelta(days=3), per_day=0.1)[1] > 0
    assert assign(graded, dt.timedelta(days=3), per_day=0.1, extensions={"ada/exercise4": 3}) == (8, 0)
    assert assign(graded, dt.timedelta(days=3), per_day=0.1, extensions={"ada/exercise5": 3})[1] > 0


def test_an_extension_in_the_gradebook_counts_first(graded: str) -> None:
    """Days that the gradebook grants come off before the policy counts."""
    with open_gradebook(graded) as book:
        book.grant_extension("exercise4", "ada", days=2)
    assert assign(graded, dt.timedelta(days=3), per_day=0.1)[1] == pytest.approx(0.8)


def test_points_given_by_hand_count(graded: str) -> None:
    """A share of what was earned is a share of the points in the gradebook, manual ones included."""
    with open_gradebook(graded) as book:
        book.find_grade("relu", "exercise4", "exercise4", "ada").manual_score = 10
        book.db.commit()
    assert assign(graded, dt.timedelta(hours=1), per_day=0.1) == (10, 1)
