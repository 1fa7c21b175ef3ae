"""The errors of this package, one tree, ordered by who has to do something.

    ProctorError                  the text is one line: what is wrong, where, and what to do
    ├── UserError                 the user's mistake; exit status 2
    │   ├── CollectError          a download, a roster or the record of what was collected
    │   ├── ExportError           grades or feedback cannot be returned as they are
    │   ├── TableError            a worksheet or a list cannot be read
    │   ├── ExtensionsError       the file of extensions is damaged
    │   ├── SolutionFails         the solution of an exercise does not earn its points
    │   ├── NothingToReport       nobody is graded yet
    │   ├── CannotGrade           nothing can be graded as the course or the machine is
    │   │   └── CourseBusy        another command has the course
    │   └── WorkersUnavailable    no worker can be had, or none is left
    ├── GraderError               the grader's fault: its tests, its configuration, its machine; exit status 1
    │   ├── CannotCross           a hidden test needs what cannot go to the student's side
    │   ├── GradebookError        the gradebook is locked, damaged or of another version
    │   └── SandboxError          a sandbox could not be started
    │       ├── SandboxUnavailable    none can be built on this machine
    │       └── ForkServerError       the preloaded process gave no agent
    │           └── ForkServerGone    it has ended, or was killed
    └── SubmissionError           the student's: said on their page, and never an exit status
        ├── UnreadableError       the notebook cannot be read
        └── SubmissionRefused     its folder cannot go into a sandbox

Beside it stand :class:`proctor.criteria.Fault`, what student code does to a hidden test, and
:class:`proctor.criteria.CriterionFailed`, a wrong answer.
"""

from __future__ import annotations

import errno

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Numbers of the system's errors that mean that nothing more can be written."""


class ProctorError(Exception):
    """Base of all errors of this package."""

    status = 1
    """Exit status of a command that ends with it."""


class UserError(ProctorError):
    """The user's mistake: it cannot be done as it was asked."""

    status = 2


class CollectError(UserError):
    """A download, a roster or a course cannot be used as it is."""


class ExportError(UserError):
    """Grades or feedback cannot be returned as they are."""


class TableError(UserError):
    """A worksheet or a list cannot be read."""


class ExtensionsError(UserError):
    """The file of extensions is damaged."""


class SolutionFails(UserError):
    """The solution of an exercise does not earn its points; says which."""


class NothingToReport(UserError):
    """There is no grade to report on."""


class CannotGrade(UserError):
    """Nothing was graded; says why."""


class CourseBusy(CannotGrade):
    """Another command is working on the course; says which."""


class WorkersUnavailable(UserError):
    """No worker can be had, or none is left."""


class GraderError(ProctorError):
    """The grader is at fault: its configuration, its tests, its machine. Never a zero for the student."""


class CannotCross(GraderError):
    """A hidden test needs what cannot go to the student's side: the test's limit, whoever is graded."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(what, where)  # as they are, so that it can be pickled
        self.what, self.where = what, where

    def __str__(self) -> str:
        return f"{self.where}this test needs {self.what}, which cannot cross to the student's side."


class GradebookError(GraderError):
    """The gradebook cannot be used; says why, and what to do."""


class SandboxError(GraderError):
    """A sandbox could not be started; the text is for the person who asked for it."""


class SandboxUnavailable(SandboxError):
    """No sandbox can be built on this machine; the message says why and what to do."""


class ForkServerError(SandboxError):
    """No agent came from the fork server; the message says why."""


class ForkServerGone(ForkServerError):
    """The fork server has ended, or was killed."""


class SubmissionError(ProctorError):
    """A submission cannot be taken as it is; the text is for the student."""


class UnreadableError(SubmissionError):
    """The notebook cannot be read; says why in words for the student."""


class SubmissionRefused(SubmissionError):
    """The folder cannot go into a sandbox; the message says why."""
