# Every command of the project. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON := .venv/bin/python
# The tests start some hundred processes: without bytecode each would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo az-tour test soak lint contracts bench lock zip clean setup-demo setup-test

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: setup-demo ## run two simulated nights and a morning of restores, and write var/night/report.html
	@$(PYTHON) -m local night

az-tour: setup-demo ## run `az backup` through the local Azure, four minutes (needs az)
	@docs/az-tour.sh

test: setup-test lint contracts ## lint, types, import contracts, all tests, branch coverage of shared/
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov=shared --cov-branch --cov-report=term:skip-covered --cov-fail-under=95

soak: setup-test ## run the scenario tests over many seeds (SEEDS=500)
	NIGHTSHIFT_SEEDS=$(or $(SEEDS),500) $(PYTHON) -m pytest -n 2 tests/scenarios

lint: setup-test ## ruff, formatting and mypy --strict
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

contracts: setup-test ## who may import whom
	.venv/bin/lint-imports --no-logo

bench: setup-test ## the fast benches, with their numbers
	$(PYTHON) -m bench smoke

lock: ## compile the requirement files from pyproject.toml (needs uv)
	@tools/lock.sh

zip: setup-demo ## build dist/nightshift.zip, the deployment package
	@$(PYTHON) -m tools.package dist/nightshift.zip

clean: ## remove everything that was built or installed
	rm -rf .venv dist var local/node/node_modules .coverage .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

setup-demo: ## install what the demo needs (nothing to do, and no network, the second time)
	@tools/setup.sh demo

setup-test: ## install what the tests need as well
	@tools/setup.sh test
