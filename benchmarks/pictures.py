"""Photographs feedback pages: of a perfect, a typical and a crashed submission, in light, in dark, on a phone.

`python -m benchmarks.pictures` grades the three and writes pages and pictures to build/pictures, for people to look at.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import sync_playwright

from proctor import submission
from proctor.feedback.page import page
from proctor.feedback.reports import reports_of
from proctor.grading.grade import grade_notebook
from tests.exercise4.mistakes import mistakes, solution
from tests.specimens.bank import submission_of
from tests.specimens.build import Submission

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "build" / "pictures"
EXERCISE = "exercise4"
VIEWS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (390, "light")}


def typical() -> Submission:
    """Hand in two mistakes, in He and in the convolution's forward pass, and one method that is not written."""
    book = mistakes()
    handed_in = submission_of(book["conv_true_convolution"])
    handed_in.replace("initializers", book["he_fan_out"].source())
    source = solution()["activation_functions"]
    cut = source.rindex("    def backward")
    handed_in.replace(
        "activation_functions",
        source[:cut]
        + "    def backward(self, error):\n        # YOUR CODE HERE\n        raise NotImplementedError()\n",
    )
    return handed_in.insert("weights = He().initialize((4, 9))\nprint(weights.shape)", after="initializers")


def crashed() -> Submission:
    """Hand in a cell that ends its kernel."""
    end = "\n\nimport ctypes\nctypes.string_at(0)  # what is at address 0?\n"
    return Submission.solved().replace("conv", solution()["conv"] + end)


def graded(handed_in: Submission, release: Any) -> Any:
    """Grade a submission as nbgrader's Autograde would, and enter its points."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / EXERCISE
        shutil.copytree(ROOT / "release" / EXERCISE, folder)
        notebook, notices = submission.restore(submission.read(handed_in.write(folder)), release)
        notebook.metadata["proctor"] = {"notices": notices}
        grade_notebook(notebook, folder, ROOT / "tests" / EXERCISE)
    for cell in notebook.cells:
        report = reports_of(notebook).get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        if report:
            cell.metadata.nbgrader["score"] = report.points
    return notebook


def main() -> None:
    """Write the pages, and a picture of each in each view."""
    TARGET.mkdir(parents=True, exist_ok=True)
    release = nbformat.read(ROOT / "release" / EXERCISE / f"{EXERCISE}.ipynb", as_version=4)
    for name, handed_in in {
        "perfect": Submission.solved(),
        "typical": typical(),
        "crashed": crashed(),
    }.items():
        notebook = graded(handed_in, release)
        reports = reports_of(notebook).values()
        facts = {"student": name, "notebook": EXERCISE, "late_penalty": 0}
        facts |= {"score": sum(r.points for r in reports), "max_score": sum(r.worth for r in reports)}
        (TARGET / f"{name}.html").write_text(page(notebook, release, facts), encoding="utf-8")
        print(f"{name}: {facts['score']:g} of {facts['max_score']:g} points")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for path in sorted(TARGET.glob("*.html")):
            for view, (width, scheme) in VIEWS.items():
                tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
                tab.goto(path.as_uri())
                tab.screenshot(path=TARGET / f"{path.stem}-{view}.png", full_page=True)
                tab.close()
        browser.close()
    print(f"Pictures: {TARGET.relative_to(ROOT)}/")


if __name__ == "__main__":
    main()
