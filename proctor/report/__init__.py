"""The class report: how a class did, and what to teach again, on one page.

Read:

- `class_scores`: the points of a class, from the gradebook.
- `gathering`: the scores, the graded notebooks and the code of all students.

Counted:

- `statistics`: the distribution of points, means of cells, CPU times, times of handing in.
- `items`: how each criterion did, and which mistakes were recognised how often.
- `outliers`: outcomes that are neither right nor wrong, slow submissions, notes from grading.
- `lesson`: where the notebook teaches an idea, and what to teach again.
- `tokens`, `similarity`: what submissions have in common.
- `similar_pairs`, `evidence`: the pairs that are shown, and their shared lines side by side.

Shown:

- `charts`: small pictures.
- `pseudonyms`: numbers in the place of names.
- `page`: the page itself.
"""
