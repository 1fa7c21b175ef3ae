"""Tables of the platforms in the languages and versions that they are written in, and what goes back to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proctor.cli.export import _others
from proctor.errors import ExportError
from proctor.lms.platform import Request, StudentResult
from proctor.lms.platforms import PLATFORMS
from proctor.lms.roster import read_roster
from proctor.lms.spreadsheet import parse_table
from proctor.submission.record import Origin
from tests.proctor.support.downloads import table

if TYPE_CHECKING:
    from pathlib import Path

WORKSHEETS = {
    "English": (
        (
            "Identifier,Full name,Email address,Status,Group,Grade,Maximum Grade,Grade can be changed,"
            "Last modified (submission),Last modified (grade),Feedback comments"
        ),
        'Participant 41,=Ada Lovelace,ada@x.org,Submitted,Group A,,25.00,Yes,"Friday, 20 November 2026, 8:00 PM",-,=1',
    ),
    "German": (
        (
            "ID,Vollständiger Name,E-Mail-Adresse,Status,Gruppe,Bewertung,Bestwertung,Bewertung kann geändert werden,"
            "Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar"
        ),
        'Teilnehmer/in41,=Ada Lovelace,ada@x.org,Abgegeben,Group A,,"25,00",Ja,"Freitag, 20. November 2026, 20:00",-,=1',
    ),
    "French": (
        (
            "Identifiant,Nom complet,Adresse de courriel,Statut,Groupe,Note,Note maximale,La note peut être modifiée,"
            "Dernière modification (travail remis),Dernière modification (note),Feedback par commentaires"
        ),
        'Participant 41,=Ada Lovelace,ada@x.org,Remis,Group A,,"25,00",Oui,"vendredi 20 novembre 2026, 20:00",-,=1',
    ),
    "Spanish": (
        (
            "Identificador,Nombre completo,Dirección de correo,Estado,Grupo,Calificación,Calificación máxima,"
            "La calificación puede ser cambiada,Última modificación (entrega),Última modificación (calificación),C"
        ),
        (
            'Participante 41,=Ada Lovelace,ada@x.org,Enviado,Group A,,"25,00",Sí,'
            '"viernes, 20 de noviembre de 2026, 20:00",-,=1'
        ),
    ),
}
"""Moodle's worksheet in four languages: the header, and a row of somebody whose name looks like a formula."""


def result(tmp_path: Path, **known: str) -> StudentResult:
    """Return 17.5 of 25 points, with a page."""
    (tmp_path / "exercise4.html").write_text("<p>Hi</p>")
    return StudentResult(
        "ada", Origin("any", "Ada", **known), 17.5, 25.0, 0.0, (tmp_path / "exercise4.html",)
    )


@pytest.mark.parametrize("language", WORKSHEETS)
def test_moodles_worksheet_in_four_languages(language: str, tmp_path: Path) -> None:
    """It is a roster with number, team and time, and takes the grade with the language's decimal sign."""
    header, row = WORKSHEETS[language]
    text = f"{header}\n{row}\n"
    (tmp_path / "w.csv").write_text(text, encoding="utf-8")
    (student,) = read_roster(tmp_path / "w.csv", UTC).students
    assert (student.platform_id, student.team, student.email) == ("41", "Group A", "ada@x.org")
    assert student.submitted == datetime(2026, 11, 20, 20, tzinfo=UTC)
    request = Request(
        [result(tmp_path, platform_id="41", folder="f")], "exercise4", parse_table(text.encode(), "w")
    )
    files = PLATFORMS["moodle"].export(request).files
    written = files["grades.csv"].decode().splitlines()[1]
    assert ("17.5" if language == "English" else '"17,5"') in written
    assert "'=Ada Lovelace" in written  # a name, which Moodle does not read
    assert written.endswith(",-,=1")  # a date and a comment, which it does
    before, after = parse_table(text.encode(), "w"), parse_table(files["grades.csv"], "w")
    place = before.column("grade", "bewertung", "note", "calificación")
    before.rows[0][place or 0] = after.rows[0][place or 0]
    assert after.rows == before.rows


def test_a_rubric_is_refused_in_words(tmp_path: Path) -> None:
    """A worksheet without a column of grades, of a rubric or a marking guide, says what to change in Moodle."""
    worksheet = table(["Identifier", "Full name", "Maximum Grade"], [["Participant 41", "Ada", "25.00"]])
    request = Request([result(tmp_path, platform_id="41")], "exercise4", parse_table(worksheet, "w"))
    with pytest.raises(ExportError, match="rubric"):
        PLATFORMS["moodle"].export(request)


def test_blackboards_gradebook(tmp_path: Path) -> None:
    """In UTF-16, with tabs: the username and the column come back filled in; another maximum is refused."""
    header = "Last Name\tFirst Name\tUsername\tStudent ID\tLast Access\tAvailability\t"
    header += "Exercise 4 [Total Pts: {} Score] |77"
    row = "Lovelace\tAda\tal12\t0815\t2026-11-20\tYes\t"
    data = f"{header.format(25)}\r\n{row}\r\n".encode("utf-16")
    (tmp_path / "b.xls").write_bytes(data)
    (student,) = read_roster(tmp_path / "b.xls").students
    assert (student.id, student.login, student.last) == ("0815", "al12", "Lovelace")
    platform, person = PLATFORMS["blackboard"], [result(tmp_path, login="al12")]
    files = platform.export(Request(person, "exercise4", parse_table(data, "b"), column="Exercise 4")).files
    assert files["grades.csv"].decode("utf-16").splitlines() == [
        "Username\tExercise 4 [Total Pts: 25 Score] |77", "al12\t17.5",
    ]  # fmt: skip
    other = parse_table(f"{header.format(30)}\r\n{row}\r\n".encode("utf-16"), "b")
    with pytest.raises(ExportError, match="30 points possible"):
        platform.export(Request(person, "exercise4", other, column="Exercise 4"))
    assert _others(platform, other, {"ada": Origin("blackboard", login="al12")}) == []
    assert _others(platform, other, {"ada": Origin("blackboard", login="at13")}) == ["Ada Lovelace"]


def test_gradescopes_roster(tmp_path: Path) -> None:
    """It is known as such: none of its columns is said to be unknown, and teachers are no students."""
    rows = [
        ["Anna-Lena von der Heide", "0815", "avh@x.org", "Student", ""],
        ["T A", "", "ta@x.org", "TA", ""],
    ]
    (tmp_path / "g.csv").write_bytes(table(["Name", "SID", "Email", "Role", "Sections"], rows))
    roster = read_roster(tmp_path / "g.csv")
    assert [(each.id, each.parts) for each in roster.students] == [("0815", ("Anna-Lena", "von der Heide"))]
    assert roster.unread == ()
