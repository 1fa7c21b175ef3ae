"""A course in which something can be seen to come to harm: secrets, classmates, a gradebook, somebody who listens.

Submissions of the banks `faulty` and `hostile` are handed in and graded here; afterwards each can be asked what points
it has got and what harm it has done::

    with World.made(folder, template) as world:
        world.hand_in(recipe)
        ... grade world.course ...
        fate = world.fate(recipe)          # fair, unfair or harmful, and why
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import sqlite3
import sys
import threading
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Self

import nbformat
import psutil
from nbgrader.api import MissingEntry

from proctor.gradebook.database import open_gradebook
from tests.specimens.build import Submission
from tests.specimens.recipe import EXERCISE, HARM, POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.specimens.recipe import Recipe

ROOT = Path(__file__).resolve().parents[3]
WITHOUT_MISTAKES = shutil.ignore_patterns("mistakes", "misconceptions.py", "__pycache__")
"""Files that a copy of the hidden tests lacks where no mistake is to be named, which takes seconds a worker."""

CLASSMATE = "alice"
"""Has handed in the solution, and is graded before anybody else; her work must stay as it is."""
LAST = "zoe"
"""Has handed in the solution, too, and is graded last; whatever happens before, she must be."""
MARKER = "proctorWasHere"
"""Name that script in a page would call."""


HUGE = 2**28

OUTSIDE = "OUTSIDE_OF_THE_SANDBOX"
"""Names the variable that says, in a sandbox, which namespace of processes is this machine's own."""


@dataclass(frozen=True)
class Fate:
    """Fate of a submission: "fair", "unfair" or "harmful", and why in words."""

    what: str
    why: str


