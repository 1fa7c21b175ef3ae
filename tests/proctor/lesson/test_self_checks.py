"""The self-checks: that they, and with them the Validate button, tell students the truth."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions
from nbgrader.validator import Validator

from tests.proctor.support.thinning import THOROUGH

SOURCE = Path(__file__).parents[3] / "source" / "exercise4"
NAME = "exercise4.ipynb"
SOLUTIONS = ("activation_functions", "initializers", "conv")

Edit = tuple[str, str]
MISTAKES: dict[str, tuple[list[Edit], set[str]]] = {
    "the slope of the sigmoid without 1 - s": ([(" * (1 - self.output)", "")], {"sigmoid_backward"}),
    "the sigmoid upside down": ([("x >= 0, 1, e", "x < 0, 1, e")], {"sigmoid_forward"}),
    "the ReLU as an absolute value": ([("np.maximum(x, 0)", "np.abs(x)")], {"relu_forward"}),
    "subgradient 1 at the kink": ([("x > 0", "x >= 0")], {"relu_backward"}),
    "an error of 1 instead of the error": (
        [("is_positive, error, 0", "is_positive, 1, 0")],
        {"relu_backward"},
    ),
    "a constant that is rounded": ([("self.value, dtype=float", "self.value, dtype=int")], {"const"}),
    "uniform on [-1, 1]": (
        [("rng().random(weight_shape)", "rng().uniform(-1, 1, weight_shape)")],
        {"uniform_random"},
    ),
    "He with the fan-out": ([("fan_in = weight_shape[1]", "fan_in = weight_shape[0]")], {"he"}),
    "He without the root": ([("np.sqrt(2 / fan_in)", "2 / fan_in")], {"he"}),
    "rows that lose the batch": ([("x.reshape(x.shape[0], -1)", "x.reshape(-1)")], {"flatten"}),
    "a forward without bias": ([(" + self.bias[:, np.newaxis, np.newaxis]", "")], {"conv_forward"}),
    "strides the wrong way round": (
        [("[:, :, ::sp, ::sq]\n        feature", "[:, :, ::sq, ::sp]\n        feature")],
        {
            "conv_stride",
            "conv_gradient_bias",
            "conv_gradient_weights",
            "conv_gradient_input",
        },
    ),
    "a bias gradient that is a mean over the batch": (
        [("error.sum(axis=(0, 2, 3))", "error.sum(axis=(2, 3)).mean(axis=0)")],
        {"conv_gradient_bias"},
    ),
    "a weight gradient of the wrong sign": (
        [('= np.einsum("bcpqmn,bspq', '= -np.einsum("bcpqmn,bspq')],
        {
            "conv_gradient_weights",
        },
    ),
    "kernels that are not turned": (
        [("self.weights[:, :, ::-1, ::-1]", "self.weights")],
        {"conv_gradient_input"},
    ),
    "a bias that stays": ([("self.bias = self.bias -", "self.bias -")], {"conv_update"}),
    "a step uphill": ([("self.weights = self.weights -", "self.weights = self.weights +")], {"conv_update"}),
    "the fan-in first": (
        [("initialize((self.n_kernels, fan_in))", "initialize((fan_in, self.n_kernels))")],
        {
            "conv_initialize",
        },
    ),
}
RIGHT_ANSWERS: dict[str, list[Edit]] = {
    "the solution": [],
    "lists instead of arrays": [
        ("return error * self.output * (1 - self.output)",
         "return (error * self.output * (1 - self.output)).tolist()"),
        ("return feature_maps + self.bias[:, np.newaxis, np.newaxis]",
         "return (feature_maps + self.bias[:, np.newaxis, np.newaxis]).tolist()"),
        ("return error_of_input", "return error_of_input.tolist()"),
    ],
    "no weights before initialize": [
        ("self.weights = rng.random((n_kernels, *kernel_shape))", "self.weights = None"),
        ("self.bias = rng.random(n_kernels)", "self.bias = None"),
    ],
    "a bias in a shape of its own": [
        ("self.bias = rng.random(n_kernels)", "self.bias = rng.random((1, n_kernels, 1, 1))"),
        ("self.bias[:, np.newaxis, np.newaxis]", "self.bias"),
        ("error.sum(axis=(0, 2, 3))", "error.sum(axis=(0, 2, 3), keepdims=True)"),
        ("initialize((self.n_kernels,))", "initialize([1, self.n_kernels]).reshape(1, -1, 1, 1)"),
    ],
    "single precision": [
        ("self.weights, optimize", "self.weights.astype(np.float32), optimize"),
        ("np.pad(x, ", "np.pad(x.astype(np.float32), "),
        ("(b, self.n_kernels, p, q), dtype=error.dtype", "(b, self.n_kernels, p, q), np.float32"),
    ],
    "the other reading of even kernels": [("(m // 2, (m - 1) // 2)", "((m - 1) // 2, m // 2)")],
    "flatten in Fortran's order": [
        ("x.reshape(x.shape[0], -1)", "x.reshape(x.shape[0], -1, order='F')"),
        ("error.reshape(self.input_shape)", "error.reshape(self.input_shape, order='F')"),
    ],
    "a Gaussian cut off at two standard deviations": [
        ("np.random.default_rng().normal(0, np.sqrt(2 / fan_in), weight_shape)",
         "__import__('scipy.stats').stats.truncnorm.rvs(-2, 2, 0, np.sqrt(2 / fan_in), weight_shape)"),
    ],
}  # fmt: skip


def read() -> NotebookNode:
    """Read the master notebook."""
    return nbformat.read(SOURCE / NAME, as_version=4)


def by_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Give the cells of a notebook by their ids."""
    return {cell.id: cell for cell in notebook.cells}


