# Everything from a fresh checkout: `make demo`, `make test`. Needs Python 3.11 or newer and make, nothing else.
# Installed packages go to .venv, at the versions in constraints.txt; stamps in .venv make the second call instantaneous.

VENV   ?= .venv
BIN    := $(VENV)/bin
DEMO   ?= demo
CLIPS  ?=
WORKERS ?= 2

# as typed, through the environment: a folder's name may hold spaces, quotes and dollar signs
override export CLIPS := $(value CLIPS)

NATIVE   := plugins/kernels/native
LOG      := $(VENV)/kernels.log
PACKAGES := core $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
# what the meta distribution asks for beyond a plugin's own dependencies
EXTRAS_stft := [plots]
PIP      := $(BIN)/python -m pip --quiet --disable-pip-version-check
PINNED   := $(PIP) install --prefer-binary --constraint constraints.txt

# the newest Python that really starts (a pyenv shim may not), unless named: make PYTHON=/opt/python3.12/bin/python3
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help demo test bench bench-scale lint docs soak sanitize wheels clean chromium portaudio

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

# --- what is installed, in layers, so that `make demo` fetches no test tools -------------------------------------

$(VENV)/.stamp-tools: constraints.txt
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer with venv and ensurepip found; name one: make PYTHON=/path/to/python3" >&2; exit 2; }
	@echo "making $(VENV) with $(PYTHON)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PINNED) --upgrade pip
	@$(PINNED) hatchling editables
	@touch $@

# one call for all packages: pip resolves once, and --no-build-isolation builds them with the tools installed above
$(VENV)/.stamp-run: $(VENV)/.stamp-tools $(PACKAGES:%=%/pyproject.toml) $(wildcard $(NATIVE)/*.* $(NATIVE)/src/*)
	@echo "installing $(words $(PACKAGES)) packages"
	@$(PINNED) --no-build-isolation $(foreach p,$(PACKAGES),--editable "./$(p)$(EXTRAS_$(notdir $(p)))")
	$(compile-kernels)
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run pyproject.toml
	@echo "installing test tools"
	@$(PINNED) --group dev
	@touch $@

$(VENV)/.stamp-docs: $(VENV)/.stamp-run pyproject.toml
	@echo "installing documentation tools"
	@$(PINNED) --group docs
	@touch $@

$(VENV)/.stamp-bench: $(VENV)/.stamp-run benchmarks/requirements.txt
	@echo "installing peers to measure against"
	@$(PINNED) --requirement benchmarks/requirements.txt
	@touch $@

# Compiled number loops: tried, told in one line, and done without where it fails.
define compile-kernels
@if $(PINNED) scikit-build-core nanobind cmake ninja > $(LOG) 2>&1 \
	&& $(PIP) install --no-build-isolation --no-deps ./$(NATIVE) >> $(LOG) 2>&1; \
	then echo "compiled kernels installed: $$($(BIN)/python -c 'import jackfield_kernels as k; print(k.level())') is in use"; \
	else echo "kernels not compiled (see $(LOG)): NumPy does their work, only slower"; fi
endef

# --- what people ask for -----------------------------------------------------------------------------------------

$(DEMO)/clips/.made: docs/demo/make_clips.py | $(VENV)/.stamp-run
	@$(BIN)/python docs/demo/make_clips.py $(DEMO)/clips
	@touch $@

demo: $(VENV)/.stamp-run $(if $(CLIPS),,$(DEMO)/clips/.made)  ## group clips that are almost the same (CLIPS=folder: your own)
	@case "$$CLIPS" in "~/"*) CLIPS="$$HOME/$${CLIPS#??}";; esac; \
	$(BIN)/jackfield group $(if $(CLIPS),"$$CLIPS",$(DEMO)/clips -o $(DEMO)/run)
	@echo "the command is $(BIN)/jackfield$(if $(CLIPS),,; the clips are in $(DEMO)/clips)"

test: $(VENV)/.stamp-dev portaudio chromium  ## every test
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not soak"

soak: $(VENV)/.stamp-dev  ## the long runs that `make test` leaves out
	@$(BIN)/python -m pytest -m soak

lint: $(VENV)/.stamp-dev  ## style, types of the core, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/.stamp-bench  ## side by side with other libraries
	@for file in benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

bench-scale: $(VENV)/.stamp-run  ## 10,000 clips and a million fingerprints to groups, a quarter of an hour
	@$(BIN)/python benchmarks/scale_clips.py
	@$(BIN)/python benchmarks/scale_vectors.py

docs: $(VENV)/.stamp-docs  ## HTML documentation in docs/_build
	@$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going docs docs/_build/html
	@echo "docs/_build/html/index.html"

# the runtime libraries of the sanitizers come first: Python itself is built without them
SANITIZED := LD_PRELOAD="$$($${CXX:-g++} -print-file-name=libasan.so) $$($${CXX:-g++} -print-file-name=libstdc++.so)" \
	PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

sanitize: $(VENV)/.stamp-dev  ## tests of the compiled kernels under AddressSanitizer and UBSan
	@$(PIP) install --no-build-isolation --no-deps --target $(NATIVE)/build/sanitize --upgrade ./$(NATIVE) \
	--config-settings=build-dir=build/sanitize-objects --config-settings=cmake.define.SANITIZE=ON
	@$(SANITIZED) PYTHONPATH=$(NATIVE)/build/sanitize $(BIN)/python -m pytest -q -p no:cacheprovider plugins/kernels

wheels: $(VENV)/.stamp-run  ## a wheel of the compiled kernels for this machine, in dist
	@$(PIP) wheel --no-build-isolation --no-deps --wheel-dir dist ./$(NATIVE)
	@ls dist/*.whl

clean:  ## remove the environment and everything made
	@rm -rf $(VENV) $(DEMO) $(NATIVE)/build docs/_build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# --- system packages: installed where that is allowed, otherwise said; without them the tests concerned skip ------

# $(call system,probe,Debian package,what for)
system = @{ $(1); } >/dev/null 2>&1 || if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	echo "installing $(2)"; { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2); } >/dev/null \
	|| echo "could not install $(2): tests of $(3) will skip"; \
	else echo "$(2) not found: tests of $(3) will skip; install it with your system's package manager"; fi

portaudio: $(VENV)/.stamp-run  ## system library for sound-card output
	$(call system,$(BIN)/python -c 'import ctypes.util as u; exit(not u.find_library("portaudio"))',libportaudio2,sound-card output)

chromium:  ## browser for the tests of HTML reports
	$(call system,command -v chromium || command -v chromium-browser || command -v google-chrome,chromium,the report in a browser)
