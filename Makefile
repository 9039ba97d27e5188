# Each target sets up what it needs: a virtual environment in .venv, made anew when setup.cfg changes.
PYTHON ?= python3
BIN = .venv/bin

# the layout of the code; ruff has no place for its settings in setup.cfg
RUFF_FORMAT = $(BIN)/python -m ruff format --isolated --line-length 100 \
	--config format.skip-magic-trailing-comma=true
CODE = tfdeconv scripts tests

.PHONY: demo test format bench clean

demo: .venv/run
	@$(BIN)/python scripts/visualise.py --out demo

test: .venv/test
	$(RUFF_FORMAT) --check --quiet $(CODE)
	$(BIN)/python -m flake8 $(CODE)
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

format: .venv/test
	$(RUFF_FORMAT) $(CODE)

bench: .venv/bench
	$(BIN)/python scripts/benchmark.py
	$(BIN)/python scripts/benchmark_scan.py
	$(BIN)/python scripts/benchmark_reading.py
	$(BIN)/python scripts/benchmark_atlas.py
	$(BIN)/python scripts/benchmark_explorer.py
	$(BIN)/python scripts/benchmark_experiments.py

.venv/run: setup.cfg
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	@touch $@

.venv/test .venv/bench: .venv/%: .venv/run
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[$*]'
	@touch $@

clean:
	rm -rf .venv demo build *.egg-info
