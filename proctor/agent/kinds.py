"""Kinds of plain values beyond numbers, texts, lists, dicts and arrays: how each is written, and read at a price.

    ["i", hex]          whole number beyond 64 bits     ["D", type, text]       date, time, datetime
    ["b", type, size]   bytes, in the body              ["T", days, s, us]      timedelta
    ["s", [values]]     set                             ["X", text]             Decimal
    ["f", [values]]     frozenset                       ["F", number, number]   Fraction
    ["q", [values], n]  deque                           ["k", data, mask]       masked array
    ["R", a, b, c]      range                           ["N", module, name]     type of Python's or NumPy's
    ["S", a, b, c]      slice                           ["y", text]             dtype

A writer returns None for what has to stay on its side, where it is asked for piece by piece.
"""

import builtins
import datetime as dt
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction

import numpy as np

from .frames import FormatError

MAX_BITS = 2**20
"""Size of a whole number."""
MAX_FRACTION_BITS = 2**14
"""Size of the two numbers of a Fraction, which are reduced by their common divisor."""
MAX_DIGITS = 10_000
"""Digits of a Decimal, and its exponent: `int` makes a number of that many digits of it."""
MAX_RANGE = 1_000_000
"""Numbers of a range: whoever makes a list of it pays for them."""
BITS_PER_ITEM = 512
MAX_DTYPE = 30
"""Characters of the name of a dtype; one of many fields takes long to build."""

MUTABLE = (list, dict, set, bytearray, deque)
"""Types of containers that cross by value, and whose changes are told to the side that they came from."""
DICTS = {
    "dict": dict,
    "OrderedDict": OrderedDict,
    "Counter": lambda pairs: Counter(dict(pairs)),
    "defaultdict": lambda pairs: defaultdict(None, pairs),
}
TIMES = {kind.__name__: kind for kind in (dt.date, dt.time, dt.datetime)}
TYPES = {
    kind: (module.__name__, name)
    for module in (np, builtins)
    for name, kind in vars(module).items()
    if isinstance(kind, type)
    and (
        issubclass(kind, np.generic | Exception)
        if module is np or issubclass(kind, Exception)
        else kind in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, range, slice)
    )
}
"""Types that cross by name: calling one does nothing but make a value."""
NAMED = {names: kind for kind, names in TYPES.items()} | {("builtins", "NoneType"): type(None)}


