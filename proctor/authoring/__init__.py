"""An exercise before its release: a new course, the master notebook, and what its hidden tests notice.

- `new_course`: writes a course that runs at once.
- `master`, `named_files`: a master notebook, its graded cells, and the files that it names.
- `trial`: runs the solution, the untouched release and mutants of the solution by the hidden tests, in a process of its
  own. What runs there is the course's own code, so it needs no sandbox.
- `trial_process`, `live_notebook`, `forks`: that process, a notebook that runs in it, and its forked copies.
- `mutations`, `mutants`: small changes of the solution, each of which a test should notice, and what runs again then.
- `check`, `findings`: all checks of an exercise before students get it, and what they find.
"""
