# Everything a developer types. Each target sets itself up from python3 and git alone.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
UV_VERSION := 0.13.8
PYTEST_WORKERS ?= 2
# Containers often forbid Python to keep what it compiled; every start then compiles everything anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test test-all test-browser bench lint format reset clean
help: ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/.ready: pyproject.toml uv.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv sync --quiet --frozen --inexact
	@touch $@

run: .venv/.ready ## start everything: PostgreSQL, Redis, web, worker, beat and a demo marketplace (PORT=8000)
	@exec $(BIN)/python -m embedded run

test: .venv/.ready ## the whole suite against real PostgreSQL and Redis
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m "not browser and not fault and not soak"

test-all: .venv/.ready ## make test, then browser, fault and soak tests
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m "not browser and not fault and not soak"
	@$(BIN)/python -m pytest -m "browser or fault or soak"

test-browser: .venv/.ready ## the console in headless Chromium (Debian package chromium)
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal -m browser

bench: .venv/.ready ## measure, print ratios against floors of the same run (ONLY=http, UPDATE=1 for the docs)
	@$(BIN)/python -m tests.benchmarks

lint: .venv/.ready ## ruff, mypy, import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

format: .venv/.ready ## put the code in its usual form
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

reset: ## forget the demo: databases, keys, credentials
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m embedded reset; else rm -rf var; fi
