# The verbs of the project. Everything is set up as needed: a virtual environment, pinned packages, the weights.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# Where it is set, each of the many short processes would compile its imports anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test dev bench soak clean lock
.DEFAULT_GOAL := help

help:           ## this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(READY)  ## a drop of sample questions, a real model on this CPU, a leaderboard
	@$(BIN)/evalpipe demo

test: $(READY)  ## lint, types, all tests
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup -m "not alone"
	@$(BIN)/python -m pytest -m alone

dev: $(READY)   ## Dagster's UI and daemon on 127.0.0.1:3000
	@$(BIN)/evalpipe dev

bench: $(READY) ## the measurements that README and docs quote, some 50 minutes
	@for words in answering.py clients.py limits.py "resume.py --quick" bench_ingest.py labels.py duplicates.py rescore.py comparison.py coverage.py; do \
		echo "== $$words"; PYTHONPATH=. $(BIN)/python benchmarks/$$words || exit 1; done

soak: $(READY)  ## the slow proofs: 20 kills, 8 processes on one limit, 150,000 questions by the daemon
	@for words in resume.py "limits.py --processes 8" daemon.py; do \
		echo "== $$words"; PYTHONPATH=. $(BIN)/python benchmarks/$$words || exit 1; done

clean:          ## forget the virtual environment, the lake and Dagster's storage
	rm -rf $(VENV) data .dagster

$(READY): requirements.lock requirements-weights.lock pyproject.toml
	@$(PYTHON) scripts/check_python.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python scripts/install.py $(BIN)/python
	@touch $@

lock:           ## pin what pyproject.toml asks for, names and versions alone
	@scripts/lock
