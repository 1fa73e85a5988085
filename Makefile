# Thin: each target stands for the plain lines in README.md. The environment is made once, in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := tests/interop/peers/node_modules
AXE    := tests/e2e/node_modules

.PHONY: demo serve test lint types check interop browser bench bench-http bench-bulk bench-batch bench-smoke fuzz mutation dist lock contexts clean

# The main job: mint, bake, verify, tamper and refuse, in ./badgeport-demo.
demo: $(VENV)/.run
	$(BIN)/badgeport demo

# The verification service with its page, on this machine: http://127.0.0.1:8000/verify
serve: $(VENV)/.run
	$(BIN)/badgeport serve --sample

# File by file in the order of tests/conftest.py. Programs that tests start read compiled modules, as installed ones do.
test: $(VENV)/.dev
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.dev
	$(BIN)/mypy

check: lint types test

# JavaScript peers for the cross-checks; without them those tests skip and say so.
interop: $(PEERS)/.ready

$(PEERS)/.ready: tests/interop/peers/package.json tests/interop/peers/package-lock.json
	cd tests/interop/peers && npm ci --no-audit --no-fund --ignore-scripts
	touch $@

# The accessibility checker for the browser tests; without it, or without a browser, those tests skip and say so.
browser: $(AXE)/.ready

$(AXE)/.ready: tests/e2e/package.json tests/e2e/package-lock.json
	cd tests/e2e && npm ci --no-audit --no-fund --ignore-scripts
	touch $@

bench: $(VENV)/.dev interop
	$(BIN)/python -m bench --record bench/RESULTS.md

# The service under load: 100,000 verifications over HTTP, with one worker and with two, beside a peer.
bench-http: $(VENV)/.dev
	$(BIN)/python -m bench.http --record bench/RESULTS.md

# 10,000 awards from one file, signed by workers that are killed again and again, on both databases.
bench-bulk: $(VENV)/.dev
	$(BIN)/python -m bench.bulk --rows 10000 --kills 20 --database sqlite --workers 1 --record bench/RESULTS.md
	$(BIN)/python -m bench.bulk --rows 10000 --kills 20 --database postgresql --workers 2 --record bench/RESULTS.md

# 100,000 mixed records in a batch, on processes and on Dask, killed and taken up again on the way.
bench-batch: $(VENV)/.dev
	$(BIN)/python -m bench.batch --records 100000 --kills 20 --engine local --record bench/RESULTS.md
	$(BIN)/python -m bench.batch --records 100000 --kills 5 --engine dask --record bench/RESULTS.md

bench-smoke: $(VENV)/.dev
	$(BIN)/python -m bench --smoke

# Long proofs: the same tests as in `make test`, at full scale.
fuzz: $(VENV)/.dev
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest tests/property tests/adversarial tests/service/test_api_schemathesis.py -n auto
	$(BIN)/python -m bench.differential --documents 100000 --seed 1
	$(BIN)/python -m bench.guided --documents 50000

# Small wrong changes in a copy of the engines, which the tests are to notice. Its program has an environment of its own.
mutation: $(VENV)/.dev $(VENV)-mutation/.ready
	$(VENV)-mutation/bin/python tools/mutation.py $(OPTIONS)

dist: $(VENV)/.dev
	$(BIN)/python -m hatchling build

# What is tested is pinned by hash, without the address of any registry.
lock: $(VENV)/.dev
	$(BIN)/python tools/lock.py

contexts: $(VENV)/.dev
	$(BIN)/python tools/update_contexts.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || uv venv --seed $(VENV)

$(VENV)/.run: pyproject.toml requirements/run.txt | $(VENV)/bin/python
	test -e $(VENV)/.dev || $(BIN)/python -m pip install -q --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: pyproject.toml requirements/dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@ $(VENV)/.run

$(VENV)-mutation/.ready: requirements/mutation.txt
	test -e $(VENV)-mutation/bin/python || $(PYTHON) -m venv $(VENV)-mutation || uv venv --seed $(VENV)-mutation
	$(VENV)-mutation/bin/python -m pip install -q --require-hashes -r requirements/mutation.txt
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-mutation badgeport-demo dist $(PEERS) $(AXE)
