# Luciole: `make` lists the targets. GNU Make 4.3; Python 3.11 or newer is found, the rest is installed into .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help env book chapter experiments bench test check pair clean

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
NOTEBOOKS := $(wildcard notebooks/[0-9]*.py)

export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

help: ## this list
	@echo "Luciole: a reproducible study of efficient neural architecture search"
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14 | sed 's/^/  make /'

env: $(STAMP) ## the environment .venv with every pinned package

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"expected Python 3.11 or newer, got {sys.version.split()[0]}; set PYTHON=/path/to/python")'
	@rm -f $@
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q torch==2.13.0
	$(BIN)/python -m pip install -q -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

book: $(STAMP) ## the website: get the data, run the chapters that changed, build the pages
	@$(BIN)/luciole fetch
	@$(BIN)/luciole book

chapter: $(STAMP) ## one chapter with other parameters: make chapter NAME=03 PARAMS='seed=1 runs=20'
	@$(BIN)/luciole chapter "$(NAME)" --params "$(PARAMS)"

experiments: $(STAMP) ## the long computations behind data/results (hours; each can be stopped and goes on)
	@$(BIN)/luciole run all --workers $$(nproc)

bench: $(STAMP) ## speed against peers, printed and written to data/results/benchmarks.json
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

test: $(STAMP) ## style, types, tests (offline), notebooks equal to their scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	LUCIOLE_OFFLINE=1 $(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(STAMP) ## the tests that need a package registry, minutes or the built book; after make test and make book
	$(BIN)/python -m pytest -m check -rs

pair: $(STAMP) ## notebooks/*.ipynb from the scripts beside them
	$(BIN)/jupytext --quiet --to ipynb --update $(NOTEBOOKS)

clean: ## remove what was built and cached; .venv and downloaded data stay
	rm -rf _build book/chapters book/_static/explorer_data.js .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -prune -exec rm -rf {} +
