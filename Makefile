# A bare checkout, Python >= 3.11 and make: `make demo` runs the main job, `make test` checks everything.
# Nothing is installed outside .venv, and nothing without a hash from the lock files (torch excepted).

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo_out
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test lint types imports unit train manual package docs lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime  ## set up, then measure a heart that lvcine makes itself
	@$(BIN)/lvcine demo -o $(OUT) --overwrite

test: lint types imports unit  ## set up, then every check that CI runs

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

imports: $(VENV)/.dev
	$(BIN)/lint-imports

# With torch: a training room that CI does not run would rot.
unit: $(VENV)/.dev $(VENV)/.train
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

train: $(VENV)/.train  ## set up what training and exporting a net needs (torch, onnx)

manual: $(VENV)/.runtime  ## write docs/cli.md from the commands themselves
	$(BIN)/python -m lvcine.cli.manual > docs/cli.md

package: $(VENV)/.dev  ## build wheel and sdist, and install each by plain pip into an empty environment
	@bash .ci/package

docs: $(VENV)/.docs  ## the documentation as a web site in site/
	$(VENV)/docs/bin/zensical build --strict
	@$(BIN)/python docs/roles.py site

clean:  ## remove everything that make made
	rm -rf $(VENV) $(OUT) site build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache

# ---- the virtual environment -------------------------------------------------------------------
# uv is several times faster than pip; pip reads the same lock where uv cannot run or reach its index.
# Bytecode is written once here: importing numpy and friends uncompiled costs seconds at every start.
define install
@echo "installing $(1)"
@$(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r $(1) \
	|| $(BIN)/python -m pip install -q --require-hashes -r $(1)
@$(BIN)/python -m pip install -q --no-deps --no-build-isolation --no-index -e .
@touch $@
endef

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "lvcine needs Python 3.11 or newer; name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python's venv module is missing (Debian: python3-venv)"; exit 1; }

$(VENV)/.bootstrap: bootstrap.lock | $(BIN)/python
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r bootstrap.lock \
		|| echo "uv could not be installed; pip alone will do"
	@touch $@

$(VENV)/.runtime: runtime.lock pyproject.toml | $(VENV)/.bootstrap
	$(call install,runtime.lock)

$(VENV)/.dev: dev.lock pyproject.toml | $(VENV)/.bootstrap
	$(call install,dev.lock)

# torch comes by its version alone: its hash differs between the CPU and the GPU builds.
$(VENV)/.train: train.lock pyproject.toml | $(VENV)/.bootstrap
	$(BIN)/python -m pip install -q $(TORCH)
	$(call install,train.lock)

# In an environment of its own: the pages' tools bring packages that lvcine is tested without.
$(VENV)/.docs: pyproject.toml | $(VENV)/.bootstrap
	@$(BIN)/python -m venv --without-pip $(VENV)/docs
	@$(BIN)/uv pip install -q --python $(VENV)/docs/bin/python --group docs
	@touch $@

# ---- the locks ---------------------------------------------------------------------------------
# dev and train take runtime's versions, so that what is tested is what is shipped.
COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --upgrade

lock: | $(VENV)/.bootstrap  ## choose the newest versions and write all lock files again
	$(COMPILE) --group bootstrap -o bootstrap.lock
	$(COMPILE) pyproject.toml --group build -o runtime.lock
	$(COMPILE) pyproject.toml --group build --group dev --extra export --extra cluster --extra pandas --extra plots --extra review -c runtime.lock -o dev.lock
	$(COMPILE) pyproject.toml --group build --extra export --extra baselines --extra plots -c runtime.lock -o train.lock
