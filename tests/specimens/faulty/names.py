"""Notebooks with another name, in another encoding, beside others, or as an editor has left them."""

import json

from tests.specimens.recipe import EXERCISE, Work, fault, grade_id, nbformat, solution

NAME = f"{EXERCISE}.ipynb"


def case(name, says, change, **fair):
    """Make a recipe of this module."""
    change.__name__, change.__doc__ = name, says
    globals()[name] = fault(**fair)(change)


def text(work):
    return nbformat.writes(work.notebook)


def stub():
    return nbformat.writes(Work.start(solved=False).notebook).encode()


def called(name):
    def change(work):
        work.name = name
    return change


for slug, name in {
    "capitals": "Exercise4.IPYNB", "mailed": f"{NAME}.txt", "downloaded_as_json": f"{NAME}.json",
    "copied": f"{EXERCISE}-Copy1.ipynb", "downloaded_twice": f"{EXERCISE} (1).ipynb", "german_copy": f"{EXERCISE} - Kopie.ipynb",
    "own_name": "ex4_mueller_final.ipynb", "own_alphabet": "Übung 4.ipynb", "long_name": "x" * 200 + ".ipynb",
    "quotes_in_name": "my `best` work.ipynb", "dashes": "-rf.ipynb",
}.items():  # fmt: skip
    case(f"called_{slug}", f"The notebook is called {name[:40]}.", called(name), notice="was taken for")


def beside(name, content=None, at=NAME):
    def change(work):
        work.name = at
        work.disk(lambda folder: ((folder / name).parent.mkdir(parents=True, exist_ok=True),
                                  (folder / name).write_bytes(stub() if content is None else content)))
    return change


for slug, name, content, said in [
    ("macs_twin", f"._{NAME}", b"\0\5\26\7" * 30, ""),
    ("editors_twin", f".~{NAME}", b"{}", ""),
    ("older_copy", f"{EXERCISE}-Copy1.ipynb", None, "There are 2 notebooks"),
    ("stub_in_a_folder", f"release/{NAME}", None, "There are 2 notebooks"),
    ("broken_copy", f"{EXERCISE} (1).ipynb", b"{", "There are 2 notebooks"),
    ("empty_copy", f"{EXERCISE} (2).ipynb", b"", "There are 2 notebooks"),
    ("other_exercise", "exercise3.ipynb", b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "There are 2 notebooks"),
    ("packed_by_a_mac", f"__MACOSX/._{NAME}", b"\0\5\26\7", ""),
]:  # fmt: skip
    case(f"beside_{slug}", f"Beside the notebook lies {name}.", beside(name, content), notice=said)

for slug, at in [("a_copy", f"{EXERCISE}-Copy1.ipynb"), ("another_name", "final.ipynb"), ("a_number", f"{EXERCISE} (3).ipynb")]:
    case(f"stub_kept_and_{slug}", f"The stub has the right name, and the work is {at}.", beside(NAME, at=at), notice="There are 2 notebooks")


@fault(notice="There are 2 notebooks")
def tried_in_the_stub(work):
    """In the stub something was tried, and the work is in a copy."""
    stub_with_more = Work.start(solved=False)
    stub_with_more.first("x = 1")
    work.name = f"{EXERCISE}-Copy1.ipynb"
    work.disk(lambda folder: (folder / NAME).write_text(nbformat.writes(stub_with_more.notebook)))


@fault(notice="was taken for")
def in_a_folder(work):
    """The notebook lies in a folder of its own."""
    work.files[f"Exercise 4/{NAME}"] = text(work).encode()
    work.disk(lambda folder: (folder / work.name).unlink())


@fault(notice="There are 2 notebooks")
def stub_on_top_of_a_folder(work):
    """The stub lies on top, and the work in a folder."""
    work.files[f"final/{NAME}"] = text(work).encode()
    work.raw = stub()


def encoded(encoding):
    def change(work):
        work.first("word = 'größer'")
        work.raw = json.dumps(work.notebook, ensure_ascii=False).encode(encoding)
    return change


for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"):
    case(f"saved_in_{encoding.replace('-', '_')}", f"An editor has saved the notebook in {encoding}.", encoded(encoding))


def ended(end):
    def change(work):
        for cell in work.notebook.cells:
            cell.source = cell.source.replace("\n", end)
        work.raw = json.dumps(work.notebook).encode()
    return change


for slug, end in {"windows": "\r\n", "old_mac": "\r", "trailing_spaces": "   \n", "trailing_tabs": "\t\n"}.items():
    case(f"lines_of_{slug}", f"An editor has given all lines the ends of {slug.replace('_', ' ')}.", ended(end))


@fault()
def many_cells(work):
    """The notebook has 2,500 cells, most of them empty."""
    work.notebook.cells += [nbformat.v4.new_code_cell("") for _ in range(2500)]


@fault(notice="were run")
def many_text_cells(work):
    """The notebook has 2,500 cells of notes behind the exercise."""
    work.notebook.cells += [nbformat.v4.new_markdown_cell(f"note {number}") for number in range(2500)]


@fault(notice="costs nothing")
def online_editor(work):
    """An online editor has dropped the cells' metadata, and kept its own."""
    for number, cell in enumerate(work.notebook.cells):
        cell.metadata = {"id": f"colab{number}", "colab": {"base_uri": "https://localhost/"}}
    work.notebook.metadata = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}


@fault(notice="put back and graded, which costs nothing")
def before_a_cell_was_added(work):
    """The notebook was handed in before the last graded cell was added to the exercise."""
    work.notebook.cells.remove(work.graded()[-1])


def large(kind, data):
    def change(work):
        cell = nbformat.v4.new_code_cell("figures = 4  # größer")
        cell.outputs = [nbformat.v4.new_output("display_data", data={kind: data}) for _ in range(4)]
        work.notebook.cells.append(cell)
    return change


for slug, kind, size in [("pictures", "image/png", 8 * 2**20), ("animations", "text/html", 20 * 2**20), ("text", "text/plain", 2 * 2**20)]:
    case(f"large_{slug}", f"Outputs of the type {kind} make the notebook large.", large(kind, "A" * size))


def shaped(odd):
    def change(work):
        notebook = json.loads(text(work))
        odd(notebook)
        work.raw = json.dumps(notebook).encode()
    return change


for slug, says, odd in [
    ("sources_as_lists", "All sources are lists of lines.", lambda n: [c.update(source=c["source"].splitlines(keepends=True)) if isinstance(c["source"], str) else None for c in n["cells"]]),
    ("cell_of_nothing", "One cell is null, one a number.", lambda n: n["cells"].extend([None, 7])),
    ("cell_without_a_type", "A cell has no type.", lambda n: n["cells"].append({"source": "hello", "metadata": {}})),
    ("metadata_as_a_list", "A cell's metadata are a list.", lambda n: n["cells"].append({"cell_type": "code", "source": "x = 1", "metadata": [], "outputs": [], "execution_count": None})),
    ("outputs_of_nothing", "A cell's outputs are null.", lambda n: n["cells"].append({"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": None, "execution_count": None})),
    ("no_format", "The notebook does not say its format.", lambda n: (n.pop("nbformat"), n.pop("nbformat_minor"))),
    ("format_as_text", "The format's number is a text.", lambda n: n.update(nbformat="4")),
    ("metadata_of_nothing", "The notebook's metadata are null.", lambda n: n.update(metadata=None)),
]:  # fmt: skip
    case(f"shape_{slug}", says, shaped(odd))
