# make lab: open the course.  make explore: the retrieval explorer as a page.  make test: the tests
# for every day.  make test-all: these and all others.  All make .venv themselves.
# make doctor: what is wrong with a set-up, and how to mend it.
PYTHON ?= python3
BIN := .venv/bin
NOTEBOOKS := $(sort $(wildcard notebooks/[0-9][0-9]_*.ipynb notebooks/A[0-9]_*.ipynb))
# In most containers one is root, which Jupyter has to be told.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: lab explore doctor test test-all rounding browser lint chromium bubblewrap full chapter \
	notebooks handouts grade slides site pdf reproduce benchmarks pins

# Copies of the chapters without outputs, in lab/, which are kept; STORED=1: the chapters themselves.
lab: .venv/installed
ifndef STORED
	$(BIN)/python -m tools.copies
endif
	$(BIN)/jupyter lab $(AS_ROOT) $(if $(STORED),notebooks,lab)/$(notdir $(firstword $(NOTEBOOKS)))

# Only the explorer, as a page without code, and without extensions that need all of JupyterLab.
explore: .venv/installed
	JUPYTER_PATH=publish $(BIN)/voila notebooks/explorer.ipynb --template=explorer \
		--preheat_kernel=True --pool_size=1 \
		"--VoilaConfiguration.extension_denylist=['@jupyter/nbgrader', '@jupyter-notebook/lab-extension']"

# With the Python of .venv if it starts, with any other if not; it makes and changes nothing.
doctor:
	@if $(BIN)/python -c "" 2> /dev/null; then $(BIN)/python -m tools.doctor; \
	else $(PYTHON) -m tools.doctor; fi

# As many processes as processors, but at most three, of 2 GB each; and of one thread each: more
# threads than processors wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --maxprocesses 3 --dist loadfile \
	--no-loadscope-reorder
TESTED := .venv/tools publish/node_modules/installed chromium bubblewrap full

test: $(TESTED) lint
	$(PYTEST) -m "not slow"

# What takes longer: all chapters in Chromium, all pages of site and slides, networks that train
# longer, faults that take their time, and the trained cells as other processors round them.
test-all: test rounding
	$(PYTEST) -m slow

# Networks once more, rounded as the other kind of processor rounds: in float32 where there is
# bfloat16; else in bfloat16, on few images only, since it is slow in software.
FEW_IMAGES := tests/core/test_training.py tests/core/test_image_hashers.py
MANY_IMAGES := $(addprefix tests/core/,test_dsh.py test_cnnh.py test_class_code.py) \
	$(wildcard notebooks/09_*.ipynb notebooks/10_*.ipynb notebooks/11_*.ipynb notebooks/A1_*.ipynb)
HAS_BFLOAT16 := import sys; from dshlib.training import has_bfloat16; sys.exit(not has_bfloat16())
rounding: .venv/tools
	if $(BIN)/python -c "$(HAS_BFLOAT16)"; \
	then DSHLIB_BFLOAT16=off $(PYTEST) $(MANY_IMAGES) $(FEW_IMAGES); \
	else DSHLIB_BFLOAT16=on $(PYTEST) $(FEW_IMAGES); fi

# Only the tests in a real Chromium.
browser: $(TESTED)
	$(PYTEST) tests/browser

lint: .venv/tools publish/node_modules/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cd publish && PATH="$(abspath $(BIN)):$$PATH" npm run --silent lint

# A command that installs a package of Debian where that is possible, and else does nothing.
apt = if command -v apt-get && [ "$$(id -u)" = 0 ]; then $(apt_install) $(1); \
	elif command -v apt-get && command -v sudo; then sudo $(apt_install) $(1); fi > /dev/null
apt_install := apt-get install -qq --no-install-recommends

# All 70,000 images: where they are not here yet, from Debian, else by torchvision.
HAS_FULL := import sys; from dshlib.data import has_full; sys.exit(not has_full())
full: .venv/installed
	@$(BIN)/python -c '$(HAS_FULL)' 2> /dev/null || { $(call apt,dataset-fashion-mnist); } || :
	@$(BIN)/python -m dshlib.data full

# The browser that the tests drive.
chromium:
	@command -v chromium > /dev/null || { $(call apt,chromium); } && \
	command -v chromium > /dev/null || \
	{ echo "Install Chromium, as the command \`chromium\` (Debian: apt-get install chromium)." >&2; exit 1; }

