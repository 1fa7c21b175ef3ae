"""Figures of a student's as a hidden test sees them: titles, labels, and what is drawn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class _Described:
    """Reading of a description that came from the student's side, and may lack anything."""

    @classmethod
    def of(cls, description: Any) -> Self:
        """Return the object of a description; what is missing, or more than is known, is left out."""
        known = description if isinstance(description, dict) else {}
        names = [each.name for each in fields(cls)]
        return cls(**{name: cls._part(name, known[name]) for name in names if name in known})

    @classmethod
    def _part(cls, _name: str, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class Line(_Described):
    """A line of a plot.

    Attributes:
        x, y: its points, one entry each.
        label: as the legend has it; those that begin with "_" have none.
        style: such as "-", "--", or "None".
        marker: such as "o", or "None".
        color: its name, or "" for a colour without one.
    """

    x: NDArray[Any] | tuple[()] = ()
    y: NDArray[Any] | tuple[()] = ()
    label: str = ""
    style: str = ""
    marker: str = ""
    color: str = ""


@dataclass(frozen=True)
class Axes(_Described):
    """A plot in a figure.

    Attributes:
        points: the points of each scatter plot, of shape (n, 2).
        bars: left edge, width and height of each bar.
        images: the entries of each image.
        texts: what is written into the plot.
    """

    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    xscale: str = ""
    yscale: str = ""
    xlim: tuple[float, float] = (0.0, 1.0)
    ylim: tuple[float, float] = (0.0, 1.0)
    legend: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    points: tuple[NDArray[Any], ...] = ()
    bars: tuple[tuple[float, float, float], ...] = ()
    images: tuple[NDArray[Any], ...] = ()
    texts: tuple[str, ...] = ()

    @classmethod
    def _part(cls, name: str, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        if name == "lines":
            return tuple(map(Line.of, value))
        return tuple(tuple(item) if isinstance(item, list) else item for item in value)


@dataclass(frozen=True)
class Figure(_Described):
    """A figure: its title, if it has one for all of its plots, and the plots."""

    title: str = ""
    axes: tuple[Axes, ...] = ()

    @classmethod
    def _part(cls, name: str, value: Any) -> Any:
        return tuple(map(Axes.of, value)) if name == "axes" and isinstance(value, list) else value
