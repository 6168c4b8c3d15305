PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
STAMP := .venv/.installed
STAGE ?= build/function
COMPILE := $(UV) pip compile --quiet --system-certs --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

# Whatever a tool caches stays in this folder: HOME may be missing or read-only.
export XDG_CACHE_HOME := $(CURDIR)/.cache
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
OFFLINE := (echo "Set-up failed: it needs a package index once; afterwards everything runs offline." >&2; exit 1)

override Q := $(value Q)
export Q

.DEFAULT_GOAL := help
.PHONY: help install run dev query replay trace erase environment test test-fast lint schema lock micro client extension images check-terraform sbom release stage-function bench-edge bench-pipeline bench-bundles bench-one-machine

help: ## list the targets
	@grep -E '^[a-z -]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(STAMP): requirements-dev.txt requirements-bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv: once, about a minute, 1.6 GB in this folder"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes -r requirements-bootstrap.txt || $(OFFLINE)
	@$(UV) pip sync --quiet --compile-bytecode --system-certs --python $(BIN)/python --require-hashes requirements-bootstrap.txt requirements-dev.txt || $(OFFLINE)
	@touch $@

install: $(STAMP) ## set up .venv, which everything else does when it must

run: $(STAMP) ## send sample events through the whole path on this machine, then stop
	$(BIN)/python -m local.run

dev: $(STAMP) ## the same stack, kept up with a live view until Ctrl-C
	$(BIN)/python -m local.dev --port $(or $(PORT),8080)

# What follows speaks to the stack that `make dev` keeps up. ARGS and Q go to the shell as they are:
# a dollar sign in SQL or jq is none of make's.
query: $(STAMP) ## print what Q='SELECT …' finds
	@$(BIN)/python -m local.running query "$$Q"

replay trace erase: $(STAMP) ## dead letters again; one event's story; a user's rows: ARGS='--help'
	@$(BIN)/python -m local.running $@ $(value ARGS)

environment: $(STAMP) ## for eval: the variables by which bq and all our commands find the stack
	@$(BIN)/python -m local.running environment

test: $(STAMP) ## all tests, in five minutes on two idle cores
	$(BIN)/python -m pytest

test-fast: $(STAMP) ## the tests of the inner loop, in under a minute
	$(BIN)/python -m pytest -m "not slow"

lint: $(STAMP) ## ruff, mypy --strict, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m schemas generate --check
	$(BIN)/python -m schemas check

schema: $(STAMP) ## rewrite what repeats the event schema in another form
	$(BIN)/python -m schemas generate

lock: $(STAMP) ## recompile the pinned requirements
	$(COMPILE) requirements-dev.in -o requirements-dev.txt
	$(COMPILE) -c requirements-dev.txt flex_template/requirements.in -o flex_template/requirements.txt
	$(COMPILE) -c requirements-dev.txt ingest_function/requirements.in -o ingest_function/requirements.txt
	$(COMPILE) -c requirements-dev.txt console/requirements.in -o console/requirements.txt
	echo uv | $(COMPILE) - -o requirements-bootstrap.txt

micro: $(STAMP) ## the edge in memory, for the tests of programs that send events
	$(BIN)/python -m aegis_micro $(if $(PORT),--port $(PORT)) $(foreach ORIGIN,$(ALLOWED_ORIGINS),--allowed-origin $(ORIGIN))

client: $(STAMP) ## generate and check the JavaScript client (with node and npm)
	cd clients/javascript && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
	$(BIN)/python -m clients.javascript.scripts.rules
	cd clients/javascript && npm run --silent generate && npm run --silent check

extension: $(STAMP) ## the example extension as a zip for the Chrome Web Store
	$(BIN)/python examples/extension_zip.py

images: $(STAMP) ## the three images over stand-in bases, for their tests (as root, with buildah and debootstrap)
	PYTHON=$(BIN)/python tests/rehearsal/build_image.sh pipeline edge console

check-terraform: ## the Terraform module against the providers' schemas, and its security
	deploy/terraform/check.sh

sbom: ## what each image holds, as CycloneDX, and whether a pin has a known vulnerability
	deploy/release/bill_of_materials.sh --scan

release: ## propose the changelog and the tag of VERSION=1.1.0
	@$(PYTHON) -m deploy.release.propose $(VERSION)

stage-function: ## the function's deployable source folder: build/function
	rm -rf $(STAGE)
	mkdir -p $(STAGE)
	cp -R ingest_function schemas $(STAGE)/
	mv $(STAGE)/ingest_function/requirements.txt $(STAGE)/
	find $(STAGE) \( -name __pycache__ -o -name requirements.in -o -name Dockerfile \) -prune -exec rm -rf {} +
	echo 'from ingest_function.main import ingest as ingest' > $(STAGE)/main.py
	echo 'web: python -m ingest_function' > $(STAGE)/Procfile
	echo 3.11 > $(STAGE)/.python-version

bench-edge: $(STAMP) ## the edge against FastAPI + pydantic + PublisherClient
	$(BIN)/python -m benchmarks.edge

bench-pipeline: $(STAMP) ## the pipeline against Beam's own BigQuery sink
	$(BIN)/python -m benchmarks.pipeline

bench-bundles: $(STAMP) ## the sink by rows per bundle, threads and latency
	$(BIN)/python -m benchmarks.bundles

bench-one-machine: $(STAMP) ## the one-machine service against Beam's DirectRunner and Google's client
	$(BIN)/python -m benchmarks.one_machine
