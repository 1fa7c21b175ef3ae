"""`nbgrader generate_assignment`, our way: what is refused, and what a release of any exercise holds."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbgrader.converters import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from proctor.nbgrader_plugin.generate_assignment import GENERATING, GenerateAssignment
from proctor.submission import restore, unreadable
from tests.proctor.support.own_courses import PIXEL, Example, answer, code, graded, solved, text

if TYPE_CHECKING:
    from pathlib import Path

SOLUTION = solved("def double(x):\n    return 2 * x\n")
TESTS = '''"""Hidden tests."""

from proctor.criteria import Criteria, points


class Double(Criteria):
    """Doubling"""

    grade_id = "double"
    needs = ("double",)

    @points(1)
    def test_number(self):
        """A number is doubled."""
        self.check(self.double(4.0), 8.0, "double(4)")
'''


def example(*cells: object, tests: str = TESTS, solution: str = SOLUTION) -> Example:
    """Return an exercise with further cells."""
    return Example("double", [answer("answer", solution), graded("double", 1), *cells], tests, {})


def generate(course: Path, **settings: object) -> None:
    """Generate the assignment, within this process."""
    config = Config()
    config.GenerateAssignment.preprocessors = GENERATING
    config.GenerateAssignment.update(settings)
    directory = CourseDirectory(root=str(course), assignment_id="double", config=config)
    GenerateAssignment(coursedir=directory, config=config).start()


def files(folder: Path) -> dict[str, bytes]:
    """Read all files below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate an exercise of the notebook format 4.4, with pictures in all places where one may lie."""
    course = tmp_path_factory.mktemp("course")
    shows = "![a](plots/a.svg) <img src='img/b.webp'> ![c](files/img/c.png) ![d](attachment:d.png)\n\n`![e](e.png)`"
    pasted = text("shows", shows, attachments={"d.png": {"image/png": "iVBORw0KGgo="}})
    given = example(pasted, code("reads", "open('img/f.jpg', 'rb').read()", "demonstration"))
    given.write_exercise(course, "source")
    for name in ("source/double/plots/a.svg", "img/b.webp", "img/c.png", "img/f.jpg", "img/unused.png"):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_bytes(PIXEL)
    master = course / "source" / "double" / "double.ipynb"
    notebook = nbformat.read(master, as_version=4)
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]
    nbformat.write(notebook, master)
    generate(course, stubs="src/parts")
    return course / "release" / "double"


def test_pictures_of_all_places_come_along(release: Path) -> None:
    """Those beside the notebook and of the course, of any type, that it shows or reads; and the stubs, as it was set."""
    wanted = {"double.ipynb", "plots/a.svg", "img/b.webp", "img/c.png", "img/f.jpg", "src/parts/answer_0.py"}
    assert files(release).keys() == wanted
    shown = nbformat.read(release / "double.ipynb", as_version=4).cells[2]
    assert "![c](img/c.png)" in shown.source
    assert "d.png" in shown.attachments


def test_an_older_format_stays_valid(release: Path) -> None:
    """Before version 4.5 cells get no ids in the release; a graded notebook, which has them, is of 4.5."""
    notebook = nbformat.read(release / "double.ipynb", as_version=4)
    assert (notebook.nbformat_minor, {"id" in cell for cell in notebook.cells}) == (4, {False})
    nbformat.validate(notebook)
    restored, _ = restore(copy.deepcopy(notebook), notebook)
    for one in (restored, unreadable(notebook, "It is a picture.")):
        nbformat.validate(one)
        assert one.nbformat_minor == 5
        assert all(cell["id"] for cell in one.cells)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (example(text("lost", "![x](img/lost.png)")), r"the cell lost names img/lost\.png"),
        (example(text("lost", "[data](../other/data.csv)")), r"names \.\./other/data\.csv"),
        (example(text("lost", "![x](attachment:lost.png)")), r"the attachment lost\.png"),
        (
            example(solution=SOLUTION.replace("2 *", "3 *")),
            r"double: 0 of 1 points, as this does not pass: “A number is doubled\.”",
        ),
        (example(tests="import no_such_module"), "does not load: ModuleNotFoundError"),
    ],
    ids=["picture", "outside", "attachment", "solution", "tests"],
)
def test_what_is_refused_leaves_nothing_half_made(tmp_path: Path, given: Example, said: str) -> None:
    """The old release stays byte for byte, the gradebook is not touched, and the reason names the place."""
    given.write_exercise(tmp_path, "source")
    old = tmp_path / "release" / "double" / "double.ipynb"
    old.parent.mkdir(parents=True)
    old.write_text("the old release")
    before = files(tmp_path)
    with pytest.raises(NbGraderException, match=said):
        generate(tmp_path, force=True)
    assert files(tmp_path) == before


def test_check_of_the_solution_is_a_setting(tmp_path: Path) -> None:
    """An instructor may release what does not earn its points."""
    example(solution=SOLUTION.replace("2 *", "3 *")).write_exercise(tmp_path, "source")
    generate(tmp_path, check_solution=False)
    assert files(tmp_path / "release").keys() == {"double/double.ipynb"}
