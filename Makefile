# circular-gen. `make help` lists the targets. Needs Python 3.11 or newer and make; everything else goes into .venv.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
CG := $(BIN)/circular-gen
READY := .venv/.ready
PICTURES := docs/pictures
YEAR ?= $(shell $(PYTHON) -c "import time; print(time.localtime().tm_year)")

.PHONY: circulars test coverage test-long status receipts register remind archive bench lint format messages pictures conformance golden clean help

circulars: $(READY)  ## make every circular, checklist and receipt into out/
	@$(CG) build

status: $(READY)  ## who has confirmed, who is late
	@$(CG) status

receipts: .venv/.scan  ## read signed papers that came back: PATHS="scans photo.jpg"; without PATHS, what waits for review
	@$(CG) receipts $(if $(PATHS),scan $(PATHS),review)

register: $(READY)  ## the register of outgoing papers (发文登记簿) into out/
	@$(CG) register

remind: $(READY)  ## draft the reminders that are due into out/reminders/
	@$(CG) remind

archive: .venv/.scan  ## the year's archive into records/archive: YEAR=2026, and AS_IS="why" where circulars are still open
	@$(CG) archive $(YEAR) $(if $(AS_IS),--as-is '$(AS_IS)')

test: .venv/.dev  ## the whole test suite
	@$(BIN)/python -m pytest -n auto --dist worksteal

coverage: .venv/.dev  ## the same, with the lines that no test runs; tracing them takes half as long again
	@$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term:skip-covered --cov-fail-under=90

test-long: .venv/.dev  ## the long tests too (random papers, fault tests)
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "long or not long" --timeout=3600

lint: .venv/.dev  ## ruff, mypy --strict, the arrows between the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/.dev  ## put the code into its usual form
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

messages: .venv/.dev  ## collect the texts to translate into the Chinese catalogue, and compile it
	@$(BIN)/python build_messages.py

bench: .venv/.bench  ## measure speed and size beside other tools
	@$(BIN)/python -m benchmarks

pictures: .venv/.dev  ## the pictures in README and docs, from real output
	@$(BIN)/circular-gen build
	@$(BIN)/python docs/make_pictures.py out $(PICTURES)

conformance: .venv/.dev  ## the table of GB/T 9704-2012: clause, code, tests, result on papers of all formats
	@$(BIN)/python docs/make_conformance.py docs/conformance.md

docx-table: .venv/.dev  ## docs/docx.md: the Word files, measured as LibreOffice shows them
	@$(BIN)/python docs/make_docx_table.py docs/docx.md

golden: .venv/.dev  ## approve the present output as the golden files (then look at git diff and the pictures)
	@$(BIN)/python -m pytest tests/e2e/test_golden.py --approve -n 0

clean:  ## remove out/ and all caches; never records/
	rm -rf out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(READY): pyproject.toml build_messages.py $(wildcard src/circular_gen/locale/*/LC_MESSAGES/*.po)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "circular-gen needs Python 3.11 or newer")'
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.scan: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[scan]'
	@touch $@

.venv/.dev: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,postgresql,scan,mail,sign,cluster,s3]'
	@touch $@

.venv/.bench: .venv/.dev
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,postgresql,scan,mail,sign,cluster,s3,bench]'
	@touch $@
