"""Kinds of plain values beyond numbers, texts, lists, dicts and arrays: how each is written and, within limits, read.

    ["i", hex]          whole number beyond 64 bits     ["D", type, text]       date, time, datetime
    ["b", type, size]   bytes, in the body              ["T", days, s, us]      timedelta
    ["s", [values]]     set                             ["X", text]             Decimal
    ["f", [values]]     frozenset                       ["F", number, number]   Fraction
    ["q", [values], n]  deque                           ["k", data, mask]       masked array
    ["R", a, b, c]      range                           ["N", module, name]     type of Python's or NumPy's
    ["S", a, b, c]      slice                           ["y", text]             dtype
    ["P", type, text]   path

A writer returns None for what has to stay on its side, where it is asked for piece by piece.
"""

import builtins
import datetime as dt
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath, PurePosixPath

import numpy as np

from .frames import FormatError

MAX_BITS = 2**20
"""Size of a whole number."""
MAX_FRACTION_BITS = 2**14
"""Size of the two numbers of a Fraction, which are reduced by their common divisor."""
MAX_DIGITS = 10_000
"""Digits of a Decimal, and its exponent: `int` makes a number of that many digits of it."""
MAX_RANGE = 1_000_000
"""Numbers of a range: a list that is made of it has as many items."""
BITS_PER_ITEM = 512
MAX_DTYPE = 30
"""Characters of the name of a dtype; one of many fields takes long to build."""

MUTABLE = (list, dict, set, bytearray, deque, OrderedDict, Counter, defaultdict)
"""Types of containers that cross by value, and whose changes are told to the side that they came from."""
DICTS = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "Counter": lambda pairs: Counter(dict(pairs)),
    "defaultdict": lambda pairs, factory: defaultdict(factory, pairs),
}
PATHS = {kind.__name__: kind for kind in (PosixPath, PurePosixPath)}
TIMES = {kind.__name__: kind for kind in (dt.date, dt.time, dt.datetime)}
PLAIN = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, range, slice, type(None))


def _subclasses(module, *bases):
    """Return the classes in a module that are derived from some bases, and their names."""
    found = {kind: name for name, kind in vars(module).items() if isinstance(kind, type)}
    return {kind: (module.__name__, name) for kind, name in found.items() if issubclass(kind, bases)}


TYPES = {
    **_subclasses(np, np.generic, Exception),
    **_subclasses(builtins, Exception),
    **{kind: ("builtins", kind.__name__) for kind in PLAIN},
}
"""Types that cross by name: calling one does nothing but make a value."""
NAMED = {names: kind for kind, names in TYPES.items()}


