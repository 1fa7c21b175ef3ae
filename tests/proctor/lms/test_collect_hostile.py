"""Archives that mean harm, or were made badly: refused in words, one file at a time, and nothing outside is touched."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from proctor.cli.main import main
from proctor.errors import CollectError
from proctor.lms import members
from proctor.lms.download import open_download, open_inner
from proctor.lms.members import Limits, listed
from tests.proctor.support.downloads import (
    PEOPLE,
    empty_course,
    moodle_path,
    packed,
    small_notebook,
    write_zip,
)

if TYPE_CHECKING:
    from pathlib import Path

FIRST, SECOND = PEOPLE[:2]
NOTEBOOK = "exercise4.ipynb"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Make a course with nothing in it but the release's notebook."""
    return empty_course(tmp_path)


def collect(course: Path, download: Path, *options: str) -> int:
    """Run `proctor collect`."""
    return main(["collect", str(download), f"--course={course}", *options])


def member(name: str, *, mode: int = stat.S_IFREG | 0o644, flags: int = 0) -> zipfile.ZipInfo:
    """Describe a member of a zip as no honest program does."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.flag_bits |= flags
    return info


def refusals(path: Path) -> dict[str, str]:
    """Return what is refused of a download, and why."""
    with open_download(path) as contents:
        return {str(name): reason for name, reason in contents.refused}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../escaped.ipynb", "leads out of the archive"),
        ("a/../../escaped.ipynb", "leads out of the archive"),
        ("..\\..\\escaped.ipynb", "leads out of the archive"),
        ("/etc/escaped.ipynb", "has an absolute path"),
        ("C:\\escaped.ipynb", "has an absolute path"),
        ("\\\\server\\escaped.ipynb", "has an absolute path"),
        ("a/\x1b[2Jescaped.ipynb", "has a name with control characters, or none"),
        ("a/" + "n" * 300 + ".ipynb", "has too long a name"),
    ],
)
def test_names_that_lead_elsewhere(name: str, reason: str, tmp_path: Path, course: Path) -> None:
    """Nothing is written outside, whatever a member is called, and everybody else is collected."""
    good = moodle_path(FIRST, NOTEBOOK)
    path = write_zip(tmp_path / "a.zip", {good: small_notebook()})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member(name), b"harm")
    assert list(refusals(path).values()) == [reason]
    assert collect(course, path) == 1
    assert not list(tmp_path.rglob("*escaped*"))
    assert (course / "submitted" / "joerg-mueller-4700" / "exercise4" / NOTEBOOK).is_file()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (stat.S_IFLNK, "is a link, not a file"),
        (stat.S_IFIFO, "is a special file"),
        (stat.S_IFCHR, "is a special file"),
    ],
)
def test_links_and_special_files(kind: int, reason: str, tmp_path: Path, course: Path) -> None:
    """A link in the place of a notebook is refused, and becomes neither a link nor a file."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member(moodle_path(FIRST, NOTEBOOK), mode=kind | 0o777), b"/etc/passwd")
        archive.writestr(member(moodle_path(SECOND, NOTEBOOK)), small_notebook())
    assert list(refusals(path).values()) == [reason]
    assert collect(course, path) == 1
    assert [each.name for each in (course / "submitted").glob("*/")] == ["anna-lena-von-der-heide-4713"]


def test_encrypted_members(tmp_path: Path) -> None:
    """A member with a password is refused, and says so."""
    path = write_zip(tmp_path / "a.zip", {"hans.ipynb": small_notebook()})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    assert refusals(path) == {"hans.ipynb": "is encrypted with a password"}


def test_unknown_compression(tmp_path: Path) -> None:
    """A method that Python cannot undo is refused before it is tried."""
    path = write_zip(tmp_path / "a.zip", {"hans.ipynb": small_notebook()})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(signature) + offset] = 9
    path.write_bytes(data)
    assert refusals(path) == {"hans.ipynb": "is compressed in a way that cannot be read"}


