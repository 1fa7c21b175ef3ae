"""The grading of one submission: its cells are executed and judged, and its mistakes are named.

- `settings`: limits and other settings of a course, `c.Grading.*`.
- `grade`: all steps in order, for one notebook.
- `execute`: runs a notebook's cells in a session, and has the graded ones judged where they stand.
- `judge_cell`: runs the hidden test class of one cell on a student's names.
- `judge_cells`: judges all graded cells of a submission, each in copies that are forked where it stands.
- `cell_tests`, `own_tests`: graded cells that hold their own tests: their verdicts, and how they are recognised.
- `observations`, `symptoms`, `diagnosis`: compare what came back with what known mistakes return, and name the mistake.
- `observation_cache`: what known mistakes return, kept on disk.
- `diagnosis_module`: the module of hidden tests that knows the mistakes (`misconceptions.py`).
- `missing`, `versions`: tell why a name was not found, and which exceptions come from another version of a library.
- `notebook`: `grade()`, which shows a report card in the master notebook.
"""
