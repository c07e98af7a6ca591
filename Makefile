# The few commands there are. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
NODE_STAMP := node_modules/.installed

# The tests start some hundred bots, none of which has to compile the gateway first.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install browser demo test fuzz test-integrations test-cluster conformance chaos check docs docs-serve bench format clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
		awk -F'|' '{ printf "  make %-17s %s\n", $$1, $$2 }'

install: $(STAMP) $(NODE_STAMP) browser ## Create .venv with everything a developer needs (fast when nothing changed)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 install"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	@echo "==> Installing the gateway and its tools into $(VENV) (about a minute, only once)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@

# Only the checks of the playground's JavaScript need these; running the gateway or its demo needs no Node.
$(NODE_STAMP): package.json package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		echo "npm ci" && npm ci --no-audit --no-fund --loglevel=error && touch $@; \
	else \
		echo "!!! NOTICE: there is no 'npm' on this machine; the playground's JavaScript will NOT be linted or type-checked."; \
		echo "!!!         Install Node 20 or newer (on Debian: sudo apt-get install nodejs npm)"; \
	fi

# The playground's tests drive a real browser. Everything else works without it. The font is for the README's pictures.
EMOJI := /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf
browser:
	@if command -v chromium >/dev/null 2>&1 && { [ -e $(EMOJI) ] || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; }; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "==> Installing Debian's chromium and fonts-noto-color-emoji for the browser tests (once)"; \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
			chromium fonts-noto-color-emoji >/dev/null; } || \
		echo "!!! NOTICE: chromium or its emoji font could not be installed; without chromium the browser tests will be skipped"; \
	else \
		echo "!!! NOTICE: there is no 'chromium' on this machine; the browser tests will be skipped."; \
		echo "!!!         On Debian: sudo apt-get install chromium fonts-noto-color-emoji"; \
	fi

demo: $(STAMP) ## Talk to a bot in your browser; no account, no token (APP=text_to_sql: one of examples/apps, with a fake model)
ifdef APP
	@echo "==> What to write to it is in examples/apps/$(APP)/README.md. Each platform has its tab."
	$(BIN)/gateway run examples/apps/$(APP)/app.py $(if $(OPENAI_API_KEY)$(OPENAI_BASE_URL),,--fake-model)
else
	@echo "==> In the page, write '@gateway report' in #general (or stream, tasks, ask, file). Each platform has its tab."
	$(BIN)/gateway run examples/hello.py
endif

test: install ## Run the tests (they reach no outside network)
	$(BIN)/python -m pytest -n 4 --dist loadscope $(ARGS)

AZURITE := $(VENV)/azurite/node_modules/.bin/azurite-blob
$(AZURITE):
	@if command -v npm >/dev/null 2>&1; then \
		npm install --prefix $(VENV)/azurite --no-save --no-audit --no-fund --loglevel=error azurite@3.35.0; \
	else \
		echo "!!! NOTICE: there is no 'npm' on this machine; nothing will be tested on Azure Blob Storage."; \
	fi

# Semantic Kernel wants an older mcp than the tools of MCP servers are tested with, so it has an environment of its own.
KERNEL := $(VENV)/kernel
$(KERNEL)/.installed: pyproject.toml constraints-semantic-kernel.txt | $(BIN)/python
	$(PYTHON) -m venv $(KERNEL)
	$(KERNEL)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints-semantic-kernel.txt \
		-e ".[semantic-kernel]" httpx hypothesis pytest pytest-asyncio pytest-timeout
	@touch $@

test-integrations: install $(AZURITE) $(KERNEL)/.installed ## Run what needs libraries of its own: figures, Azure's emulator, Semantic Kernel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,integrations]"
	GATEWAY_REAL_LIBRARIES=1 $(BIN)/python -m pytest -n 2 tests/chat/test_real_figures.py tests/conformance tests/blobs $(ARGS)
	$(KERNEL)/bin/python -m pytest tests/integrations/test_semantic_kernel.py $(ARGS)

conformance: install ## Run all samples of the documents on the three platforms (GATEWAY_SAMPLES says where they are)
	GATEWAY_CONFORMANCE=all $(BIN)/python -m pytest -n 2 tests/conformance $(ARGS)

test-cluster: install ## Run all tests of several replicas on one PostgreSQL, the long ones too
	TEST_CLUSTER=all $(BIN)/python -m pytest tests/cluster $(ARGS)

chaos: $(STAMP) ## Kill, freeze and cut off replicas, database and platforms, count every message, write docs/reliability.md (ARGS="--help")
	$(BIN)/python -m tests.cluster $(ARGS)

fuzz: $(STAMP) ## Fuzz every route and every reader for long (SECONDS_EACH=300: for each reader with atheris, if it is installed)
	FUZZ_EXAMPLES=20 $(BIN)/python -m pytest -n 2 tests/fuzz $(ARGS)
	$(BIN)/python -m tests.fuzz.guided --seconds $(or $(SECONDS_EACH),300)

check: $(STAMP) $(NODE_STAMP) ## Lint, format check, types (mypy and pyright, strict; eslint and tsc), import directions, vocabulary
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy gateway adapters pytest_gateway.py tests benchmarks
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_vocabulary.py
	@if [ -e $(NODE_STAMP) ]; then \
		echo "eslint && tsc" && npm run --silent check; \
	else \
		echo "!!! NOTICE: the playground's JavaScript was NOT checked: there is no 'npm' on this machine."; \
	fi

# Material for MkDocs prints an advertisement of its own while it builds.
docs docs-serve: export NO_MKDOCS_2_WARNING := 1
docs: $(STAMP) ## Build the documentation as a site, strictly, into build/site
	$(BIN)/mkdocs build --strict --quiet --config-file docs/site/mkdocs.yml

docs-serve: $(STAMP) ## Show the documentation on 127.0.0.1:8001, and again whenever it changes
	$(BIN)/mkdocs serve --strict --config-file docs/site/mkdocs.yml --dev-addr 127.0.0.1:8001 --watch gateway --watch README.md

bench: $(STAMP) ## Measure each platform against its floor and its SDK; prints ratios (ARGS="--help" for knobs)
	$(BIN)/python -m benchmarks $(ARGS)

format: $(STAMP) ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove what was built or cached (not .gateway/, that is your data)
	rm -rf $(VENV) node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
