"""Another clock for a command, as if the machine's had been set: what it asks for, and what its files get.

Put into a folder as `sitecustomize.py` it is run by each Python that has the folder on its path, workers included.
"""

import datetime
import os
import time

DAYS = float(os.environ.get("CLOCK_DAYS", "0"))
SHIFT = datetime.timedelta(days=DAYS)
honest, date_time, replace = time.time, datetime.datetime, os.replace


class _Kind(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, date_time)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, date_time)


class _Shifted(date_time, metaclass=_Kind):
    """A date and time, with another now."""

    def __new__(cls, *args, **named):
        return date_time(*args, **named)

    @classmethod
    def now(cls, tz=None):
        return date_time.now(tz) + SHIFT

    @classmethod
    def utcnow(cls):
        return date_time.now(datetime.UTC).replace(tzinfo=None) + SHIFT


def _replace(source, target, **named):
    """Put a file in place, with the time of this clock."""
    now = time.time()
    os.utime(source, (now, now))
    replace(source, target, **named)


if DAYS:
    time.time = lambda: honest() + SHIFT.total_seconds()
    datetime.datetime = _Shifted
    os.replace = os.rename = _replace