def _write_int(writer, value, _depth):
    bits = value.bit_length()
    if bits > MAX_BITS:
        raise FormatError(f"a whole number of more than {MAX_BITS} bits")
    writer.count_items(bits // BITS_PER_ITEM)
    return ["i", f"{value:x}"]


def _read_int(reader, text):
    if len(text) > MAX_BITS // 4 + 1:
        raise FormatError("a whole number that is too large")
    reader.count_items(len(text) * 4 // BITS_PER_ITEM)
    return int(text, 16)


def _write_bytes(writer, value, _depth):
    writer.add(value, len(value))
    return ["b", type(value).__name__, len(value)]


def _write_set(writer, value, depth):
    keys = writer.write_keys(list(value), depth)
    return None if keys is None else ["s" if type(value) is set else "f", keys]


def _write_defaultdict(writer, value, depth):
    """Return the form of a defaultdict, whose factory comes along if it is a type that crosses."""
    factory = value.default_factory if value.default_factory in TYPES else None
    return writer.write_dict(value, depth, "defaultdict", writer.write(factory))


def _ends(value):
    return value.start, value.stop, value.step


def _is_short(value):
    """Return whether a range is one to make a list of; `len` refuses to tell of a very long one."""
    start, stop, step = _ends(value)
    return (stop - start + step - (1 if step > 0 else -1)) // step <= MAX_RANGE


def _read_range(reader, *forms):
    value = range(*reader.read_all(forms))
    if not _is_short(value):
        raise FormatError("a range that is too long")
    return value


def _read_time(_reader, kind, text):
    if len(text) > 64:
        raise FormatError("a date that is too long")
    return TIMES[kind].fromisoformat(text)


def _is_small(value):
    """Return whether a Decimal is one that can be compared, hashed and turned into an `int` at no great cost."""
    return not value.is_snan() and (not value.is_finite() or abs(value.adjusted()) <= MAX_DIGITS)


def _write_decimal(writer, value, _depth):
    text = str(value) if _is_small(value) else ""
    writer.count_items(len(text) // 64)
    return ["X", text] if 0 < len(text) <= MAX_DIGITS else None


def _read_decimal(reader, text):
    fits = type(text) is str and len(text) <= MAX_DIGITS
    reader.count_items(len(text) // 64)
    if not fits or not _is_small(value := Decimal(text)):
        raise FormatError("a Decimal that is too large")
    return value


def _can_be_reduced(parts):
    return all(type(part) is int and part.bit_length() <= MAX_FRACTION_BITS for part in parts)


def _write_fraction(writer, value, depth):
    parts = (value.numerator, value.denominator)
    if not _can_be_reduced(parts):
        return None
    writer.count_items(MAX_FRACTION_BITS // BITS_PER_ITEM)
    return ["F", *writer.write_all(parts, depth)]


def _read_fraction(reader, *forms):
    parts = reader.read_all(forms)
    reader.count_items(MAX_FRACTION_BITS // BITS_PER_ITEM)
    if not _can_be_reduced(parts):
        raise FormatError("a Fraction that is too large")
    return Fraction(*parts)


def _write_masked(writer, value, depth):
    mask = np.ma.getmaskarray(value)
    if writer.plain_keys and mask.any():
        return None
    forms = writer.write_all((np.asarray(value.data), mask), depth)
    return ["k", *forms] if forms[0][0] == "a" else None


def _read_masked(reader, *forms):
    data, mask = reader.read_all(forms)
    if not isinstance(data, np.ndarray) or not isinstance(mask, np.ndarray) or data.shape != mask.shape:
        raise FormatError("a masked array whose parts do not fit")
    if reader.plain_keys and mask.any():
        raise FormatError("a masked array, which agrees with anything where it is masked")
    return np.ma.MaskedArray(data, mask=mask.astype(bool))


def _crosses(dtype):
    return not dtype.hasobject and not dtype.fields


def _read_dtype(_reader, text):
    kind = np.dtype(str(text)[:MAX_DTYPE])
    if not _crosses(kind):
        raise FormatError("a dtype that does not cross")
    return kind


def change(target, value):
    """Give a list, dict or other container the content of another one of its type."""
    target.clear()
    (target.update if isinstance(target, dict | set) else target.extend)(value)


WRITERS = {
    int: _write_int,
    **dict.fromkeys((bytes, bytearray), _write_bytes),
    **dict.fromkeys((set, frozenset), _write_set),
    deque: lambda writer, value, depth: ["q", writer.write_all(value, depth), value.maxlen],
    range: lambda writer, value, depth: (
        ["R", *writer.write_all(_ends(value), depth)] if _is_short(value) else None
    ),
    slice: lambda writer, value, depth: ["S", *writer.write_all(_ends(value), depth)],
    dt.timedelta: lambda _writer, value, _depth: ["T", value.days, value.seconds, value.microseconds],
    defaultdict: _write_defaultdict,
    **dict.fromkeys(PATHS.values(), lambda _writer, value, _depth: ["P", type(value).__name__, str(value)]),
    Decimal: _write_decimal,
    Fraction: _write_fraction,
    np.ma.MaskedArray: _write_masked,
    type: lambda _writer, value, _depth: ["N", *TYPES[value]] if value in TYPES else None,
    **dict.fromkeys(
        TIMES.values(), lambda _writer, value, _depth: ["D", type(value).__name__, value.isoformat()]
    ),
    **dict.fromkeys(
        {type(np.dtype(code)) for code in np.typecodes["All"]},
        lambda _writer, value, _depth: ["y", value.str] if _crosses(value) else None,
    ),
    **dict.fromkeys(
        (OrderedDict, Counter),
        lambda writer, value, depth: writer.write_dict(value, depth, type(value).__name__),
    ),
}
"""By type: a function of the writer, the value and its depth."""

READERS = {
    "i": _read_int,
    "b": lambda reader, kind, size: {"bytes": bytes, "bytearray": bytearray}[kind](reader.take(size)),
    "s": lambda reader, forms: set(reader.read_keys(forms)),
    "f": lambda reader, forms: frozenset(reader.read_keys(forms)),
    "q": lambda reader, forms, maxlen: deque(reader.read_all(forms), maxlen),
    "R": _read_range,
    "S": lambda reader, *forms: slice(*reader.read_all(forms)),
    "D": _read_time,
    "T": lambda _reader, *numbers: dt.timedelta(*numbers),
    "P": lambda _reader, kind, text: PATHS[kind](text),
    "X": _read_decimal,
    "F": _read_fraction,
    "k": _read_masked,
    "N": lambda _reader, module, name: NAMED[module, name],
    "y": _read_dtype,
}
"""By kind: a function of the reader and the rest of the form."""
