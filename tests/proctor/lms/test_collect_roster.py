"""Rosters in each of the forms that they come in lead from a person on the platform to one student, or to nobody."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proctor.errors import CollectError
from proctor.lms.owner import Owner, Student, slug, spellings
from proctor.lms.platforms.moodle import moodle_time
from proctor.lms.roster import Roster, read_roster
from proctor.submission.record import is_safe
from tests.proctor.support.downloads import PEOPLE, canvas_gradebook, status_csv, worksheet

if TYPE_CHECKING:
    from pathlib import Path


def ids(roster: Roster, owner: Owner) -> str:
    """Return the id of the only student whom an owner is."""
    (student,), team = roster.who(owner)
    assert not team
    return student.id


def read(folder: Path, data: bytes | str) -> Roster:
    """Read a roster from its content."""
    path = folder / "roster.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_roster(path, UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tuesday, 5 March 2024, 11:23 PM", datetime(2024, 3, 5, 22, 23, tzinfo=UTC)),
        ("Tuesday, 5 March 2024, 12:05 AM", datetime(2024, 3, 4, 23, 5, tzinfo=UTC)),
        ("Dienstag, 5. März 2024, 23:23", datetime(2024, 3, 5, 22, 23, tzinfo=UTC)),
        ("Mittwoch, 10. Juli 2024, 08:00", datetime(2024, 7, 10, 6, 0, tzinfo=UTC)),
        ("-", None),
        ("", None),
        ("Tuesday, 99 March 2024, 11:23 PM", None),
        ("mardi 5 brumaire 2024, 23:23", None),
    ],
)
def test_times_of_the_worksheet(text: str, expected: datetime | None) -> None:
    """English and German, twelve hours and twenty-four, summer and winter; «-» is no time."""
    assert moodle_time(text, zoneinfo.ZoneInfo("Europe/Berlin")) == expected


@pytest.mark.parametrize("spelt", ["Müller", "MÜLLER", "mueller", "Muller", "Mu\u0308ller"])
def test_spellings_of_a_name(spelt: str) -> None:
    """An umlaut is the same whole, taken apart, written out or left out."""
    assert spellings(spelt) & spellings("Müller")


def test_different_names_stay_different() -> None:
    """Names that are not spellings of each other are not mixed up."""
    assert not spellings("Müller") & spellings("Miller")
    assert not spellings("李小龙") & spellings("王小明")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Lovelace", ("Ada", "Lovelace")),
        ("Lovelace, Ada", ("Ada", "Lovelace")),
        ("Anna-Lena von der Heide", ("Anna-Lena", "von der Heide")),
        ("von der Heide, Anna-Lena", ("Anna-Lena", "von der Heide")),
        ("Jean Marc de la Tour", ("Jean Marc", "de la Tour")),
        ("Karl von und zu Stein", ("Karl", "von und zu Stein")),
        ("Martin Luther King, Jr.", ("Martin Luther", "King, Jr.")),
        ("King, Jr., Martin Luther", ("Martin Luther", "King, Jr.")),
        ("King, Martin Luther, Jr.", ("Martin Luther", "King, Jr.")),
        ("Henry Adams III", ("Henry", "Adams III")),
        ("Nguyễn Văn An", ("Nguyễn Văn", "An")),
        ("ada maria lovelace", ("ada maria", "lovelace")),
        ("Ann von", ("Ann", "von")),
        ("von Neumann", ("von", "Neumann")),
        ("Madonna", ("", "Madonna")),
        ("李 小龙", ("李", "小龙")),
        ("", ("", "")),
    ],
)
def test_parts_of_a_full_name(name: str, parts: tuple[str, str]) -> None:
    """Words in lower case before the last one, and suffixes, are the family's; columns of their own win."""
    assert Student("x", name=name).parts == parts
    assert Student("x", name=name, first="Eve", last="Fox").parts == ("Eve", "Fox")


def test_ids_are_names_of_folders() -> None:
    """An id made of a name is safe; one with a slash, a star, dots or a dash in front is not taken."""
    assert slug("Jörg Müßig", "12") == "joerg-muessig-12"
    assert slug("李小龙", "12") == "12"
    bad = ["", "..", ".x", "-x", "a/b", "a*", "a b", "ä", "a\n", "x" * 101, "a."]
    assert [name for name in bad if is_safe(name)] == []
    assert all(map(is_safe, ["hans", "ab12cdef", "h.m@x-y.org", "2300_1"]))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_tables_as_spreadsheets_save_them(separator: str, encoding: str, tmp_path: Path) -> None:
    """Commas, semicolons and tabs, with a byte order mark and without, in the encodings of Excel."""
    text = "Matrikelnummer,Vorname,Nachname\r\n23,Jörg,Müller\r\n".replace(",", separator)
    student = read(tmp_path, text.encode(encoding)).students[0]
    assert (student.id, student.first, student.last) == ("23", "Jörg", "Müller")


