# Loradeck. `make demo` shows it, `make test` proves it. Needed on the machine: Python 3.11+, Node 20+ with npm, make.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.PHONY: help demo up doctor test drills test-compose check bench install packages ui
.NOTPARALLEL:

VENV := .venv
PY := $(VENV)/bin/python
UI := services/frontend

# What is installed stays so: `make install TORCH=volta` once, and `make demo` keeps to it.
TORCH ?= $(or $(patsubst $(VENV)/.installed-%,%,$(wildcard $(VENV)/.installed-*)),default)
CONSTRAINTS := constraints$(if $(filter-out default,$(TORCH)),-$(TORCH)).txt
INSTALLED := $(VENV)/.installed-$(TORCH)

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: install ui ## Train a tiny model on real clips and watch it; ARGS=--exit leaves at its end
	@$(PY) -m loradeck demo $(ARGS)

up: install ui ## Start Loradeck; ARGS passes options on
	@$(PY) -m loradeck up $(ARGS)

doctor: ## What of this machine is fit for Loradeck and for docker compose up; needs Python alone
	@$(or $(PYTHON),python3) -m loradeck doctor

# One thread each, for on few cores threads of several trainers wait for each other more than they work.
test: install packages ui ## Every test
	@browser="$$($(PY) scripts/find_browser.py)"; \
	export LORADECK_CHROMIUM="$$browser" OMP_NUM_THREADS=1; failed=""; \
	echo "The UI's tests (Vitest) ..."; \
	npm --prefix $(UI) run --silent test || failed="$$failed vitest"; \
	echo "All other tests (pytest) ..."; \
	$(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS) || failed="$$failed pytest"; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed." >&2; exit 1; fi

drills: install packages ui ## Whole matrices and many kills, of which `make test` takes a slice; 20 minutes
	@browser="$$($(PY) scripts/find_browser.py)"; \
	LORADECK_CHROMIUM="$$browser" OMP_NUM_THREADS=1 $(PY) -m pytest -n 2 --dist loadfile --drills -m drill $(ARGS)

# The first test waits for all images, hence its limit.
test-compose: install ## The containers, on an engine of its own: images, stack, drills; as root, a quarter of an hour
	@browser="$$($(PY) scripts/find_browser.py)"; \
	LORADECK_CHROMIUM="$$browser" $(PY) -m pytest tests/compose --timeout 1800 $(ARGS)

check: install packages ## Linters, type checkers, import rules, messages, drift of the generated client
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(PY) scripts/check_messages.py
	npm --prefix $(UI) run --silent lint
	npm --prefix $(UI) run --silent typecheck
	npm --prefix $(UI) run --silent api:check

bench: install ui ## Measure speed and size beside other trackers, half an hour; ARGS=--quick for a look
	@$(PY) -m bench $(ARGS)

install: $(INSTALLED) ## The Python packages; TORCH=volta for V100s

# Said before a long installation and not after it.
demo up test drills test-compose check bench ui: NEED := node

$(INSTALLED): pyproject.toml $(wildcard constraints*.txt) scripts/install.sh
	@scripts/install.sh $(VENV) $(CONSTRAINTS) $(NEED)
	@rm -f $(VENV)/.installed-*
	@touch $@

packages: $(INSTALLED)
	@$(PY) loradeck/build.py packages

ui: $(INSTALLED) ## The pages
	@$(PY) loradeck/build.py
