# Two commands do everything, on a bare machine too: `make demo` and `make test`.
VENV := .venv
PY := $(VENV)/bin/python
CONSTRAINTS := -c .ci/constraints.txt
RUNTIME_APT := libportaudio2 libasound2-plugins libgl1 libgl1-mesa-dri libegl1 libegl-mesa0
TEST_APT := xvfb xauth xdotool x11-xserver-utils xserver-xorg-core xserver-xorg-video-dummy jackd2 libjack-jackd2-0 pulseaudio pulseaudio-utils liblo-tools
# onnxruntime and onnxruntime-gpu own the same folder: `make demo ORT=gpu` takes the other one.
ORT ?= cpu
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null && $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)

.PHONY: demo live table test test-slow check format gallery clean \
	bench bench-hearing bench-generators bench-display bench-chain bench-live bench-render bench-look bench-generated bench-imported bench-swap bench-governor bench-levels bench-walks bench-gpu

demo: $(VENV)/.runtime
	$(VENV)/bin/vj demo

live: $(VENV)/.runtime
	$(VENV)/bin/vj live

test: check
	$(PY) -m pytest -m "not slow"

test-slow: $(VENV)/.dev
	$(PY) -m pytest -m slow --timeout 3600

check: $(VENV)/.dev
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/test_floors.py

format: $(VENV)/.dev
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench: bench-hearing bench-generators bench-display bench-chain bench-live bench-render bench-generated bench-look bench-swap bench-governor bench-levels bench-walks

bench-hearing bench-generators bench-display bench-chain bench-live bench-render bench-look bench-generated bench-imported bench-swap bench-governor bench-levels bench-walks: bench-%: $(VENV)/.dev
	$(PY) bench/$*.py --out bench/results/$*.json

# The questions of a graphics card; on the processor they run small.
bench-gpu: $(VENV)/.dev
	for question in providers speed handover performance film; do \
		$(PY) bench/gpu/$$question.py $(SMALL) --out bench/results/gpu-$$question.json || exit 1; done

# How fast every generator is: ours, and imported ones every way that they can be run.
bench-generators: bench-imported

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { .ci/apt python3 python3-venv python3-dev; }
	@p="$(PYTHON)"; "$${p:-python3}" -m venv $(VENV) || { .ci/apt python3-venv && "$${p:-python3}" -m venv $(VENV); }

$(VENV)/.runtime: pyproject.toml .ci/constraints.txt | $(VENV)/bin/python
	.ci/apt $(RUNTIME_APT)
	$(PY) -m pip install -q $(CONSTRAINTS) -e ".[$(ORT)]"
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	.ci/apt $(TEST_APT)
	$(PY) -m pip install -q $(CONSTRAINTS) -e ".[$(ORT),dev,workshop,diffusion]"
	@touch $@

gallery: $(VENV)/.dev
	$(PY) -m vj.workshop.gallery worlds
	$(PY) -m vj.workshop.gallery dream
	$(PY) bench/looks.py

clean:
	rm -rf $(VENV) out demo.mp4 demo.png

table: $(VENV)/.dev
	$(PY) -m vj.apps.osc README.md
