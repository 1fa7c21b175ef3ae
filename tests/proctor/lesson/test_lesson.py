"""The lesson as a path: something to do at every turn, nothing that stands in the way, and files that come back."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from benchmarks.stretches import SOURCE, Stretch, stretches, words

ROOT = Path(__file__).resolve().parents[3]

RELEASE = ROOT / "release" / "exercise4"
TESTS = {"TestSigmoid", "TestReLU", "TestInitializers", "TestConv"}
"""The test classes that students are given."""


@pytest.fixture(scope="module")
def cells() -> dict[str, nbformat.NotebookNode]:
    """The cells of the master notebook by their ids."""
    return {cell.id: cell for cell in nbformat.read(SOURCE, as_version=4).cells}


def run(folder: Path, program: str) -> str:
    """Run a program in a folder, without what this process has imported; it must not complain."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_no_stretch_is_longer_than_500_words() -> None:
    """Between two things to do there are at most 500 words, and the first own code comes within 300."""
    found = stretches(nbformat.read(SOURCE, as_version=4))
    assert len(found) > 30
    assert max(stretch.words for stretch in found) <= 500
    assert isinstance(found[0], Stretch)
    assert (found[0].to, found[0].words <= 300) == ("try-first-code", True)


def test_words_are_counted_without_what_is_folded() -> None:
    """Folded hints, markup and pictures are no words to be read."""
    assert words("# One *two* <b>three</b> `four` <details>five</details> <img alt='six seven'>") == 4


def test_no_cell_misses_a_name_of_a_demonstration(cells: dict[str, nbformat.NotebookNode]) -> None:
    """A cell with the tag `demonstration` only shows something; no other cell names the tests that it may load."""
    codes = {name: cell for name, cell in cells.items() if cell.cell_type == "code"}
    shown = {name for name, cell in codes.items() if "demonstration" in cell.metadata.get("tags", [])}
    assert len(shown) > 20
    transform = TransformerManager().transform_cell
    for name in shown:
        tree = ast.parse(transform(codes[name].source))
        assert all(isinstance(node, ast.Expr) for node in tree.body), name
        loaded = {found.id for found in ast.walk(tree) if isinstance(found, ast.Name)} & TESTS
        assert bool(loaded) == codes[name].source.startswith("%run Tests/"), name
        others = " ".join(cell.source for other, cell in codes.items() if other != name)
        assert not {test for test in loaded if re.search(rf"\b{test}\b(?!\.py)", others)}, name


def test_every_figure_has_words(cells: dict[str, nbformat.NotebookNode]) -> None:
    """Each picture has a text for those who do not see it, and each animation its steps as a still picture."""
    text = "\n".join(cell.source for cell in cells.values() if cell.cell_type == "markdown")
    images = re.findall(r'<img src="(img/[\w.]+)" alt="([^"]+)"', text)
    assert len(images) == len(re.findall("<img", text)) >= 10
    assert all(len(alt) > 80 for _, alt in images)
    names = {name for name, _ in images}
    assert {name.replace(".gif", "_steps.png") for name in names if name.endswith(".gif")} <= names


def test_steps_of_the_lesson_are_checked_in_order(cells: dict[str, nbformat.NotebookNode]) -> None:
    """Part 3 goes forward, to the photograph, then backward gradient by gradient, each with its check and hints."""
    order = list(cells)
    path = [
        "forward-formula", "conv", "check-flatten", "check-forward", "check-stride", "see-3-photograph", "backward-bias",
        "check-bias", "backward-weights", "check-weights", "backward-input", "check-input", "update", "check-update",
        "first-weights", "check-initialize", "check-3-code", "flatten",
    ]  # fmt: skip
    assert sorted(path, key=order.index) == path
    hints = [cell.source for name, cell in cells.items() if name.startswith("hints-")]
    assert len(hints) == 10
    for source in hints:
        assert re.findall(r"Hint \d: ([a-z ]+)", source) == [
            "the idea", "shapes and names", "the frame of the code",
        ]  # fmt: skip


