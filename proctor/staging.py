"""Half-written never counts as done: what nbgrader writes for a student is put in place as a whole, at the end.

Stock nbgrader writes into `autograded/STUDENT/ASSIGNMENT` from the first file on, and skips a student whose
folder is there; so a run that was killed leaves students without grades for ever. Here the folder grows in
`autograded/.grading`, and is renamed when the gradebook has been saved.

A release is replaced as a whole, too, or not at all.
"""

from __future__ import annotations

import contextlib
import glob
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbgrader.converters
from nbgrader.utils import rmtree

from proctor.stale import Freshness, facts_of, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

NEW = "not graded yet"
"""Why a submission without a grade is to be graded."""

STAGE = ".grading"
"""The folder, in the one of graded submissions, where they grow."""


class StagedAssignment(nbgrader.converters.GenerateAssignment):
    """nbgrader's GenerateAssignment, which leaves the old release where it cannot make a new one.

    Stock nbgrader removes it first: what an instructor got wrong would stop the grading, too.
    """

    def start(self) -> None:
        """Generate; put the old release back where that fails."""
        release = Path(self._format_dest(self.coursedir.assignment_id, "."))
        if not release.is_dir():
            super().start()
            return
        with tempfile.TemporaryDirectory(dir=release.parent, prefix=STAGE) as folder:
            kept = shutil.copytree(release, Path(folder) / "kept")
            try:
                super().start()
            except BaseException:
                if release.exists():
                    rmtree(str(release))
                kept.rename(release)
                raise


class StagedAutograde(nbgrader.converters.Autograde):
    """nbgrader's Autograde, which grades a submission wholly or not at all."""

    _staged = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fresh: dict[str, Freshness] = {}

    @property
    def _input_directory(self) -> str:
        sanitised = self._staged and not self._sanitizing
        return self._stage if sanitised else str(super()._input_directory)

    @property
    def _output_directory(self) -> str:
        return self._stage if self._staged else str(super()._output_directory)

    @property
    def _stage(self) -> str:
        return f"{self.coursedir.autograded_directory}/{STAGE}"

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Say whether a submission is to be graded (Autograde asks it for each one).

        What an earlier run has written stays until the new one is complete.
        """
        self._staged = False
        if student_id in self.coursedir.student_id_exclude.split(","):
            return False
        reason = "by force" if self.force else self.why_grade(assignment_id, student_id)
        if not reason:
            self.log.info("Skipping %s, whose grade is up to date", student_id)
            return False
        self.log.info("Grading %s: %s", student_id, reason)
        target = Path(self._format_dest(assignment_id, student_id))
        self._staged = True
        staged = Path(self._format_dest(assignment_id, student_id))
        if staged.exists():
            rmtree(str(staged))
        if self.coursedir.notebook_id != "*" and target.exists():
            shutil.copytree(target, staged)
        return True

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Set permissions and put the folder in its place (Autograde's last step for a submission)."""
        super().set_permissions(assignment_id, student_id)
        staged = Path(self._format_dest(assignment_id, student_id))
        self._staged = False
        target = Path(self._format_dest(assignment_id, student_id))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            self._drop_feedback(assignment_id, student_id)
            old = staged.with_name(f"{staged.name}.old")
            target.rename(old)
            staged.rename(target)
            rmtree(str(old))
        else:
            staged.rename(target)
        with contextlib.suppress(OSError):
            staged.parent.rmdir()

    def _drop_feedback(self, assignment_id: str, student_id: str) -> None:
        """Remove a page that tells of a former grade: nbgrader would keep it."""
        page = Path(self.coursedir.format_path(self.coursedir.feedback_directory, student_id, assignment_id))
        if page.is_dir():
            rmtree(str(page))

    def sweep(self) -> None:
        """Remove what runs that were killed have left; only for who holds the course's lock."""
        parts = Path(self.coursedir.format_path(self._stage, "*", "*")).relative_to(self.coursedir.root).parts
        pattern = Path(*parts[: parts.index(STAGE) + 1])
        for left in glob.glob(str(pattern), root_dir=self.coursedir.root):  # noqa: PTH207  - Path globs no dots
            rmtree(str(Path(self.coursedir.root) / left))

    def stale(self, kept: Mapping[Path, Mapping[str, Any]]) -> list[str]:
        """Say why grades are stale, by the facts of each submitted notebook's graded one; nothing if they are good."""
        reasons: dict[str, None] = {}
        for path, facts in kept.items():
            reasons |= dict.fromkeys(self._freshness(path.stem).reasons(facts))
        return list(reasons)

    def _freshness(self, notebook: str) -> Freshness:
        if notebook not in self._fresh:
            self._fresh[notebook] = Freshness(self, self.coursedir.assignment_id, notebook)
        return self._fresh[notebook]

    def why_grade(self, assignment_id: str, student_id: str) -> str:
        """Say why a submission is to be graded: it is new, or its grade is stale; "" if it is up to date."""
        target = Path(self._format_dest(assignment_id, student_id))
        if any(not (target / Path(path).name).exists() for path in self.notebooks):
            return NEW
        submitted = self.coursedir.get_existing_timestamp(self._format_source(assignment_id, student_id))
        graded = self.coursedir.get_existing_timestamp(str(target))
        if submitted is not None and submitted != graded:
            return "handed in at another time than what was graded"
        kept = {path: facts_of(target / path.name) for path in map(Path, self.notebooks)}
        if any(replaced(facts, path, self._freshness(path.stem).release) for path, facts in kept.items()):
            return "another notebook was handed in than what was graded"
        reasons = self.stale(kept)
        return f"stale: {'; '.join(reasons)}" if reasons else ""
