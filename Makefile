# `make run` and `make test` need a Rust toolchain, a C compiler and make. The targets in the second group of `make help`
# use Python tools in .venv, which make installs from requirements-dev.txt.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
VENV := .venv
CLIENT := clients/typescript
NODE_CLIENT := tests/interop/runtimes/node
# Puts the tools of .venv first on the path, where cargo also finds `cargo lambda`.
TOOLS = PATH="$(CURDIR)/$(VENV)/bin:$$PATH" SAM_CLI_TELEMETRY=0

FUNCTION ?= users
EVENT ?= get
ARGS ?=

.PHONY: help
help: ## List the targets
	@echo "Usage: make <target> [NAME=value ...]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 } /^# ---/ { print "" }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Serve the API on this machine: PORT=3000 HOST=127.0.0.1 DATA_DIR=.local RELEASE=1 RATE_LIMIT_SCALE=1 ARGS="--in-memory"
	cargo build --package local
ifdef RELEASE
	cargo build --release
else ifneq (,$(findstring --no-watch,$(ARGS)))
	cargo build --package local $(addprefix --package ,$(notdir $(wildcard functions/*)))
endif
	$(TARGET_DIR)/debug/local run $(if $(RELEASE),--release) $(ARGS)

.PHONY: test
test: ## Build the functions and run every test: ARGS="-- name of a test"
	cargo build --workspace --bins --tests
	cargo test --workspace --test contract; cargo test --workspace --no-fail-fast $(ARGS)

.PHONY: check
check: ## Build one function and run the tests named after it, in seconds: FUNCTION=users
	cargo build --package local --package $(FUNCTION)
	cargo test --package $(FUNCTION) --package tests --lib
	cargo test --package tests --test api -- $(subst -,_,$(FUNCTION))

.PHONY: invoke
invoke: ## Send events/<FUNCTION>/<EVENT>.json to a function: FUNCTION=health EVENT=get
	@cargo build --quiet --package local --package xtask --package $(FUNCTION)
	@$(TARGET_DIR)/debug/xtask event $(FUNCTION) $(EVENT) | $(TARGET_DIR)/debug/local invoke $(ARGS) $(FUNCTION) -

.PHONY: bench
bench: ## Measure time and size of every function's release binary, or of these: FUNCTIONS="users-id health" ARGS=--write
	cargo build --release --package bench-bare
	cargo build --release --package bench-floor
	cargo build --release $(addprefix --package ,$(FUNCTIONS))
	cargo run --quiet --profile measure --package bench -- functions --binaries $(TARGET_DIR)/release $(ARGS) $(FUNCTIONS)

PEERS := $(abspath $(TARGET_DIR))/peers
.PHONY: bench-peers
bench-peers: $(PEERS)/.venv/done $(NODE_CLIENT)/node_modules/.package-lock.json ## Compare functions with other frameworks (needs Python, Node.js, and cmake for Lambda's client)
	cargo build --release --package bench-bare --package users-id --package posts --package webhooks-stripe
	cargo build --release --locked --manifest-path bench/peers/rust/Cargo.toml --target-dir $(PEERS)
	npm ci --prefix bench/peers/hono --no-audit --no-fund --loglevel=error
	npm --prefix bench/peers/hono run build -- --outfile=$(PEERS)/hono/index.js
	for peer in fastapi powertools; do cp bench/peers/table.py bench/peers/$$peer/app.py $(PEERS)/$$peer; done
	cargo run --quiet --profile measure --package bench -- peers --binaries $(TARGET_DIR)/release --peers $(PEERS) $(ARGS)
$(PEERS)/.venv/done: $(wildcard bench/peers/requirements.txt bench/peers/*/requirements.txt)
	python3 -m venv $(PEERS)/.venv
	$(PEERS)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement bench/peers/requirements.txt
	for peer in fastapi powertools; do \
	  rm -rf $(PEERS)/$$peer && $(PEERS)/.venv/bin/python -m pip install --quiet --disable-pip-version-check \
	    --no-deps --target $(PEERS)/$$peer --requirement bench/peers/$$peer/requirements.txt || exit 1; done
	touch $@

# Lambda's runtime client for Node.js is compiled. Without the folder of Node.js, node-gyp downloads its headers.
$(NODE_CLIENT)/node_modules/.package-lock.json: $(NODE_CLIENT)/package-lock.json
	folder=$$(dirname "$$(dirname "$$(realpath "$$(command -v node)")")"); \
	  [[ ! -d $$folder/include/node ]] || export npm_config_nodedir=$$folder; \
	  npm ci --prefix $(NODE_CLIENT) --no-audit --no-fund --loglevel=error

.PHONY: bench-scale
bench-scale: ## Measure costs in tables of 1,000 to 100,000 for docs/data-model.md; with sizes, print them: SIZES="1000 5000"
	cargo run --quiet --profile measure --package bench -- scale $(if $(SIZES),--sizes "$(SIZES)",--write)

.PHONY: openapi
openapi: ## Write openapi.json and the README's table from the code, and the client's types from openapi.json
	cargo xtask openapi
	$(MAKE) --no-print-directory client-types

.PHONY: client
client: $(CLIENT)/node_modules/.package-lock.json ## Build, test and pack clients/typescript (needs Node.js)
	npm --prefix $(CLIENT) run check
	npm --prefix $(CLIENT) test
	cd $(CLIENT) && npm pack

.PHONY: client-types
client-types: $(CLIENT)/node_modules/.package-lock.json
	npm --prefix $(CLIENT) run generate

$(CLIENT)/node_modules/.package-lock.json: $(CLIENT)/package-lock.json
	npm --prefix $(CLIENT) ci --no-audit --no-fund --loglevel=error

.PHONY: fmt
fmt: ## Format the code
	cargo fmt --all

.PHONY: lint
lint: ## Check the format and run clippy; warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

.PHONY: clean
clean: ## Remove everything that was built; keep the data in .local
	cargo clean
	rm -rf .aws-sam $(VENV) $(addprefix $(CLIENT)/,node_modules dist build) bench/peers/hono/node_modules

# These tools have an environment of their own, because they need other versions than SAM's tools.
STRANGERS := tests/strangers
$(STRANGERS)/.venv/done: $(STRANGERS)/requirements.txt $(STRANGERS)/package-lock.json
	python3 -m venv $(STRANGERS)/.venv
	$(STRANGERS)/.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	npm ci --prefix $(STRANGERS) --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: strangers
strangers: $(STRANGERS)/.venv/done ## Check openapi.json and the API with other OpenAPI tools (needs Python and Node.js)
	cargo build --workspace --bins --tests
	$(STRANGERS)/.venv/bin/python $(STRANGERS)/run.py

# ---- With the tools in .venv -----------------------------------------------------------------------------------------

$(VENV)/done: requirements-dev.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	touch $@

.PHONY: build
build: $(VENV)/done ## Build every function for Lambda into .aws-sam
	$(TOOLS) sam build $(ARGS)

.PHONY: validate
validate: $(VENV)/done ## Check template.yaml and the workflows in .github
	$(TOOLS) sam validate --lint --region us-east-1
	$(TOOLS) cfn-lint
	$(TOOLS) zizmor --offline --quiet .github

.PHONY: sam-local
sam-local: $(VENV)/done ## Serve the API in Lambda's own containers (needs Docker): PORT=3000 DATA_DIR=.local
	$(TOOLS) scripts/sam-local sam local start-api --port $(or $(PORT),3000) $(ARGS)

# These options apply to every deployment. In samconfig.toml each --config-env would have to repeat them. CAPABILITY_IAM is
# needed because the template creates an IAM role for each function.
.PHONY: deploy
deploy: $(VENV)/done ## Build and deploy to AWS: ARGS="--guided", ARGS="--stack-name my-api --region eu-central-1"
	$(TOOLS) sam build
	$(TOOLS) sam deploy --resolve-s3 --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset $(ARGS)
