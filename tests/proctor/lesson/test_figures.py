"""The figures of part 3 as files: they are there, small, slow enough to read, and up to date."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.proctor.support.thinning import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[3]
IMG = ROOT / "img"
GIFS = ("same_padding_no_strides.gif", "padding_strides.gif", "restacking_filters.gif", "backward_input.gif")
STEPS = tuple(name.replace(".gif", "_steps.png") for name in GIFS)
NAMES = (*GIFS, *STEPS, "conv_forward.png", "conv_back_weights.png")
LEFT_OUT = () if THOROUGH else (GIFS[1], STEPS[1])
"""Figures that are not drawn here, being drawn like others: `make check` compares all of them."""
DRAWN = tuple(name for name in NAMES if name not in LEFT_OUT)
CHANGED = NAMES if THOROUGH else (GIFS[3], STEPS[3], "conv_forward.png")
"""Figures of which changed files are compared."""


@pytest.fixture(scope="module")
def draw() -> Iterator[ModuleType]:
    """The drawing script as a module; its siblings leave no trace among the modules of other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(IMG)
        yield importlib.import_module("draw")
    for name in [name for name in sys.modules if name.split(".")[0] in {"draw", "figures"}]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def layer(draw: ModuleType) -> type[Any]:
    """The reference layer, as the figures load it."""
    return draw.load_layer()


@pytest.fixture(scope="module")
def drawn(draw: ModuleType, layer: type[Any]) -> dict[str, list[Any]]:
    """The figures, drawn once: file name to frames."""
    table = draw.figures(layer)
    return {name: table[name]() for name in DRAWN}


@pytest.mark.parametrize("name", NAMES)
def test_figure_is_small_in_bytes_and_wide_enough(name: str) -> None:
    """Each figure exists, has less than 400 KB and at least 400 pixels in width."""
    path = IMG / name
    assert path.stat().st_size < 400_000
    with Image.open(path) as picture:
        assert picture.width >= 400


@pytest.mark.parametrize("name", NAMES)
def test_figure_carries_no_metadata(name: str) -> None:
    """No program name, date or comment is in a file: nothing but pixels, times and the loop."""
    with Image.open(IMG / name) as picture:
        assert set(picture.info) <= {"version", "background", "transparency", "duration", "extension", "loop"}


