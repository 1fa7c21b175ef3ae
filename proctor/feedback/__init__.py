"""The page of feedback for a student, and the report card of a graded cell.

- `card`: the report card of one cell, as HTML and as text.
- `reports`: where a graded notebook keeps its cards.
- `summary`: the total, and what to look at first.
- `markdown`: text cells as safe HTML.
- `blocks`: the cells of a notebook as parts of a page.
- `environment`: Jinja with the filters that all our pages use.
- `page`: the page itself.
"""
