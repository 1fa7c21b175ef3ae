"""Submissions whose file is odd, or what lies beside it."""

import json
import os

from tests.specimens.recipe import ALL, EXERCISE, Outcome, cells, fault, nbformat, solution

UNREADABLE = Outcome.UNREADABLE


@fault()
def renamed(work):
    """The notebook has a name of the student's own."""
    work.name = "Exercise 4 - final (2).ipynb"


@fault(notice="There are 2 notebooks")
def renamed_twice(work):
    """There are two notebooks with the work, and neither has the right name."""
    work.name = "final.ipynb"
    work.files["final_really.ipynb"] = nbformat.writes(work.notebook).encode()


@fault()
def checkpoints_beside(work):
    """Older states of the notebook lie beside it."""
    work.files[f".ipynb_checkpoints/{EXERCISE}-checkpoint.ipynb"] = b"{}"
    work.files[f"{EXERCISE}-Copy1.ipynb"] = b"not a notebook"


@fault(ALL, UNREADABLE, "no file exercise4.ipynb")
def no_notebook(work):
    """The folder holds a PDF and no notebook."""
    work.files["report.pdf"] = b"%PDF-1.7"
    work.disk(lambda folder: (folder / work.name).unlink())


@fault(ALL, UNREADABLE, "no Jupyter notebook")
def broken_json(work):
    """The file was cut off while it was uploaded."""
    work.raw = nbformat.writes(work.notebook).encode()[:-2000]


@fault(ALL, UNREADABLE, "is an empty file")
def empty_file(work):
    """The file is empty."""
    work.raw = b""


@fault(ALL, UNREADABLE, "no Jupyter notebook")
def merge_conflict(work):
    """Git's marks of a conflict are left in the file."""
    text = nbformat.writes(work.notebook)
    work.raw = text.replace('"cells"', '<<<<<<< HEAD\n "cells"', 1).encode()


@fault(ALL, UNREADABLE, "no Jupyter notebook")
def a_web_page(work):
    """The file is the web page that shows the notebook."""
    work.raw = b"<!DOCTYPE html><html><body>Sign in to continue</body></html>"


@fault(ALL, UNREADABLE, "no Jupyter notebook")
def python_script(work):
    """The file is a Python script with the notebook's ending."""
    work.raw = solution()["conv"].encode()


@fault()
def byte_order_mark(work):
    """An editor has put a byte order mark before the notebook."""
    work.raw = b"\xef\xbb\xbf" + nbformat.writes(work.notebook).encode()


@fault()
def old_format(work):
    """The notebook is in the format of ten years ago."""
    old = nbformat.convert(work.notebook, 3)
    work.raw = nbformat.v3.writes_json(old).encode()


@fault()
def newer_format(work):
    """The notebook was saved by a program that is ahead of ours."""
    work.notebook.nbformat_minor = 99
    work.raw = json.dumps({**work.notebook, "novelty": {"a": [1]}}).encode()


@fault()
def no_metadata(work):
    """An online editor has dropped all metadata, so no cell knows what it is for."""
    for cell in work.notebook.cells:
        cell.metadata = {}
    work.notebook.metadata = {}


@fault()
def same_ids(work):
    """All cells have the same id."""
    for cell in work.notebook.cells:
        cell["id"] = "cell"
    work.raw = json.dumps(work.notebook).encode()


@fault()
def half_a_character(work):
    """A cell holds half a character, which no file can hold."""
    work.first("smile = '@'")
    work.raw = json.dumps(work.notebook).replace("smile = '@'", r"smile = '\ud83d'").encode()


@fault()
def deleted_graded_cells(work):
    """All graded cells are gone."""
    graded = [id(cell) for cell in work.graded()]
    work.notebook.cells = [cell for cell in work.notebook.cells if id(cell) not in graded]


@fault()
def graded_cells_copied(work):
    """The graded cells are there twice, and have been changed to show more."""
    for cell in work.graded():
        copy = nbformat.from_dict({**cell, "id": cell.id + "-copy"})
        copy.source = "print('my own test')"
        work.notebook.cells.insert(work.notebook.cells.index(cell) + 1, copy)


@fault()
def solution_in_another_cell(work):
    """The convolution is written in a cell of the student's own, and its cell is deleted."""
    source = work.cell("conv").source
    work.insert(source, before="conv")
    work.notebook.cells.remove(work.cell("conv"))


@fault()
def solution_copied(work):
    """The cell of the convolution is there twice: untouched, then done."""
    done = nbformat.from_dict({**work.cell("conv"), "id": "conv-copy"})
    work.replace("conv", type(work).release().cell("conv").source)
    work.notebook.cells.insert(work.notebook.cells.index(work.cell("conv")) + 1, done)


@fault()
def everything_in_one_cell(work):
    """All three parts stand in the first solution cell."""
    work.replace("activation_functions", "\n\n".join(solution().values()))
    work.replace("initializers", "").replace("conv", "")


@fault()
def files_that_shadow(work):
    """Files beside the notebook are called like modules of Python."""
    for name in ("random", "types", "signal", "json", "socket", "test", "inspect"):
        work.file(f"{name}.py", "print('my experiments')\n")


@fault()
def odd_file_names(work):
    """File names are not in this system's alphabet, or hold a line end."""
    def write(folder):
        for name in (b"caf\xe9.txt", "Übung.txt".encode(), b"two\nlines.txt", b"-rf", b"$(ls).txt"):
            with open(os.path.join(os.fsencode(folder), name), "w") as file:
                file.write("notes")
    work.disk(write)


@fault()
def environment_beside(work):
    """A whole Python environment lies beside the notebook: 2,500 files."""
    for number in range(2500):
        work.files[f"venv/lib/module_{number}.py"] = b"x = 1\n"


@fault()
def data_beside(work):
    """Data of 80 MB lie beside the notebook."""
    work.disk(lambda folder: (folder / "digits.npy").write_bytes(bytes(80 * 2**20)))


@fault()
def outputs_of_70_megabytes(work):
    """The notebook's outputs make it large; they are made anew, and the work in it counts."""
    text = nbformat.writes(work.notebook).encode()
    picture = b'{"output_type":"display_data","metadata":{},"data":{"image/png":"' + b"A" * (70 * 2**20) + b'"}}'
    work.raw = text.replace(b'"outputs": []', b'"outputs": [' + picture + b"]", 1)


@fault()
def course_settings_beside(work):
    """The student has copied the whole course, settings included."""
    work.files["nbgrader_config.py"] = b"c = get_config()\n"


@fault()
def pipe_beside(work):
    """A pipe and a link lie beside the notebook."""
    work.disk(lambda folder: os.mkfifo(folder / "pipe"))
    work.disk(lambda folder: (folder / "desktop").symlink_to("/nowhere"))


@fault()
def own_base_class(work):
    """The student's copy of src/base.py is broken; the given one is used."""
    work.files["src/base.py"] = b"raise RuntimeError('half edited')\n"


@fault({**cells("const"), "uniform_random": 1, "he": 2}, Outcome.NOT_FOUND)
def initializers_as_text(work):
    """The cell of the initializers was turned into text by mistake."""
    cell = work.cell("initializers")
    work.notebook.cells[work.notebook.cells.index(cell)] = nbformat.v4.new_markdown_cell(cell.source)
