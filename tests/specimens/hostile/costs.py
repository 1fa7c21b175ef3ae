"""Bytes that cost the grader more than they cost who sends them: parsed, listed, rendered, searched."""

import os

from tests.specimens.recipe import ALL, Outcome, attack, nbformat

UNREADABLE = Outcome.UNREADABLE


def case(name, says, change, *fair, **more):
    """Make a recipe of this module."""
    change.__name__, change.__doc__ = name, says
    globals()[name] = attack(*fair, **more)(change)


def inside(filling):
    def change(work):
        text = nbformat.writes(work.notebook)
        work.raw = text.replace('"metadata": {', '"metadata": {"x": [' + filling + '0], ', 1).encode("utf-8", "surrogatepass")
    return change


for slug, piece, times in [
    ("objects", "{},", 6_000_000), ("lists", "[],", 6_000_000), ("numbers", "1,", 8_000_000), ("pairs", '{"a":{}},', 2_000_000),
    ("texts", '"a",', 4_000_000), ("truths", "true,", 3_000_000), ("nothings", "null,", 3_000_000), ("floats", "1e9,", 4_000_000),
    ("emoji", '"\U0001f600",', 2_000_000), ("nested", '{"a":[{"b":[]}]},', 1_000_000),
]:  # fmt: skip
    case(f"parsed_{slug}", f"The metadata hold {times:,} {slug}.", inside(piece * times), ALL, UNREADABLE, "holds more than")

for slug, filling, says in [
    ("brackets", "[" * 200_000, "holds brackets that are never closed"), ("digits", "9" * 1_000_000, "holds a number of a million digits"),
    ("braces", '{"a":' * 100_000, "holds objects in objects, never closed"), ("quote", '"', "holds a text that is never closed"),
    ("escape", '"\\q",', "holds an escape that there is not"), ("control", '"\x01",', "holds a control code in a text"),
    ("surrogate", '"\\ud800' * 3, "holds half characters in a text without an end"),
]:  # fmt: skip
    case(f"broken_{slug}", f"The notebook {says}.", inside(filling), ALL, UNREADABLE, "no Jupyter notebook")

DEEP = "[" * 700 + "]" * 700 + ","
case("parsed_deep", "The metadata are nested as deep as the parser allows.", inside(DEEP), solved=True)

PATTERNS = {
    "divs": "<div>", "quotes": "> ", "environments": "\\begin{a}", "formulas": "$a_b$", "unclosed_formulas": "$$a", "links": "[](", "pictures": "![a](",
    "stars": "*a ", "underscores": "_", "backticks": "`a", "comments": "<!--", "tables": "|a|\n|-|\n", "lists": "  - a\n", "numbers": "1. ", "tags": "<a b=\"",
    "headings": "# a #\n", "spaces": " ", "addresses": "http://a.b(", "entities": "&#x", "fences": "```\n", "braces": "${", "roots": "$\\sqrt{",
    "mathml": "<math><mi>", "cells": "<table><tr><td>", "definitions": "a\n: b\n", "references": "[a]: b\n", "strikes": "~~a", "mail": "a@b.c ",
    "cdata": "<![CDATA[", "escapes": "\\*",
}  # fmt: skip
"""Thirty texts of which parsers of Markdown and HTML make much."""


def noted(piece):
    def change(work):
        work.insert((piece * 100_000)[:100_000], before="conv", cell_type="markdown")
    return change


def shown(piece):
    def change(work):
        work.first(f"""
            from IPython.display import display
            text = ({piece!r} * 200_000)[:200_000]
            display({{'text/html': text}}, raw=True)
            display({{'text/markdown': text}}, raw=True)
            print(text)
            """)
    return change


def commented(piece):
    def change(work):
        work.insert("words = " + repr((piece * 60_000)[:60_000]) + "\n", before="conv")
    return change


for slug, piece in PATTERNS.items():
    case(f"note_of_{slug}", f"A text cell is 100 kB of {slug.replace('_', ' ')}.", noted(piece), solved=True, page=True)
for slug in list(PATTERNS)[::2]:
    case(f"output_of_{slug}", f"Outputs are 200 kB of {slug.replace('_', ' ')}, as HTML, Markdown and text.", shown(PATTERNS[slug]), solved=True, page=True)
