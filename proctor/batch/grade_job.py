"""Grading of a notebook of a job: restored, executed, judged, and its marks read. Only workers import this."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import nbformat

from proctor import submission
from proctor.batch.job import GradedNotebook
from proctor.errors import GraderError, UnreadableError
from proctor.gradebook.marks import marks_of
from proctor.grading.grade import grade_notebook
from proctor.grading.settings import Grading
from proctor.jupyter_kernel.kernelspec import asked_for

if TYPE_CHECKING:
    from pathlib import Path

    from proctor.batch.job import Job, Ungraded

PYTHON = "python"


def grade_job(name: str, job: Job, folder: Path, tests: Path) -> GradedNotebook:
    """Return a graded notebook of a job.

    Args:
        name: of the notebook.
        job: what was handed in.
        folder: its files.
        tests: the folder of the hidden tests.

    Raises:
        GraderError: the grader is at fault.
    """
    ungraded = job.notebooks[name]
    notebook = restored(name, ungraded, skip=Grading(config=job.config).skip_demonstrations)
    if job.execute:
        grade_notebook(notebook, folder, tests, job.config, ungraded.sources)
        _limit_output(notebook, job.config)
    return GradedNotebook(str(nbformat.writes(notebook)), marks_of(notebook))


def restored(name: str, ungraded: Ungraded, *, skip: bool) -> Any:
    """Return the notebook to run, with the facts about its grading in its metadata."""
    submitted, release = ungraded.submitted, _release(ungraded.release)
    _refuse_other_languages(name, release)
    found, reason = None, submitted.reason
    if submitted.content is not None:
        try:
            found = submission.parse(submitted.content, name)
        except UnreadableError as error:
            reason = str(error)
    if found is None:
        notebook = submission.unreadable(release, reason)
    else:
        notebook, notices = submission.restore(found, release, skip=skip)
        notebook.metadata["proctor"] = {"notices": [submitted.notice] * bool(submitted.notice) + notices}
    # Whoever opens it from the formgrader, which starts a kernel at once, gets the sandboxed one.
    notebook.metadata["kernelspec"] = asked_for()
    notebook.metadata.proctor["handed_in"] = submitted.fingerprint
    notebook.metadata.proctor["fingerprint"] = dict(ungraded.fingerprint)
    return notebook


def _refuse_other_languages(name: str, release: Any) -> None:
    """Refuse a notebook that is not Python's: run as if it were, everybody's cells would end with an error."""
    kernel, language = release.metadata.get("kernelspec", {}), release.metadata.get("language_info", {})
    asked = str(kernel.get("language") or language.get("name") or PYTHON)
    if not asked.lower().startswith(PYTHON):
        raise GraderError(f"{name} was released as a notebook of {asked}; only those of Python are run.")


@lru_cache(maxsize=8)
def _release(text: str) -> Any:
    """Read a release, once for each process; not to be changed."""
    return nbformat.reads(text, as_version=4)


def _limit_output(notebook: Any, config: Any) -> None:
    """Shorten endless outputs as nbgrader does; its own step for that takes a second to import, and is rarely needed."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    lines = sum(str(output.get("text", "")).count("\n") + 1 for output in outputs)
    frames = max((len(output.get("traceback", ())) for output in outputs), default=0)
    settings = (config or {}).get("LimitOutput", {})
    if lines > settings.get("max_lines", 1000) or frames > settings.get("max_traceback", 100):
        from nbgrader.preprocessors import LimitOutput

        LimitOutput(config=config).preprocess(notebook, {})
