# make demo    set up, explain eight pictures, say where the report is
# make test    set up, run all tests
# make check   formatting, linting, types, the fence between rooms, all tests
# make help    the rest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INSTALL := $(PIP) install --quiet -c constraints.txt torch==2.13.0
CORE := $(VENV)/.core-installed
DEV := $(VENV)/.dev-installed
BUILD := build
SOURCES := $(shell find src -type f -not -path '*/__pycache__/*')
TESTS := $(shell find tests benchmarks examples docs -type f -not -path '*/__pycache__/*' 2>/dev/null)
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
EXTRAS := .venv-extras

.PHONY: help demo test retest check lint format test-extras bench minis docs help-pages clean
.DELETE_ON_ERROR:

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

$(CORE): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -e .
	@touch $@

$(DEV): $(CORE)
	$(INSTALL) -e '.[dev]'
	@touch $@

demo: $(BUILD)/demo/index.html  ## explain six drawn scenes and two photographs
	@echo "The report: $(BUILD)/demo/index.html (nothing to do again unless the code changes)"

$(BUILD)/demo/index.html: $(CORE) $(SOURCES) examples/demo.py
	$(BIN)/python examples/demo.py $(BUILD)/demo

test: $(BUILD)/tested  ## run all tests (at once where nothing changed; `make retest` runs them anyway)
	@echo "All tests passed on this state of the files."

$(BUILD)/tested: $(DEV) $(SOURCES) $(TESTS)
	$(PYTEST) -n 2 --dist loadfile
	@mkdir -p $(BUILD) && touch $@

retest: $(DEV)
	@rm -f $(BUILD)/tested
	@$(MAKE) --no-print-directory test

lint: $(DEV)  ## formatting, linting, types, the fence between rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	PYTHONPATH=src $(BIN)/lint-imports

format: $(DEV)  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: lint test  ## everything CI runs but the extras

$(EXTRAS)/.installed: pyproject.toml constraints.txt scripts/install-extras.sh
	PYTHON=$(PYTHON) bash scripts/install-extras.sh $(EXTRAS)
	@touch $@

test-extras: $(EXTRAS)/.installed  ## tests of open_clip and timm, in an environment of their own
	OMP_NUM_THREADS=2 $(EXTRAS)/bin/python -m pytest tests/extras

bench: $(DEV)  ## every benchmark; tables on the screen, JSON in build/benchmarks
	mkdir -p $(BUILD)/benchmarks
	for name in $$(ls benchmarks/*.py | xargs -n1 basename | sed 's/\.py$$//' | grep -v '^_'); do \
		$(BIN)/python -m benchmarks.$$name --json $(BUILD)/benchmarks/$$name.json || exit 1; done

minis: $(CORE)  ## train every bundled model again from its recipe (hours)
	$(BIN)/python -m seewhy.training.pool
	$(BIN)/python -m seewhy.training.self_supervised_pool simclr barlow-twins
	$(BIN)/python -m seewhy.captions.pool
	$(BIN)/python -m seewhy.rationales.pool

help-pages: $(CORE)  ## write docs/cli.md, docs/minis.md and docs/methods.md from what they describe
	$(BIN)/python scripts/write_cli_page.py
	$(BIN)/python scripts/write_minis_page.py
	$(BIN)/python scripts/write_methods_page.py

docs: $(CORE)  ## build the documentation into site/
	$(INSTALL) -e '.[docs]'
	$(BIN)/mkdocs build --strict

clean:  ## remove everything that was made
	rm -rf $(BUILD) $(VENV) $(EXTRAS) site
