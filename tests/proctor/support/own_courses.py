"""Courses that are not exercise 4, numerics and data science, on top of what `proctor init` writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from proctor.authoring.new_course import write_course

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f8ff0f0002"
    "87018043b6e3120000000049454e44ae426082"
)


@dataclass(frozen=True)
class Example:
    """An exercise with its students.

    Attributes:
        name: the exercise's.
        cells: of the master notebook.
        tests: the module of hidden tests.
        files: other files, by their path in the course.
        students: what each writes, by the grade_id of the cell, and the points that it is worth.
    """

    name: str
    cells: list[Any]
    tests: str
    students: Mapping[str, tuple[dict[str, str], float]]
    files: Mapping[str, bytes] = field(default_factory=dict)

    def write(self, course: Path, settings: str = "") -> None:
        """Write a new course, with this exercise in it and some more settings."""
        write_course(course)
        with (course / "nbgrader_config.py").open("a") as file:
            file.write(settings)
        self.write_exercise(course, "source")

    def write_exercise(self, course: Path, source: str) -> None:
        """Write the exercise into a course."""
        folder = course / source / self.name
        folder.mkdir(parents=True)
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(
            new_notebook(cells=self.cells, metadata={"kernelspec": kernel}), folder / f"{self.name}.ipynb"
        )
        tests = course / "tests" / self.name
        tests.mkdir(parents=True)
        (tests / f"test_{self.name}.py").write_text(self.tests)
        for name, content in self.files.items():
            (course / name).parent.mkdir(parents=True, exist_ok=True)
            (course / name).write_bytes(content)

    def hand_in(self, release: Path, target: Path, student: str) -> None:
        """Write what a student hands in: the release with their own cells."""
        notebook = nbformat.read(release / f"{self.name}.ipynb", as_version=4)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = self.students[student][0].get(name, cell.source)
        target.mkdir(parents=True)
        nbformat.write(notebook, target / f"{self.name}.ipynb")


def text(name: str, source: str, **more: Any) -> Any:
    """Return a Markdown cell."""
    return new_markdown_cell(source, id=name, **more)


def code(name: str, source: str, *tags: str) -> Any:
    """Return a code cell that is given to the students."""
    return new_code_cell(source, id=name, metadata={"tags": list(tags)} if tags else {})


def answer(name: str, source: str) -> Any:
    """Return a solution cell."""
    return new_code_cell(source, id=name, metadata={"nbgrader": _nbgrader(name, solution=True)})


def graded(name: str, points: float, source: str = "# Graded") -> Any:
    """Return a cell that is graded by tests."""
    data = _nbgrader(name, grade=True, locked=True, points=points)
    return new_code_cell(source, id=name, metadata={"nbgrader": data})


def _nbgrader(name: str, **more: Any) -> dict[str, Any]:
    plain = {"cell_type": "code", "grade": False, "locked": False, "solution": False}
    return {**plain, "grade_id": name, "schema_version": 3, "task": False, **more}


def solved(source: str) -> str:
    """Return a function with nbgrader's markers around its body."""
    head, _, body = source.partition("\n")
    return f"{head}\n    ### BEGIN SOLUTION\n{body.rstrip()}\n    ### END SOLUTION"


