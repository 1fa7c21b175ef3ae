"""An instructor's work in a real browser: formgrader from the assignment to the export, and the sandboxed kernel."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import FrameLocator, Page, expect

from proctor.jupyter_kernel.kernelspec import install_kernelspec
from proctor.nbgrader_plugin.drift import differences
from tests.exercise4.mistakes import mistakes
from tests.proctor.support import commands
from tests.proctor.support.jupyter_in_browser import Desk, opened
from tests.proctor.support.notebook_in_browser import Notebook
from tests.proctor.support.scratch_home import alive
from tests.proctor.support.thinning import THOROUGH
from tests.specimens.bank import submission_of
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psutil

ROOT = Path(__file__).resolve().parents[3]
EXERCISE = "exercise4"
SUBMITTED = f"submitted/bob/{EXERCISE}/{EXERCISE}.ipynb"
MISTAKE = mistakes()["conv_true_convolution"]

IN_BRIEF = """
c.GenerateAssignment.check_solution = False
c.Sandbox.preload = ["numpy"]
"""
"""Configuration that the course adds: test_slips.py has solutions checked, and one submission preloads nothing."""

LOOK_AROUND = """
import json, os, socket
def reached(address):
    try:
        return bool(socket.create_connection(address, 5))
    except OSError:
        return False
reached = [address for address in (("192.0.2.1", 80), ("127.0.0.1", {port})) if reached(address)]
seen = [path for path in {paths!r} if os.path.exists(path)]
told = [name for name, value in os.environ.items() if {home!r} in value]
print(json.dumps({{"folder": os.getcwd(), "reached": reached, "seen": seen, "told": told}}))
print(os.readlink("/proc/self/ns/pid"))
"""


def make_course(folder: Path) -> None:
    """Lay out a course with two submissions; nothing is generated yet."""
    for name in ("source", "img", f"tests/{EXERCISE}"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_*"))
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    (folder / "nbgrader_config.py").write_text(config + IN_BRIEF, "utf-8")
    for student, short in (("ada", submission_of(MISTAKE)), ("bob", Submission.release())):
        # Without the text, which a browser is long at typesetting.
        short.notebook.cells = [cell for cell in short.notebook.cells if cell.cell_type == "code"]
        short.write(folder / "submitted" / student / EXERCISE)
    install_kernelspec(folder.parent)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Open JupyterLab in a course; nothing of it may be left in the end."""
    with opened(make_course) as desk:
        yield desk


def open_formgrader(desk: Desk) -> FrameLocator:
    """Open formgrader from JupyterLab's menu."""
    page: Page = desk.browser.new_page()
    page.goto(desk.server.url("lab"))
    for entry in ("Nbgrader", "Formgrader"):
        page.get_by_role("menuitem", name=entry, exact=True).click()
    return page.frame_locator("iframe")


def confirmed(formgrader: FrameLocator) -> str:
    """Wait for the box that tells how it went, close it, and return its title and first sentence."""
    box = formgrader.locator(".modal.in")
    said = f"{box.locator('.modal-title').inner_text()}: {box.locator('.modal-body p').first.inner_text()}"
    box.get_by_role("button", name="OK", exact=True).click()
    expect(formgrader.locator(".modal")).to_have_count(0)
    return said


def exported(desk: Desk) -> dict[str, float]:
    """Run `nbgrader export`, and return the scores by student."""
    done = commands.run(desk.folder, "nbgrader", "export", "--to", "grades.csv", **desk.home.variables)
    assert done.returncode == 0, done.stderr
    with (desk.folder / "grades.csv").open(newline="") as table:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(table)}


def make_alike(desk: Desk, comment: str) -> None:
    """Let cyd have handed in what ada has, graded the same, with a comment on the convolution."""
    shutil.copytree(desk.folder / "autograded" / "ada", desk.folder / "autograded" / "cyd")
    with Gradebook(f"sqlite:///{desk.folder / 'gradebook.db'}") as book:
        book.update_or_create_student("cyd")
        book.update_or_create_submission(EXERCISE, "cyd")
        book.find_comment("conv", EXERCISE, EXERCISE, "cyd").manual_comment = comment
        book.db.commit()


def inhabitants(desk: Desk, namespace: str) -> list[psutil.Process]:
    """List the processes below the server that live in a process namespace: a kernel, and all that it started."""
    found = []
    for process in desk.server.family():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
            if str(Path(f"/proc/{process.pid}/ns/pid").readlink()) == namespace:
                found.append(process)
    return found


