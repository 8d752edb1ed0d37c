# make lab: open the course.  make test: run every test.  Both make .venv themselves.
PYTHON ?= python3
BIN := .venv/bin
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))

.PHONY: lab test lint chapter notebooks tables recordings benchmarks

lab: .venv/installed
	$(BIN)/jupyter lab $(firstword $(NOTEBOOKS))

test: .venv/installed lint
	$(BIN)/python -m dshlib.data full
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# make chapter N=04: run one chapter, store its outputs, test it.
chapter: .venv/installed
	$(BIN)/python -m tools.run_notebooks notebooks/$(N)_*.ipynb
	$(BIN)/ruff check notebooks/$(N)_*.ipynb
	$(BIN)/python -m pytest notebooks/$(N)_*.ipynb tests/test_notebooks.py tests/test_demos.py \
		-k $(basename $(notdir $(wildcard notebooks/$(N)_*.ipynb)))

# Run the notebooks top to bottom and store their outputs, normalised.
notebooks: .venv/installed
	$(BIN)/python -m tools.run_notebooks $(NOTEBOOKS)

# Measure Tables 1 and 2 again into results/; finished cells are kept.
tables: .venv/installed
	$(BIN)/python -m dshlib.experiments table1 --seeds 0 1 2 --out results/table1-classroom.json
	$(BIN)/python -m dshlib.experiments table2 --seeds 0 1 2 --out results/table2-classroom.json

# Train the networks whose outputs chapters 07 and 08 show again; finished ones are kept.
recordings: .venv/installed
	$(BIN)/python -m tools.record_outputs

benchmarks: .venv/installed
	$(BIN)/python -m benchmarks

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@
