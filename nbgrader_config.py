"""The course, readable in a minute. nbgrader and Jupyter read it in this folder."""

import os
import sys
from pathlib import Path

from nbgrader.preprocessors import AssignLatePenalties, ClearHiddenTests, ClearOutput, GetGrades
from nbgrader.preprocessors import IncludeHeaderFooter, LimitOutput, LockCells

try:
    from proctor.autograde import Execute, Restore, SubmissionExporter
    from proctor.cells import GENERATING, SaveAutoGrades
    from proctor.feedback import FeedbackExporter
    from proctor.feedback import install as install_feedback
    from proctor.formgrader import sandbox_files
    from proctor.generate import finish_release, finish_solution
    from proctor.intake import install
    from proctor.late import LatePolicy
except ImportError as error:
    # Jupyter would log this and go on with nbgrader's defaults: student code without a jail.
    sys.exit(
        f"nbgrader_config.py: {error}. Nothing was graded. Is the environment complete? Run `make demo`."
    )

c = get_config()
course = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()

# nbgrader looks for alembic on the PATH, where it is not when .venv/bin/nbgrader is called by its path.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

c.CourseDirectory.course_id = "deep-learning-for-beginners"
c.CourseDirectory.root = str(course)
c.CourseDirectory.solution_directory = "solutions"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc*", "__pycache__", "img"]

# The release: stubs, figures, and nothing of the hidden tests. Graded cells can be added when submissions are in.
c.GenerateAssignment.preprocessors = GENERATING
c.GenerateAssignment.post_convert_hook = finish_release
c.GenerateSolution.post_convert_hook = finish_solution
# The solution is not run: it is committed without outputs, and shown without the references to hidden tests.
c.GenerateSolution.preprocessors = [IncludeHeaderFooter, LockCells, ClearOutput, ClearHiddenTests]

# Submissions come in as they lie on the disk, also those with a wrong name; links lead nowhere.
install()

# Grading: our steps read, sanitise and execute; the rest is nbgrader's. All metadata come from the release, which
# is checked once, so that nbgrader's CheckCellMetadata would find nothing in a submission.
c.Autograde.exporter_class = SubmissionExporter
c.Autograde.sanitize_preprocessors = [Restore]
c.Autograde.autograde_preprocessors = [
    Execute,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
]

# Limits: CPU time in seconds (on the clock, `patience` times as long), memory and files in bytes.
c.Grading.cell_seconds = 20
c.Grading.submission_seconds = 150
c.JailProvisioner.limits = {"memory": 6 * 2**30, "processes": 64, "output": 8 * 2**20}

# Feedback: one page for each student, which runs no script; points and comments are the gradebook's.
install_feedback()
c.GenerateFeedback.exporter_class = FeedbackExporter
c.GenerateFeedback.preprocessors = [GetGrades]
# Formgrader shows what students wrote: sanitized, and with formulas that need no script.
c.HTMLExporter.preprocessors = ["proctor.formgrader.Sanitize"]
c.HTMLExporter.filters = {
    "markdown2html": "proctor.formgrader.markdown2html",
    "highlight_code": "proctor.formgrader.highlight_code",
}
sandbox_files()

# Imported once, for the kernels of all students, which are forked from there. [] would start each by itself.
c.JailProvisioner.preload = ["numpy", "scipy.signal", "matplotlib.pyplot", "matplotlib.backends.backend_agg"]

# An environment inside the course must not make the course visible in the jail.
c.JailProvisioner.hide = [str(course)]

# Late work. It costs nothing as long as the assignment has no due date (the formgrader sets it, or `nbgrader db
# assignment add exercise4 --duedate "2027-01-15 23:59 Europe/Berlin"`), or a day has no price. With 0.1 each day that
# has begun costs 10 % of the points earned, up to the cap. It is counted when a submission is graded.
c.AssignLatePenalties.plugin_class = LatePolicy
c.LatePolicy.per_day = 0.0
c.LatePolicy.cap = 0.5
c.LatePolicy.grace_minutes = 15
# Days granted to students, in all assignments or in one: {"ada": 2, "alan/exercise4": 7}
c.LatePolicy.extensions = {}