for slug in list(PATTERNS)[1::3]:
    case(f"code_of_{slug}", f"A line of code is 60 kB of {slug.replace('_', ' ')}.", commented(PATTERNS[slug]), solved=True, page=True)


@attack()
def annotation_without_end(work):
    """A name is followed by a colon and 400,000 spaces, where names are looked for that are like a missing one."""
    work.insert("a:" + " " * 400_000 + "int\n", before="activation_functions")
    for part in ("activation_functions", "initializers", "conv"):
        work.replace(part, "x = 1")


@attack()
def thousands_of_names(work):
    """20,000 names are almost that of a class which is missing."""
    work.insert("\n".join(f"Sigmoi{number} = 0" for number in range(20_000)), before="activation_functions")
    for part in ("activation_functions", "initializers", "conv"):
        work.replace(part, "x = 1")


def on_disk(make):
    def change(work):
        work.disk(make)
    return change


def nested(name, depth):
    def make(folder):
        handle = os.open(folder, os.O_RDONLY)
        for _ in range(depth):
            os.mkdir(name, dir_fd=handle)
            inner = os.open(name, os.O_RDONLY, dir_fd=handle)
            os.close(handle)
            handle = inner
        os.close(os.open("end.txt", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
        os.close(handle)
    return make


def many(count, name):
    def make(folder):
        (folder / "many").mkdir()
        for number in range(count):
            (folder / "many" / name.format(number)).touch()
    return make


def sparse(folder):
    with open(folder / "sparse.bin", "wb") as file:
        file.truncate(2**40)


def linked(folder):
    (folder / "one.txt").write_text("x")
    for number in range(500):
        os.link(folder / "one.txt", folder / f"{number}.txt")


def pipes(folder):
    for number in range(100):
        os.mkfifo(folder / f"pipe{number}.py")


def circles(folder):
    (folder / "in").mkdir()
    for number in range(50):
        (folder / "in" / f"{number}").symlink_to("..")


def notebooks(folder):
    for number in range(300):
        (folder / f"other{number}.ipynb").write_bytes(b"{" * 1000)


def full_notebooks(folder):
    for number in range(25):
        (folder / f"other{number}.ipynb").write_bytes(b'{"cells":[' + b"{}," * 300_000 + b"{}]}")


for slug, says, make in [
    # Deeper ones stop what builds and removes these courses; test_reading.py lists them.
    ("long_path", "A path is as long as most programs take.", nested("n" * 200, 15)),
    ("nested_folders", "A hundred folders lie in each other.", nested("d", 100)),
    ("folders_of_python", "Folders called src lie sixty deep.", nested("src", 60)),
    ("many_files", "30,000 files lie beside the notebook.", many(30_000, "{}.txt")),
    ("many_scripts", "5,000 Python files lie beside the notebook.", many(5_000, "m{}.py")),
    ("longest_names", "300 names have 255 bytes.", many(300, "{:0251}.txt")),
    ("sparse_terabyte", "A file has a terabyte of holes.", sparse),
    ("hard_links", "One file has 501 names.", linked),
    ("pipes", "A hundred pipes are called like modules.", pipes),
    ("circles", "Fifty links lead back to where they are.", circles),
    ("many_notebooks", "300 notebooks, all broken, lie beside the right one.", notebooks),
    ("large_notebooks", "25 notebooks of 300,000 empty cells lie beside the right one.", full_notebooks),
]:
    case(f"folder_with_{slug}", says, on_disk(make), solved=True)


def claims(text):
    def change(work):
        work.files["timestamp.txt"] = text.encode()
    return change


for slug, text in {"year_zero": "0000-01-01", "far": "99999-01-01", "digits": "9" * 150, "zones": "2026-01-01 00:00:00 " + "A" * 100,
                   "newlines": "\n" * 150, "null": "\0" * 100}.items():  # fmt: skip
    case(f"time_of_{slug}", f"The file with the time holds {slug.replace('_', ' ')}.", claims(text), solved=True)


@attack(ALL, Outcome.UNREADABLE)
def quotes_without_end(work):
    """The file ends in the middle of a string of escaped quotes."""
    work.raw = nbformat.v4.writes(work.notebook).encode()[:-20] + b'"' + b'\\"' * 10**6


@attack(ALL, Outcome.UNREADABLE, "is damaged")
def halves_of_characters(work):
    """The file is UTF-16 of halves of characters only."""
    work.raw = b"\xff\xfe" + b"\x00\xd8" * 10**7
