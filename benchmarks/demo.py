"""The main job on a class of specimens: generate, hand in, autograde, feedback, export; prints who got what.

It works in a course of its own below build/demo, so that it never touches real submissions. A second run
finds everything graded and changes nothing.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from proctor.gradebook.database import open_gradebook
from tests.exercise4.mistakes import mistakes, solution
from tests.specimens.bank import right_answers, submission_of
from tests.specimens.build import Submission

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
COURSE = ROOT / "build" / "demo"
DATABASE = f"sqlite:///{COURSE / 'gradebook.db'}"
EXERCISE = "exercise4"
SHOWN = 2
"""Graded cells that are named for each student: the table fits 100 columns."""

RIGHT = (
    "solution",
    "loops",
    "im2col",
    "fft",
    "saved_with_writefile",
    "noisy",
    "single_precision",
    "he_cut_off",
)
WRONG = (
    "conv_true_convolution",
    "relu_zero_passes",
    "he_fan_out",
    "stride_floor",
    "bias_mean_of_batch",
    "input_not_turned",
    "update_without_rate",
    "backward_weights_and_bias",
)


def students() -> Iterator[tuple[str, Submission]]:
    """Yield each student of the class: a name that says who this is, and what was handed in."""
    right, wrong = right_answers(), mistakes()
    for name in RIGHT:
        yield name, right[name].submission()
    for name in WRONG:
        yield name, submission_of(wrong[name])
    yield (
        "half_done",
        Submission.release().replace("activation_functions", solution()["activation_functions"]),
    )
    yield "untouched", Submission.release()


def lay_out_course() -> None:
    """Copy what makes the course into build/demo, where that is not yet the same."""
    for name in ("source", "release", "img", "tests/exercise4"):
        target = COURSE / name
        if not _same(ROOT / name, target):
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "nbgrader_config.py", COURSE / "nbgrader_config.py")


def hand_in() -> None:
    """Write the submissions that are new or have changed; a changed one is to be graded again."""
    for name, submission in students():
        folder = COURSE / "submitted" / name / EXERCISE
        with tempfile.TemporaryDirectory() as scratch:
            submission.write(Path(scratch) / EXERCISE)
            if not _same(Path(scratch) / EXERCISE, folder):
                for stage in ("submitted", "autograded", "feedback"):
                    shutil.rmtree(COURSE / stage / name / EXERCISE, ignore_errors=True)
                shutil.copytree(Path(scratch) / EXERCISE, folder)


def run(program: str, *arguments: str) -> None:
    """Run a command of nbgrader's or ours in the course, and stop with its messages if it fails."""
    print(f"  {program} {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", program, *arguments]
    done = subprocess.run(command, cwd=COURSE, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{done.stderr[-3000:]}\nThis command failed: {program} {' '.join(arguments)} (in {COURSE})")


def registered() -> bool:
    """Return whether the gradebook knows the exercise; a command that was interrupted may have left it without."""
    with open_gradebook(DATABASE) as gradebook:
        return any(assignment.name == EXERCISE for assignment in gradebook.assignments)


def print_table() -> None:
    """Print each student's points, and in which graded cells they lost some, from the gradebook."""
    with open_gradebook(DATABASE) as gradebook:
        cells = gradebook.find_notebook(EXERCISE, EXERCISE).grade_cells
        worth = {cell.name: cell.max_score for cell in cells}
        width = max(len(name) for name, _ in students())
        print(
            f"\n{'student':{width}}  points  lost in (of {sum(worth.values()):g} points in {len(worth)} cells)"
        )
        for name, _ in students():
            notebook = gradebook.find_submission_notebook(EXERCISE, EXERCISE, name)
            scores = {grade.name: grade.score for grade in notebook.grades}
            lost = [
                f"{cell} {worth[cell] - scores[cell]:g}" for cell in _cells() if scores[cell] < worth[cell]
            ]
            more = [f"and {len(lost) - SHOWN} more cells"] if len(lost) > SHOWN else []
            print(f"{name:{width}}  {notebook.score:6g}  {', '.join(lost[:SHOWN] + more)}".rstrip())


def main() -> None:
    """Do the main job and say where to look next."""
    COURSE.mkdir(parents=True, exist_ok=True)
    print(f"A class of {len(list(students()))} in {COURSE.relative_to(ROOT)}:")
    lay_out_course()
    hand_in()
    if not registered():
        run("nbgrader", "generate_assignment", EXERCISE, "--force")
    run("proctor", "grade", EXERCISE)
    run("proctor", "feedback", EXERCISE)
    run("proctor", "report", EXERCISE)
    run("nbgrader", "export", "--to", "grades.csv")
    print_table()
    here = COURSE.relative_to(ROOT)
    print(f"\nFeedback as a student sees it: {here}/feedback/half_done/{EXERCISE}/{EXERCISE}.html")
    print(f"The class at a glance: {here}/reports/{EXERCISE}.html")
    print(f"Graded notebooks: {here}/autograded/   Grades for a spreadsheet: {here}/grades.csv")
    print(f"In the browser: cd {here} && ../../.venv/bin/jupyter lab  (menu Nbgrader > Formgrader)")


def _cells() -> list[str]:
    """List the graded cells in the order of the notebook."""
    cells = Submission.release().notebook.cells
    graded = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade")]
    return [cell.metadata.nbgrader.grade_id for cell in graded]


def _same(one: Path, other: Path) -> bool:
    """Return whether two folders hold the same files, generated ones of Python aside."""
    if not other.is_dir():
        return False
    mine, theirs = (
        {path.relative_to(top) for path in top.rglob("*") if path.is_file() and path.suffix != ".pyc"}
        for top in (one, other)
    )
    return mine == theirs and all(filecmp.cmp(one / name, other / name, shallow=False) for name in mine)


if __name__ == "__main__":
    main()
