# Everything that a person does twice. On a fresh machine with cargo, `make demo` and `make test` do all the set-up.
# `make help` lists the targets; each is one line of shell or a script in scripts/.

SHELL := /bin/bash
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

# Queries are checked against .sqlx, whatever database an environment happens to name.
export SQLX_OFFLINE := true

.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-rust test-clients fmt check-fmt check-corpus clippy doc lint-proto deny sqlx-prepare check-sqlx bench chaos quality

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Install what is missing for all of the below
	scripts/setup cc postgres python buf

demo: ## Build, start the service, send it samples/ and print what comes out; ends by itself
	scripts/setup cc postgres
	cargo build --release --locked
	$(TARGET_DIR)/release/copydesk demo

run: ## Build and serve on 127.0.0.1:50051 with the embedded Postgres, until Ctrl-C
	scripts/setup cc postgres
	cargo build --release --locked
	$(TARGET_DIR)/release/copydesk serve

# Testing builds the binary too; building it once more, for fewer packages, would compile half of them again.
test: test-rust ## All tests; no database has to run
	scripts/setup python
	scripts/test-clients

test-rust: ## The Rust tests only
	scripts/setup cc postgres
	cargo test --workspace --locked

test-clients: ## The Python clients only, against the debug build
	scripts/setup cc postgres python
	cargo build --locked
	scripts/test-clients

fmt: ## Format the Rust code
	cargo fmt --all

check-fmt: ## Fail if `make fmt` would change anything
	cargo fmt --all --check

# Standard library only; no virtual environment is needed.
check-corpus: ## Fail if the marked corpus breaks its guide, or its readers or the trainer's their promises (training)
	scripts/setup python
	python3 training/test_corpus.py
	python3 training/corpus.py check
	cd training/ner && ../../.venv/bin/python -m unittest -q test_ner

clippy: ## Lints, warnings denied
	cargo clippy --workspace --all-targets --locked -- -D warnings

doc: ## API documentation, warnings denied
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

lint-proto: ## Lint the contract
	scripts/setup buf
	.venv/bin/buf lint

deny: ## Licences and sources of all dependencies (needs cargo-deny)
	cargo deny --all-features check bans licenses sources

sqlx-prepare: ## Write .sqlx anew after a query or a migration changed
	scripts/setup cc postgres
	scripts/with-postgres scripts/sqlx prepare

check-sqlx: ## Fail if `make sqlx-prepare` would change anything
	scripts/setup cc postgres
	scripts/with-postgres scripts/sqlx check

chaos: ## Inject 500 faults into three processes and a Postgres, check what clients saw; 1,000 subscribers (8 minutes)
	scripts/setup cc postgres
	COPYDESK_CHAOS_FAULTS=$(or $(FAULTS),500) COPYDESK_CHAOS_SUBSCRIBERS=1000 \
		cargo test --locked --test chaos -- --nocapture --test-threads 1

bench: ## Measure the service beside this machine's own limits (6 minutes)
	scripts/setup cc postgres
	cargo build --release --locked --package copydesk --package copydesk-bench
	$(TARGET_DIR)/release/copydesk-bench --server-bin $(TARGET_DIR)/release/copydesk

# The peers are built outside the workspace; PEERS= leaves them out.
PEERS ?= peers
quality: ## Measure the cleaning beside other crates: make quality DATA=DIR [SCORE=score.py] [PEERS=] (10 minutes with peers)
	@test -n "$(DATA)" || { echo "usage: make quality DATA=DIR [SCORE=score.py] [PEERS=]"; exit 2; }
	bench/text/quality.sh $(DATA) $(or $(SCORE),$(DATA)/../tools/score.py) $(PEERS)
