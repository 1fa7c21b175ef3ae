"""SciPy's sparse matrices and pandas' tables as values that cross: as their parts.

    ["p", type, shape, rows, columns, entries]    sparse matrix or array
    ["h", column, index, name]                    Series
    ["w", [columns], index, labels]               DataFrame

A column is the form of an array, or ``[dtype, [values]]``. An index is ``[[column of each level], [names]]``.
Neither library is imported before a value of it is met; without pandas there are none.
"""

import sys

import numpy as np

from .frames import FormatError

MAX_DENSE = 2**24
"""Entries of the array that a sparse matrix stands for: `toarray` makes it."""
MAX_ROWS = 50_000
"""Rows of a table, and its columns: pandas hashes labels, which can be chosen to be slow."""
SPARSE = tuple(
    f"{form}_{kind}"
    for form in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
    for kind in ("array", "matrix")
)
DTYPES = ("object", "str", "string", "category", "Int64", "Float64", "boolean")
"""Types of columns that are not arrays; of all others the values cross as objects."""


def writer_of(value):
    """Return the function that writes a value, or None if it is no table."""
    library = type(value).__module__.partition(".")[0]
    if library == "scipy" and type(value).__name__ in SPARSE:
        return _write_sparse
    if library == "pandas" and (pandas := sys.modules.get("pandas")):
        found = {pandas.Series: _write_series, pandas.DataFrame: _write_frame}.get(type(value))
        if found is None and isinstance(value, pandas.Index):
            return _write_index_value
        if found is None and isinstance(value, pandas.Timestamp):
            return lambda writer, stamp, depth: writer.write(stamp.to_pydatetime(), depth + 1)
        return found
    return None


def _write_sparse(writer, value, depth):
    if value.ndim != 2 or value.shape[0] * value.shape[1] > MAX_DENSE:
        return None
    parts = value.tocoo()
    forms = [writer.write(part, depth + 1) for part in (parts.row, parts.col, parts.data)]
    return ["p", type(value).__name__, list(value.shape), *forms]


def _read_sparse(reader, kind, shape, *forms):
    from scipy import sparse

    rows, columns, entries = map(reader.read, forms)
    sizes_fit = len(shape) == 2 and all(type(extent) is int and 0 <= extent <= MAX_DENSE for extent in shape)
    if kind not in SPARSE or not sizes_fit or shape[0] * shape[1] > MAX_DENSE:
        raise FormatError("a sparse matrix that is too large")
    if any(not isinstance(part, np.ndarray) or part.ndim != 1 for part in (rows, columns, entries)):
        raise FormatError("a sparse matrix with invalid parts")
    return getattr(sparse, kind)(sparse.coo_array((entries, (rows, columns)), shape=tuple(shape)))


def _write_column(writer, values, depth):
    """Return the form of a Series or of one level of an index; None if it has to stay on its side."""
    kind = values.dtype
    if isinstance(kind, np.dtype) and kind.kind != "O":
        return writer.write(values.to_numpy(), depth + 1)
    name = str(kind) if str(kind) in DTYPES else "object"
    pandas = sys.modules["pandas"]
    items = [None if item is pandas.NA or item is pandas.NaT else item for item in values.astype(object)]
    if any(type(item) in (list, dict, set) for item in items):
        return None
    forms = writer.write_keys(items, depth)
    return None if forms is None else [name, forms]


def _read_column(reader, form):
    import pandas as pd

    if form[0] == "a":
        column = reader.read(form)
        if not isinstance(column, np.ndarray) or column.ndim != 1 or len(column) > MAX_ROWS:
            raise FormatError("an invalid column")
        return column
    name, forms = form
    if name not in DTYPES or len(forms) > MAX_ROWS:
        raise FormatError("a column of a type that does not cross")
    values = reader.read_keys(forms)
    return pd.Series(values, dtype=name)


def _write_index(writer, index, depth):
    if type(index).__name__ == "RangeIndex":
        return [["R", index.start, index.stop, index.step], writer.write(index.name, depth + 1)]
    levels = [_write_column(writer, index.get_level_values(level), depth) for level in range(index.nlevels)]
    return None if None in levels else [levels, *(writer.write(name, depth + 1) for name in index.names)]


def _read_index(reader, forms, *names):
    import pandas as pd

    labels = [reader.read_keys([name])[0] for name in names]
    if forms[0] == "R":
        ends = reader.read(forms)
        if len(ends) > MAX_ROWS:
            raise FormatError("an index that is too long")
        return pd.RangeIndex(ends.start, ends.stop, ends.step, name=labels[0])
    levels = [_read_column(reader, form) for form in forms]
    if len(levels) == 1:
        return pd.Index(levels[0], name=labels[0])
    return pd.MultiIndex.from_arrays(levels, names=labels)


def _write_index_value(writer, value, depth):
    form = _write_index(writer, value, depth) if len(value) <= MAX_ROWS else None
    return form and ["x", *form]


def _write_series(writer, value, depth):
    if len(value) > MAX_ROWS:
        return None
    forms = [_write_column(writer, value, depth), _write_index(writer, value.index, depth)]
    return None if None in forms else ["h", *forms, writer.write(value.name, depth + 1)]


def _read_series(reader, column, index, name):
    import pandas as pd

    values = _read_column(reader, column)
    return pd.Series(
        getattr(values, "array", values), index=_read_index(reader, *index), name=reader.read_keys([name])[0]
    )


def _write_frame(writer, value, depth):
    if max(value.shape) > MAX_ROWS:
        return None
    columns = [_write_column(writer, value.iloc[:, number], depth) for number in range(value.shape[1])]
    index, labels = (_write_index(writer, axis, depth) for axis in value.axes)
    return None if None in (*columns, index, labels) else ["w", columns, index, labels]


def _read_frame(reader, columns, index, labels):
    import pandas as pd

    values = {number: _read_column(reader, form) for number, form in enumerate(columns)}
    arrays = {number: getattr(column, "array", column) for number, column in values.items()}
    frame = pd.DataFrame(arrays, index=_read_index(reader, *index))
    frame.columns = _read_index(reader, *labels)
    return frame


READERS = {"p": _read_sparse, "h": _read_series, "w": _read_frame, "x": _read_index}
"""By kind: a function of the reader and the rest of the form."""
