"""Observations of known mistakes on disk: what they spare, and when they are not used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from proctor.course import CONFIG
from proctor.criteria import Criteria, points
from proctor.criteria.outcome import Outcome, Verdict
from proctor.grading.diagnosis import Diagnostician, Misconception, offered
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.grading.observation_cache import Observation, ObservationCache
from proctor.session.proxies import CallBack, SeenFault, Unkept, loopback

if TYPE_CHECKING:
    from pathlib import Path

SAYS, ASKS = "The square is returned.", "What is twice 3?"


class Doubling(Criteria):
    """Doubling"""  # noqa: D415  - a title

    __test__ = False  # for pytest
    grade_id = "doubling"
    needs = ("double", "same")

    @points(1)
    def test_numbers(self) -> None:
        """`double(x)` is twice x."""
        self.check(self.double(np.array([1.0, 3.0])), [2, 6], "double(x)")

    @points(1)
    def test_same(self) -> None:
        """`same(x)` is x."""
        self.check(self.same(np.array([1.0, 3.0])), [1, 3], "same(x)")


WRONG = {"double": lambda x: x**2, "same": lambda x: x}
NEITHER = {"double": lambda x: -x, "same": lambda x: x}


class Course:
    """A cache, and a count of how often the mistake was run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs = folder, 0

    def names(self) -> dict[str, Any]:
        """Return the names that the mistake defines."""
        self.runs += 1
        return WRONG

    def diagnostician(self) -> Diagnostician:
        """Return what a process knows that has run nothing yet."""
        known = Misconception(SAYS, ASKS, frozenset({Doubling.grade_id}), self.names)
        diagnostician = Diagnostician([known])
        diagnostician.cache = ObservationCache(self.folder)
        return diagnostician

    def diagnose(self, namespace: dict[str, Any], process: Diagnostician | None = None) -> str:
        """Return what the first criterion is named, by a process that has run nothing yet, or by a certain one."""
        diagnose = process or self.diagnostician()
        report = judge_cell(Doubling, LocalSide(loopback(namespace)), diagnose=diagnose)
        return report.verdicts[0].misconception


def test_a_mistake_is_run_once_for_all_processes(tmp_path: Path) -> None:
    """The second one names it by what the first has kept."""
    course = Course(tmp_path)
    assert course.diagnose(WRONG) == SAYS
    assert course.diagnose(WRONG) == SAYS
    assert course.runs == 1


def test_what_was_observed_in_part_is_completed(tmp_path: Path) -> None:
    """A mistake that did not fit the first criterion was judged no further; one that fits is."""
    course = Course(tmp_path)
    assert course.diagnose(NEITHER) == ""
    assert len(ObservationCache(tmp_path).load("doubling", 0, 0)) == 1
    assert course.diagnose(WRONG) == SAYS
    assert len(ObservationCache(tmp_path).load("doubling", 0, 0)) == 2
    assert course.runs == 2


def test_what_another_process_has_observed_meanwhile_is_used(tmp_path: Path) -> None:
    """A mistake that is known in part is not run again where another one has seen the rest since."""
    course = Course(tmp_path)
    assert course.diagnose(NEITHER) == ""  # the first criterion is known now
    process = course.diagnostician()
    assert course.diagnose(NEITHER, process) == ""
    assert course.diagnose(WRONG) == SAYS
    assert course.runs == 2
    assert course.diagnose(WRONG, process) == SAYS
    assert course.runs == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: kept[: len(kept) // 2],
        lambda kept: kept[:-1] + b"?",
        lambda _: b"",
        lambda _: b"junk" * 9,
    ],
)
def test_what_is_damaged_is_observed_again(tmp_path: Path, damage: Any) -> None:
    """A file that cannot be read costs the time that it would have spared, and is written anew."""
    course = Course(tmp_path)
    course.diagnose(WRONG)
    (kept,) = (path for path in tmp_path.rglob("*") if path.is_file())
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert course.diagnose(WRONG) == SAYS
    assert (course.runs, kept.read_bytes()) == (2, whole)


def test_where_nothing_can_be_written_mistakes_are_named_all_the_same(tmp_path: Path) -> None:
    """A file stands where the folder would be."""
    (tmp_path / "file").touch()
    course = Course(tmp_path / "file")
    assert [course.diagnose(WRONG), course.diagnose(WRONG)] == [SAYS, SAYS]
    assert course.runs == 2


def test_all_kinds_of_entries_come_back(tmp_path: Path) -> None:
    """Arrays keep their type and shape, numbers every bit, and records what they hold."""
    trace = [
        np.arange(6, dtype=np.float32).reshape(2, 3),
        np.float64(0.1),
        float("inf"),
        7,
        True,
        None,
        "text",
        [1.5, (2, {"a": 1j})],
        CallBack(2, "initialize", ((3, 4), np.ones(2))),
        SeenFault("StudentError: KeyError: 'a'"),
        Unkept("ndarray"),
    ]
    verdict = Verdict("test_numbers", "A sentence.", Outcome.FAILED, 0.5, hint="A hint.", remarks=("one",))
    cache = ObservationCache(tmp_path)
    cache.save(
        "cell", 3, 1, [Observation(verdict, lambda: [np.ones(3)]), Observation(verdict, lambda: trace)]
    )
    _, again = cache.load("cell", 3, 1)
    assert again.verdict == verdict
    assert [type(entry) for entry in again.trace] == [type(entry) for entry in trace]
    assert repr(again.trace) == repr(trace)
    assert again.trace[0].dtype == np.float32
    assert cache.load("cell", 4, 1) == []


def test_what_is_not_plain_is_not_kept(tmp_path: Path) -> None:
    """Nothing that would need code to be read back gets into a file."""
    verdict = Verdict("test_numbers", "A sentence.", Outcome.PASSED, 1)
    cache = ObservationCache(tmp_path)
    cache.save("cell", 0, 0, [Observation(verdict, lambda: [object()])])
    assert cache.load("cell", 0, 0) == []


HOOK = """
from proctor.grading.diagnosis import Diagnostician
NEEDS = ("../bank",)
def diagnosis():
    return Diagnostician([])
"""


def test_a_change_of_the_code_makes_a_new_cache_and_drops_the_old_one(tmp_path: Path) -> None:
    """Of the hidden tests as well as of what the mistakes are made of; the old files go."""
    tests, bank = tmp_path / "tests" / "exercise", tmp_path / "tests" / "bank"
    tests.mkdir(parents=True)
    bank.mkdir()
    (tmp_path / CONFIG).touch()
    (tests / "misconceptions.py").write_text(HOOK)

    def folders_after(path: Path) -> set[str]:
        path.write_text("# changed\n")
        offered.cache_clear()
        diagnosis, _ = offered(tests)
        assert isinstance(diagnosis, Diagnostician)
        assert diagnosis.cache is not None
        diagnosis.cache.save("cell", 0, 0, [Observation(Verdict("test", "", Outcome.PASSED, 1), list)])
        assert len(diagnosis.cache.load("cell", 0, 0)) == 1
        return {path.name for path in (tmp_path / ".proctor" / "mistakes" / "exercise").iterdir()}

    first = folders_after(tests / "test_it.py")
    second = folders_after(bank / "mistakes.py")
    third = folders_after(bank / "mistakes.py")
    assert (len(first), len(second)) == (1, 1)
    assert first != second
    assert second == third


def test_hidden_tests_outside_a_course_have_no_cache(tmp_path: Path) -> None:
    """Such as those of a worker of a cluster, which are unpacked into a temporary folder."""
    assert ObservationCache.of_exercise(tmp_path / "tests" / "exercise", []) is None
