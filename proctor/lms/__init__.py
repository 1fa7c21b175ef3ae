"""Learning platforms: their downloads come into `submitted/`, and grades and feedback go back to them.

- `platforms`: one module a platform, which says everything about it: the names of its files, times, columns, roster,
  template, and the zip for feedback. Adding a platform adds one module there, and its test.
- `platform`: what each of them describes.

What comes in:

- `collecting`: the steps of a collection, in order.
- `download`, `members`: read zips and folders without trusting them.
- `owner`, `sorting`: whose each file is.
- `roster`: which student that is.
- `pick_files`: which of a student's files is the notebook, what belongs to it, and what is left out.
- `stage`: writes all of it or nothing.

What goes back, written by `stage`, too:

- `results`: points and pages that students get back; a platform turns them into files.
- `tables`: tables that no platform needs: nbgrader's own of grades, and one of points per criterion.
- `spreadsheet`: tables of spreadsheets and platforms, read and written as they are.
- `comments`: comments that are offered to all who made the same mistake.

nbgrader's own `zip_collect` is not used here. Its extractor unpacks whatever is in the archive, archives in archives
included, without limits; its collector sees one regular expression's worth of a path, so neither attempts nor two
students of one name; and it writes one student after the other and stops at the first who is there already.
"""
