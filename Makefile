# Each target is one command on a fresh machine with Python 3.11 or newer.
VENV ?= .venv
PYTHON ?= python3
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest --numprocesses 2 --dist loadfile
NPM := PATH="$(abspath $(VENV))/bin:$$PATH" npm

.PHONY: run test check bench mutants chromium lock clean

run: $(VENV)/.run
	$(PY) app.py $(ARGS)

# Everything.
test: $(VENV)/.dev node_modules/.dev chromium
	$(NPM) test --silent
	$(PYTEST) $(ARGS)

# Whatever is quick.
check: $(VENV)/.dev node_modules/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(NPM) run check --silent
	$(NPM) test --silent
	$(PYTEST) --ignore=tests/browser -m "not slow"

bench: $(VENV)/.dev chromium
	$(PY) -m benchmarks $(ARGS)

# Takes an hour or more; ARGS names files, to try these alone (docs/mutants.md).
mutants: $(VENV)/.dev
	$(PY) -m pip install --quiet --requirement requirements-mutation.txt
	$(PY) -m tests.mutants $(ARGS)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

# First what the lock holds, by its hashes; the list then finds all of it there, and adds PyTorch.
$(VENV)/.run: requirements.txt requirements.lock | $(VENV)/bin/python
	$(PY) -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(PY) -m pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements-dev.lock $(VENV)/.run
	$(PY) -m pip install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	$(PY) -m pip install --quiet --requirement requirements-dev.txt
	touch $@

# What checks the page's scripts. Node itself comes with the wheel in the list above.
node_modules/.dev: package.json package-lock.json | $(VENV)/.dev
	$(NPM) ci --silent --no-audit --no-fund
	touch $@

# After a change of either list; ARGS=--upgrade takes the newest of what they need in turn.
lock: | $(VENV)/bin/python
	$(PY) -m pip install --quiet uv==0.13.8
	PYTHON=$(PY) .ci/lock $(ARGS)

# The browser tests drive the system's Chromium. Where it cannot be installed they are skipped, and say so.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	     && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	|| echo "No Chromium, and it cannot be installed here: the browser tests will be skipped."

clean:
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache
