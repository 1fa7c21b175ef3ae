"""Descriptions, as plain values, of objects that stay in the sandbox: types, exceptions, and pyplot's figures."""

import builtins
import linecache
import os
import sys
from difflib import get_close_matches
from types import CodeType, CoroutineType, FunctionType, GeneratorType

import numpy as np

MAX_METHODS, MAX_FIELDS = 200, 100
MAX_TEXT, MAX_LINE, MAX_LINES = 600, 160, 4
"""Characters of an exception's text (the longest usual one, on `np.float`, has 460) and of a line; lines."""
MAX_RELATED = 3
MAX_TOLD = MAX_LINES + MAX_RELATED
"""Exceptions of a group that are told; lines about an exception."""
MAX_KNOWN, NEAR = 2_000, 0.8
"""Names that one which is not found is compared with, and how like it one must be, from 0 to 1."""
LIBRARIES = (sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), os.path.dirname(__file__))
"""Folders of code that is not the student's, wherever a cell has changed to."""
MAX_BASES = 20
MAX_FIGURES, MAX_AXES, MAX_ARTISTS = 20, 50, 200
PLAIN = (type(None), bool, int, float, str)
"""Types of an exception's attributes that are told."""
BASES = {
    **{kind.__name__: kind for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type)},
    "function": FunctionType,
    "generator": GeneratorType,
    "MaskedArray": np.ma.MaskedArray,
    "coroutine": CoroutineType,
    "property": property,
}  # fmt: skip
"""Types of which an object is said to be an instance, too."""


def describe_type(kind):
    """Return a type's name, its methods, its attributes that are not plain, and what else its objects can do."""
    name = f"{kind.__name__} of dtype object" if kind is np.ndarray else kind.__name__
    traits = {
        "call": _own(kind, "__call__"),
        "truth": _own(kind, "__bool__", "__len__"),
        "base": next((base.__name__ for base in kind.__mro__ if BASES.get(base.__name__) is base), None),
    }
    if fields := list(getattr(kind, "__dataclass_fields__", ()))[:MAX_FIELDS]:
        traits["fields"] = fields
    return [name, _methods_of(kind), _fixed_of(kind), traits]


def _own(kind, *names):
    """Return whether a class, or a base of it other than `object`, has one of some names for its objects."""
    return any(name in vars(base) for base in kind.__mro__[:-1] for name in names)


def _fixed_of(kind):
    """Return the names that are more than plain attributes of a class's objects; None if any name may be.

    Setting a plain attribute cannot fail, and changes no other.
    """
    hooks = ("__setattr__", "__getattribute__", "__slots__", "__delattr__", "__getattr__")
    if kind.__dictoffset__ == 0 or _own(kind, *hooks):
        return None
    items = (item for base in kind.__mro__[:-1] for item in vars(base).items())
    return sorted({name for name, value in items if hasattr(type(value), "__set__")})


def _methods_of(kind):
    """Return the names of a class's methods, as far as no object can have something else under the name.

    Left out is what one of the class's own functions names as an attribute: it may be what it sets.
    """
    if _own(kind, "__getattribute__", "__slots__"):
        return []
    held = {name: value for base in reversed(kind.__mro__[:-1]) for name, value in vars(base).items()}
    functions = {name: value for name, value in held.items() if isinstance(value, FunctionType)}
    named = {word for function in functions.values() for word in function.__code__.co_names}
    return [name for name in functions if not name.startswith("__") and name not in named][:MAX_METHODS]


def describe_error(error):
    """Return an exception's type, text, classes, plain attributes, and the student's lines that led to it.

    Behind the lines come the name that may be meant, and the exceptions that it comes from or stands for.
    """
    text = asked(str, error) or asked(_lacking, error)
    told = {"kind": type(error).__name__, "text": text[:MAX_TEXT]}
    more = [f"Did you mean `{near}`?"] if (near := asked(_meant, error)) else []
    told["where"] = [*_lines_of(error)[-MAX_LINES:], *more, *asked(_related, error)][:MAX_TOLD]
    told["bases"] = [base.__name__ for base in type(error).__mro__[1:-1]][:MAX_BASES]
    if attributes := {name: value for name, value in vars(error).items() if type(value) in PLAIN}:
        told["attributes"] = attributes
    return told


def builtin_error(name, base=Exception):
    """Return the exception of Python's of that name; None if there is none that is derived from the base."""
    found = getattr(builtins, str(name), None)
    return found if isinstance(found, type) and issubclass(found, base) else None


def asked(function, error):
    """Return what a function says about an exception; "" where the exception, or an object of it, has raised another."""
    try:
        return function(error)
    except Exception:
        return ""


