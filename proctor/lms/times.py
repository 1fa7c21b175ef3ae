"""Times of Moodle's grading worksheet, which are written for people, in the language of the reader."""

from __future__ import annotations

import datetime as dt
import re

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
OTHERS = {
    "mär": "mar", "mrz": "mar", "mai": "may", "okt": "oct", "dez": "dec",
    "fév": "feb", "avr": "apr", "juin": "jun", "juil": "jul", "aoû": "aug", "déc": "dec",
    "ene": "jan", "abr": "apr", "ago": "aug", "dic": "dec",
}  # fmt: skip
"""German, French and Spanish months that begin otherwise than the English ones."""

WRITTEN = re.compile(
    r"(?P<day>\d{1,2})(?:\.|er)?\s+(?:de\s+)?(?P<month>[^\W\d]+)\.?\s+(?:de\s+)?(?P<year>\d{4}),?\s+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?:\s*(?P<half>[ap])\.?m)?",
    re.IGNORECASE,
)


def moodle_time(text: str, zone: dt.tzinfo | None) -> dt.datetime | None:
    """Read «Tuesday, 5 March 2024, 11:23 PM», «Dienstag, 5. März 2024, 23:23», «mardi 5 mars 2024, 23:23» and the like.

    Return the time in UTC, or None where there is none: «-», or a language that we do not know.
    """
    match = WRITTEN.search(text)
    month = match["month"].casefold() if match else ""
    month = OTHERS.get(month[:4]) or OTHERS.get(month[:3]) or month[:3]
    if not match or month not in MONTHS:
        return None
    year, day, hour, minute = (int(match[part]) for part in ("year", "day", "hour", "minute"))
    if match["half"]:
        hour = hour % 12 + 12 * (match["half"].casefold() == "p")
    try:
        local = dt.datetime(year, MONTHS.index(month) + 1, day, hour, minute, tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(dt.UTC)
