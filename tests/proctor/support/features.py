"""The table of features, read from the text files in `table/`.

= a notebook, whose cells run one after the other in one process
== a feature
?? why it differs from Jupyter, if it does
a cell
=> what ours shows there, if it differs: an output as `running.brief` writes it
--
the next cell
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).with_name("feature_tables")


@dataclass
class Feature:
    """One thing that a notebook can do.

    Attributes:
        name: what it is.
        why: the reason why ours differ from Jupyter, if they do.
        cells: their sources.
        expected: what ours show in each cell, where they differ.
    """

    name: str
    why: str = ""
    cells: list[str] = field(default_factory=list)
    expected: list[list[str]] = field(default_factory=list)


def read(name: str) -> dict[str, list[Feature]]:
    """Return the features of a file, by their notebooks."""
    notebooks: dict[str, list[Feature]] = {}
    title = (TABLE / f"{name}.txt").read_text(encoding="utf-8").split("\n= ")[1:]
    for notebook in title:
        heading, *features = notebook.split("\n== ")
        notebooks[heading.strip()] = [_feature(text) for text in features]
    return notebooks


def _feature(text: str) -> Feature:
    name, _, rest = text.partition("\n")
    feature = Feature(name)
    for block in rest.rstrip("\n").split("\n--\n"):
        source, expected = [], []
        for line in block.split("\n"):
            if line.startswith("?? "):
                feature.why = line[3:]
            elif line.startswith("=> "):
                expected.append(ast.literal_eval(line[3:]))
            else:
                source.append(line)
        feature.cells.append("\n".join(source))
        feature.expected.append(expected)
    return feature


EQUAL = {
    notebook: features
    for name in ("shows", "magics", "language", "system", "state")
    for notebook, features in read(name).items()
}
STATE = read("state")
DIFFERENT = read("differences")["differences"]
RANDOM = read("differences")["numbers that nobody can foresee"][0]
