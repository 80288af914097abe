# make study   everything from an empty machine with Python and make: environment, sweep, report
# make test    the whole test suite
# make results the results that are kept in results/, again
# make docs    the documentation site in docs/_build/html
# Both make what they need in .venv and are quick the second time; no environment need be active.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: study results test lint docs dist lowest bench clean

study: $(VENV)/installed
	$(BIN)/nmfstudy run study=discussion

results: $(VENV)/installed
	$(BIN)/python results/make.py

test: $(VENV)/installed-test
	$(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST)

lint: $(VENV)/installed-test
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# Whatever is remarked on is an error: a missing page, a dead link, a script that fails.
docs: $(VENV)/installed
	$(PIP) install -c constraints.txt -e '.[docs]'
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build/html
	@echo docs/_build/html/index.html

dist: $(VENV)/installed-test
	$(PIP) install -c constraints.txt -e '.[release]'
	$(BIN)/python -m build && $(BIN)/twine check --strict dist/*

lowest:
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip --disable-pip-version-check --quiet install -c tests/lowest.txt -e '.[cluster]' pytest pytest-randomly pytest-xdist hypothesis
	$(VENV)-lowest/bin/python -m pytest -n 2 $$(cat .ci/quick-tests)

bench: $(VENV)/installed-test
	$(PIP) install -c constraints.txt -e '.[bench]'
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) $(VENV)-lowest build dist docs/_build docs/auto_gallery docs/api *.egg-info .pytest_cache .ruff_cache .hypothesis

# The stamp is written last: an interrupted installation is begun again.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(not (3, 11) <= v < (3, 16) and "Python 3.11 to 3.15 is needed, this is %d.%d; possible: make PYTHON=python3.12" % v[:2])'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	$(PIP) install -c constraints.txt -e '.[test]'
	@touch $@
