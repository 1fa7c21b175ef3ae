"""Importers of the learning platforms: what their own code does with what is uploaded, as written down from it."""

from __future__ import annotations

import csv
import io
import zipfile


def moodle_reads_grades(data: bytes, language: str, separator: str) -> dict[int, float]:
    """Read a worksheet as assignfeedback_offline_grade_importer does: by names of columns, `unformat_float`."""
    identifier, grade, prefix, sign = {
        "en": ("Identifier", "Grade", "Participant ", "."),
        "de": ("ID", "Bewertung", "Teilnehmer/in", ","),
    }[language]
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), delimiter=separator))
    return {
        int(row[identifier][len(prefix) :]): float(row[grade].replace(sign, "."))
        for row in rows
        if row[grade]
    }


def moodle_reads_feedback(data: bytes) -> dict[int, tuple[str, str]]:
    """Read a zip as assignfeedback_file_zip_importer does: the parts of a path, cut at five underscores."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            while parts:
                info = parts.pop(0).split("_", 4)
                if (
                    len(info) < 4
                    or not info[1].isdigit()
                    or info[2] not in {"assignsubmission", "assignfeedback"}
                ):
                    continue
                rest = "/".join([*info[4:], *parts]).strip("/")
                found[int(info[1])] = (rest, archive.read(name).decode())
                break
    return found


def ilias_reads_feedback(data: bytes) -> dict[int, tuple[str, str]]:
    """Read a zip as ilExAssignment::getMultiFeedbackFiles does, up to 8 and from 9 on."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            parts = name.split("/")
            if len(parts) == 3 and parts[0][:14] == "multi_feedback" and not parts[2].startswith("."):
                found[int(parts[1].split("_")[-1])] = (parts[2], archive.read(name).decode())
    return found


def studon_reads_status(data: bytes) -> dict[int, list[str]]:
    """Read a status file as ilPluginExAssignmentStatusFile does: by the place of the columns."""
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert rows[0] == [
        "update", "usr_id", "login", "lastname", "firstname", "status", "mark", "notice", "comment", "plagiarism",
        "plag_comment",
    ]  # fmt: skip
    return {int(row[1]): row for row in rows[1:] if row[0] == "1"}


def canvas_reads_grades(data: bytes) -> dict[int, dict[str, str]]:
    """Read a table as GradebookImporter does: the header's place for names, every later column an assignment."""
    text = data.decode("utf-8-sig")
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    header, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    assert "Student" in header[0]
    assert "ID" in header[1]
    start = header.index("Section") + 1
    people = [row for row in rows if any(row) and "Points Possible" not in row[0] and row[1]]
    return {int(row[1]): dict(zip(header[start:], row[start:], strict=True)) for row in people}


def canvas_reads_feedback(data: bytes) -> dict[tuple[str, str], bytes]:
    """Read a zip as Assignment#infer_comment_context_from_filename does: by the user's and the file's number."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            parts = [part for part in name.rsplit("/", 1)[-1].split("_") if part != "LATE"]
            numbers = parts[1:3] if parts[0] == "anon" else [part for part in parts if part.isdigit()][:2]
            found[numbers[0], numbers[1]] = archive.read(name)
    return found


def blackboard_reads_grades(data: bytes) -> dict[str, float]:
    """Read a table as Work Offline > Upload does: in UTF-16 with tabs, a username and the column with its number."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-16"), newline=""), delimiter="\t")
    assert header[0] == "Username"
    assert header[1].rpartition("|")[2].isdigit()
    return {login: float(points) for login, points in rows if points}
