"""Courses that are not exercise 4: numerics, and data science with pandas, on top of what `proctor init` writes."""

from __future__ import annotations

from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from proctor.cli.main import main
from tests.proctor.support.small_course import run

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
        """Write a new course by `proctor init`, with this exercise in it and some more settings."""
        done(course.parent, "proctor", "init", course.name)
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


def done(course: Path, *command: str, status: int = 0) -> str:
    """Run a command, ours in this process, which has to end with a status; return what it printed."""
    if command[0] == "nbgrader":
        result = run(course, *command)
        assert result.returncode == status, result.stdout + result.stderr[-2000:]
        return result.stdout
    with chdir(course), redirect_stdout(StringIO()) as said:
        assert main(command[1:]) == status, said.getvalue()
    return said.getvalue()


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


NEWTON = """def newton(f, slope, x):
    for _ in range(50):
        x = x - f(x) / slope(x)
    return x
"""
TRAPEZOID = """def trapezoid(f, a, b, n):
    x = np.linspace(a, b, n + 1)
    y = f(x)
    return (b - a) / n * (y.sum() - (y[0] + y[-1]) / 2)
"""
LOOP = """def trapezoid(f, a, b, n):
    h = (b - a) / n
    return sum(h * (f(a + k * h) + f(a + (k + 1) * h)) / 2 for k in range(n))
"""
CURVE = """x = np.linspace(-2, 2)
plt.plot(x, x**2 - 2)
plt.xlabel("x")
plt.ylabel("f(x)")
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
        answer("curve", f"### BEGIN SOLUTION\n{CURVE}### END SOLUTION"),
        graded("curve_plot", 2),
        code("more", "plt.plot(x, np.cos(x))\nplt.title('Another root')", "demonstration"),
    ],
    '''"""Hidden tests of the exercise on roots."""

import numpy as np

from proctor.criteria import Criteria, points


class Newton(Criteria):
    """Newton's method"""

    grade_id = "newton_root"
    needs = ("newton",)

    @points(1)
    def test_root(self):
        """It finds the root of 2."""
        found = self.newton(lambda x: x * x - 2, lambda x: 2 * x, 1.0)
        self.assertAlmostEqual(found, np.sqrt(2), msg="How many steps does it take?")

    @points(1)
    def test_negative(self):
        """From a negative start it finds the negative root."""

        def f(x):
            return x**2 - 9

        self.check(self.newton(f, slope=lambda x: 2 * x, x=-2.9), -3.0, "newton(f, slope, -2.9)", tolerance=1e-3)


class Trapezoid(Criteria):
    """The trapezoidal rule"""

    grade_id = "trapezoid_rule"
    needs = ("trapezoid",)

    @points(1)
    def test_sine(self):
        """The ends count half."""
        x = np.linspace(0, 2, 6)
        wanted = 0.4 * (np.sin(x[:-1]) + np.sin(x[1:])).sum() / 2
        self.check(self.trapezoid(np.sin, 0, 2, 5), wanted, "trapezoid(sin, 0, 2, 5)")


class Curve(Criteria):
    """A plot of the function"""

    grade_id = "curve_plot"

    def setUp(self):
        figures = self.figures()
        self.assertTrue(figures, "No figure was drawn.")
        self.axes = figures[-1].axes[0]

    @points(1)
    def test_curve(self):
        """The curve is that of x^2 - 2."""
        (line,) = self.axes.lines
        np.testing.assert_allclose(line.y, line.x**2 - 2, err_msg="Is it x squared, less 2?")

    @points(1)
    def test_labels(self):
        """Both axes say what they show."""
        self.assertTrue(self.axes.xlabel and self.axes.ylabel, "An axis has no label.")
''',
    {
        "ada": ({"newton": NEWTON, "trapezoid": TRAPEZOID, "curve": CURVE}, 5),
        "bob": ({"newton": NEWTON.replace("range(50)", "range(2)"), "trapezoid": LOOP, "curve": CURVE}, 4),
        "cem": ({"newton": "def newton(f, slope, x):\n    return f.root", "curve": CURVE[: CURVE.index("plt.y")]}, 1),
        "eve": ({}, 0),
    },
    {"img/newton.jpg": PIXEL},
)  # fmt: skip

WARMEST = """def warmest(stations):
    return stations.loc[stations["degrees"].idxmax(), "name"]
"""
MEANS = """def mean_by_year(table):
    return table.groupby("year")["degrees"].mean()
"""
PIVOT = """def mean_by_year(table):
    return table.pivot_table(index="year", values="degrees")["degrees"]
"""
DATA = Example(
    "weather",
    [
        text("title", "# Weather\n\nThe data are in [stations.csv](stations.csv). ![map](attachment:map.png)",
             attachments={"map.png": {"image/png": "iVBORw0KGgo="}}),
        code("set-up", "import pandas as pd\nstations = pd.read_csv('stations.csv')"),
        answer("means", solved(MEANS)),
        graded("mean_by_year", 2),
        answer("warmest", solved(WARMEST)),
        code("use", "here = warmest(stations)"),
        graded("warmest_station", 2),
    ],
    '''"""Hidden tests of the exercise on weather: tables go in, a Series comes out."""

import numpy as np
import pandas as pd

from proctor.criteria import Criteria, points


class Means(Criteria):
    """The mean of each year"""

    grade_id = "mean_by_year"
    needs = ("mean_by_year",)

    @points(1)
    def test_means(self):
        """`mean_by_year` returns the mean of each year, in the order of the years."""
        table = pd.DataFrame({"year": [2021, 2020, 2021, 2020], "degrees": [1.0, 5.0, 2.0, 8.0]})
        wanted = pd.Series([6.5, 1.5], index=pd.Index([2020, 2021], name="year"), name="degrees")
        pd.testing.assert_series_equal(self.mean_by_year(table), wanted)

    @points(1)
    def test_random(self):
        """The means are right for any number of years."""
        random = np.random.default_rng(self.seed)
        table = pd.DataFrame({"year": random.integers(1990, 2000, 200), "degrees": random.normal(10, 5, 200)})
        wanted = [table.degrees[table.year == year].mean() for year in sorted(set(table.year))]
        self.check(self.mean_by_year(table).to_numpy(), wanted, "mean_by_year(...)")


class Warmest(Criteria):
    """The warmest station"""

    grade_id = "warmest_station"
    needs = ("warmest", "stations", "here")

    @points(1)
    def test_table(self):
        """The warmest of three stations is found, whatever their index is."""
        table = pd.DataFrame({"name": ["Oslo", "Cairo", "Rome"], "degrees": [6.5, 22.5, 15.5]}, index=[7, 5, 1])
        self.assertEqual(self.warmest(table), "Cairo")

    @points(1)
    def test_file(self):
        """The file's is found, and the table is left as it was read."""
        self.assertEqual(self.here, "Rome")
        self.assertEqual(list(self.stations.columns), ["name", "year", "degrees"])
''',
    {
        "ada": ({"means": MEANS, "warmest": WARMEST}, 4),
        "bob": ({"means": MEANS.replace(".mean()", ".sum()"), "warmest": WARMEST.replace("idxmax", "argmax")}, 1),
        "cem": ({"means": PIVOT, "warmest": WARMEST.replace("    return", "    del stations['year']\n    return")}, 2),
        "eve": ({"means": MEANS.replace("mean()", "mean().sort_index(ascending=False)")}, 0),
    },
    {"source/weather/stations.csv": b"name,year,degrees\nOslo,2020,6.5\nRome,2020,15.5\n"},
)  # fmt: skip