def _write_int(writer, value, _depth):
    bits = value.bit_length()
    if bits > MAX_BITS:
        raise FormatError(f"a whole number of more than {MAX_BITS} bits")
    writer.pay(bits // BITS_PER_ITEM)
    return ["i", f"{value:x}"]


def _read_int(reader, text):
    if type(text) is not str or len(text) > MAX_BITS // 4 + 1:
        raise FormatError("a whole number that is too large")
    reader.pay(len(text) * 4 // BITS_PER_ITEM)
    return int(text, 16)


def _write_bytes(writer, value, _depth):
    writer.write_array_bytes(value)
    return ["b", type(value).__name__, len(value)]


def _read_bytes(reader, kind, size):
    if type(size) is not int or size < 0:
        raise FormatError("bytes of no size")
    return {"bytes": bytes, "bytearray": bytearray}[kind](reader.take(size))


def _write_set(writer, value, depth):
    keys = writer.write_keys(list(value), depth)
    return None if keys is None else ["s" if type(value) is set else "f", keys]


def _write_deque(writer, value, depth):
    return ["q", [writer.write(item, depth + 1) for item in value], value.maxlen]


def _read_deque(reader, forms, maxlen):
    return deque([reader.read(form) for form in forms], maxlen)


def _write_range(writer, value, depth):
    ends = (value.start, value.stop, value.step)
    if _length(value) > MAX_RANGE:
        return None
    return ["R", *(writer.write(end, depth + 1) for end in ends)]


def _read_range(reader, *forms):
    value = range(*map(reader.read, forms))
    if _length(value) > MAX_RANGE:
        raise FormatError("a range that is too long")
    return value


def _length(value):
    """Return the length of a range, which `len` refuses to tell of a long one."""
    return max(0, (value.stop - value.start + value.step - (1 if value.step > 0 else -1)) // value.step)


def _write_slice(writer, value, depth):
    return ["S", *(writer.write(end, depth + 1) for end in (value.start, value.stop, value.step))]


def _read_slice(reader, *forms):
    return slice(*map(reader.read, forms))


def _write_time(_writer, value, _depth):
    return ["D", type(value).__name__, value.isoformat()]


def _read_time(_reader, kind, text):
    if len(text) > 64:
        raise FormatError("a date that is too long")
    return TIMES[kind].fromisoformat(text)


def _write_timedelta(_writer, value, _depth):
    return ["T", value.days, value.seconds, value.microseconds]


def _read_timedelta(_reader, *numbers):
    if any(type(number) is not int for number in numbers):
        raise FormatError("a time that is none")
    return dt.timedelta(*numbers)


def _write_decimal(writer, value, _depth):
    text = str(value) if _is_small(value) else ""
    writer.pay(len(text) // 64)
    return ["X", text] if 0 < len(text) <= MAX_DIGITS else None


def _read_decimal(reader, text):
    if type(text) is not str or len(text) > MAX_DIGITS:
        raise FormatError("a Decimal that is too large")
    reader.pay(len(text) // 64)
    value = Decimal(text)
    if not _is_small(value):
        raise FormatError("a Decimal that is too large")
    return value


def _is_small(value):
    """Return whether a Decimal is one that can be compared, hashed and turned into an `int` at no great cost."""
    return not value.is_snan() and (not value.is_finite() or abs(value.adjusted()) <= MAX_DIGITS)


def _write_fraction(writer, value, depth):
    parts = (value.numerator, value.denominator)
    if max(part.bit_length() for part in parts) > MAX_FRACTION_BITS:
        return None
    writer.pay(MAX_FRACTION_BITS // BITS_PER_ITEM)
    return ["F", *(writer.write(part, depth + 1) for part in parts)]


def _read_fraction(reader, *forms):
    parts = [reader.read(form) for form in forms]
    reader.pay(MAX_FRACTION_BITS // BITS_PER_ITEM)
    if any(type(part) is not int or part.bit_length() > MAX_FRACTION_BITS for part in parts):
        raise FormatError("a Fraction that is too large")
    return Fraction(*parts)


def _write_masked(writer, value, depth):
    data, mask = np.asarray(value.data), np.ma.getmaskarray(value)
    forms = [writer.write(part, depth + 1) for part in (data, mask)]
    return ["k", *forms] if forms[0][0] == "a" else None


def _read_masked(reader, *forms):
    data, mask = map(reader.read, forms)
    if not isinstance(data, np.ndarray) or not isinstance(mask, np.ndarray) or data.shape != mask.shape:
        raise FormatError("a masked array whose parts do not fit")
    return np.ma.MaskedArray(data, mask=mask.astype(bool))


def _write_type(_writer, value, _depth):
    found = ("builtins", "NoneType") if value is type(None) else TYPES.get(value)
    return ["N", *found] if found else None


def _read_type(_reader, module, name):
    return NAMED[module, name]


def _write_dtype(_writer, value, _depth):
    return None if value.hasobject or value.fields else ["y", value.str]


def _read_dtype(_reader, text):
    kind = np.dtype(str(text)[:MAX_DTYPE])
    if kind.hasobject or kind.fields:
        raise FormatError("a dtype that does not cross")
    return kind


def _write_dict_of(name):
    return lambda writer, value, depth: writer.write_dict(value, depth, name)


def change(target, value):
    """Give a list, dict or other container the content of another one of its type."""
    target.clear()
    (target.update if isinstance(target, dict | set) else target.extend)(value)


WRITERS = {
    int: _write_int,
    bytes: _write_bytes,
    bytearray: _write_bytes,
    set: _write_set,
    frozenset: _write_set,
    deque: _write_deque,
    range: _write_range,
    slice: _write_slice,
    dt.timedelta: _write_timedelta,
    Decimal: _write_decimal,
    Fraction: _write_fraction,
    np.ma.MaskedArray: _write_masked,
    type: _write_type,
    **dict.fromkeys(TIMES.values(), _write_time),
    **dict.fromkeys({type(np.dtype(code)) for code in np.typecodes["All"]}, _write_dtype),
    **{kind: _write_dict_of(kind.__name__) for kind in (OrderedDict, Counter, defaultdict)},
}
"""By type: a function of the writer, the value and its depth."""

READERS = {
    "i": _read_int,
    "b": _read_bytes,
    "s": lambda reader, forms: set(reader.read_keys(forms)),
    "f": lambda reader, forms: frozenset(reader.read_keys(forms)),
    "q": _read_deque,
    "R": _read_range,
    "S": _read_slice,
    "D": _read_time,
    "T": _read_timedelta,
    "X": _read_decimal,
    "F": _read_fraction,
    "k": _read_masked,
    "N": _read_type,
    "y": _read_dtype,
}
"""By kind: a function of the reader and the rest of the form."""