NEWTON = """def newton(f, x):
    for _ in range(50):
        x = x - f.value(x) / f.slope(x)
    return x
"""
TRAPEZOID = """def trapezoid(y, h):
    return h * (y.sum() - (y[0] + y[-1]) / 2)
"""
NUMERICS = Example(
    "roots",
    [
        text("title", "# Roots and integrals\n\n![Newton's method](img/newton.jpg)"),
        code("set-up", "%matplotlib inline\nimport matplotlib.pyplot as plt\nimport numpy as np"),
        answer("newton", solved(NEWTON)),
        graded("newton_root", 2),
        answer("trapezoid", solved(TRAPEZOID)),
        graded("trapezoid_rule", 1),
        code(
            "plot", "x = np.linspace(0, 1, 50)\nplt.plot(x, x**2 - 0.5)\nplt.title('A root')", "demonstration"
        ),
    ],
    '''"""Hidden tests of the exercise on roots."""

import numpy as np

from proctor.criteria import Criteria, points


class Parabola:
    """x^2 - a, which student code calls across the wall."""

    def __init__(self, a):
        self.a = a

    def value(self, x):
        return x * x - self.a

    def slope(self, x):
        return 2 * x


class Newton(Criteria):
    """Newton's method"""

    grade_id = "newton_root"
    needs = ("newton",)

    @points(1)
    def test_root(self):
        """It finds the root of 2."""
        self.check(self.newton(Parabola(2.0), 1.0), np.sqrt(2.0), "newton(f, 1)", tolerance=1e-9)

    @points(1)
    def test_negative(self):
        """From a negative start it finds the negative root."""
        self.check(self.newton(Parabola(9.0), -1.0), -3.0, "newton(f, -1)", tolerance=1e-9)


class Trapezoid(Criteria):
    """The trapezoidal rule"""

    grade_id = "trapezoid_rule"
    needs = ("trapezoid",)

    @points(1)
    def test_values(self):
        """The ends count half."""
        y = np.random.default_rng(self.seed).normal(size=9)
        self.check(self.trapezoid(y, 0.5), 0.5 * (y[:-1] + y[1:]).sum() / 2, "trapezoid(y, h)")
''',
    {
        "ada": ({"newton": NEWTON, "trapezoid": TRAPEZOID}, 3),
        "bob": ({"newton": NEWTON.replace("range(50)", "range(2)"), "trapezoid": TRAPEZOID}, 1),
        "eve": ({}, 0),
    },
    {"img/newton.jpg": PIXEL},
)

WARMEST = """def warmest(stations):
    return stations["name"][stations["degrees"].argmax()]
"""
MEANS = """def mean_by_year(years, degrees):
    found = np.unique(years)
    return np.array([degrees[years == year].mean() for year in found])
"""
DATA = Example(
    "weather",
    [
        text("title", "# Weather\n\nThe data are in [stations.csv](stations.csv). ![map](attachment:map.png)",
             attachments={"map.png": {"image/png": "iVBORw0KGgo="}}),
        code("set-up", "import numpy as np\nstations = np.genfromtxt('stations.csv', delimiter=',', names=True, "
             "dtype=None, encoding='utf-8')"),
        answer("means", solved(MEANS)),
        graded("mean_by_year", 2),
        answer("warmest", solved(WARMEST)),
        code("use", "here = warmest(stations)"),
        graded("mean_of_file", 1),
    ],
    '''"""Hidden tests of the exercise on weather: tables as columns."""

import numpy as np

from proctor.criteria import Criteria, points


class Means(Criteria):
    """The mean of each year"""

    grade_id = "mean_by_year"
    needs = ("mean_by_year",)

    @points(1)
    def test_means(self):
        """`mean_by_year` returns the mean of each year, in the order of the years."""
        years = np.array([2021, 2020, 2021, 2020])
        self.check(self.mean_by_year(years, np.array([1.0, 5.0, 2.0, 8.0])), [6.5, 1.5], "mean_by_year(...)")

    @points(1)
    def test_random(self):
        """That holds for any number of years."""
        random = np.random.default_rng(self.seed)
        years, degrees = random.integers(1990, 2000, 200), random.normal(10, 5, 200)
        wanted = [degrees[years == year].mean() for year in range(1990, 2000) if (years == year).any()]
        self.check(self.mean_by_year(years, degrees), wanted, "mean_by_year(...)")


class OfFile(Criteria):
    """The means of the file"""

    grade_id = "mean_of_file"
    needs = ("mean_by_year",)

    @points(1)
    def test_one_year(self):
        """A single year has a single mean."""
        self.check(self.mean_by_year(np.array([2020, 2020]), np.array([1.0, 4.0])), [2.5], "mean_by_year(...)")
''',
    {
        "ada": ({"means": MEANS, "warmest": WARMEST}, 3),
        "bob": ({"means": MEANS.replace(".mean()", ".sum()"), "warmest": WARMEST}, 0),
        "eve": ({"means": MEANS.replace("np.unique(years)", "np.unique(years)[::-1]")}, 1),
    },
    {"source/weather/stations.csv": b"name,year,degrees\nOslo,2020,6.5\nRome,2020,15.5\n"},
)  # fmt: skip
