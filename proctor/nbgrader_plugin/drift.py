"""Check whether the releases and solutions are what the master notebooks generate: part of `make check`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from proctor.course import CONFIG, PICTURES, open_course, read_config

GENERATED = {
    "release_directory": ("generate_assignment", "--GenerateAssignment.check_solution=False"),
    "solution_directory": ("generate_solution",),
}
"""The command that fills each of nbgrader's folders. Whether the solution is right is not asked here."""


def generate(course: Path, target: Path) -> None:
    """Generate everything anew from the sources of `course`, in the empty folder `target`.

    Raises:
        RuntimeError: a generator failed; the text is what it said.
    """
    shutil.copyfile(course / CONFIG, target / CONFIG)
    sources = open_course(course).source_directory
    for name in (sources, PICTURES):
        if (course / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".ipynb_*")
            shutil.copytree(course / name, target / name, ignore=ignored)
    for assignment in sorted(path.name for path in (target / sources).iterdir() if path.is_dir()):
        for command in GENERATED.values():
            arguments = [sys.executable, "-m", "nbgrader", *command, assignment]
            done = subprocess.run(arguments, cwd=target, capture_output=True, text=True, check=False)  # noqa: S603  - ours
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])


def differences(one: Path, other: Path) -> list[str]:
    """List the files that only one of two folders has, or that differ by a byte."""
    contents = [
        {
            str(path.relative_to(top)): path.read_bytes()
            for path in top.rglob("*")
            if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
        }
        for top in (one, other)
    ]
    names = sorted(contents[0].keys() | contents[1].keys())
    return [name for name in names if contents[0].get(name) != contents[1].get(name)]


def main() -> None:
    """Compare, and exit with one line for each file that has drifted."""
    course = Path.cwd()
    if not (course / CONFIG).exists():
        sys.exit(f"{course} is no course: run this where {CONFIG} lies.")
    directory = open_course(course)
    editions = read_config(course).get("GenerateAssignment", {}).get("editions", {})
    ends = ("", *(f"_{name}" for name in editions))
    folders = [getattr(directory, name) + end for name in GENERATED for end in ends]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        try:
            generate(course, target)
        except RuntimeError as error:
            sys.exit(str(error))
        drifted = [f"{name}/{path}" for name in folders for path in differences(course / name, target / name)]
    if drifted:
        advice = "These are not what the master notebooks generate: run `make release` and commit."
        sys.exit("\n".join([*drifted, advice]))
    shown = ", ".join(f"{name}/" for name in folders)
    sys.stdout.write(f"{shown} are what {directory.source_directory}/ generates.\n")


if __name__ == "__main__":
    main()
