"""The gradebook: how a graded submission is saved, and whether its grade still stands.

- `database`: opens the gradebook only if it is whole, and says in one sentence what is wrong with it.
- `facts`: what a command needs to know before it writes anything.
- `book`: the gradebook, open for a whole run, with nbgrader's own models.
- `marks`, `score`: what a graded notebook says to the gradebook, and the score of one cell.
- `saving`: the rows of one submission, in one transaction.
- `class_points`: the points and comments that count, for a whole class.
- `lateness`: saves penalties for late work, and updates them without running any code.
- `extensions`: more time that single students were granted.
- `staging`: the folder of a graded submission, which is put in place as a whole.
- `freshness`: why a submission is to be graded: it is new, was replaced, or its grade is stale.
"""
