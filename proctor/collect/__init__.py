"""Brings a learning platform's download into `submitted/`.

From the outside in: :mod:`archive` and :mod:`members` read zips and folders without trusting them, :mod:`platforms`
knows the names that each platform gives, :mod:`sorting` says whose each file is, :mod:`people` and :mod:`roster` which
student that is, :mod:`choose` which file is the notebook, :mod:`stage` writes all of it or nothing, and :mod:`record`
keeps what the way back needs.

nbgrader's own `zip_collect` is not the engine here. Its extractor unpacks whatever is in the archive, archives in
archives included, without limits; its collector sees one regular expression's worth of a path, so neither attempts
nor two students of one name; and it writes one student after the other and stops at the first who is there already.
"""

from __future__ import annotations


class CollectError(Exception):
    """A download, a roster or a course that cannot be used as it is; says in one line what to do."""