def test_readme_lists_every_figure_with_its_size(draw: ModuleType, layer: type[Any]) -> None:
    """The table of alt texts names the files that are drawn, and their true sizes."""
    rows = [
        line.strip("| \n").split(" | ")
        for line in (IMG / "README.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    sizes = {}
    for name in NAMES:
        with Image.open(IMG / name) as picture:
            sizes[f"`{name}`"] = f"{picture.width} x {picture.height}"
    assert {name: size for name, _, size in rows} == sizes
    assert set(draw.figures(layer)) == set(NAMES)
    assert all(len(text) > 90 for _, text, _ in rows)


@pytest.mark.parametrize("name", [name for name in GIFS if name in DRAWN])
def test_decisive_frames_stay_and_rounds_are_short(
    draw: ModuleType, drawn: dict[str, list[Any]], name: str
) -> None:
    """Each frame that is to be read stays 1.2 s or longer, in the file too; a round takes 12 s, and never ends."""
    found = draw.decode((IMG / name).read_bytes())
    assert [frame.duration for frame in found] == [frame.duration for frame in drawn[name]]
    assert all(frame.duration >= 1200 for frame in drawn[name] if frame.decisive)
    assert sum(frame.duration for frame in found) <= 12_000
    with Image.open(IMG / name) as picture:
        assert picture.info["loop"] == 0


@pytest.mark.parametrize(
    ("name", "count"), [each for each in ((GIFS[0], 8), (GIFS[1], 9), (GIFS[3], 6)) if each[0] in DRAWN]
)
def test_slides_have_one_frame_a_position(drawn: dict[str, list[Any]], name: str, count: int) -> None:
    """An animation has a frame for each position or scene that is shown, and each of them is to be read."""
    assert len(drawn[name]) == count
    assert all(frame.decisive for frame in drawn[name])


@pytest.fixture(scope="module")
def encoded(draw: ModuleType, drawn: dict[str, list[Any]]) -> dict[int, bytes]:
    """All figures as files, by the identity of their frames."""
    return {id(frames): draw.encode(frames) for frames in drawn.values()}


@pytest.fixture
def already_drawn(
    draw: ModuleType,
    drawn: dict[str, list[Any]],
    encoded: dict[int, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Let the script take the figures that are drawn, and encoded, instead of doing so once more."""
    encode = draw.encode
    monkeypatch.setattr(draw, "figures", lambda _: {name: partial(drawn.get, name) for name in drawn})
    monkeypatch.setattr(draw, "encode", lambda frames: encoded.get(id(frames)) or encode(frames))


@pytest.mark.usefixtures("already_drawn")
def test_check_passes_on_the_committed_files(draw: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """The committed figures are, pixel by pixel, what the script draws."""
    assert (draw.main(["--check"]), *capsys.readouterr()) == (0, "", "")


@pytest.mark.usefixtures("already_drawn")
def test_check_names_each_file_with_one_changed_pixel(
    draw: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One pixel changed in one frame of each file: a line for each file, and a non-zero exit."""
    table = draw.figures(None)
    monkeypatch.setattr(draw, "figures", lambda _: {name: table[name] for name in CHANGED})
    for name in CHANGED:
        frames = draw.decode((IMG / name).read_bytes())
        taken = frames[-1].image[..., :3].reshape(-1, 3)
        here = frames[-1].image[300, 400, :3]
        frames[-1].image[300, 400, :3] = taken[(taken != here).any(axis=1)][0]  # another colour that is there
        (tmp_path / name).write_bytes(draw.encode(frames))
    assert draw.main(["--check", "--output", str(tmp_path)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(CHANGED)
    for name in CHANGED:
        assert (
            sum(
                f"{name}: frame" in line and "differs in 1 pixels, first in row 300, column 400" in line
                for line in lines
            )
            == 1
        )


@pytest.mark.usefixtures("already_drawn")
def test_copies_and_repacked_files_do_not_drift(
    draw: ModuleType, drawn: dict[str, list[Any]], tmp_path: Path
) -> None:
    """What is compared is the picture, not its bytes: decoded and encoded again, each file still passes."""
    for name in CHANGED:
        path = tmp_path / name
        path.write_bytes(draw.encode(draw.decode((IMG / name).read_bytes())))
        assert draw.drift(path, drawn[name]) == ""


def test_drift_says_what_is_wrong(draw: ModuleType, drawn: dict[str, list[Any]], tmp_path: Path) -> None:
    """A missing file, a file that is no picture, a lost frame and another pace are told apart."""
    name = GIFS[3]
    path = tmp_path / name
    assert draw.drift(path, drawn[name]) == "missing"
    path.write_text("not a picture")
    assert draw.drift(path, drawn[name]) == "not readable as a picture"
    frames = draw.decode((IMG / name).read_bytes())
    path.write_bytes(draw.encode(frames[1:]))
    assert draw.drift(path, drawn[name]) == "5 frames, 6 are drawn"
    path.write_bytes(draw.encode([draw.Frame(frame.image, 400) for frame in frames]))
    assert draw.drift(path, drawn[name]) == "frame 1 stays 400 ms, 1950 are drawn"


def test_missing_reference_layer_is_one_clear_line(tmp_path: Path) -> None:
    """Without solutions the script says where it looked and what to do, and exits non-zero."""
    command = [sys.executable, IMG / "draw.py", "--check", "--solutions", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert str(tmp_path / "src" / "layers" / "conv.py") in result.stderr


def test_script_draws_anywhere(tmp_path: Path) -> None:
    """Called from another folder, with a personal matplotlibrc in it, the script draws the same files."""
    (tmp_path / "matplotlibrc").write_text("font.family: monospace\nlines.linewidth: 9\n")
    copy = shutil.copytree(IMG, tmp_path / "img")
    for name in NAMES:
        (copy / name).unlink()
    script = copy / "draw.py"
    before, end, after = script.read_text("utf-8").partition("    return table\n")
    assert end
    script.write_text(f"{before}    return {{name: table[name] for name in {CHANGED}}}\n{after}", "utf-8")
    command = [sys.executable, script, "--solutions", ROOT / "solutions" / "exercise4"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (result.returncode, result.stderr) == (0, "")
    for name in CHANGED:
        assert (copy / name).read_bytes() == (IMG / name).read_bytes()