# The walls around submissions; where they cannot be had, `make grade` says how to get them.
bubblewrap:
	@command -v bwrap > /dev/null || { $(call apt,bubblewrap); } || :

# make chapter N=04: run one chapter, store its outputs, test it.
chapter: .venv/tools chromium
	@test -n "$(wildcard notebooks/$(N)_*.ipynb)" || \
	{ echo "Say which chapter there is: make chapter N=04" >&2; exit 1; }
	$(BIN)/python -m tools.run_notebooks notebooks/$(N)_*.ipynb
	$(BIN)/ruff check notebooks/$(N)_*.ipynb
	$(BIN)/python -m pytest notebooks/$(N)_*.ipynb tests/course/test_notebooks.py \
		tests/course/demos/test_demos.py tests/browser/test_chapters.py \
		-k $(basename $(notdir $(wildcard notebooks/$(N)_*.ipynb)))

# Run the notebooks top to bottom and store their outputs, normalised.
notebooks: .venv/tools
	$(BIN)/python -m tools.run_notebooks $(NOTEBOOKS)

# The assignments for students, as a folder and as a zip, into build/handouts/.
handouts: .venv/tools
	$(BIN)/python -m tools.handouts.build

# make grade SUBMISSIONS=folder-or-zip: marks and pages of feedback into build/grades/.
# OPTIONS="--jobs 2 --roster list.csv" and so on are passed on; OPTIONS=--help lists them.
grade: .venv/tools bubblewrap
	@test -n "$(SUBMISSIONS)" || { echo "Say which folder: make grade SUBMISSIONS=..." >&2; exit 1; }
	$(BIN)/python -m tools.handouts.grade "$(SUBMISSIONS)" $(OPTIONS)

# Every chapter as a deck of slides, each one file that needs no network, into build/slides/.
slides: publish/node_modules/installed
	$(BIN)/python -m publish.build_slides

# Measure every record of data/ again into results/, and say what differs; finished cells are kept.
# The classroom split takes about two hours on two processors, SPLIT=full much longer.
SPLIT ?= classroom
reproduce: .venv/installed
	$(BIN)/python -m tools.reproduce --split $(SPLIT) --jobs 2

# The course as a website without a kernel, into build/site/: serve it, for example by
# python -m http.server --directory build/site. SITE_URL=https://.../, where it will be, is named in
# the cards that other sites show of it.
site: publish/node_modules/installed
	$(BIN)/python -m publish.build_site

# make pdf N=04: a chapter as PDF, or without N the whole course, from build/site/ into build/pdf/.
pdf: build/site/searchindex.js chromium
	$(BIN)/python -m publish.build_pdf $(if $(N),--chapter $(N))

build/site/searchindex.js:
	$(MAKE) site

benchmarks: .venv/tools chromium
	$(BIN)/python -m tools.benchmarks

# Whether the pins fit each other, and have wheels for every Python and system that README names.
PYTHONS := 3.11 3.12 3.13 3.14
SYSTEMS := linux aarch64-manylinux_2_28 windows macos
pins: .venv/tools
	$(BIN)/python -m pip check
	@for python in $(PYTHONS); do for system in $(SYSTEMS); do \
		echo "Python $$python, $$system"; \
		MACOSX_DEPLOYMENT_TARGET=14.0 $(BIN)/uv pip compile --quiet --only-binary :all: \
			--python-version $$python --python-platform $$system \
			requirements.txt requirements-dev.txt > /dev/null || exit 1; \
	done; done

# uv installs some ten times as fast as pip; where it cannot be had or fails, pip does it.
UV := uv==0.13.9
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
install = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) || $(PIP) $(1)

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	-$(PIP) $(UV)
	$(call install,-r requirements.txt)
	$(call install,--no-deps --editable .)
	touch $@

.venv/tools: requirements-dev.txt .venv/installed
	$(call install,-r requirements-dev.txt)
	touch $@

# What the slides and the site take from npm, by the npm of .venv.
publish/node_modules/installed: publish/package.json publish/package-lock.json .venv/tools
	cd publish && PATH="$(abspath $(BIN)):$$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund
	touch $@
