# The two commands are `make run` and `make test`; the rest is what they are made of.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One build cache for every clone of a user.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/stratum/target
export STRATUM_ENGINES ?= $(HOME)/.cache/stratum/engines
export STRATUM_CLIENTS ?= $(HOME)/.cache/stratum/clients
export SQLX_OFFLINE ?= true

export STRATUM_NODE ?= $(HOME)/.cache/stratum/node

STRATUM := $(CARGO_TARGET_DIR)/serve/stratum
LISTEN ?= 127.0.0.1:8080

.PHONY: help run test soak bench lint check notices packages packages-test engines engines-test clients sqlx openapi page page-dev page-check page-test page-tour

help: ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: packages engines page ## Build and start everything on the embedded engines, with demo data
	cargo build --profile serve --bin stratum
	exec $(STRATUM) up --demo --listen $(LISTEN)

test: packages-test engines-test clients page check page-check lint ## Every test, on the real engines
	cargo test --workspace --no-fail-fast
	frontend/run e2e

page: ## Build the page
	frontend/build

page-dev: ## The page's development server, beside a running program
	frontend/build
	frontend/run dev

page-check: page ## The page's types, lints, texts and unit tests
	frontend/run check

page-test: page-check ## The page in a real browser, on the real program
	cargo test --workspace --test it --no-run
	frontend/run e2e

page-tour: packages-test page ## The pictures of the page that the README shows, anew
	cargo test --workspace --test it --no-run
	frontend/run tour

soak: engines-test clients ## The long crash loops, and the calibration of response curves
	STRATUM_SOAK=1 cargo test -p stratum-api --test it -- --nocapture crash
	STRATUM_SOAK=1 cargo test -p stratum-pipeline --test it -- --nocapture simulation
	STRATUM_SOAK=1 cargo test -p stratum-forecast -- --nocapture rank truth

bench: engines page ## The benchmarks of benches/RESULTS.md
	cargo build --release -p stratum-api -p stratum-benches
	$(CARGO_TARGET_DIR)/release/stratum-benches

lint: ## Formatting and lints
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

notices: page ## The licences of all that the program and its page are made of
	docker/notices

check: ## The compose file, and what the workspace depends on
	docker/check
	docker/deny
	docker/notices >/dev/null

packages: ## Debian packages that a build and the engines need
	docker/packages run

packages-test:
	docker/packages test

engines: ## The embedded engines, pinned
	docker/engines/install

engines-test:
	docker/engines/install --kafka

clients: ## The vendors' SDKs and the API's clients that the tests drive, pinned
	ingest/tests/clients/install
	api/tests/clients/install

sqlx: ## Re-check the Postgres statements against the migrations
	api/state/sqlx-prepare

openapi: ## Write api/openapi.json anew, and the page's types of it
	cargo run -q --bin stratum -- openapi > api/openapi.json
	api/tests/clients/install
	$(STRATUM_CLIENTS)/api-node/node_modules/.bin/openapi-typescript api/openapi.json -o frontend/src/api/schema.d.ts
