"""The master notebook: the cells it is made of, and that it holds what the contract says and nothing more."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

SOURCE = Path(__file__).parents[3] / "source" / "exercise4"
NAME = "exercise4.ipynb"
SOLUTIONS = ("activation_functions", "initializers", "conv")
POINTS = {
    "sigmoid_forward": 1,
    "sigmoid_backward": 1,
    "relu_forward": 1,
    "relu_backward": 1,
    "const": 1,
    "uniform_random": 1,
    "he": 2,
    "flatten": 2,
    "conv_forward": 4,
    "conv_stride": 2,
    "conv_gradient_bias": 1,
    "conv_gradient_weights": 3,
    "conv_gradient_input": 3,
    "conv_update": 1,
    "conv_initialize": 1,
}
SOLUTIONS = ("activation_functions", "initializers", "conv")


def read() -> NotebookNode:
    """Read the master notebook."""
    return nbformat.read(SOURCE / NAME, as_version=4)


def by_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Give the cells of a notebook by their ids."""
    return {cell.id: cell for cell in notebook.cells}


def test_graded_cells_are_those_of_the_contract() -> None:
    """The fifteen graded cells have the ids and the points of the contract, in this order, 25 in all."""
    graded = [
        cell.metadata.nbgrader for cell in read().cells if cell.metadata.get("nbgrader", {}).get("grade")
    ]
    assert [(meta.grade_id, meta.points) for meta in graded] == list(POINTS.items())
    assert sum(POINTS.values()) == 25
    assert all(meta.locked and not meta.solution and meta.schema_version == 3 for meta in graded)


@pytest.mark.parametrize("grade_id", POINTS)
def test_graded_cell_only_refers_to_its_hidden_test(grade_id: str) -> None:
    """A graded cell runs its self-check and refers to its hidden test; it carries neither test nor value."""
    comment, *code = by_id(read())[grade_id].source.splitlines()
    points = POINTS[grade_id]
    assert comment.startswith(f"# Graded, {points} point{'s' if points > 1 else ''}: ")
    assert code == [
        f'self_check("{grade_id}")',
        "### BEGIN HIDDEN TESTS",
        "from proctor.grading.notebook import grade",
        f'grade("{grade_id}")',
        "### END HIDDEN TESTS",
    ]


def test_solution_cells_are_those_of_the_contract() -> None:
    """There are three solution cells, and each begins with the line that saves it to its module."""
    cells = [cell for cell in read().cells if cell.metadata.get("nbgrader", {}).get("solution")]
    assert [cell.metadata.nbgrader.grade_id for cell in cells] == list(SOLUTIONS)
    for name, cell in zip(SOLUTIONS, cells, strict=True):
        assert cell.source.startswith(f"# %%writefile src/layers/{name}.py\n")


@pytest.mark.parametrize("name", SOLUTIONS)
def test_each_method_has_one_region(name: str) -> None:
    """No method has two solution regions, and none of a student's work stands outside one."""
    source = by_id(read())[name].source
    methods = re.split(r"^ {4}def ", source, flags=re.MULTILINE)[1:]
    regions = [method.count("### BEGIN SOLUTION") for method in methods]
    assert max(regions) == 1
    given = [method.split("(")[0] for method, count in zip(methods, regions, strict=True) if not count]
    assert set(given) <= {"__init__", "initialize"}
    assert source.count("### BEGIN SOLUTION") == source.count("### END SOLUTION") == sum(regions)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_stub_keeps_its_guidance(name: str) -> None:
    """The stub keeps each docstring and each numbered step, and nothing of the solution."""
    solved = by_id(read())[name].source
    stub = by_id(ClearSolutions().preprocess(read(), {})[0])[name].source
    assert "SOLUTION" not in stub
    assert re.findall(r"# \d\. .*", stub) == re.findall(r"# \d\. .*", solved)
    assert stub.count('"""') == solved.count('"""')


def test_stubs_and_solutions_are_modules(tmp_path: Path) -> None:
    """Each solution cell, empty or solved, can be imported as a module of its own."""
    folder = shutil.copytree(SOURCE, tmp_path / "exercise4", ignore=shutil.ignore_patterns("__pycache__"))
    for notebook, ending in [(read(), ""), (ClearSolutions().preprocess(read(), {})[0], "_0")]:
        for name in SOLUTIONS:
            (folder / f"src/layers/{name}{ending}.py").write_text(by_id(notebook)[name].source, "utf-8")
    modules = ", ".join(f"src.layers.{name}, src.layers.{name}_0" for name in SOLUTIONS)
    done = subprocess.run(
        [sys.executable, "-c", f"import {modules}"], cwd=folder, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_notebook_is_clean() -> None:
    """No outputs, no execution counts, speaking ids, minimal metadata, and the file as nbformat writes it."""
    notebook = read()
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert not re.fullmatch(r"[0-9a-f]{8}", cell.id)
        assert cell.id == cell.metadata.get("nbgrader", {}).get("grade_id", cell.id)
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
    assert (SOURCE / NAME).read_text("utf-8") == nbformat.writes(notebook) + "\n"


def test_given_files_hold_no_solution() -> None:
    """No module beside the notebook defines a class that a student has to write."""
    solved = "\n".join(by_id(read())[name].source for name in SOLUTIONS)
    classes = re.findall(r"^class (\w+)", solved, re.MULTILINE)
    for file in SOURCE.rglob("*.py"):
        assert not re.search(rf"^class ({'|'.join(classes)})\(", file.read_text("utf-8"), re.MULTILINE), file