def test_a_bomb(tmp_path: Path, course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What unpacks to a thousand times its size is not unpacked, neither in the download nor in a student's zip."""
    bomb = packed({NOTEBOOK: bytes(32 * 2**20)})
    path = write_zip(
        tmp_path / "a.zip", {moodle_path(FIRST, "work.zip"): bomb, moodle_path(SECOND, NOTEBOOK): b"{}"}
    )
    assert collect(course, path) == 1
    assert (
        "in work.zip, exercise4.ipynb was left out: it unpacks to more than 300 times"
        in capsys.readouterr().out
    )
    assert refusals(write_zip(tmp_path / "b.zip", {"hans.ipynb": bytes(32 * 2**20)}))["hans.ipynb"].endswith(
        "a bomb"
    )


def test_a_bomb_that_lies_about_its_size(tmp_path: Path) -> None:
    """A member that goes on after the size it announces is damaged, and no more than that size is read."""
    path = write_zip(tmp_path / "a.zip", {"hans.ipynb": bytes(2**20)})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        data[data.index(signature) + offset :][:4] = b""
        place = data.index(signature) + offset
        data[place : place + 4] = struct.pack("<I", 100)
    path.write_bytes(data)
    with open_download(path) as contents:
        assert contents.files[0].size == 100
        with pytest.raises(CollectError, match="damaged"):
            contents.files[0].read()


def test_bombs_in_bombs(tmp_path: Path, course: Path) -> None:
    """A zip in a student's zip stays a file; it is not unpacked again."""
    inner = packed({"deeper.zip": packed({"x.ipynb": small_notebook("x")}), NOTEBOOK: small_notebook("y")})
    assert collect(course, write_zip(tmp_path / "a.zip", {moodle_path(FIRST, "w.zip"): inner})) == 0
    folder = course / "submitted" / "joerg-mueller-4700" / "exercise4"
    assert sorted(path.name for path in folder.iterdir()) == ["deeper.zip", NOTEBOOK]


def test_too_much_as_a_whole() -> None:
    """Too many files, or too many bytes, and the archive is refused as a whole, before anything is read."""
    data = packed({f"{number}.txt": b"x" * 100 for number in range(20)})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        with pytest.raises(CollectError, match="holds 20 files; more than 10 are not unpacked"):
            listed(archive, "a.zip", Limits(files=10), None)
        with pytest.raises(CollectError, match="would unpack to"):
            listed(archive, "a.zip", Limits(total=1_000), None)
        contents = listed(archive, "a.zip", Limits(file=99), None)
    assert len(contents.refused) == 20
    assert not contents.files


def test_a_student_with_too_many_files(
    tmp_path: Path, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One student's zip of thousands of files costs that student the zip, and nobody else anything."""
    many = packed({f"data/{number}.txt": b"" for number in range(2_100)})
    path = write_zip(
        tmp_path / "a.zip",
        {moodle_path(FIRST, "w.zip"): many, moodle_path(SECOND, NOTEBOOK): small_notebook()},
    )
    assert collect(course, path) == 1
    assert "w.zip was not unpacked: w.zip holds 2100 files" in capsys.readouterr().out
    assert (course / "submitted" / "anna-lena-von-der-heide-4713").is_dir()


def test_a_damaged_notebook(tmp_path: Path, course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A member that does not unpack is that student's trouble, in words."""
    names = [moodle_path(person, NOTEBOOK) for person in (FIRST, SECOND)]
    path = write_zip(tmp_path / "a.zip", dict.fromkeys(names, small_notebook() * 50))
    data = bytearray(path.read_bytes())
    start = data.index(names[0].encode()) + len(names[0].encode())
    data[start + 5 : start + 25] = bytes(20)
    path.write_bytes(data)
    assert collect(course, path) == 1
    assert "is damaged in the archive" in capsys.readouterr().out
    assert [each.name for each in (course / "submitted").glob("*/")] == ["anna-lena-von-der-heide-4713"]


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04" + bytes(50)])
def test_no_zip(data: bytes, tmp_path: Path, course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no zip is refused in one line, and nothing is made."""
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    assert collect(course, path) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (course / "submitted").exists()


def test_a_name_twice(tmp_path: Path) -> None:
    """Of two members of one name the last counts, as unpacking would have it; that is said."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hans.ipynb", b"first")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("hans.ipynb", b"second")
    with open_download(path) as contents:
        assert [file.read() for file in contents.files] == [b"second"]
    assert refusals(path) == {"hans.ipynb": "is in the archive twice; the last one was taken"}


def test_names_that_differ_in_case_only(tmp_path: Path, course: Path) -> None:
    """Files that a laptop could not keep apart do not both become files; nor do a file and a folder of one name."""
    inner = packed({
        NOTEBOOK: small_notebook(), "Data.txt": b"1", "data.TXT": b"2", "src": b"file", "SRC/x.py": b"folder",
        "exercise4.ipynb/y": b"y",
    })  # fmt: skip
    assert collect(course, write_zip(tmp_path / "a.zip", {moodle_path(FIRST, "w.zip"): inner})) == 0
    folder = course / "submitted" / "joerg-mueller-4700" / "exercise4"
    assert sorted(path.name for path in folder.iterdir()) == ["Data.txt", NOTEBOOK, "src"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_names_in_old_encodings(encoding: str, tmp_path: Path) -> None:
    """Umlauts are read whether a zip says UTF-8, is UTF-8 without saying so, or comes from an old PC."""
    raw = "Übung Jörg.ipynb".encode(encoding)
    path = write_zip(tmp_path / "a.zip", {"x" * len(raw): small_notebook()})
    path.write_bytes(path.read_bytes().replace(b"x" * len(raw), raw))
    with open_download(path) as contents:
        assert [str(file.path) for file in contents.files] == ["Übung Jörg.ipynb"]


def test_a_unicode_path_beside_the_name(tmp_path: Path) -> None:
    """The name that Info-ZIP keeps beside the old one is the one that counts."""
    info = member("?bung.ipynb")
    name = "Übung.ipynb".encode()
    info.extra = (
        struct.pack("<HHBI", members.UNICODE_PATH, 5 + len(name), 1, zlib.crc32(b"?bung.ipynb")) + name
    )
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, b"")
    with open_download(tmp_path / "a.zip") as contents:
        assert [str(file.path) for file in contents.files] == ["Übung.ipynb"]


def test_decomposed_names_are_the_same_person(tmp_path: Path, course: Path) -> None:
    """A name that a Mac took apart (NFD) is found in a roster that has it whole (NFC)."""
    name = unicodedata.normalize("NFD", moodle_path(FIRST, NOTEBOOK))
    (tmp_path / "roster.csv").write_text(f"id,name\n42,{FIRST.name}\n")
    path = write_zip(tmp_path / "a.zip", {name: small_notebook()})
    assert collect(course, path, "--roster", str(tmp_path / "roster.csv")) == 0
    assert (course / "submitted" / "42" / "exercise4" / NOTEBOOK).is_file()


def test_links_in_a_plain_folder(tmp_path: Path, course: Path) -> None:
    """A link among the notebooks of a folder is not followed."""
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "hans.ipynb").symlink_to("/etc/hostname")
    (tmp_path / "plain" / "grete.ipynb").write_bytes(small_notebook())
    assert collect(course, tmp_path / "plain") == 1
    assert [each.name for each in (course / "submitted").glob("*/")] == ["grete"]


def test_an_inner_archive_of_another_kind(
    tmp_path: Path, course: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A RAR file is named, with what to do."""
    collect(course, write_zip(tmp_path / "a.zip", {moodle_path(FIRST, "work.rar"): b"Rar!"}))
    assert "work.rar is no zip: unpack it by hand" in capsys.readouterr().out


def test_no_student_zip() -> None:
    """A student's file that is only called zip is said to be none."""
    with pytest.raises(CollectError, match=r"w\.zip is no zip file that can be read"):
        open_inner(b"not a zip", "w.zip")


def test_holes_in_a_tar_file() -> None:
    """A file of two kilobytes that says to be a terabyte of zeros is left out, and none of it is made."""
    member = tarfile.TarInfo("holes.txt")
    member.type, member.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0" % 0 + b"%011o\0" % 512  # where its bytes are
    header[483:495] = b"\x80" + (2**40).to_bytes(11, "big")  # its size with the holes
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    contents = open_inner(bytes(header) + b"x" * 512 + bytes(1024), "a.tar")
    assert [(str(name), reason) for name, reason in contents.refused] == [
        ("holes.txt", "is a file with holes")
    ]
    assert contents.files == []
