"""The class report: how a class did, and what to teach again, on one page.

From the ground up: :mod:`marks` and :mod:`gathering` read the gradebook and the graded notebooks; :mod:`items` says how
each criterion did; :mod:`lesson` finds where the notebook teaches an idea; :mod:`tokens` and :mod:`similarity`
compare what was handed in; :mod:`charts` draws, and :mod:`page` puts it together.
"""
