# Luciole: `make` lists the targets. GNU Make 4.3; Python 3.11 or newer is found, the rest is installed into .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help env book pdf chapter design experiments bench test check bounds mutants pair clean

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
DEV := $(VENV)/installed-dev
OLDEST := _build/oldest
ROOMS := spaces networks tables datasets scores search training costs efficiency sensors
ROOM_EXTRAS := search sensors devices energy nas201-api
NOTEBOOKS := $(wildcard notebooks/[0-9]*.py)

# Which torch: a version, a wheel file or the address of an index. Without it a tested one that .venv has already is
# kept, else the lock's is taken from the package index.
TORCH ?=
LOCKED := $(shell sed -n 's/^torch==//p' requirements.txt)
TESTED := 2.6.0 $(LOCKED)
CPU_INDEX := https://download.pytorch.org/whl/cpu

# Of `make mutants`: which are drawn, how many, of which modules (as in its list; all without a name), by how many
# processes. A run that was stopped goes on: make mutants again.
SEED ?= 201
COUNT ?= 300
NAMES ?=
WORKERS ?= 2

# Of `make design`: the recordings, how long, where to; the multiply-accumulates of a window, by the data if unset; and
# limits of the device that its C is for, if set: FLASH=64k RAM=16k INSTRUCTIONS=1M.
DATA ?= seglearn
MINUTES ?= 20
OUT ?= mine
MACS ?=
FLASH ?=
RAM ?=
INSTRUCTIONS ?=

export OMP_NUM_THREADS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1

help: ## this list
	@echo "Luciole: a reproducible study of efficient neural architecture search"
	@LC_ALL=C grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14 | sed 's/^/  make /'

env: $(STAMP) ## the environment .venv with every pinned package; TORCH=version, wheel or index chooses its torch

$(STAMP): requirements.txt pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"expected Python 3.11 or newer, got {sys.version.split()[0]}; set PYTHON=/path/to/python")'
	@rm -f $@
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "packages of the book: about 0.5 GB to download and 2 GB on disk, in $(VENV)"
	@case "$(TORCH)" in \
	"") set -- "torch==$(LOCKED)"; why="TORCH is not set: the lock's version, from the package index" ;; \
	*.whl) set -- "$(TORCH)"; why="TORCH names this file" ;; \
	*://*) set -- --upgrade --index-url "$(TORCH)" "torch==$(LOCKED)"; why="TORCH names this index" ;; \
	*) set -- "torch==$(TORCH)"; why="TORCH names this version" ;; \
	esac; \
	if [ -z "$(TORCH)" ] && $(BIN)/python -c 'import sys; from importlib.metadata import version; sys.exit(version("torch").split("+")[0] not in sys.argv)' $(TESTED) 2>/dev/null; \
	then echo "torch: kept, a tested one is here already"; \
	else echo "torch: $$* ($$why)"; \
		if [ -z "$(TORCH)" ] && [ "$$(uname -s)" = Linux ]; then echo "torch: on Linux that build may bring NVIDIA's libraries, 4 GB more; without them: make env TORCH=$(CPU_INDEX)"; fi; \
		$(BIN)/python -m pip install -q "$$@"; fi
	grep -v '^torch==' requirements.txt | $(BIN)/python -m pip install -q -r /dev/stdin
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@$(BIN)/python -c 'import torch; print("torch:", torch.__version__, "with CUDA " + torch.version.cuda if torch.version.cuda else "without CUDA")'
	@touch $@

ifeq ($(origin TORCH), command line)
.PHONY: $(STAMP)
endif

$(DEV): requirements-dev.txt $(STAMP)
	@echo "tools of tests and style: about 0.1 GB to download and 0.3 GB on disk, in $(VENV)"
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	@touch $@

book: $(STAMP) ## the website: get the data, run the chapters that changed, build the pages
	@$(BIN)/luciole fetch
	@$(BIN)/luciole book

pdf: book ## the book on paper, one PDF file; needs Chromium
	@$(BIN)/luciole pdf

chapter: $(STAMP) ## one chapter with other parameters: make chapter NAME=03 PARAMS='seed=1 runs=20'
	@$(BIN)/luciole chapter "$(NAME)" --params "$(PARAMS)"

design: $(STAMP) ## a network for your recordings: make design DATA=path MINUTES=20 OUT=mine MACS=50000
	@$(BIN)/luciole design "$(DATA)" --out "$(OUT)" --minutes $(MINUTES) --workers $$(nproc) $(if $(MACS),--macs $(MACS)) \
		$(if $(FLASH),--flash $(FLASH)) $(if $(RAM),--ram $(RAM)) $(if $(INSTRUCTIONS),--instructions $(INSTRUCTIONS))

experiments: $(STAMP) ## the long computations behind data/results (hours; each can be stopped and goes on)
	@$(BIN)/luciole run all --workers $$(nproc)

bench: $(STAMP) ## speed against peers, printed and written to data/results/benchmarks.json
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

test: $(DEV) ## style, types, tests (offline), notebooks equal to their scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	LUCIOLE_OFFLINE=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(DEV) ## the tests that need a package registry, minutes or the built book; after make test and make book
	$(BIN)/python -m pytest -m check -rs -n 2 --dist loadfile

bounds: ## the rooms' tests with the oldest packages that pyproject.toml admits (minutes; in _build); TORCH may name an index
	$(PYTHON) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python -c 'import tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; extras = project["optional-dependencies"]; wanted = sum((extras[name] for name in "$(ROOM_EXTRAS)".split()), project["dependencies"]); print(*sorted({one.replace(">=", "==") for one in wanted}), sep="\n")' > $(OLDEST)/pins.txt
	@case "$(TORCH)" in *://*) $(OLDEST)/bin/python -m pip install -q --index-url "$(TORCH)" $$(grep ^torch== $(OLDEST)/pins.txt) ;; esac
	$(OLDEST)/bin/python -m pip install -q -r $(OLDEST)/pins.txt pytest hypothesis pyyaml
	PYTHONPATH=lib LUCIOLE_OFFLINE=1 $(OLDEST)/bin/python -m pytest $(addprefix tests/,$(ROOMS))

mutants: $(DEV) ## do the tests notice small changes of the code? COUNT of them drawn with SEED, by WORKERS
	$(BIN)/python tests/mutants.py --seed $(SEED) --count $(COUNT) --workers $(WORKERS) $(NAMES)

pair: $(STAMP) ## notebooks/*.ipynb from the scripts beside them
	$(BIN)/jupytext --quiet --to ipynb --update $(NOTEBOOKS)

clean: ## remove what was built and cached; .venv and downloaded data stay
	rm -rf _build book/chapters book/_static/explorer_data.js book/_static/try_it_data.js .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -prune -exec rm -rf {} +
