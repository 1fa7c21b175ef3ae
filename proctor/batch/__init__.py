"""Grading of many submissions: the head prepares and saves, workers execute and judge.

- `plan`: what is to be graded, and how, as `proctor grade`, `nbgrader autograde` and the formgrader hand it over.
- `grading`: finds out by the `survey` who is to be graded, and gives them to the head.
- `survey`: what was handed in, and what of it is to be graded, and why.
- `head`: reads submissions, sends jobs to workers, and saves the results; the only one that writes to the gradebook.
- `teams`: members of a team who handed in the same are graded together.
- `job`: what a worker gets and returns.
- `work`, `grade_job`: what a worker does, without a gradebook.
- `workers`, `cluster`: where jobs run: processes of loky's on this machine, or Dask's on a cluster.
- `pages`: feedback for all, by the same workers.
- `results`, `display`: what a run has come to, and how it is shown at the terminal.
- `imports`: keeps libraries out that cost a second and that nothing here uses.
"""

from proctor.batch.imports import leave_out

leave_out()
