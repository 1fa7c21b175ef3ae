"""The gradebook: how a graded submission is saved, and whether its grade still stands.

- `marks`: what a graded notebook says to the gradebook: scores, comments, who should have a look.
- `facts`: what a command needs to know before it writes anything.
- `book`: the gradebook, open for a whole run, with nbgrader's own models.
- `saving`: the rows of one submission, in one transaction.
- `class_points`: the points and comments that count, for a whole class.
- `lateness`: penalties for late work, which need no code to be run again.
- `staging`: the folder of a graded submission, which is put in place as a whole.
- `freshness`: why a submission is to be graded.
"""
