# For developers, on Debian, Ubuntu and macOS. Each target installs the tools that it needs, except Rust. Only `make image`
# expects docker, podman or buildah to be installed already.

# Queries are checked against .sqlx when the code is built, so a developer's own DATABASE_URL has no effect.
# scripts/with-postgres starts a database for the tests and the demo.
export SQLX_OFFLINE := true
unexport DATABASE_URL

.PHONY: help demo test test-under-load simulate fuzz mutants bench lint fmt screenshots sqlx image image-test deploy-test tools

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: tools ## run the service with a simulated Officient and Optedo on this machine
	@cargo build
	@DURABLE=1 scripts/with-postgres demo cargo run --quiet -- demo

test: tools ## run all tests with a private Postgres; ARGS=name selects some
	cargo check --no-default-features
	@scripts/test $(ARGS)

test-under-load: tools ## run all tests five times beside four busy loops; RUNS=1 ARGS=name
	@RUNS=$(or $(RUNS),5) scripts/test-under-load $(ARGS)

simulate: tools ## play generated stories of everything that can fail; SEEDS=2000 FROM=1
	@SEEDS=$(or $(SEEDS),2000) FROM=$(or $(FROM),1) scripts/simulate

fuzz: tools ## fuzz the parsers of outside input; SECONDS=600 ARGS=webhook
	@SECONDS_EACH=$(or $(SECONDS),60) scripts/fuzz $(ARGS)

mutants: tools ## change the pure modules in small ways; their tests must notice; ARGS=--shard=0/10
	@scripts/mutants $(ARGS)

bench: tools ## measure the service and write docs/performance.md; ARGS=flow measures a part
	@scripts/bench $(ARGS)

lint: tools ## check format, clippy, documentation, scripts, .sqlx and licences
	@scripts/lint

fmt: tools ## format the code
	cargo fmt

screenshots: tools ## make the pictures in docs/images again
	@scripts/screenshots

sqlx: tools ## write .sqlx again, after a change to a query or a migration
	scripts/sqlx-prepare

sbom: ## list the contents of the program in target/sbom.cdx.json (CycloneDX)
	@scripts/sbom

image: ## build the Docker image with docker, podman or buildah
	@scripts/image

image-test: ## build and run the image without a registry, as root, on Debian or Ubuntu
	@scripts/image-test

deploy-test: ## test deploy/ and compose.yaml with real proxies in front of the real program
	@scripts/deploy-test

tools:
	@scripts/need cargo cc
