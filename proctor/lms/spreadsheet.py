"""Reading and writing of the tables of spreadsheets and platforms as they are: separator, encoding, decimal sign."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from proctor.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

csv.field_size_limit(2**24)  # a cell can hold a whole text that a student typed in


FORMULA = re.compile(r"'*[=+\-@\t\r]")
FORMULA_MARK = re.compile(r"^'(?='*[=+\-@\t\r])")
NUMBER = re.compile(r"-|[+-]?\d+(?:[.,]\d+)?")


@dataclass
class Table:
    """A table: the header, the rows (as long as the header), and how they are written.

    The encoding is the file's, with its byte order mark if it has one.
    """

    header: list[str]
    rows: list[list[str]]
    separator: str = ","
    encoding: str = "utf-8"
    newline: str = "\r\n"

    def column(self, *names: str) -> int | None:
        """Return the number of the first column with one of these names, in any case; None without."""
        wanted = [name.casefold() for name in names]
        found = [name.strip().casefold() for name in self.header]
        return next((found.index(name) for name in wanted if name in found), None)

    def encode(self, guarded: Collection[int] | None = None, quoting: Any = csv.QUOTE_MINIMAL) -> bytes:
        """Return the file; cells in the `guarded` columns, or in all, are no formulas (see :func:`guard`)."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.separator, lineterminator=self.newline, quoting=quoting)
        writer.writerow(self.header)
        for row in self.rows:
            writer.writerow(
                guard(cell) if guarded is None or place in guarded else cell for place, cell in enumerate(row)
            )
        return text.getvalue().encode(self.encoding)


def written(points: float, decimal: str = ".") -> str:
    """Return points for a table, to two places, halves upwards, without zeros that say nothing.

    >>> written(17.5), written(25.0), written(0.625), written(2 / 3, ",")
    ('17.5', '25', '0.63', '0,67')
    """
    rounded = Decimal(repr(float(points))).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{rounded:f}".rstrip("0").rstrip(".").replace(".", decimal)


def guard(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: with an apostrophe in front of what may be one.

    Numbers, and a dash that stands for nothing, stay as they are. :func:`parse_table` takes the apostrophe away.

    >>> guard("=1+1"), guard("-2,5"), guard("-"), guard("'=1")
    ("'=1+1", '-2,5', '-', "''=1")
    """
    return f"'{cell}" if FORMULA.match(cell) and not NUMBER.fullmatch(cell) else cell


def read_table(path: Path) -> Table:
    """Read a table from a file.

    Raises:
        TableError: there is no such file, or no table in it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read ({error.strerror}).") from None
    return parse_table(data, path.name)


def parse_table(data: bytes, name: str) -> Table:
    """Read a table from the content of a file; `name` is for messages.

    Raises:
        TableError: there is no table in it.
    """
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        zipped = name.casefold().endswith(".zip")
        kind = "zip, and no table" if zipped else "workbook; save it as CSV (UTF-8) and give that"
        raise TableError(f"{name} is a {kind}.")
    text, encoding = _decode(data, name)
    newline = "\r\n" if "\r\n" in text else "\n"
    first = text.partition("\n")[0]
    try:
        separator = max(",;\t", key=lambda sign: len(next(csv.reader([first], delimiter=sign), [])))
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise TableError(f"{name} is no table that can be read ({error}).") from None
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows or len(rows[0]) < 2:
        raise TableError(f"{name} is no table with a header and several columns.")
    width = len(rows[0])
    plain = [[FORMULA_MARK.sub("", cell) for cell in row] for row in rows[1:]]
    filled = [row + [""] * (width - len(row)) for row in plain]
    return Table(rows[0], filled, separator, encoding, newline)


def _decode(data: bytes, name: str) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16"), "utf-16"
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    for each in (encoding, "cp1252"):
        try:
            return data.decode(each), each
        except UnicodeDecodeError:
            continue
    raise TableError(f"{name} is neither UTF-8 nor Windows text; save it as CSV (UTF-8).")
