# Every target works in a fresh clone with nothing but Python >= 3.11, make and the package registries.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check

.PHONY: help demo test check static docs bench sample leaderboard entries browser studio peers constraints clean

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/.demo  ## the main job on the embedded sample newsroom, into ./demo
	$(BIN)/gonerd demo --out demo

test: .venv/.test browser studio peers  ## all tests, with what they need installed first
	$(BIN)/python -m pytest -n 2

check: static test  ## everything that a change must pass

static: .venv/.test  ## linters, types, layers, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/commands.py --check docs/commands.md
	$(BIN)/python docs/scale.py --check docs/scale.md

docs: .venv/.test  ## write docs/commands.md anew from the commands' help, and the tables of docs/scale.md
	$(BIN)/python docs/commands.py docs/commands.md
	$(BIN)/python docs/scale.py docs/scale.md

bench: .venv/.test  ## every benchmark, into benchmarks/results
	for script in $$(grep -l __main__ benchmarks/*.py); do $(BIN)/python $$script || exit 1; done

sample: .venv/.test  ## make the embedded sample dataset and its tokenizer anew
	$(BIN)/gonerd newsroom tokenizer --articles 1000 --seed 0 --out gonerd/newsroom/tokenizer.json --force
	rm -rf .sample
	$(BIN)/gonerd newsroom gold --articles 240 --seed 0 --out - \
	  | $(BIN)/gonerd build - --name gonerd-sample --out .sample
	rm -rf gonerd/data gonerd/sentences
	cp -r .sample/data .sample/sentences .sample/README.md .sample/gonerd.json .sample/croissant.json .sample/SHA256SUMS gonerd/
	rm -rf .sample

# The worldwide corpus is at hand where shared/ lies beside the checkout; any build of it can be named.
WORLDWIDE ?= $(if $(wildcard ../shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz),build/worldwide)

leaderboard: .venv/.test $(filter build/worldwide,$(WORLDWIDE))  ## verify the submissions, build their page into build/leaderboard
	$(BIN)/gonerd verify --all leaderboard/submissions --dataset sample \
	  $(if $(WORLDWIDE),--dataset $(WORLDWIDE) --require rescored --record leaderboard/verified.json)
	$(BIN)/gonerd leaderboard build leaderboard/submissions --out build/leaderboard --force \
	  $(if $(WORLDWIDE),--dataset $(WORLDWIDE)) --reported leaderboard/reported --verified leaderboard/verified.json

build/worldwide: | .venv/.test
	$(BIN)/gonerd build ../shared/data/ner/worldwide_newswire_africa_asia.jsonl.gz --out $@ --seed 0 --force

entries: .venv/.test  ## make the project's own submissions again, into .entries; hours
	$(BIN)/python leaderboard/entries/making.py

browser: .venv/.test  ## the browser that the page's tests drive
	$(BIN)/python tests/browser.py

studio: .venv/.test  ## the Label Studio server that annotation's tests start, into .cache (1 GB); they install it, too
	$(BIN)/python tests/label_studio.py

peers: .venv/.test  ## the packages of other people's models that adapters' tests run, into .cache (0.4 GB); they install them, too
	$(BIN)/python -m tests.peers

constraints:  ## pin what a fresh environment gets today
	sh .ci/constraints

clean:  ## remove what the targets made
	rm -rf .venv .cache demo build dist *.egg-info

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gonerd needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	$(PIP) install -q --upgrade pip

.venv/.demo: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) install -q -c constraints.txt -e '.[demo]'
	touch $@

.venv/.test: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) install -q -c constraints.txt -e '.[test]'
	touch $@ .venv/.demo
