"""A student's way through the notebook, in a real browser: grey, green, Validate, save and reset."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.exercise4.mistakes import solution
from tests.proctor.support.jupyter_in_browser import Desk, chromium, opened
from tests.proctor.support.notebook_in_browser import RAN, Notebook
from tests.proctor.support.scratch_home import LeftoverError, scratch_home
from tests.proctor.support.thinning import THOROUGH, thinned
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]

RELEASE = ROOT / "release" / "exercise4"
WAITING = "Waiting for your code: ConvolutionalLayer.__init__ is not written yet."
PICTURE = re.compile("^(see|more)-|-picture$")
"""Cells that show a picture, and that no other cell needs."""
SUCCESS = "Success! Your notebook passes all the tests."


def begun(folder: Path) -> None:
    """Lay out the release: in `make thorough` whole, else without its text and with some of its pictures.

    The browser is long at typesetting, and the kernel at drawing; test_see.py draws every picture.
    """
    shutil.copytree(RELEASE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    if not THOROUGH:
        release = Submission.release()
        code = {cell.id: cell for cell in release.notebook.cells if cell.cell_type == "code"}
        pictures = {name: cell for name, cell in code.items() if PICTURE.search(name)}
        left_out = pictures.keys() - thinned(pictures, 5).keys()
        release.notebook.cells = [cell for name, cell in code.items() if name not in left_out]
        release.write(folder)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Open JupyterLab on the release; nothing of it may be left in the end."""
    with opened(begun) as desk:
        yield desk


def test_from_grey_to_green(desk: Desk) -> None:
    """The release runs to its end and is grey, a stub can be brought back, and with the solution all is green."""
    notebook = Notebook(desk, "exercise4.ipynb")
    runs_grey(notebook)
    for part in ("activation_functions", "initializers"):
        notebook.paste(part, solution()[part])
        notebook.run(part)
    loads_the_stub(notebook, desk.folder / "src" / "layers")
    failed = re.findall(r'self_check\("(\w+)"\)', notebook.validate())
    assert failed == [name for name in notebook.graded if name.startswith(("flatten", "conv"))]
    saves(notebook, desk.folder / "src" / "layers")
    runs_green(notebook)
    if THOROUGH:  # else test_self_checks.py alone validates what is right
        assert notebook.validate() == SUCCESS


def runs_grey(notebook: Notebook) -> None:
    """Run the notebook as it was handed out: each cell is run, and nothing is red."""
    notebook.run_all()
    shown = [
        name for name in notebook.code if name != "set-up-files"
    ]  # its input, and with it the prompt, is folded
    assert [name for name in shown if not RAN.match(notebook.prompt(name))] == []
    assert {name: notebook.colour(name) for name in notebook.graded} == dict.fromkeys(notebook.graded, "grey")
    assert "○ Sigmoid.forward is not written yet." in notebook.output("sigmoid_forward")
    assert WAITING in notebook.output("pay-off-learn-code")


def loads_the_stub(notebook: Notebook, folder: Path) -> None:
    """Bring the stub back by `%load`, in the place of a cell that was right."""
    notebook.paste("conv", solution()["conv"])
    notebook.run("conv")
    assert notebook.run("conv_forward") == "✓ conv_forward: the self-check is passed.\n"
    notebook.paste("conv", "%load src/layers/conv_0.py")
    notebook.run("conv")  # it loads the stub
    assert notebook.source("conv") == f"# %load src/layers/conv_0.py\n{(folder / 'conv_0.py').read_text()}"
    notebook.run("conv")
    assert "○ ConvolutionalLayer.__init__ is not written yet." in notebook.run("conv_forward")


def saves(notebook: Notebook, folder: Path) -> None:
    """Save the cell by `%%writefile`; what is saved counts."""
    source = solution()["conv"].removeprefix("# ")
    notebook.paste("conv", source)
    assert notebook.run("conv") == "Writing src/layers/conv.py\n"
    assert f"%%writefile src/layers/conv.py\n{(folder / 'conv.py').read_text()}" == source
    assert notebook.run("conv_forward") == "✓ conv_forward: the self-check is passed.\n"


def runs_green(notebook: Notebook) -> None:
    """Run all on a new kernel: all is green, the saved cell too, and no picture waits."""
    notebook.run_all(restart=True)
    assert {name: notebook.colour(name) for name in notebook.graded} == dict.fromkeys(
        notebook.graded, "green"
    )
    assert [name for name in notebook.code if "Waiting for your code" in notebook.output(name)] == []
    assert "digits that the network has never seen" in notebook.output("pay-off-learn-code")


def test_a_process_that_is_left_is_noticed() -> None:
    """Whoever leaves a scratch home with a process that still runs there is told which."""
    command = [sys.executable, "-c", "print(flush=True); input()"]
    place = scratch_home(grace=0)
    made = place.__enter__()
    with subprocess.Popen(
        command, env=made.variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        with pytest.raises(LeftoverError, match=f"pid={process.pid},"):
            place.__exit__(None, None, None)
        process.communicate(b"\n")
    assert not made.folder.exists()


def test_a_file_that_is_left_is_noticed() -> None:
    """Whoever leaves a temporary file in a scratch home is told which."""
    with pytest.raises(LeftoverError, match=r"tmp/scratch\.txt$"), scratch_home() as made:
        (made.folder / "tmp" / "scratch.txt").touch()
    assert not made.folder.exists()


def test_without_a_browser_it_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no Chromium, the tests fail with a sentence that says what to install."""
    monkeypatch.setenv("PATH", "")
    with (
        pytest.raises(RuntimeError, match="No Chromium found: install one"),
        chromium(desk.server, desk.home),
    ):
        pass
