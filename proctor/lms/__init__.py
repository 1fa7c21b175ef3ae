"""Learning platforms: their downloads come into `submitted/`, and grades and feedback go back to them.

:mod:`platforms` has one module a platform, which says everything about it: the names of its files, times, columns,
roster, template, and the zip for feedback. Adding a platform adds one module there, and its test.

In: :mod:`download` and :mod:`members` read zips and folders without trusting them, :mod:`sorting` finds out whose each
file is, :mod:`roster` which student that is, :mod:`choose` which file is the notebook, and :mod:`stage` writes all of it
or nothing; :mod:`collecting` takes these steps.
Out: :mod:`results` reads points and pages, a platform turns them into files, and :mod:`stage` writes those.

nbgrader's own `zip_collect` is not the engine here. Its extractor unpacks whatever is in the archive, archives in
archives included, without limits; its collector sees one regular expression's worth of a path, so neither attempts
nor two students of one name; and it writes one student after the other and stops at the first who is there already.
"""
