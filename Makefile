# Everything there is to remember: demo, test, check, bench, img, lab.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# nbgrader looks for alembic on the PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
STAMP := $(VENV)/ready
SCRIPT := PYTHONPATH=$(CURDIR)/tests/proctor:$(CURDIR)/tests/specimens $(BIN)/python

.PHONY: demo test thorough check bench release site img fairness mutants attacks pictures lab clean

# A class from specimens, generated, graded and exported: who got what.
demo: $(STAMP)
	$(SCRIPT) benchmarks/demo.py

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# The same, with every case of the banks: some minutes more.
thorough: $(STAMP)
	THOROUGH=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m proctor.nbgrader_plugin.drift
	$(BIN)/python img/draw.py --check

# How fast a class is graded, beside stock nbgrader; `make bench ARGS="--growth 50 200 800"` for classes of any size.
bench: $(STAMP)
	$(SCRIPT) benchmarks/bench.py $(ARGS)

# What students get and what they are shown afterwards, from the master notebook.
release: $(STAMP)
	$(BIN)/nbgrader generate_assignment exercise4 --force
	$(BIN)/nbgrader generate_solution exercise4 --force

# The solved lesson as one page, in build/site.
site: $(STAMP)
	$(BIN)/python -m proctor site exercise4

img: $(STAMP)
	$(BIN)/python img/draw.py

# Feedback pages of three students, as pictures in build/pictures.
pictures: $(STAMP)
	$(SCRIPT) benchmarks/pictures.py

fairness: $(STAMP)
	$(SCRIPT) benchmarks/fairness.py $(ARGS)

mutants: $(STAMP)
	$(SCRIPT) benchmarks/mutants.py $(ARGS)

# Every fault and attack of the banks, with our settings and with nbgrader as it comes, and what is left behind.
attacks: $(STAMP)
	$(SCRIPT) benchmarks/attacks.py $(ARGS)
	$(SCRIPT) benchmarks/leftovers.py 100

lab: $(STAMP)
	$(BIN)/jupyter lab

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# What can be made again: the demo and other builds. A class's work is never touched.
clean:
	rm -rf build