def test_from_the_assignment_to_the_export(desk: Desk) -> None:
    """Formgrader generates, autogrades a submission in the sandbox, shows cards, takes points and comments."""
    formgrader = open_formgrader(desk)
    table = formgrader.locator("#main-table")
    table.locator(".assign a").click()
    assert confirmed(formgrader).startswith("Success: Successfully created the student version")
    assert differences(ROOT / "release" / EXERCISE, desk.folder / "release" / EXERCISE) == []

    table.locator(".num-submissions a").click()
    ada, bob = (table.locator("tr", has_text=name) for name in ("ada", "bob"))
    ada.locator(".autograde a").click()
    assert confirmed(formgrader).startswith("Success: Successfully autograded")
    score = 25 - sum(MISTAKE.costs.values())
    expect(ada.locator(".score")).to_have_text(f"{score:g} / 25")
    expect(ada.locator(".status")).to_have_text("graded")
    expect(bob.locator(".status")).to_have_text("needs autograding")

    formgrader.get_by_role("link", name="Manual Grading", exact=True).click()
    for path in (EXERCISE, f"{EXERCISE}/{EXERCISE}"):
        table.locator(f"a[href$='/gradebook/{path}']").click()
    table.get_by_role("link", name="Submission #1", exact=True).click()
    expect(formgrader.locator(".proctor-card")).to_have_count(15)
    card = formgrader.locator(".proctor-card", has_text="Convolution, forward, stride (1, 1)")
    expect(card).to_contain_text("3 of 4 points")
    expect(card.get_by_text("✗ failed")).to_be_visible()

    points = formgrader.locator("input#conv_forward")
    expect(points).to_have_attribute("placeholder", "3")  # formgrader has fetched the scores
    points.fill("3.5")
    with points.page.expect_response(re.compile("/formgrader/api/grade/")) as saved:
        points.press("Tab")
    assert saved.value.json()["manual_score"] == 3.5
    assert exported(desk) == {"ada": score + 0.5}

    formgrader.locator("a.all-answers[href$='#conv_forward']").click()
    answers = formgrader.locator("#conv_forward article")
    expect(answers).to_have_count(1)
    expect(answers).to_contain_text("3.5 of 4")
    expect(answers.locator("pre")).to_contain_text("class Conv")
    make_alike(desk, "Turn the kernels.")
    answers.get_by_role("link", name="Submission #1").click()

    offered = formgrader.get_by_role("button", name="Turn the kernels.", exact=True)
    with points.page.expect_response(re.compile("/formgrader/api/comment/")) as saved:
        offered.click()
    assert saved.value.json()["manual_comment"] == "Turn the kernels."
    below_the_tests = formgrader.locator(".nbgrader_cell:has(input#conv_forward) textarea")
    expect(below_the_tests).to_have_value("Turn the kernels.")
    unknown = desk.browser.request.get(f"{desk.server.address}/formgrader/api/suggestions/nobody")
    assert unknown.status == 404

    formgrader.locator(".live-notebook a:visible").click()
    live = Notebook(desk, f"autograded/ada/{EXERCISE}/{EXERCISE}.ipynb", points.page)
    expect(live.kernel).to_have_text("Python 3 (sandboxed)")
    runs_in_the_sandbox(desk, live)


@pytest.mark.skipif(not THOROUGH, reason="in make thorough: the live notebook runs in the same kernel")
def test_the_sandboxed_kernel(desk: Desk) -> None:
    """A student's notebook runs in the sandbox, where neither network nor course is; shut down, nothing is left."""
    notebook = Notebook(desk, SUBMITTED)
    notebook.choose_kernel("Python 3 (sandboxed)")
    runs_in_the_sandbox(desk, notebook)


def runs_in_the_sandbox(desk: Desk, notebook: Notebook) -> None:
    """Look around from a notebook: neither network nor course is there; shut its kernel down: nothing is left."""
    secret = [desk.folder, desk.folder / "tests", desk.folder / "submitted", ROOT / "tests", ROOT / "proctor"]
    look_around = LOOK_AROUND.format(
        port=desk.server.address.rpartition(":")[2],
        paths=list(map(str, secret)),
        home=str(desk.home.folder),
    )
    cell = notebook.code[1]  # the one before is folded
    notebook.paste(cell, look_around)
    found, namespace = notebook.run(cell).split("\n", 1)
    assert json.loads(found) == {"folder": "/home/student/work", "reached": [], "seen": [], "told": []}

    kernel = inhabitants(desk, namespace.strip())
    sockets = list((desk.home.folder / "run").rglob("*"))
    assert kernel
    assert sockets
    notebook.shut_down()
    assert alive(kernel) == []
    assert inhabitants(desk, namespace.strip()) == []
    assert [path for path in sockets if path.exists()] == []
