"""A class of 200 for each platform, in teams and without, with every oddity once: each student's fate is in a table."""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING

import pytest

from proctor.cli.main import main
from tests.proctor.support.downloads import (
    DEADLINE,
    Person,
    ascii_name,
    blackboard_path,
    blackboard_text,
    canvas_path,
    class_of,
    empty_course,
    ilias_path,
    moodle_path,
    packed,
    plain_path,
    roster_csv,
    small_notebook,
    table,
    tarred,
    write_zip,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLASS = class_of(200)


def oddities(mark: str) -> dict[str, dict[str, bytes]]:
    """Return what a student may hand in whose notebook has a mark: the files, by what is odd about them."""
    work, stub = small_notebook(mark), small_notebook()
    return {
        "as asked": {"exercise4.ipynb": work},
        "copy": {"exercise4-Copy1.ipynb": work},
        "round": {"exercise4 (1).ipynb": work},
        "upper case": {"Exercise4.IPYNB": work},
        "text": {"exercise4.ipynb.txt": work},
        "json": {"exercise4.ipynb.json": work},
        "another name": {"mein Übungsblatt.ipynb": work},
        "UTF-16": {"exercise4.ipynb": work.decode().encode("utf-16")},
        "zip": {"work.zip": packed({"exercise4.ipynb": work})},
        "zip in zip": {"work.zip": packed({"inner.zip": packed({"a/exercise4.ipynb": work})})},
        "folders in a zip": {"work.zip": packed({"my work/exercise 4/exercise4.ipynb": work})},
        "Windows's zip": {"work.zip": packed({"work\\exercise4.ipynb": work})},
        "tar": {"work.tar.gz": tarred({"w/exercise4.ipynb": work})},
        "Mac's zip": {"w.zip": packed({"__MACOSX/._exercise4.ipynb": b"\0", "exercise4.ipynb": work})},
        "Mac's shadow": {"._exercise4.ipynb": b"\0\5", "exercise4.ipynb": work},
        "Jupyter's shadow": {".~exercise4.ipynb": stub, "exercise4.ipynb": work},
        "a stub beside it": {"exercise4.ipynb": work, "exercise4-Copy2.ipynb": stub},
        **{kind: {"exercise4.ipynb": changed} for kind, changed in changes(work).items()},
        "nothing": {"essay.pdf": b"%PDF"},
    }


def changes(work: bytes) -> dict[str, bytes]:
    """Return a notebook as other programs and busy hands leave it; it is placed as it is, and grading restores it."""
    book = json.loads(work)
    (cell,) = book["cells"]
    plain = {**cell, "metadata": {}}
    note = {"cell_type": "markdown", "id": "note", "metadata": {}, "source": "My way"}
    without_id = {key: value for key, value in cell.items() if key != "id"}
    changed = {
        "from Colab": {**book, "cells": [plain], "metadata": {"colab": {"provenance": []}}},
        "from VS Code": {**book, "metadata": {"language_info": {"name": "python"}, "orig_nbformat": 4}},
        "an old format": {**book, "cells": [without_id], "nbformat_minor": 2},
        "a cell moved": {**book, "cells": [note, cell]},
        "a cell split": {**book, "cells": [cell, {**plain, "id": "second", "source": "y = 2"}]},
        "a cell doubled": {**book, "cells": [cell, {**cell, "id": "twin"}]},
        "a cell deleted": {**book, "cells": [{**plain, "id": "own", "source": cell["source"]}]},
    }
    return {kind: json.dumps(notebook).encode() for kind, notebook in changed.items()}


KINDS = tuple(oddities(""))
LOST = {"nothing"}
"""Files that no notebook can be made of, and that have to be reported."""


def handed_in(person: Person) -> dict[str, bytes]:
    """Return what a person of the class hands in: every oddity comes again and again."""
    return oddities(f"work of {person.login}")[KINDS[CLASS.index(person) % len(KINDS)]]


def placed(person: Person) -> bytes:
    """Return what of it lies in the course afterwards: the notebook as it came, in UTF-8."""
    work = small_notebook(f"work of {person.login}")
    return changes(work).get(KINDS[CLASS.index(person) % len(KINDS)], work)


def moodle(person: Person, name: str) -> str:
    """Return Moodle's path."""
    return moodle_path(person, name)


def canvas(person: Person, name: str) -> str:
    """Return Canvas's path."""
    return canvas_path(person, name, attachment=90_000 + random.Random(name + person.login).randrange(9_999))


def gradescope(person: Person, name: str) -> str:
    """Return Gradescope's path."""
    return f"assignment_9_export/submission_{person.number}/{name}"


PLATFORMS: dict[str, Callable[[Person, str], str]] = {
    "moodle": moodle, "ilias": ilias_path, "canvas": canvas, "blackboard": blackboard_path,
    "gradescope": gradescope, "plain": plain_path,
}  # fmt: skip


def metadata(people: tuple[Person, ...]) -> bytes:
    """Return Gradescope's table."""
    lines = []
    for each in people:
        lines += [f"submission_{each.number}:", "  :submitters:", f"  - :name: {each.name}"]
        lines += [f"    :sid: '{each.number}'", f"    :email: {each.login}@example.org"]
        lines += [f"  :created_at: {each.submitted:%Y-%m-%d %H:%M:%S}.000000000 Z"]
    return "\n".join(lines).encode()


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course with nothing in it but the release's notebook."""
    return empty_course(tmp_path)


def collect(course: Path, download: Path, *options: str | Path) -> int:
    """Run `proctor collect`, with times in UTC where they come without a zone."""
    return main(["collect", str(download), f"--course={course}", "--timezone=UTC", *map(str, options)])


def works(course: Path) -> dict[str, bytes]:
    """Return each student's notebook in the course."""
    found = (course / "submitted").glob("*/exercise4/exercise4.ipynb")
    return {path.parts[-3]: path.read_bytes() for path in found}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_class_of_200(
    platform: str, course: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody's own work arrives under the own id; what has no notebook is named; nothing else is placed."""
    path = PLATFORMS[platform]
    members = {path(each, name): data for each in CLASS for name, data in handed_in(each).items()}
    texts = {blackboard_path(each, ""): blackboard_text(each) for each in CLASS}
    extra = {"blackboard": texts, "gradescope": {"assignment_9_export/submission_metadata.yml": metadata(CLASS)},
             "plain": {"all/README.txt": b"hello"}}.get(platform, {})  # fmt: skip
    (tmp_path / "roster.csv").write_bytes(roster_csv(CLASS))
    download = write_zip(tmp_path / "all.zip", members | extra)
    assert collect(course, download, "--roster", tmp_path / "roster.csv") == 1
    lost = {each for each in CLASS if KINDS[CLASS.index(each) % len(KINDS)] in LOST}
    assert works(course) == {each.student: placed(each) for each in CLASS if each not in lost}
    said = capsys.readouterr().out.partition("Not placed:")[2]
    assert said.count("no notebook, but essay.pdf") == len(lost)
    assert all(each.student in said for each in lost)
    if platform in ("blackboard", "gradescope"):
        stamp = (course / "submitted" / CLASS[0].student / "exercise4" / "timestamp.txt").read_text()
        assert stamp.startswith(f"{CLASS[0].submitted:%Y-%m-%d %H:%M:%S}")


TEAMS = {f"Group {number:02}": CLASS[3 * number : 3 * number + 3] for number in range(60)}
"""Teams of three; the last twenty of the class work alone."""
ALONE = CLASS[180:]


def team_roster() -> bytes:
    """Return a roster with teams."""
    of = {each.login: team for team, members in TEAMS.items() for each in members}
    rows = [[p.student, p.first, p.last, p.login, str(p.number), of.get(p.login, "")] for p in CLASS]
    return table(["id", "first_name", "last_name", "login", "platform_id", "team"], rows)


def of_team(platform: str, number: int, members: tuple[Person, ...], name: str) -> str:
    """Return where a platform puts a team's file; Moodle's number is a group's, and some participant's too."""
    team = f"Group {number:02}"
    if platform == "moodle":
        return f"{team}_{CLASS[-1 - number].number}_assignsubmission_file/{name}"
    if platform == "canvas":
        return f"group{number:02}_{members[1].number}_{80_000 + number}_{name}"
    word = ("Team ", "Team_", "Équipe ", "Equipo ")[number % 4]
    return ilias_path(members[0], name, f"Exercise 4/Submissions/{word}{number}")


@pytest.mark.parametrize("platform", ["moodle", "ilias", "canvas"])
def test_a_class_of_200_in_teams(platform: str, course: Path, tmp_path: Path) -> None:
    """Each member has the team's work, and those who work alone their own; a group's number is nobody's."""
    roster = team_roster()
    members = {}
    for number, people in enumerate(TEAMS.values()):
        members[of_team(platform, number, people, "exercise4.ipynb")] = small_notebook(f"team {number}")
        if platform == "ilias":
            roster = roster.replace(f"Group {number:02}".encode(), f"Team {number}".encode())
    for number, each in enumerate(ALONE, 100):
        top = f"Exercise 4/Submissions/Team {number}"  # there, one person is a team, too
        alone = (
            ilias_path(each, "exercise4.ipynb", top)
            if platform == "ilias"
            else PLATFORMS[platform](each, "exercise4.ipynb")
        )
        members[alone] = small_notebook(each.login)
    (tmp_path / "roster.csv").write_bytes(roster)
    assert collect(course, write_zip(tmp_path / "a.zip", members), "--roster", tmp_path / "roster.csv") == 0
    expected = {
        each.student: small_notebook(f"team {number}")
        for number, people in enumerate(TEAMS.values())
        for each in people
    }
    assert works(course) == expected | {each.student: small_notebook(each.login) for each in ALONE}


def test_the_names_of_a_class_differ() -> None:
    """The class is one: ids, numbers and ASCII names with logins are unique, and some names come twice."""
    assert len({each.student for each in CLASS}) == len({each.number for each in CLASS}) == 200
    assert len({ascii_name(each.name) for each in CLASS}) < 200
    assert min(each.submitted for each in CLASS) < DEADLINE
    assert os.sep not in "".join(each.name for each in CLASS)
