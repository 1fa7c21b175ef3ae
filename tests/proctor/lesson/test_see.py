"""The pictures of the notebook: they show students' own classes, and say which of them they wait for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.preprocessors import ClearSolutions

SOURCE = Path(__file__).parents[3] / "source" / "exercise4"
SOLUTIONS = ("activation_functions", "initializers", "conv")

FOR_A_READER = """
from matplotlib.figure import Figure
from src import see
from src.see import digits
"""
ALL_PICTURES = """
WITH_ARGUMENTS = {
    "play", "overfit", "read_drawing", "learn_digits", "learning_curve", "confusion", "learned_kernels", "misread",
}
for name in see.__all__:
    if name not in WITH_ARGUMENTS:
        picture = getattr(see, name)()
        print("PICTURE", name, type(picture).__name__)
"""


def cells(*, solved: bool) -> dict[str, str]:
    """Read the sources of the cells, solved or as a student finds them, by their ids."""
    notebook = nbformat.read(SOURCE / "exercise4.ipynb", as_version=4)
    if not solved:
        notebook, _ = ClearSolutions().preprocess(notebook, {})
    return {cell.id: cell.source for cell in notebook.cells}


def run(folder: Path, *sources: str, **environment: str) -> str:
    """Run a program in a copy of what a student gets; return what it prints. It must not complain."""
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
    environment = {"PATH": "", "HOME": str(folder), "OPENBLAS_NUM_THREADS": "1", **environment}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(sources)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name a folder for a copy of what a student gets."""
    return tmp_path / "exercise4"


def test_pictures_of_the_solution(folder: Path) -> None:
    """With the solution every picture is drawn, and none waits."""
    code = [cells(solved=True)[name] for name in SOLUTIONS]
    printed = run(folder, *code, FOR_A_READER, ALL_PICTURES)
    assert re.findall(r"PICTURE \w+ (\w+)", printed) == ["Picture"] * 14
    assert "Waiting" not in printed


def test_pictures_wait_for_the_stub(folder: Path) -> None:
    """With the untouched stubs, pictures of a student's classes wait for them; all others are drawn."""
    code = [cells(solved=False)[name] for name in SOLUTIONS]
    learn = "print('LEARNED', see.learn_digits(lambda Conv, *others: [Conv((1, 1), (1, 3, 3), 8, 0.1)]))"
    printed = run(folder, *code, FOR_A_READER, ALL_PICTURES, learn)
    assert re.findall(r"PICTURE (\w+) Picture", printed) == [
        "activations",
        "correlation_as_matrix",
        "signal_sizes",
    ]
    waiting = re.findall(r"Waiting for your code: (.*) is not written yet.\n[A-Z]+ (\w+)", printed)
    assert {name: method for method, name in waiting} == {
        "dilated": "ConvolutionalLayer.__init__",
        "fading_errors": "Sigmoid.forward",
        "learn_kernel_back": "ConvolutionalLayer.__init__",
        "one_by_one": "ConvolutionalLayer.__init__",
        "receptive_field": "ConvolutionalLayer.__init__",
        "stopwatch": "ConvolutionalLayer.__init__",
        "your_activations": "Sigmoid.forward",
        "your_convolution": "ConvolutionalLayer.__init__",
        "your_first_weights": "Const.__init__",
        "your_gradients": "ConvolutionalLayer.__init__",
        "your_strides": "ConvolutionalLayer.__init__",
        "None": "ConvolutionalLayer.__init__",
    }


def test_pictures_are_left_out_while_grading(folder: Path) -> None:
    """While nbgrader runs the notebook nothing is drawn, learned or printed, however much would be wrong."""
    printed = run(
        folder, FOR_A_READER, ALL_PICTURES, "see.learn_digits(None)", NBGRADER_EXECUTION="autograde"
    )
    assert re.findall(r"PICTURE \w+ (\w+)", printed) == ["NoneType"] * 14
    assert "Waiting" not in printed


def test_digits_are_learned(folder: Path) -> None:
    """After four of twelve rounds the network reads more than nine in ten unseen digits, and it is drawn."""
    # One generator for every draw, so that this run is always the same one.
    seeded = (
        "import numpy as np\nmake = np.random.default_rng\nnp.random.default_rng = lambda seed=7: make(seed)"
    )
    code = [seeded, *(cells(solved=True)[name] for name in SOLUTIONS), cells(solved=True)["pay-off-network"]]
    learn = """
digits.ROUNDS, digits.SECONDS = 4, 1e9
learned = see.learn_digits(network)
print("RIGHT", (learned.guesses == learned.digits).mean(), len(learned.digits))
for draw in (see.learning_curve, see.confusion, see.learned_kernels, see.misread):
    print("PICTURE", draw.__name__, type(draw(learned)).__name__)
"""
    printed = run(folder, *code, FOR_A_READER, learn)
    share, held_out = re.search(r"RIGHT (\S+) (\d+)", printed).groups()
    assert float(share) > 0.9
    assert int(held_out) == 360
    assert re.findall(r"PICTURE \w+ (\w+)", printed) == ["Picture"] * 4


def test_digits_say_when_scikit_learn_is_missing(folder: Path) -> None:
    """Without scikit-learn the last part explains itself in one line, and what follows stays silent."""
    hide = "import sys\nsys.modules['sklearn'] = None"
    code = [hide, *(cells(solved=True)[name] for name in SOLUTIONS), FOR_A_READER]
    learn = "learned = see.learn_digits(list)\nprint(learned, see.confusion(learned))"
    printed = run(folder, *code, learn)
    advice = "The digits come with scikit-learn: run `%pip install scikit-learn`, restart, and come back."
    assert printed.splitlines() == [advice, "None None"]
