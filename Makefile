# Every target does its own set-up (tools/setup): a virtual environment in .venv, the packages of pyproject.toml, and
# for tests a browser and what examples/ needs. Nothing is done twice: a second run starts at once. Name another Python with PYTHON=/path.

ARGS ?=
WORKERS ?= 4
SETUP = PYTHON="$(PYTHON)" sh tools/setup
PY = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run check test test-all coverage lint format bench pictures vendor clean

help:
	@echo 'make run     start the app and open the browser; options: make run ARGS="--port 8080 --no-browser"'
	@echo 'make check   the inner loop: lint, types, contracts, and what is quick of the tests of core and vango'
	@echo 'make test    run the suite; a part of it: make test ARGS=tests/core'
	@echo 'make test-all run the suite with all that takes long, as before a release'
	@echo 'make coverage say which lines and branches of vango and studylab the tests of the core, vango and the web leave out'
	@echo 'make lint    run ruff, mypy and the import contracts'
	@echo 'make format  let ruff put the code in order'
	@echo 'make bench   measure, and print a table'
	@echo 'make pictures take the pictures in docs/pictures again, from the real page'
	@echo 'make vendor  fetch the browser files in static/ again (needs npm)'
	@echo 'make clean   remove what the other targets made; benches and their data stay'

run:
	@$(SETUP) run
	@$(PY) app.py $(ARGS)

check: lint
	@$(SETUP) test
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not long" tests/core tests/vango $(ARGS)

test:
	@$(SETUP) test
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test-all:
	@$(SETUP) test
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal -m "slow or not slow" $(ARGS)

# With a floor (pyproject.toml). Not in make test: on Python 3.11 counting branches takes half as much processor time again.
coverage:
	@$(SETUP) test
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal tests/core tests/vango tests/web --cov --cov-report=term $(ARGS)

lint:
	@$(SETUP) lint
	@status=0; \
	echo 'ruff check'; $(PY) -m ruff check . || status=1; \
	echo 'ruff format --check'; $(PY) -m ruff format --check . || status=1; \
	echo 'mypy'; $(PY) -m mypy || status=1; \
	echo 'lint-imports'; $(PY) -c 'import sys; from importlinter.cli import lint_imports_command as main; sys.exit(main())' || status=1; \
	exit $$status

format:
	@$(SETUP) lint
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

bench:
	@$(SETUP) test
	@$(PY) -m benchmarks $(ARGS)

pictures:
	@$(SETUP) test
	@STUDYLAB_PICTURES=1 $(PY) -m pytest -m 'slow or not slow' tests/browser -k 'a_lie_is_named or played_through_its_page_by_mouse or pictures_for_the_tour or two_hundred_tiles' $(ARGS)

vendor:
	@$(SETUP) run
	@$(PY) tools/vendor.py

clean:
	rm -rf .coverage .venv examples/node_modules build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
