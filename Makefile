# Everything starts here: `make demo` and `make test` need only Debian 12's git, make, python3 and python3-venv.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo stop install spark test test-browser test-long bench figures lint format clean

demo: $(VENV)/.runtime
	@$(BIN)/horizon demo --port $(PORT)

stop: $(VENV)/.runtime
	@$(BIN)/horizon stop

# On a server, as root: docs/fr/installer.md.
install: $(VENV)/.runtime
	@scripts/install

# The optional engine of `horizon observe --engine spark`; it also needs Java (default-jre-headless).
spark: $(VENV)/.spark

test: $(VENV)/.dev
	$(BIN)/pytest -n auto --dist worksteal -q $(PYTEST)

test-browser: $(VENV)/.dev
	$(BIN)/pytest -q -m browser $(PYTEST)

test-long: $(VENV)/.dev
	$(BIN)/pytest -q -s -m long $(PYTEST)

bench: $(VENV)/.dev
	$(BIN)/python -m bench
	$(BIN)/pytest -q -m bench $(PYTEST)

# What docs/reference/figures.md says, on the database of HORIZON_DATABASE_URL (SQLite by default). The last line needs Debian's
# chromium; HORIZON_REAL_DATA adds the real units.
figures: $(VENV)/.dev
	$(BIN)/horizon duplicates evaluate --json
	$(BIN)/pytest -q -s -m long tests/kernel/test_verify.py tests/subscriptions/test_simulation.py
	$(BIN)/pytest -q -m 'not long and not browser' tests/kernel/test_sealing.py tests/care/test_fifty.py \
	  tests/care/imports/test_five_hundred.py tests/opendata/test_conformance.py tests/privacy/test_erasure.py \
	  tests/house/test_crawl.py tests/house/test_setup.py tests/house/test_backup.py
	$(BIN)/pytest -q -m bench tests/kernel/test_verify_speed.py
	$(BIN)/pytest -q -m browser tests/browser/test_people.py tests/browser/test_imports.py

lint: $(VENV)/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports && $(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/.runtime: requirements.txt pyproject.toml
	@scripts/environment $(VENV) requirements.txt $(PYTHON)
	@touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml
	@scripts/environment $(VENV) requirements-dev.txt $(PYTHON)
	@touch $@ $(VENV)/.runtime

$(VENV)/.spark: requirements-spark.txt | $(VENV)/.runtime
	@scripts/environment $(VENV) requirements-spark.txt $(PYTHON)
	@touch $@
