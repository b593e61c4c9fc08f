# `make demo` and `make test` need only Python 3.11 or newer, make and git; the tests also need curl. They install the
# rest into .venv.
# ARGS is passed to the program that a target runs: make demo ARGS=--help, make test ARGS="tests/jobs -k accept".
# PYTHON sets the interpreter: make demo PYTHON=/opt/python3.13/bin/python3. The default is the first suitable one of NAMES.

NAMES := python3 python3.15 python3.14 python3.13 python3.12 python3.11
FITS := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,$(NAMES),$(shell $(name) -c "$(FITS)" 2>/dev/null && echo $(name))))
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.PHONY: demo test test-browser test-nginx audit check alerts console surface examples counts fuzz bench lock clean

# Play a live day.
demo: .venv/installed console
	$(BIN)/hotline demo $(ARGS)

# Run the tests.
test: .venv/installed console
	$(BIN)/python console/build.py test
	$(BIN)/pytest $(ARGS)

# Test the console in Debian's Chromium (apt install chromium fonts-noto-cjk).
test-browser: .venv/installed console
	$(BIN)/pytest tests/browser $(ARGS)

# Run deploy/nginx/hotline.conf before a real server in Debian's nginx (apt install nginx).
test-nginx: .venv/installed console
	$(BIN)/pytest -n 0 tests/nginx $(ARGS)

# Ask the registries of Python's and npm's packages for known vulnerabilities of what is pinned.
audit: .venv/installed
	$(PIP) install pip-audit
	$(BIN)/python -m tests.audit

# Check style, types, import levels and the API document.
check: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.status_columns
	$(BIN)/python console/build.py check
	$(BIN)/python console/build.py lint

# Check the alerts, and try them on made-up series, with Debian's promtool (apt install prometheus).
alerts:
	promtool check config deploy/prometheus/prometheus.yml
	promtool test rules deploy/prometheus/alerts_test.yml

# Build the console if its sources have changed.
console: .venv/installed
	$(BIN)/python console/build.py

# Update the snapshots in docs/surface of what others build on: exports, commands and the API document.
surface: .venv/installed
	$(BIN)/python -m tests.surface.words # comes first, because the kit's commands use the words that it writes
	$(BIN)/python -m tests.surface.snapshots $(ARGS)

# Play the API document's examples again and store them (app/contract/examples.json).
examples: .venv/installed
	HOTLINE_WRITE_EXAMPLES=1 $(BIN)/pytest -n 0 tests/contract/test_examples.py

# Count the statements, rows, bytes and indexes that the hot paths use, and store the counts (tests/hot_paths/counts.json).
counts: .venv/installed
	$(BIN)/python -m tests.hot_paths.measure

# Generate calls from the API document and send them in every role that may make them (make fuzz ARGS="--seed 7 -n 20").
fuzz: .venv/installed
	$(BIN)/python -m tests.fuzz $(ARGS)

# Measure requests per second beside a baseline from the same run.
bench: .venv/installed
	$(BIN)/python -m bench $(ARGS)

# Pin the newest versions that pyproject.toml allows.
lock: .venv/installed
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --strip-extras --no-emit-index-url \
		--custom-compile-command "make lock" --group dev pyproject.toml providers/pyproject.toml -o requirements.lock

# Remove what was installed or cached. The data folder stays.
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/installed: requirements.lock pyproject.toml providers/pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python"; exit 1; }
	@"$(PYTHON)" -c "$(FITS)" || { echo "$(PYTHON) is not Python 3.11 or newer"; exit 1; }
	@"$(PYTHON)" -c "import ensurepip, venv" || { echo "$(PYTHON) has no venv; on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	"$(PYTHON)" -m venv .venv
	$(PIP) install -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e . -e ./providers
	@touch $@
