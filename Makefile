# make demo    sets up, simulates a cohort, runs the main job on it, ends with the path of the report
# make test    sets up, checks style, types and layers, and passes the tests

PYTHON ?= $(shell for python in python3.11 python3 python3.12 python3.13; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
# Processes that share the tests; each may start Java, with 2 GiB.
WORKERS ?= 2

# One thread of linear algebra per process: the cores are filled by processes and by Spark.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: demo test test-all lint bench pictures clean

demo: .venv/installed demo/study.yaml
	@$(BIN)/progex run demo/study.yaml

demo/study.yaml: | .venv/installed
	@$(BIN)/progex simulate --samples 300 --genes 200 --out demo

test: lint
	$(BIN)/python -m pytest -n $(WORKERS)

test-all: lint
	$(BIN)/python -m pytest -n $(WORKERS) -m "slow or not slow"

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks

# The pictures of the README and of docs/report.md; needs Chromium.
pictures: .venv/installed-dev demo
	@$(BIN)/progex report demo/out --audience site
	@$(BIN)/python -m benchmarks.screenshots demo/out/report/report_site.html --out docs

clean:
	rm -rf .venv demo dist build

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "progex needs Python 3.11 or newer; none was found" >&2; exit 2; }
	@echo "setting up .venv (once; a few minutes)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@
