"""Figures of pyplot, described in plain values for a hidden test."""

import sys

import numpy as np

MAX_FIGURES, MAX_AXES, MAX_ARTISTS = 20, 50, 200


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
    legend = axes.get_legend()
    return {
        "title": axes.get_title(),
        "xlabel": axes.get_xlabel(),
        "ylabel": axes.get_ylabel(),
        "xscale": axes.get_xscale(),
        "yscale": axes.get_yscale(),
        "xlim": tuple(map(float, axes.get_xlim())),
        "ylim": tuple(map(float, axes.get_ylim())),
        "legend": [text.get_text() for text in legend.get_texts()[:MAX_ARTISTS]] if legend else [],
        "lines": [_describe_line(line) for line in axes.lines[:MAX_ARTISTS]],
        "points": [np.asarray(each.get_offsets()) for each in axes.collections[:MAX_ARTISTS]],
        "bars": [
            _describe_bar(patch) for patch in axes.patches[:MAX_ARTISTS] if hasattr(patch, "get_height")
        ],
        "images": [np.ma.getdata(image.get_array()) for image in axes.images[:MAX_ARTISTS]],
        "texts": [text.get_text() for text in axes.texts[:MAX_ARTISTS]],
    }


def _describe_line(line):
    return {
        "x": np.asarray(line.get_xdata()),
        "y": np.asarray(line.get_ydata()),
        "label": str(line.get_label()),
        "style": str(line.get_linestyle()),
        "marker": str(line.get_marker()),
        "color": line.get_color() if isinstance(line.get_color(), str) else "",
    }


def _describe_bar(patch):
    return [float(number) for number in (patch.get_x(), patch.get_width(), patch.get_height())]
