# What a developer does, on Debian, Ubuntu and macOS: each target installs what it lacks, except Rust itself.

# Builds never look at a database, so a developer's own DATABASE_URL cannot decide what a query is checked against;
# scripts/with-postgres gives tests and the demo a database of their own when they run.
export SQLX_OFFLINE := true
unexport DATABASE_URL

.PHONY: help demo test simulate fuzz bench lint fmt screenshots sqlx image image-test deploy-test tools

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: tools ## the service with a simulated Officient and Optedo on this machine
	@cargo build
	@DURABLE=1 scripts/with-postgres demo cargo run --quiet -- demo

test: tools ## all tests, against a Postgres of their own; make test ARGS=name for some of them
	cargo check --no-default-features
	@scripts/test $(ARGS)

simulate: tools ## stories of everything that can go wrong; make simulate SEEDS=2000 FROM=1
	@SEEDS=$(or $(SEEDS),2000) FROM=$(or $(FROM),1) scripts/simulate

fuzz: tools ## the fuzzers of what strangers send; make fuzz SECONDS=600 ARGS=webhook
	@SECONDS_EACH=$(or $(SECONDS),60) scripts/fuzz $(ARGS)

bench: tools ## how fast it is and what it takes to run, into docs/performance.md; make bench ARGS=flow for a part
	@scripts/bench $(ARGS)

lint: tools ## format, clippy, documentation, scripts, .sqlx, licences
	@scripts/lint

fmt: tools ## formats the code
	cargo fmt

screenshots: tools ## the pictures of the pages in docs/images anew, from the test that walks through them
	@scripts/screenshots

sqlx: tools ## writes .sqlx anew, after a change to a query or a migration
	scripts/sqlx-prepare

sbom: ## the list of what is in the program, in target/sbom.cdx.json, by cargo-cyclonedx
	@scripts/sbom

image: ## the Docker image, by docker, podman or buildah
	@scripts/image

image-test: ## the image built and run as root without a registry, on Debian or Ubuntu
	@scripts/image-test

deploy-test: ## what is in deploy/ and compose.yaml, with real proxies in front of the real program
	@scripts/deploy-test

tools:
	@scripts/need cargo cc
