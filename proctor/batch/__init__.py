"""Grades many submissions at once: the head prepares and saves, workers execute and judge.

- `plan`: what is to be graded, and how; what the three doors hand over.
- `grading`: the head: what is stale, jobs for workers, results into the gradebook.
- `job`: what a worker gets and returns; `work`, `grade_job`: what it does, without a gradebook.
- `workers`, `cluster`: where jobs run: joblib's processes on this machine, or Dask's on a cluster.
- `pages`: feedback for all, by the same workers.
- `results`, `display`: what a run has come to, and how it is shown at the terminal.
- `imports`: keeps libraries out that cost a second and that nothing here uses.
"""

from proctor.batch.imports import leave_out

leave_out()
