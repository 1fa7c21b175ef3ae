"""The two preprocessors that make `nbgrader autograde` safe and fair, and the reader of submitted notebooks.

nbgrader_config.py puts them where nbgrader's own stand: `Restore` sanitises, `Execute` runs and judges. The
formgrader's Autograde button takes the same way.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from proctor import submission
from proctor.grading import grade_notebook
from proctor.jail.kernelspec import asked_for
from proctor.submission import fingerprints


def course_root(path: Path) -> Path:
    """Return the course folder that a path lies in: the nearest one with an nbgrader_config.py."""
    for folder in (path, *path.parents):
        if (folder / "nbgrader_config.py").exists():
            return folder
    return Path.cwd()


class SubmissionExporter(NotebookExporter):
    """Reads what students hand in; a file that is no notebook becomes one that says so.

    nbgrader asks it twice for each notebook: for the submitted file, then for the sanitised one.
    """

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """Read a notebook carefully and convert it (called by nbgrader's Autograde)."""
        path = Path(filename)
        data = resources or {}
        data["metadata"] = {"path": str(path.parent), "name": path.stem}
        if not getattr(self.parent, "_sanitizing", True):
            # Ours, with the release's metadata.
            return self.from_notebook_node(nbformat.read(path, as_version=4), resources=data, **kwargs)  # type: ignore[no-untyped-call]
        found, notice = submission.look_for(path, self._release(data.get("nbgrader")))
        try:
            notebook = submission.read(found)
        except submission.UnreadableError as error:
            notebook = nbformat.v4.new_notebook(metadata={"proctor": {"unreadable": str(error)}})
        data["notices"] = [notice] if notice else []
        data["handed_in"] = submission.fingerprint(found)
        return self.from_notebook_node(notebook, resources=data, **kwargs)  # type: ignore[no-untyped-call]

    def _release(self, names: dict[str, str] | None) -> Any:
        """Return the notebook as it was handed out, or None where nbgrader does not say which."""
        return Restore(parent=self).release(names["assignment"], names["notebook"]) if names else None


class Restore(NbGraderPreprocessor):
    """Puts graded cells back as they were handed out (nbgrader's sanitising step)."""

    release_directory = Unicode("release", help="Folder of the releases, below the course.").tag(config=True)

    source_directory = Unicode("source", help="Folder of the master notebooks, likewise.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook to grade."""
        names = resources["nbgrader"]
        release = self.release(names["assignment"], names["notebook"])
        reason = nb.metadata.get("proctor", {}).get("unreadable") if not nb.cells else None
        if reason:
            notebook = submission.unreadable(release, reason)
        else:
            notebook, notices = submission.restore(nb, release)
            notebook.metadata["proctor"] = {"notices": [*resources.get("notices", []), *notices]}
        # Whoever opens it from the formgrader, which starts a kernel at once, gets the jailed one.
        notebook.metadata["kernelspec"] = asked_for()
        facts = notebook.metadata.proctor
        facts["handed_in"] = resources.get("handed_in", "")
        facts["fingerprint"] = {
            "cells": fingerprints.of_cells(release),
            "given": fingerprints.of_folder(self.given(names["assignment"])),
        }
        for notice in facts.get("notices", []):
            self.log.warning("%s: %s", names["student"], notice)
        return notebook, resources

    def release(self, assignment: str, notebook: str) -> Any:
        """Read a notebook as it was handed out; not to be changed."""
        path = course_root(Path.cwd()) / self.release_directory / assignment / f"{notebook}.ipynb"
        return _release(path, path.stat().st_mtime_ns)

    def given(self, assignment: str) -> Path:
        """Return the folder of the files that are copied over each submission."""
        return course_root(Path.cwd()) / self.source_directory / assignment


@lru_cache(maxsize=8)
def _release(path: Path, _written: int) -> Any:
    """Read a release, once for each time it was written, and check its nbgrader metadata.

    A restored notebook has all of its metadata from here; that is why they need no check in each submission.
    """
    release = nbformat.read(path, as_version=4)
    MetadataValidator().validate_nb(release)
    return release


class Execute(NbGraderPreprocessor):
    """Runs the student's cells in the jail and the hidden tests outside it (nbgrader's executing step)."""

    tests_directory = Unicode("tests", help="Folder of the hidden tests, below the course.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Return the notebook with outputs and report cards."""
        tests = self.tests(resources["nbgrader"]["assignment"])
        grade_notebook(nb, Path(resources["metadata"]["path"]).resolve(), tests, self.config)
        return nb, resources

    def tests(self, assignment: str) -> Path:
        """Return the folder of an assignment's hidden tests."""
        return course_root(Path.cwd()) / self.tests_directory / assignment