def test_things_to_try_are_grey_red_and_green(tmp_path: Path) -> None:
    """What is not written yet is grey, a typical mistake is named, the right values are green; nothing is raised."""
    folder = shutil.copytree(SOURCE.parent, tmp_path / "exercise4")
    printed = run(
        folder,
        "import numpy as np\nfrom Tests.tries import tried\n"
        "tried('first', y=..., is_positive=None, passed=...)\nprint('NEXT')\n"
        "tried('slope', s=0.25, slope=0.1875, ten=1.875)\nprint('NEXT')\n"
        "tried('transpose', error_of_x=np.array([1, 2, 3, 2, 4]), by_sliding=[1, 2, 3, 2, 4])\n",
    )
    grey, mixed, green = printed.split("NEXT\n")
    assert grey.count("not written yet") == 3
    assert "the minus is missing" in mixed
    assert mixed.count("✗") == 2
    assert green.count("✓") == 2
    assert "All right. Go on." in green


def test_notebook_alone_brings_its_files_back(tmp_path: Path) -> None:
    """The released notebook, uploaded without its folder, writes the given files again, and overwrites none."""
    notebook = nbformat.read(RELEASE / "exercise4.ipynb", as_version=4)
    source = next(cell.source for cell in notebook.cells if cell.id == "set-up-files")
    mine = tmp_path / "src" / "layers" / "conv_0.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    printed = run(tmp_path, source)
    assert re.match(r"\d+ files were missing in .* and are back", printed)
    assert mine.read_text() == "mine"
    for top in ("src", "Tests"):
        for path in (RELEASE / top).rglob("*"):
            if path.suffix in {".py", ".html"} and path.name != "conv_0.py":
                assert (tmp_path / path.relative_to(RELEASE)).read_bytes() == path.read_bytes()
    assert run(RELEASE, source) == ""


def test_wrong_working_directory_is_told(tmp_path: Path) -> None:
    """A kernel that works one folder above is told how to change to the right one."""
    notebook = nbformat.read(SOURCE, as_version=4)
    source = next(cell.source for cell in notebook.cells if cell.id == "set-up-files")
    (tmp_path / "week4").mkdir()
    (tmp_path / "week4" / "exercise4.ipynb").touch()
    assert "%cd week4, then run this cell again" in run(tmp_path, source)


def test_pay_off_adapts_to_the_speed(tmp_path: Path) -> None:
    """Fast layers see all digits twelve times, slow ones fewer rounds, very slow ones fewer digits; it is said."""
    folder = shutil.copytree(SOURCE.parent, tmp_path / "exercise4")
    printed = run(
        folder,
        "import json\nfrom src.see import digits\n"
        "print(json.dumps([digits.plan(seconds, 1437) for seconds in (0.001, 0.04, 0.4, 100)]))\n"
        "digits.announce(0.001, 12, 1437, 1437)\ndigits.announce(0.4, 3, 256, 1437)\n"
        "ticks = iter(range(0, 100000, 7))\ndigits.time.monotonic = lambda: next(ticks)\n"
        "digits.learn_from = lambda *batch: 1.0\nimport numpy as np\n"
        "print(digits.learn([], np.zeros((1437, 1)), np.zeros(1437))[1])\n",
    )
    plans, fast, slow, why, *rest = printed.splitlines()
    fastest, slower, slow_plan, slowest = json.loads(plans)
    assert fastest == [12, 1437]
    assert slower == [3, 1437]
    assert slow_plan == [3, 160]
    assert slowest == [3, 64]
    assert fast.endswith("12 rounds with 1437 digits will take about 1 s.")
    assert slow.endswith("3 rounds with 256 digits will take about 10 s.")
    assert why.startswith("(All 12 rounds with 1437 digits would take 216 s. Faster: ")
    assert re.search(r"Time is up after \d of 3 rounds, at [\d.]+ s a batch\. Faster: ", "\n".join(rest))


def test_widget_needs_no_network_and_has_the_animation_in_its_place() -> None:
    """The widget names no address, shows the animation until its script runs, and obeys the keyboard."""
    html = (SOURCE.parent / "src" / "see" / "widget.html").read_text("utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)
    assert html.index("<img src=") < html.index("<script>")
    assert all(
        key in html for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "aria-live", "tabindex")
    )


def test_requirements_of_students_fit_each_other() -> None:
    """The release brings its requirements, and both files name the same packages with the same ranges."""
    pip = [
        line for line in (RELEASE / "requirements.txt").read_text().splitlines() if not line.startswith("#")
    ]
    conda = re.findall(r"^  - (\S+)$", (RELEASE / "environment.yml").read_text(), re.MULTILINE)
    assert sorted(pip) == sorted(line for line in conda if not line.startswith("python>"))
    assert sum(path.stat().st_size for path in RELEASE.rglob("*") if path.is_file()) < 1_500_000
