# The words that people and CI use. Needs Python >= 3.11 with pip and venv; everything else goes into .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# snakefmt finds its shell formatter on the path
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DELETE_ON_ERROR:
.PHONY: demo test check fix lock bench clean

demo: $(READY) ## run the pipeline over the embedded cohorts
	$(BIN)/outcomes run

test: $(READY) ## the whole test suite
	$(BIN)/python -m pytest -n 2

check: $(READY) ## lint, format, types, layers, workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakefmt --check --compact-diff Snakefile workflow
	$(BIN)/snakemake --lint

fix: $(READY) ## mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

bench: $(READY) ## time the demo run, a rerun, reading a million patients, the MMRM and the Cox model beside their peers
	$(BIN)/python benchmarks/run_demo.py
	$(BIN)/python benchmarks/large_cohort.py
	$(BIN)/python benchmarks/episodes.py
	$(BIN)/python benchmarks/mmrm.py
	$(BIN)/python benchmarks/mmrm_level.py
	$(BIN)/python benchmarks/cox.py

lock: ## resolve the dependencies anew (needs uv); hashes, no addresses
	uv pip compile --generate-hashes --universal --python-version 3.11 --extra dev --no-emit-index-url \
		--no-emit-find-links --no-header pyproject.toml -o requirements.lock

clean: ## remove results and logs, keep the environment
	rm -rf results logs .snakemake

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@
