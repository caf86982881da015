# make demo   the dashboard with demo data, at http://127.0.0.1:8000/ (PORT changes it)
# make test   the whole suite: SQLite, PostgreSQL when TEST_DATABASE_URL is set, a browser if found
# make check  format, lint, types, imports, templates, migrations, deployment settings
# make fmt    put format and imports in order
# make bench  how long each page takes at CLAIMS claims

.DEFAULT_GOAL := help
.PHONY: help demo test test-sqlite test-postgresql test-browser check fmt bench
.NOTPARALLEL:

PYTHON ?= python3
PORT ?= 8000
CLAIMS ?= 100000
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
PYTEST_ARGS ?=

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp
WORKERS := -n auto
# What production sets, for the checks that look at it.
PRODUCTION := ENV_FILE=/dev/null DEBUG=false ALLOWED_HOSTS=rcm.example \
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')

help:
	@sed -n 's/^# make/make/p' Makefile

demo: $(RUNTIME) .env
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) seed_demo --if-empty
	@echo
	@echo "Open http://127.0.0.1:$(PORT)/ (Ctrl-C ends it)"
	@$(MANAGE) ensure_demo_user
	@echo
	@$(MANAGE) db_worker --verbosity 0 & worker=$$!; \
	PORT=$(PORT) $(BIN)/gunicorn --access-logfile /dev/null --log-level warning & server=$$!; \
	trap 'kill $$worker $$server 2>/dev/null' EXIT; trap 'exit 0' INT TERM HUP; \
	wait $$server

test: test-sqlite test-postgresql test-browser

test-sqlite: $(DEV)
	@echo "Tests on SQLite"
	@env -u TEST_DATABASE_URL $(BIN)/pytest $(WORKERS) -m "not browser" $(PYTEST_ARGS)

test-postgresql: $(DEV)
	@if [ -n "$$TEST_DATABASE_URL" ]; then \
		echo "Tests on PostgreSQL" && \
		$(BIN)/pytest $(WORKERS) -m "not browser and not engine_free" $(PYTEST_ARGS); \
	elif [ -n "$$CI" ]; then \
		echo "TEST_DATABASE_URL is not set, and CI needs PostgreSQL." >&2; exit 1; \
	else \
		echo "Left out: the tests on PostgreSQL, as TEST_DATABASE_URL is not set."; \
	fi

test-browser: $(DEV)
	@if [ -n "$(CHROMIUM)" ]; then \
		echo "Tests in a browser" && \
		env -u TEST_DATABASE_URL CHROMIUM="$(CHROMIUM)" $(BIN)/pytest $(WORKERS) -m browser $(PYTEST_ARGS); \
	elif [ -n "$$CI" ]; then \
		echo "No Chromium is found, and CI needs one: install it or name it in CHROMIUM." >&2; exit 1; \
	else \
		echo "Left out: the browser tests, as no Chromium is found (CHROMIUM names one)."; \
	fi

check: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --check --lint $(wildcard templates analytics/templates billing/templates)
	@$(PRODUCTION) $(MANAGE) makemigrations --check --dry-run
	@$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

fmt: $(DEV)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/djlint --quiet --reformat $(wildcard templates analytics/templates billing/templates)

bench: $(RUNTIME) .env
	$(MANAGE) bench --claims $(CLAIMS)

# Never overwrites: as a file without prerequisites it is made only when it is missing.
.env: | $(RUNTIME)
	@umask 077 && $(BIN)/python -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(64))' > $@
	@printf 'DEBUG=true\nALLOWED_HOSTS=127.0.0.1,localhost\n' >> $@
	@echo "Wrote .env with a fresh SECRET_KEY"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3" >&2; \
		exit 1; }
	@$(PYTHON) -m venv .venv || { \
		echo "Python's venv module is needed (Debian: apt install python3-venv)" >&2; \
		rm -rf .venv; exit 1; }

$(RUNTIME): requirements.txt | $(BIN)/python
	@echo "Installing what the product needs"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing what the tests and checks need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(RUNTIME)