def _last_frame(error):
    """Return the frame in which an exception was raised."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame


def _lacking(error):
    """Return why a method of a base class says that it is not implemented, or "" if another one does."""
    if not isinstance(error, NotImplementedError):
        return ""
    frame = _last_frame(error)
    name, kind = frame.f_code.co_name, type(frame.f_locals.get("self"))
    if kind.__module__ != "__main__" or name in vars(kind):
        return ""
    said = f"`{kind.__name__}` has no method `{name}`"
    if isinstance(vars(sys.modules["__main__"]).get(name), FunctionType):
        return f"{said}, but there is a function `{name}` outside of the class. How far is it indented?"
    methods = {each: value.__code__ for each, value in vars(kind).items() if isinstance(value, FunctionType)}
    for method, code in methods.items():
        if name in [inner.co_name for inner in code.co_consts if isinstance(inner, CodeType)]:
            return f"{said}, but there is a function `{name}` inside of `{method}`. How far is it indented?"
    near = _nearest(name, methods)
    return f"{said}, but `{near}`. Is that the one?" if near else ""


def _nearest(name, known):
    return most_like(name, sorted(set(known) - {name})[:MAX_KNOWN], NEAR)


def most_like(name, known, cutoff):
    """Return the known name that is most like another one, whatever its case, or "" if none is like it enough."""
    folded = {each.replace("_", "").lower(): each for each in known}
    near = get_close_matches(name.replace("_", "").lower(), folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else ""


def _related(error):
    """Return in a line each the exceptions of a group, and the one from which an exception was raised."""
    group = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    lines = [f"with {type(each).__name__}: {asked(str, each)[:MAX_LINE]}" for each in group[:MAX_RELATED]]
    cause = error.__context__ if error.__cause__ is None else error.__cause__
    if cause is not None and (error.__cause__ is cause or not error.__suppress_context__):
        lines.append(f"after {type(cause).__name__}: {asked(str, cause)[:MAX_LINE]}")
    return lines


def _meant(error):
    """Return the name that may be meant where there is none of that name, as Python prints it, or ""."""
    if isinstance(error, AttributeError):
        return _nearest(error.name, dir(error.obj))
    if not isinstance(error, NameError):
        return ""
    frame = _last_frame(error)
    if hasattr(frame.f_locals.get("self"), error.name):
        return f"self.{error.name}"
    return _nearest(error.name, [*frame.f_locals, *frame.f_globals, *dir(builtins)])


def _lines_of(error):
    """Return the student's lines in an exception's traceback."""
    where, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        path = code.co_filename
        beside = path.startswith(os.getcwd()) or not os.path.isabs(path)
        compiled = path.endswith((".pyx", ".pxd"))  # by Cython, which names files as in a library's source
        theirs = compiled or path.startswith((*LIBRARIES, "<"))
        if "ipykernel_" in path or (beside and not theirs):
            line = linecache.getline(path, trace.tb_lineno).strip()
            where.append(f"{code.co_name}, line {trace.tb_lineno}: {line[:MAX_LINE]}")
        trace = trace.tb_next
    return where


def describe_figures(shown=()):
    """Return a description of each figure: those that were shown, then those that are open, newest last."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    managers = helpers.Gcf.get_all_fig_managers() if helpers else []
    figures = {id(figure): figure for figure in [*shown, *(manager.canvas.figure for manager in managers)]}
    return [_describe_figure(figure) for figure in list(figures.values())[-MAX_FIGURES:]]


def _describe_figure(figure):
    title = getattr(figure, "_suptitle", None)
    return {
        "title": title.get_text() if title else "",
        "axes": [_describe_axes(axes) for axes in figure.axes[:MAX_AXES]],
    }


def _describe_axes(axes):
    legend, bars = axes.get_legend(), axes.patches[:MAX_ARTISTS]
    return {
        **{
            name: getattr(axes, f"get_{name}")() for name in ("title", "xlabel", "ylabel", "xscale", "yscale")
        },
        **{name: tuple(map(float, getattr(axes, f"get_{name}")())) for name in ("xlim", "ylim")},
        "legend": [text.get_text() for text in legend.get_texts()[:MAX_ARTISTS]] if legend else [],
        "lines": [_describe_line(line) for line in axes.lines[:MAX_ARTISTS]],
        "points": [np.asarray(each.get_offsets()) for each in axes.collections[:MAX_ARTISTS]],
        "bars": [_describe_bar(patch) for patch in bars if hasattr(patch, "get_height")],
        "images": [np.ma.getdata(image.get_array()) for image in axes.images[:MAX_ARTISTS]],
        "texts": [text.get_text() for text in axes.texts[:MAX_ARTISTS]],
    }


def _describe_line(line):
    color = line.get_color()
    return {
        "x": np.asarray(line.get_xdata()),
        "y": np.asarray(line.get_ydata()),
        "label": str(line.get_label()),
        "style": str(line.get_linestyle()),
        "marker": str(line.get_marker()),
        "color": color if isinstance(color, str) else "",
    }


def _describe_bar(patch):
    return [float(number) for number in (patch.get_x(), patch.get_width(), patch.get_height())]