def test_moodles_worksheet(tmp_path: Path) -> None:
    """The worksheet has the number, the time, and an id in the e-mail address."""
    for data in (worksheet("en"), worksheet("de", separator=";")):
        roster = read(tmp_path, data)
        assert [(each.id, each.platform_id) for each in roster.students] == [
            (person.student, str(person.number)) for person in PEOPLE
        ]
        assert [each.submitted for each in roster.students] == [person.submitted for person in PEOPLE]


def test_moodles_worksheet_with_id_numbers(tmp_path: Path) -> None:
    """Where the worksheet shows the ID number, that is the id."""
    header = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed"
    roster = read(tmp_path, f"{header}\nParticipant 7,Ada Lovelace,2301,al@x.org,-,,25.00,Yes\n")
    assert (roster.students[0].id, roster.students[0].platform_id) == ("2301", "7")


def test_canvass_export(tmp_path: Path) -> None:
    """Canvas's ID is the platform's number, the login the student; the rows about points are nobody."""
    roster = read(tmp_path, canvas_gradebook(bom=True, separator=";"))
    assert [(each.id, each.platform_id) for each in roster.students] == [
        (person.login, str(person.number)) for person in PEOPLE
    ]


def test_studons_status_file(tmp_path: Path) -> None:
    """StudOn's status file is a roster, by login."""
    roster = read(tmp_path, status_csv())
    assert ids(roster, Owner("ilias", "x y", "f", "ab03cdef", "9")) == "ab03cdef"
    assert ids(roster, Owner("ilias", "Jörg Müller", "f", "", "4700")) == "ab00cdef"


def test_moodles_gradebook_export(tmp_path: Path) -> None:
    """Moodle's gradebook export leads by name to the ID number."""
    roster = read(tmp_path, "First name,Surname,ID number,Email address\nJörg,Müller,2300,jm@x.org\n")
    assert ids(roster, Owner("moodle", "Jörg Müller", "f", platform_id="12")) == "2300"


def test_a_number_decides_over_a_name(tmp_path: Path) -> None:
    """Two of one name are told apart by the platform's number, and a third of that name is neither of them."""
    roster = read(tmp_path, "id,name,platform_id\n1,Anna Schmidt,11\n2,Anna Schmidt,12\n3,Bo Li,\n")
    assert ids(roster, Owner("moodle", "Anna Schmidt", "f", platform_id="12")) == "2"
    assert ids(roster, Owner("moodle", "Bo Li", "f", platform_id="13")) == "3"
    with pytest.raises(CollectError, match="not in the roster"):
        roster.who(Owner("moodle", "Anna Schmidt", "f", platform_id="14"))


def test_logins_with_the_separator_in_them(tmp_path: Path) -> None:
    """A login that holds an underscore, after a given name that lost a letter to one, is still found."""
    roster = read(tmp_path, "id,login\n1,al_2\n2,l_2\n")
    assert ids(roster, Owner("ilias", "x", "f", "_da_al_2", "9")) == "1"
    with pytest.raises(CollectError, match="not in the roster"):
        roster.who(Owner("ilias", "x", "f", "zal_3", "9"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("id,name\n1,A\n1,B\n", "gives the id 1 to more than one"),
        ("id,name\n1,A\nX1,B\nx1,C\n", "gives the id x1 to more than one"),
        ("id,name\n../x,A\n", "cannot be the name of a folder"),
        ("colour,taste\nred,sweet\n", "has no column"),
        ("", "no table"),
        (b"PK\x03\x04rest", "is a workbook; save it as CSV"),
        (b'id,name\n1,"A\n', "no table that can be read"),
    ],
)
def test_rosters_that_cannot_be_used(data: bytes | str, message: str, tmp_path: Path) -> None:
    """Each is refused in one line that says what is wrong."""
    with pytest.raises(CollectError, match=message):
        read(tmp_path, data)


def test_columns_that_are_not_known(tmp_path: Path) -> None:
    """Of a table of the course's own they are remembered, to be named; a platform's own table has always some."""
    assert read(tmp_path, "id,nme,vorname,\n1,A,B,\n").unread == ("nme",)
    assert read(tmp_path, "update,usr_id,login,lastname,firstname,mark\n0,7,al,A,B,\n").unread == ()


def test_a_login_is_not_part_of_another(tmp_path: Path) -> None:
    """A plain folder called like the end of somebody's login is nobody's."""
    roster = read(tmp_path, "id,login\n1,hans_meier\n")
    with pytest.raises(CollectError, match="not in the roster"):
        roster.who(Owner("plain", "meier", "meier"))
