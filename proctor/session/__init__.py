"""The grader's side of one running submission: its cells, the proxies of its objects, and their deadlines.

- `session`: one submission that runs: cells in order, and frozen copies of its state.
- `copies`: the copies that are judged, forked from a snapshot.
- `proxies`: the links that carry a hidden test's calls.
- `proxy`: the student's objects and exceptions as a hidden test sees them.
- `handed`: objects that a hidden test hands to the student's code.
- `surroundings`: what a hidden test patches or captures, passed on to the student's side.
- `connection`: a socket to a process of the student's, with deadlines.
- `outputs`: outputs of a cell, within bounds.
- `clock`: deadlines in CPU time; the limits themselves come from :mod:`proctor.grading.settings`.

Everything that comes from the other side is the student's: it is measured before it is used, and waited for only as
long as a deadline allows.
"""