def graded_ids() -> list[str]:
    """List the ids of the graded cells."""
    return [cell.id for cell in read().cells if cell.metadata.get("nbgrader", {}).get("grade")]


def edited(source: str, edits: Iterable[Edit]) -> str:
    """Return a solution with some of its code replaced; each edit has to find its place."""
    for old, new in edits:
        assert old in source, old
        source = source.replace(old, new)
    return source


def solved_code() -> str:
    """Return the three solution cells as one program."""
    return program(read())


def stub() -> NotebookNode:
    """Return the notebook without its solutions."""
    return ClearSolutions().preprocess(read(), {})[0]


def program(notebook: NotebookNode) -> str:
    """Return the three cells of a student as one program."""
    return "\n\n".join(by_id(notebook)[name].source for name in SOLUTIONS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy what a student gets, the notebook left out."""
    ignore = shutil.ignore_patterns("__pycache__", "*.ipynb")
    return shutil.copytree(SOURCE, tmp_path / "exercise4", ignore=ignore)


@pytest.fixture
def red_cells(folder: Path) -> Callable[[NotebookNode], set[str]]:
    """Validate a student's notebook as the Validate button does, and say which graded cells are red."""

    def validate(notebook: NotebookNode) -> set[str]:
        notebook, _ = ClearHiddenTests().preprocess(notebook, {})
        nbformat.write(notebook, folder / NAME)
        failed = Validator().validate(str(folder / NAME)).get("failed", [])
        for problem in failed:
            # One sentence for the student: neither a traceback nor anything on stderr.
            sentence = r"(\x1b\[31m✗|\x1b\[38;5;243m○) [^\n]+\.\x1b\[0m"
            assert re.fullmatch(sentence, problem["raw_error"]), problem["raw_error"]
        return {re.search(r'self_check\("(\w+)"\)', problem["source"])[1] for problem in failed}

    return validate


def run(folder: Path, *sources: str) -> list[NotebookNode]:
    """Execute cells in a fresh kernel in that folder, errors included, and return them."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(
        notebook, timeout=60, allow_errors=True, kernel_name="python3", resources=resources
    ).execute()
    return notebook.cells


def text(cell: NotebookNode) -> str:
    """Return all that a cell has printed and raised."""
    return "".join(out.get("text", "") + "".join(out.get("traceback", [])) for out in cell.outputs)


def red_for(folder: Path, programs: dict[str, str]) -> dict[str, list[str]]:
    """Run all self-checks on each program, and say which are red and what else but a sentence was said."""
    driver = """if True:
        import json, sys
        from Tests.selfcheck import SelfCheckFailed, self_check
        ids, programs = json.load(sys.stdin)
        found = {}
        for name, program in programs.items():
            exec(program)
            found[name] = []
            for grade_id in ids:
                try:
                    self_check(grade_id)
                except SelfCheckFailed:
                    found[name].append(grade_id)
        print(json.dumps(found))
    """
    done = subprocess.run(
        [sys.executable, "-c", driver],
        input=json.dumps([graded_ids(), programs]),
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout.splitlines()[-1])


def test_mistakes_turn_their_cells_red(folder: Path) -> None:
    """Each mistake turns exactly those self-checks red that it breaks, and the stub all of them."""
    programs = {name: edited(solved_code(), edits) for name, (edits, _) in MISTAKES.items()}
    programs["the stub"] = program(stub())
    expected = {name: sorted(cells) for name, (_, cells) in MISTAKES.items()}
    expected["the stub"] = sorted(graded_ids())
    assert {name: sorted(red) for name, red in red_for(folder, programs).items()} == expected


def test_right_answers_stay_green(folder: Path) -> None:
    """Whatever must not cost a point turns no self-check red."""
    programs = {name: edited(solved_code(), edits) for name, edits in RIGHT_ANSWERS.items()}
    assert red_for(folder, programs) == {name: [] for name in programs}


def test_validate_is_green_for_the_solution(red_cells: Callable[[NotebookNode], set[str]]) -> None:
    """Validate finds nothing to complain about in the solved notebook."""
    assert red_cells(read()) == set()


@pytest.mark.skipif(not THOROUGH, reason="in make thorough: test_browser_student.py validates a stub, too")
def test_validate_is_red_for_the_stub(red_cells: Callable[[NotebookNode], set[str]]) -> None:
    """Validate shows every graded cell of the untouched notebook in red."""
    assert red_cells(stub()) == set(graded_ids())


def test_validate_is_red_for_mistakes_in_saved_cells(red_cells: Callable[[NotebookNode], set[str]]) -> None:
    """Validate shows mistakes where they break something, also in saved cells and beside warnings."""
    chosen = (
        "subgradient 1 at the kink",
        "He with the fan-out",
        "a bias that stays",
        "kernels that are not turned",
    )
    notebook = read()
    for name in SOLUTIONS:
        cell = by_id(notebook)[name]
        for mistake in chosen:
            for old, new in MISTAKES[mistake][0]:
                cell.source = cell.source.replace(old, new)
        cell.source = cell.source.removeprefix("# ").replace(
            "return self.output", "np.exp(1e4); return self.output"
        )
    assert red_cells(notebook) == set.union(*(MISTAKES[name][1] for name in chosen))


def test_lines_of_the_course_work_in_a_fresh_notebook(folder: Path) -> None:
    """The habit of the course works as it stands: run the tests, put your classes in, call unittest."""
    unittest_main = "unittest.main(argv=['first-arg-is-ignored'], exit=False)"
    cells = run(
        folder,
        solved_code() + "\nfrom src.layers.fully_connected import FullyConnectedLayer",
        "%run Tests/TestActivationFunctions.py",
        "TestReLU.ReLU = ReLU\nTestSigmoid.Sigmoid = Sigmoid",
        unittest_main,
        "%run Tests/TestInitializers.py\nTestInitializers.Const = Const\n"
        "TestInitializers.Uniform = UniformRandom\nTestInitializers.He = He",
        "%run Tests/TestConv.py\nTestConv.Conv = ConvolutionalLayer\n"
        "TestConv.FullyConnected = FullyConnectedLayer\nTestConv.He = He\n"
        "TestConv.Constant = Const\nTestConv.Flatten = FlattenLayer",
        unittest_main,
        "TestReLU.ReLU = Sigmoid",
        unittest_main,
    )
    assert re.search(r"Ran 10 tests.*\n\nOK\n", text(cells[3]))
    assert re.search(r"Ran \d+ tests.*\n\nOK\n", text(cells[6]))
    assert "ReLU.forward: 0 was expected at [0, 0]" in text(cells[8])


def test_class_is_found_where_it_was_written_last(folder: Path) -> None:
    """A saved cell is found in its file; of notebook and file the newer one counts; neither is said."""
    right = by_id(read())["activation_functions"].source
    wrong = edited(right, MISTAKES["subgradient 1 at the kink"][0])
    check = 'self_check("relu_backward")'
    broken = "%%writefile src/layers/activation_functions.py\nclass ReLU("
    cells = run(
        folder, "from Tests.selfcheck import self_check", check,
        right.removeprefix("# "), check,
        wrong, check,
        right.removeprefix("# "), check,
        broken, check,
    )  # fmt: skip
    assert "There is no ReLU yet: run the cell in which you write it" in text(cells[1])
    assert "✓" in text(cells[3])
    assert "0 was expected at [0, 0], 1 came" in text(cells[5])
    assert "✓" in text(cells[7])
    assert "src/layers/activation_functions.py, line 1: '(' was never closed." in text(cells[9])
