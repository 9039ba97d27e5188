# Each target sets up what it needs: a virtual environment in .venv, made anew when setup.cfg changes.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test bench clean

demo: .venv/run
	@$(BIN)/python scripts/visualise.py --out demo

test: .venv/test
	$(BIN)/python -m flake8 tfdeconv scripts tests
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: .venv/bench
	$(BIN)/python scripts/benchmark.py
	$(BIN)/python scripts/benchmark_scan.py

.venv/run: setup.cfg
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -e .
	@touch $@

.venv/test .venv/bench: .venv/%: .venv/run
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[$*]'
	@touch $@

clean:
	rm -rf .venv demo build *.egg-info
