# Everything there is to remember: demo, test, check, bench, img, lab.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A worker takes a whole file, in the order of tests/proctor/conftest.py: fixtures are shared in a file.
WORKERS := --numprocesses 2 --dist loadfile --no-loadscope-reorder
# nbgrader looks for alembic on the PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
STAMP := $(VENV)/ready

.PHONY: demo test thorough fuzz check bench release site img fairness seeds mutants attacks lab clean

# A class from specimens, generated, graded and exported: who got what.
demo: $(STAMP)
	$(BIN)/python -m benchmarks.demo

test: $(STAMP)
	$(BIN)/python -m pytest $(WORKERS)

# The same, with every case of the banks and two minutes of the fuzzer: some minutes more.
thorough: $(STAMP)
	THOROUGH=1 $(BIN)/python -m pytest $(WORKERS)
	$(BIN)/python -m benchmarks.fuzz 2

# An hour's search for inputs that break our parsers; `make fuzz ARGS="10 --seed 7"` for ten minutes of others.
fuzz: $(STAMP)
	$(BIN)/python -m benchmarks.fuzz $(or $(ARGS),60)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m proctor.nbgrader_plugin.drift
	$(BIN)/python img/draw.py --check

# How fast a class is graded, beside stock nbgrader; `make bench ARGS="--growth 50 200 800"` for classes of any size.
bench: $(STAMP)
	$(BIN)/python -m benchmarks.bench $(ARGS)

# What students get and what they are shown afterwards, from the master notebook.
release: $(STAMP)
	$(BIN)/nbgrader generate_assignment exercise4 --force
	$(BIN)/nbgrader generate_solution exercise4 --force

# The solved lesson as one page, in build/site.
site: $(STAMP)
	$(BIN)/python -m proctor site exercise4

img: $(STAMP)
	$(BIN)/python img/draw.py

fairness: $(STAMP)
	THOROUGH=1 $(BIN)/python -m benchmarks.fairness

# That no verdict depends on the seed of the hidden inputs: both banks under twenty of them.
seeds: $(STAMP)
	THOROUGH=1 $(BIN)/python -m benchmarks.fairness seeds

mutants: $(STAMP)
	$(BIN)/python -m benchmarks.fairness mutants

# Every fault and attack of the banks, and what is left behind; `make attacks ARGS=--stock` shows nbgrader as it comes, too.
attacks: $(STAMP)
	THOROUGH=1 $(BIN)/python -m benchmarks.attacks $(ARGS)
	$(BIN)/python -m benchmarks.leftovers 500

lab: $(STAMP)
	$(BIN)/jupyter lab

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements/dev.txt
	-$(BIN)/python -W ignore -m compileall -qq -j 0 $(CURDIR)/$(VENV)/lib  # on all cores; pip would compile on one
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# What can be made again: the demo and other builds. A class's work is never touched.
clean:
	rm -rf build
