"""The notebook's file in forms that no Jupyter writes: keys twice, marks, numbers and names beyond all measure."""

import json

from tests.specimens.recipe import ALL, Outcome, attack, nbformat

UNREADABLE = Outcome.UNREADABLE


def written(work):
    return nbformat.writes(work.notebook)


@attack(solved=True)
def begins_with_a_mark(work):
    """The file begins with the mark of some editors (BOM)."""
    work.raw = b"\xef\xbb\xbf" + written(work).encode()


@attack(ALL, UNREADABLE)
def begins_with_many_marks(work):
    """The file begins with a thousand such marks."""
    work.raw = b"\xef\xbb\xbf" * 1000 + written(work).encode()


@attack()
def cells_twice(work):
    """The file has two lists of cells: the first is the solution, the second counts."""
    solved = json.dumps([{**cell, "source": "100.0"} for cell in work.notebook.cells])
    work.raw = written(work).replace("{", '{"cells": ' + solved + ",", 1).encode()


@attack(solved=True)
def keys_ten_thousand_times(work):
    """The metadata have one key ten thousand times."""
    work.raw = written(work).replace('"metadata": {', '"metadata": {' + '"x": {"y": 1},' * 10_000, 1).encode()


@attack(solved=True)
def numbers_that_are_none(work):
    """Counts and metadata are NaN and Infinity, which Python writes and JSON does not know."""
    for cell in work.notebook.cells:
        cell.metadata["x"] = [float("nan"), float("inf"), -float("inf")]
    work.raw = written(work).replace('"execution_count": null', '"execution_count": NaN').encode()


@attack(solved=True)
def largest_numbers(work):
    """Counts and versions have as many digits as Python reads."""
    digits = "9" * 4300
    work.raw = (
        written(work)
        .replace('"execution_count": null', f'"execution_count": {digits}')
        .replace('"nbformat_minor": 5', f'"nbformat_minor": {digits}')
        .encode()
    )


@attack(solved=True)
def lone_surrogates(work):
    """Names, ids, texts and keys hold half characters."""
    half = "\ud800"
    for cell in work.notebook.cells:
        cell.metadata[half] = {half: [half]}
        cell.metadata["name"] = half
        cell["id"] = f"a{half}"
        cell["attachments"] = {half: {half: half}}
    work.insert("x = 1\n", before="conv", cell_type="markdown").cell("conv").metadata["tags"] = [half]
    work.raw = json.dumps({**work.notebook, "metadata": {half: half}}).encode()


@attack(solved=True)
def one_id_for_all(work):
    """All cells have one id, that of a graded cell."""
    for cell in work.notebook.cells:
        cell["id"] = "conv_forward"


@attack(solved=True)
def longest_ids(work):
    """Ids and names of cells have a million characters, of which none is seen."""
    for cell in work.notebook.cells:
        cell["id"] = "\u200b" * 1_000_000
        cell.metadata["name"] = "\u202e" * 100_000


@attack(solved=True)
def thousands_of_attachments(work):
    """A text has ten thousand attachments, whose names lead elsewhere."""
    work.insert("![x](attachment:../../x.png)", before="conv", cell_type="markdown")
    cell = next(cell for cell in work.notebook.cells if cell.cell_type == "markdown")
    cell["attachments"] = {f"../../{number}/\0.png": {"image/png": "iVBORw0KGgo="} for number in range(10_000)}


@attack(solved=True)
def source_in_a_million_pieces(work):
    """A cell's source is a list of four hundred thousand empty texts."""
    work.insert("x = 1", before="conv")
    cells = json.loads(written(work))
    next(cell for cell in cells["cells"] if cell["source"] in ("x = 1", ["x = 1"]))["source"] = [""] * 400_000
    work.raw = json.dumps(cells).encode()


@attack(solved=True)
def names_that_look_alike(work):
    """Cells before the graded ones have their names, with marks in them that nobody sees, and a million points."""
    for cell in work.graded():
        twin = nbformat.from_dict({**cell, "id": cell.id + "-twin", "source": "100.0"})
        twin.metadata.nbgrader.update(grade_id="\ufeff" + cell.metadata.nbgrader.grade_id + "\u200d", points=1e6)
        work.notebook.cells.insert(work.notebook.cells.index(cell), twin)


@attack(solved=True)
def kernel_of_its_own(work):
    """The metadata ask for a kernel, a language and a version of Python that start a command."""
    command = "; touch @HOME@/escaped-@CASE@-@TOKEN@; $(touch @HOME@/escaped-@CASE@-@TOKEN@)"
    work.notebook.metadata["kernelspec"] = {"name": f"../../{command}", "display_name": command, "argv": ["/bin/sh", "-c", command]}
    work.notebook.metadata["language_info"] = {"name": "bash", "version": command, "file_extension": f"/../{command}"}


@attack(solved=True)
def of_another_encoding(work):
    """The file is UTF-32 with a mark, four bytes for each character."""
    work.raw = written(work).encode("utf-32")
