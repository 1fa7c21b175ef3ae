"""The course, readable in a minute. nbgrader and Jupyter read it in this folder."""

import sys

try:
    from proctor.nbgrader_plugin.configuration import configure
except ImportError as error:
    # Jupyter would log this and go on with nbgrader's defaults: student code without a sandbox.
    sys.exit(
        f"nbgrader_config.py: {error}. Nothing was graded. Is the environment complete? Run `make demo`."
    )

c = get_config()
configure(c, __file__)

c.CourseDirectory.course_id = "deep-learning-for-beginners"
c.CourseDirectory.solution_directory = "solutions"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc*", "__pycache__", "img", "editions"]
# `%load src/layers/conv_0.py` brings a part back to its start.
c.GenerateAssignment.stubs = "src/layers"
# The same exercise in German: release_de/ and solutions_de/.
c.GenerateAssignment.editions = {"de": "editions/de"}

# Limits: CPU time in seconds (on the clock, `patience` times as long), memory and files in bytes.
c.Grading.cell_seconds = 20
c.Grading.submission_seconds = 150
c.Sandbox.limits = {"memory": 6 * 2**30, "processes": 64, "output": 8 * 2**20}
# Imported once for the kernels of all students, which are forked from there. [] would start each by itself.
c.Sandbox.preload = ["numpy", "scipy.signal", "matplotlib.pyplot", "matplotlib.backends.backend_agg"]

# Late work costs this share of the points earned for each day that has begun, up to the cap. Nobody is late as long as
# the assignment has no due date: the formgrader sets it, or `nbgrader db assignment add exercise4 --duedate
# "2027-01-15 23:59 Europe/Berlin"`. `proctor extend ada exercise4 --until "2027-01-22 23:59"` grants one student more.
c.LatePolicy.per_day = 0.0
c.LatePolicy.cap = 0.5
c.LatePolicy.grace_minutes = 15
c.LatePolicy.timezone = "Europe/Berlin"
