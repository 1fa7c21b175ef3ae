"""A bank of idioms of hidden tests: each works in a sandbox as it does on local objects."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from proctor.errors import GraderError
from proctor.grading.diagnosis import LazySide
from proctor.grading.judge_cell import LocalSide, judge_cell
from proctor.sandbox.fork_server import fork_servers
from proctor.sandbox.settings import Sandbox
from proctor.session.clock import Bounds
from proctor.session.copies import CopySide
from proctor.session.proxies import loopback
from proctor.session.session import Session
from tests.proctor.criteria.idioms import (
    errors,
    fixtures,
    functions,
    handed,
    numerics,
    objects,
    surroundings,
    values,
)
from tests.proctor.criteria.idioms.idiom import idioms_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proctor.criteria.outcome import CellReport
    from proctor.grading.judge_cell import Side
    from tests.proctor.criteria.idioms.idiom import Idiom

GROUPS = {
    module.__name__: idioms_of(module)
    for module in (functions, objects, values, numerics, errors, fixtures, handed, surroundings)
}
IDIOMS = {
    name: idiom for group in GROUPS.values() for name, idiom in group.items() if idiom.right and name != "Bug"
}
STUDENTS = {name: idiom for name, idiom in IDIOMS.items() if not idiom.bug}
BUGS = {name: idiom for name, idiom in IDIOMS.items() if idiom.bug}
BOUNDS = Bounds(output=2**30)


@cache
def names(cell: str) -> Mapping[str, Any]:
    """Return the names that a cell defines, in this process."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(cell, namespace)
    return namespace


def reference(idiom: type[Idiom]) -> Side:
    """Return the right answer's side."""
    return LazySide(lambda: names(idiom.right))


def judged(idiom: type[Idiom], side: Side) -> CellReport:
    """Judge an answer."""
    return judge_cell(idiom, side, reference=reference(idiom))


def check_wrong(idiom: type[Idiom], report: CellReport) -> None:
    """Check that the last criterion, and no other outcome, is what a wrong answer fails by, and the hint says so."""
    verdict = report.verdicts[-1]
    assert verdict.outcome is idiom.outcome, verdict
    assert idiom.hint in verdict.hint, verdict.hint
    assert verdict.points == 0


def test_bank_is_as_large_as_it_says() -> None:
    """There are 60 idioms at least, of which each student's has a wrong answer."""
    assert len(IDIOMS) >= 60
    assert all(idiom.wrong.strip() not in ("", idiom.right.strip()) for idiom in STUDENTS.values())


@pytest.mark.parametrize("name", STUDENTS)
def test_idiom_on_local_objects(name: str) -> None:
    """A right answer gets all points, a wrong one fails its criterion."""
    idiom = STUDENTS[name]
    report = judged(idiom, LocalSide(loopback(names(idiom.right))))
    assert report.points == report.worth > 0, report
    check_wrong(idiom, judged(idiom, LocalSide(loopback(names(idiom.wrong)))))


@pytest.mark.parametrize("name", BUGS)
def test_bug_of_a_test(name: str) -> None:
    """A test that is at fault ends in the instructor's error, which says what is wrong."""
    idiom = BUGS[name]
    with pytest.raises(GraderError, match=idiom.bug):
        judged(idiom, LocalSide(loopback(names(idiom.right))))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """Start one session for all idioms."""
    with Session(tmp_path_factory.mktemp("idioms"), Sandbox(), BOUNDS) as running:
        yield running
    fork_servers().close()


def across(idiom: type[Idiom], cell: str, session: Session) -> CellReport:
    """Judge an answer in the sandbox."""
    session.run("%reset -f")
    assert not session.run(cell).fatal
    with CopySide(session, BOUNDS.call, BOUNDS.graded_cell) as side:
        return judged(idiom, side)


@pytest.mark.parametrize("group", GROUPS)
def test_idioms_in_a_sandbox(group: str, session: Session) -> None:
    """Each idiom ends across the sandbox as it does on local objects."""
    failed = []
    for name, idiom in GROUPS[group].items():
        try:
            if name in STUDENTS:
                right = across(idiom, idiom.right, session)
                assert right.points == right.worth, right
                check_wrong(idiom, across(idiom, idiom.wrong, session))
            elif name in BUGS:
                with pytest.raises(GraderError, match=idiom.bug):
                    across(idiom, idiom.right, session)
        except Exception as error:  # noqa: BLE001  - all that differ are told together
            failed.append(f"{name}: {error}")
    assert failed == []