@dataclass
class World:
    """A course and what surrounds it.

    Attributes:
        folder: holds all of it.
        token: tells this world's files and processes from any other's.
        heard: what was sent to somebody who listens.
    """

    folder: Path
    token: str = field(default_factory=lambda: secrets.token_hex(4))
    heard: list[str] = field(default_factory=list)
    port: int = 0
    _before: dict[Path, str] = field(default_factory=dict)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def course(self) -> Path:
        """The course, with the gradebook."""
        return self.folder / "course"

    @property
    def home(self) -> Path:
        """The grader's home folder."""
        return self.folder / "home"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()
        for process in self._outliving(""):
            process.kill()

    @classmethod
    def made(cls, folder: Path, template: Path) -> World:
        """Make a world around a copy of `template`, a course in which the exercise is registered."""
        world = cls(folder)
        shutil.copytree(template, world.course)
        world._plant()
        world._listen()
        return world

    def environment(self) -> dict[str, str]:
        """Return the environment variables of the grader, a secret among them."""
        mine = {"HOME": str(self.home), "A_SECRET": canary("environment")}
        return {"PYTHONWARNINGS": "ignore", **os.environ, **mine}

    def hand_in(self, recipe: Recipe) -> None:
        """Put a submission into the course."""
        outside = os.environ.get(OUTSIDE) or str(Path("/proc/self/ns/pid").readlink())
        names = {
            "COURSE": self.course,
            "HOME": self.home,
            "PORT": self.port,
            "TOKEN": self.token,
            "OUTSIDE": outside,
        }
        recipe.hand_in(self._submitted(recipe.name), {name: str(value) for name, value in names.items()})

    def close_the_doors(self) -> None:
        """Remember how all files are, when everybody has handed in."""
        self._before = {path: _digest(path) for path in self._protected()}

    def scores(self, student: str) -> dict[str, float | None] | None:
        """Return a student's points by cell, None where a person has to decide; None if there are none."""
        with open_gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            try:
                grades = gradebook.find_submission_notebook(EXERCISE, EXERCISE, student).grades
            except MissingEntry:
                return None
            return {grade.name: None if grade.needs_manual_grade else grade.score for grade in grades}

    def graded(self, student: str) -> nbformat.NotebookNode:
        """Read a student's graded notebook; an empty one where there is none."""
        path = self.course / "autograded" / student / EXERCISE / f"{EXERCISE}.ipynb"
        return nbformat.read(path, as_version=4) if path.exists() else nbformat.v4.new_notebook()

    def page(self, student: str) -> str:
        """Read a student's feedback page; nothing where there is none."""
        path = self.course / "feedback" / student / EXERCISE / f"{EXERCISE}.html"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def fate(self, recipe: Recipe) -> Fate:
        """Return what became of a submission, in words."""
        if harm := self.harm(recipe.name):
            return Fate("harmful", "; ".join(harm))
        if complaint := unfairness(recipe, self.scores(recipe.name)):
            return Fate("unfair", complaint)
        if self._backdated(recipe.name):
            return Fate("unfair", "is taken for earlier than it was")
        return Fate("fair", "")

    def harm(self, case: str) -> list[str]:
        """List the harm that a submission has done."""
        found = [f"read {place}" for place in PLACES if canary(place) in self._shown(case)]
        if HARM in self._shown(case):
            found.append("got where it should not be")
        if any(case in words for words in self.heard):
            found.append("spoke to the outside")
        if self._outliving(case):
            found.append("left a program running")
        if escaped := self._escaped(case):
            found.append(f"left files: {', '.join(escaped[:3])}")
        if changed := self._changed(case):
            found.append(f"changed {', '.join(changed[:3])}")
        if active(self.page(case)):
            found.append("put script into the feedback page")
        return found

    def changes(self) -> list[str]:
        """List the protected files that are no longer what they were, whoever it was."""
        return sorted(str(path.relative_to(self.folder)) for path in self._changed_files)

    @cached_property
    def _changed_files(self) -> list[Path]:
        """The protected files that are no longer what they were; looked at once, when everybody is graded."""
        return [path for path, digest in self._before.items() if _digest(path) != digest]

    def _plant(self) -> None:
        """Put secrets where they must not be found, and let two classmates hand in."""
        for path in (self.course / "tests").rglob("*.py"):
            path.write_text(f"# {canary('hidden tests')}\n{path.read_text()}")
        for name in ("source", "solutions"):
            for path in (self.course / name).rglob("*.ipynb"):
                notebook = nbformat.read(path, as_version=4)
                notebook.cells[0].source = canary("the solution")
                nbformat.write(notebook, path)
        for student in (CLASSMATE, LAST):
            work = Submission.solved()
            work.notebook.cells = [cell for cell in work.notebook.cells if cell.metadata.get("nbgrader")]
            work.insert(f"# {canary('a classmate')}", before="activation_functions")
            work.write(self._submitted(student))
        with open_gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            gradebook.update_or_create_student(CLASSMATE, last_name=canary("the gradebook"))
        self.home.mkdir()
        (self.home / ".netrc").write_text(f"machine here password {canary('the home folder')}\n")

    def _listen(self) -> None:
        """Listen on TCP and on Unix sockets, and keep what is said."""
        for family, address in (
            (socket.AF_INET, ("127.0.0.1", 0)),
            (socket.AF_UNIX, str(self.home / "agent.sock")),
            (socket.AF_UNIX, f"\0agent-{self.token}"),
        ):
            listener = self._stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.bind(address)
            listener.listen(100)
            self.port = self.port or listener.getsockname()[1]
            thread = threading.Thread(target=self._hear, args=(listener,), daemon=True)
            thread.start()
            self._stack.callback(thread.join)
            self._stack.callback(listener.shutdown, socket.SHUT_RDWR)

    def _hear(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    self.heard.append(connection.recv(1000).decode(errors="replace"))

    def _backdated(self, student: str) -> bool:
        """Return whether a submission counts as handed in before it was written."""
        with open_gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            stamp = gradebook.find_submission(EXERCISE, student).timestamp
        return stamp is not None and stamp.replace(tzinfo=dt.UTC) < dt.datetime.now(dt.UTC) - dt.timedelta(
            days=1
        )

    def _submitted(self, student: str) -> Path:
        return self.course / "submitted" / student / EXERCISE

    def _shown(self, case: str) -> str:
        """Return all that a graded notebook shows, as text."""
        return json.dumps([cell.get("outputs", []) for cell in self.graded(case).cells])

    def _outliving(self, case: str) -> list[psutil.Process]:
        """List the programs that a submission has left."""
        name = re.compile(rf"outlives-{case or '.*'}-{self.token}")
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            words = process.info["cmdline"] or []
            if process.info["status"] != psutil.STATUS_ZOMBIE and any(map(name.fullmatch, words[:1])):
                found.append(process)
        return found

    def _escaped(self, case: str) -> list[str]:
        """List the files that a submission has left outside of its own folders."""
        tops = [
            Path("/tmp"),
            Path("/var/tmp"),
            Path("/dev/shm"),
            Path("/root"),
            Path("/etc"),
            Path("/usr/lib"),
        ]
        tops += [self.home, self.course, *map(Path, sys.path)]
        tops += [path for path in (self.course / "submitted").iterdir() if path.name != case]
        pattern = f"*escaped-{case}*"
        found = {
            path for top in tops if top.is_dir() for path in top.glob(pattern) if self.token in path.name
        }
        return sorted(map(str, found))

    def _changed(self, case: str) -> list[str]:
        """List the protected things that a submission has changed; it leaves its name in what it writes."""
        found = [
            str(path.relative_to(self.course))
            for path in self._changed_files
            if case.encode() in path.read_bytes()
        ]
        with contextlib.closing(sqlite3.connect(self.course / "gradebook.db")) as book:
            forged = book.execute("select count(*) from student where email = ?", [case]).fetchone()[0]
        return [*found, "the gradebook"] if forged else found

    def _protected(self) -> Iterator[Path]:
        for name in ("tests", "source", "release", "solutions", "submitted"):
            for path in sorted((self.course / name).rglob("*")):
                if path.is_file() and not path.is_symlink() and path.suffix != ".pyc":
                    yield path
        yield self.course / "nbgrader_config.py"
        yield self.home / ".netrc"


PLACES = ("hidden tests", "the solution", "a classmate", "the gradebook", "the home folder", "environment")
"""Where canaries are."""


def canary(place: str) -> str:
    """Return what is planted in a place, and must not be seen elsewhere; it stands in no text of ours."""
    return f"canary-{hashlib.sha256(place.encode()).hexdigest()[:16]}"


def unfairness(recipe: Recipe, scores: Mapping[str, float | None] | None) -> str:
    """Return in words where the points are not the fair ones, or ""."""
    if scores is None:
        return "is not in the gradebook"
    if open_ones := [name for name, score in scores.items() if score is None]:
        return f"waits for a person to grade {len(open_ones)} cells"
    lost = {
        name: points - (scores.get(name) or 0)
        for name, points in POINTS.items()
        if scores.get(name) != points
    }
    if set(scores) != set(POINTS):
        return "has cells that the exercise does not have"
    fair = {name: points for name, points in recipe.costs.items() if points}
    if lost == fair:
        return ""
    gained = sum(fair.values()) - sum(lost.values())
    return f"gets {abs(gained):g} points {'more' if gained > 0 else 'less'} than it should"


class _Activity(HTMLParser):
    """Looks for script that a browser would run and that calls the marker."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found, self._script = False, False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script"
        for name, value in attributes:
            words = re.sub(r"\s", "", value or "").lower()
            risky = (
                name.startswith("on")
                or name == "srcdoc"
                or re.match(r"(0;url=)?(javascript:|data:text/html)", words)
            )
            self.found |= bool(risky) and MARKER.lower() in words

    def handle_endtag(self, tag: str) -> None:
        self._script = self._script and tag != "script"

    def handle_data(self, data: str) -> None:
        self.found |= self._script and MARKER in data


def active(page: str) -> bool:
    """Return whether a browser that shows this page would run a student's script."""
    parser = _Activity()
    parser.feed(page)
    parser.close()
    return parser.found


def _digest(path: Path) -> str:
    """Return a digest of a file; of a huge one, which is sparse, its size."""
    if not path.is_file():
        return ""
    size = path.stat().st_size
    return f"{size} bytes" if size > HUGE else hashlib.sha256(path.read_bytes()).hexdigest()
