# Two commands do everything, on a bare machine too: `make demo` and `make test`.
VENV := .venv
PY := $(VENV)/bin/python
CONSTRAINTS := -c .ci/constraints.txt
RUNTIME_APT := libportaudio2 libasound2-plugins libgl1 libgl1-mesa-dri libegl1 libegl-mesa0
TEST_APT := xvfb xauth xdotool openbox x11-xserver-utils xserver-xorg-core xserver-xorg-video-dummy jackd2 libjack-jackd2-0 pulseaudio pulseaudio-utils liblo-tools \
	pipewire pipewire-pulse pipewire-jack wireplumber dbus libxss1 libfluidsynth3 timgm6mb-soundfont \
	sway xwayland grim libopenmpt0 tecnoballz-data fluidsynth openttd-openmsx chromium puredata-core ffmpeg
# What tests are run with; WORKSHOP=no leaves torch out.
WORKSHOP ?= yes
TESTED := dev,web,link,svg,cluster$(if $(filter no,$(WORKSHOP)),,$(shell echo ,workshop,diffusion))
# What cannot be installed together with the above.
TEST_BESIDE := pipewire-alsa
# onnxruntime and onnxruntime-gpu own the same folder: `make demo ORT=gpu` takes the other one, and that is remembered.
ORT ?= $(or $(shell cat $(VENV)/.ort 2>/dev/null),cpu)
# Another Python than the first that will do: make demo PYTHON=python3.12
PYTHON ?=
# A .venv whose Python is gone, or of another version than vj runs on, would only fail later and less clearly.
ifneq ($(MAKECMDGOALS),clean)
ifneq ($(shell .ci/python sound $(VENV) && echo sound),sound)
$(error $(VENV) cannot be used)
endif
endif

.PHONY: demo live workshop table test test-slow check format gallery clean \
	bench bench-hearing bench-generators bench-display bench-chain bench-live bench-start bench-render bench-look bench-look-tempi bench-generated bench-imported bench-swap bench-clocks bench-governor bench-levels bench-rehearsal bench-page bench-walks bench-shaders bench-sections bench-gpu bench-beat bench-taps bench-click bench-cost bench-drums parity rooms package bench-surface fuzz fuzz-web fuzz-midi fuzz-setlists fuzz-looks fuzz-bundles fuzz-checkpoints fuzz-logs fuzz-shaders fuzz-sounds evening fuzz-osc foreign bench-flashes bench-sync bench-scale bench-ratio bench-versus bench-walls bench-growth bench-layers bench-mapping chaos bench-soak bench-finished bench-alike bench-tests bench-same bench-changes

demo: $(VENV)/.runtime
	$(VENV)/bin/vj demo

live: $(VENV)/.runtime
	$(VENV)/bin/vj live

workshop: $(VENV)/.workshop
	@echo "The workshop is ready: vj models import, vj train, vj learn, --refine."

# Tests that need real time wait for their turn, one after the other; the others run side by side. No OpenMP thread waits
# by spinning: beside other tests that takes ten times as long. A machine that others use may stand still for seconds, so
# what failed in real time is tried once more by itself; both are told.
test: check run-tests

.PHONY: run-tests test-python
run-tests: $(VENV)/.dev
	OMP_NUM_THREADS=1 $(PY) -m pytest -m "not slow and not realtime" -n auto --maxprocesses 4 --dist worksteal --durations 25
	OMP_NUM_THREADS=1 $(PY) -m pytest -m "realtime and not slow" || \
		OMP_NUM_THREADS=1 $(PY) -m pytest -m "realtime and not slow" --last-failed --last-failed-no-failures none

# The same on another Python, in an environment of its own: make test-python PYTHON=python3.13. torch from the package
# index is gigabytes of CUDA; WORKSHOP=no leaves it out, and with it the tests that need it. Types and style are those of
# the oldest Python, so `make test` alone looks at them.
test-python:
	@[ -n "$(PYTHON)" ] || { echo "make test-python PYTHON=python3.13 says which Python" >&2; exit 1; }
	@$(MAKE) --no-print-directory run-tests VENV=".venv-$$(basename "$(PYTHON)")" PYTHON="$(PYTHON)"

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

bench: bench-hearing bench-generators bench-display bench-chain bench-live bench-start bench-render bench-generated bench-look bench-swap bench-clocks bench-governor bench-levels bench-rehearsal bench-walks bench-sections

bench-generators bench-display bench-chain bench-live bench-start bench-render bench-sync bench-generated bench-imported bench-swap bench-clocks bench-governor bench-levels bench-rehearsal bench-page bench-walks bench-walls bench-alike bench-layers bench-mapping bench-shaders bench-changes: bench-%: $(VENV)/.dev
	$(PY) $(wildcard bench/*/$*.py) --out bench/results/$*.json
bench-hearing: $(VENV)/.dev
	$(PY) bench/hearing/recordings.py --out bench/results/hearing.json
bench-look: $(VENV)/.dev
	$(PY) bench/look/dance.py --out bench/results/look.json

# Whether looks that are meant to dance do so at 90, 128 and 174 BPM, with sheets of four beats in out/look-tempi.
bench-look-tempi: $(VENV)/.dev
	$(PY) bench/look/dance.py --quick --song 90 128 174 --look ember_drum neon_loom glass_choir undertow --sheets out/look-tempi \
		--out bench/results/look-tempi.json

# The hearing against that of an earlier commit, in turns: what it costs; drums where they are hard to hear (MATERIAL as below).
BASE ?= f3ccc2e
bench-cost: $(VENV)/.dev
	$(PY) bench/hearing/cost.py --base $(BASE) --out bench/results/hearing_cost.json
bench-drums: $(VENV)/.dev
	$(PY) bench/hearing/drums.py $(MATERIAL) --base $(BASE) --out bench/results/drums.json

# Starts, shows, renders and each stage against an earlier commit, in turns: an hour. BigGAN-deep beside a plain loop.
bench-ratio: $(VENV)/.dev
	$(PY) bench/film/ratio.py --base $(BASE) --out bench/results/ratio.json
# Every shipped look with two bundles, finished by an earlier commit and by this one: dB apart, and processor time.
bench-finished: $(VENV)/.dev
	$(PY) bench/look/finished.py --base $(BASE) --out bench/results/finished.json
# What was tested before the packages had rooms: how long that took, and takes. A quarter of an hour.
bench-tests: $(VENV)/.dev
	$(PY) bench/tests_time.py --out bench/results/tests_time.json

# Whether this commit hears what an earlier one heard: make bench-same BASE=COMMIT
bench-same: $(VENV)/.dev
	$(PY) bench/hearing/same.py --base $(BASE)
# How renders, the finish and the desk cost more the more is asked of them.
bench-growth: $(VENV)/.dev
	$(PY) bench/film/growth.py --out bench/results/growth.json
bench-versus: $(VENV)/.dev
	$(PY) -m pip install -q imageio imageio-ffmpeg
	$(PY) bench/film/versus.py --out bench/results/versus.json

# The displayed beat against true ones, beside other trackers: make bench-beat MATERIAL="FOLDER..." (bench/beat/README.md).
MATERIAL ?= out/beats
bench-beat: $(VENV)/.dev
	$(PY) bench/beat/trackers.py $(MATERIAL) --out bench/results/beat.json --picture bench/results/beat.png

# How long a tapped beat holds in the same pieces.
bench-taps: $(VENV)/.dev
	$(PY) bench/beat/taps.py $(MATERIAL) --out bench/results/taps.json

# From a sounding beat to its flash on the wall, through a JACK server.
bench-click: $(VENV)/.dev
	$(PY) bench/beat/wall.py --out bench/results/click.json

# Where the music stands: drops, breaks and phrases of songs that are made for it.
bench-sections: $(VENV)/.dev
	$(PY) bench/beat/sections/breaks.py --out bench/results/sections.json
	$(PY) bench/beat/sections/phrases.py --out bench/results/phrases.json

# The questions of a graphics card; on the processor they run small.
bench-gpu: $(VENV)/.dev
	for question in providers speed handover performance film worlds; do \
		$(PY) bench/gpu/$$question.py $(SMALL) --out bench/results/gpu-$$question.json || exit 1; done

# Whether any look that ships flashes too much, by our count and by that of IRIS.
bench-flashes: $(VENV)/.dev
	$(PY) bench/look/flashes.py --out bench/results/flashes.json

# Nonsense over HTTP and WebSocket, a hundred thousand of each, and what it cost: ten minutes on two cores.
fuzz-web: $(VENV)/.dev
	VJ_FUZZ=100000 $(PY) -m pytest -s tests/apps/web/test_web_fuzz.py

# And over OSC, at a show that runs.
fuzz-osc: $(VENV)/.dev
	VJ_FUZZ=100000 $(PY) -m pytest -s tests/devices/osc/test_osc_fuzz.py

# A hundred thousand bent files of each kind at what reads them, or of one; reports in bench/results.
FUZZ := midi setlists looks bundles checkpoints logs shaders sounds
fuzz: $(FUZZ:%=fuzz-%) fuzz-osc fuzz-web

$(FUZZ:%=fuzz-%): fuzz-%: $(VENV)/.dev
	VJ_FUZZ=$(or $(CASES),100000) VJ_FUZZ_KINDS=$* VJ_FUZZ_OUT=bench/results $(PY) -m pytest -s --timeout 0 tests/test_fuzz.py

# Half an hour of everything that can go wrong with a show, in an order of luck.
MINUTES ?= 30
SEED ?= 1
chaos: $(VENV)/.dev
	$(PY) bench/hours/chaos.py --minutes $(MINUTES) --seed $(SEED) --out bench/results/chaos.json

# What a show holds after eight hours of show time, and after an hour by the clock.
bench-soak: $(VENV)/.dev
	$(PY) bench/hours/soak.py --out bench/results/soak.json

# Clients of OSC and OSCQuery that others wrote, from npm and Debian, at a show of ours. Where there is npm, `make test` has
# them too; Debian's own npm is large.
foreign: $(VENV)/.dev
	@command -v npm >/dev/null || .ci/apt nodejs npm
	@$(MAKE) --no-print-directory $(VENV)/foreign/.done
	$(PY) -m pytest -ra tests/devices/osc/test_osc_foreign.py

$(VENV)/foreign/.done: tests/servers/foreign/package.json
	@mkdir -p $(@D) && cp $< $(@D)/
	npm install --prefix $(@D) --silent --no-audit --no-fund --no-package-lock --ignore-scripts --omit=optional
	@touch $@

# A new user's evening, to be watched: the show and a tablet in windows of this screen, played by unseen hands.
evening: $(VENV)/.dev
	VJ_WATCH=1 $(PY) -m pytest -q -s tests/apps/web/test_evening.py

# How long a show is away that is killed, crashes or hangs, where that time goes, and what a guard costs: some minutes.
bench-guard: $(VENV)/.dev
	$(PY) bench/hours/guard.py --out bench/results/guard.json

# From a hand on a fader to the wall, and what a surface that watches costs the show.
bench-surface: $(VENV)/.dev
	$(PY) bench/show/surface.py --out bench/results/surface.json

# A film by one worker and by two, and what a fleet would need; with LOOKS also how long their trails are remembered.
LOOKS ?= neon_loom ember_drum plumage cathedral mercury glass_choir lanterns undertow event_horizon night_reef slow_tide dawn
bench-scale: $(VENV)/.dev
	$(PY) bench/film/scale.py --looks $(LOOKS) --out bench/results/scale.json

# How fast every generator is: ours, and imported ones every way that they can be run.
bench-generators: bench-imported

$(VENV)/bin/python:
	@python="$$(.ci/python find "$(PYTHON)")" && "$$python" -m venv --clear $(VENV)

# pip knows no dependency that an extra takes away, so the processor's ONNX Runtime is taken away here.
define swap_onnxruntime
	@case "$(ORT)" in cpu) ;; gpu) \
		$(PY) -m pip uninstall -q -y onnxruntime && \
		$(PY) -m pip install -q $(CONSTRAINTS) --force-reinstall --no-deps onnxruntime-gpu ;; \
	*) echo "ORT=$(ORT) is neither cpu nor gpu" >&2; exit 1 ;; esac
	@echo $(ORT) > $(VENV)/.ort
endef

$(VENV)/.runtime: pyproject.toml .ci/constraints.txt $(if $(filter-out $(ORT),$(shell cat $(VENV)/.ort 2>/dev/null)),otherwise) | $(VENV)/bin/python
	.ci/apt $(RUNTIME_APT)
	@[ "$(ORT)" = gpu ] || $(PY) -m pip uninstall -q -y onnxruntime-gpu
	$(PY) -m pip install -q $(CONSTRAINTS) -e ".[web,link,svg]"
	$(swap_onnxruntime)
	@touch $@

.PHONY: otherwise
otherwise:

$(VENV)/.workshop: $(VENV)/.runtime
	$(PY) -m pip install -q $(CONSTRAINTS) -e ".[web,link,svg,workshop,diffusion]"
	$(swap_onnxruntime)
	@touch $@

# Two of three modules that are installed here are never imported, so Python compiles those that are when they are.
$(VENV)/.dev: $(VENV)/.runtime
	.ci/apt $(TEST_APT) & installing=$$!; \
		$(PY) -m pip install -q --no-compile $(CONSTRAINTS) -e ".[$(TESTED)]" && wait $$installing
	@command -v jack_lsp >/dev/null || .ci/apt jack-example-tools  # since Debian 13 a package of their own
	.ci/beside $(VENV)/beside $(TEST_BESIDE)
	$(swap_onnxruntime)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(VENV)/foreign/.done || \
		echo "npm gave no foreign clients; their tests are left out"; fi
	@touch $@

gallery: $(VENV)/.dev
	$(PY) -m vj.workshop.gallery worlds
	$(PY) -m vj.workshop.gallery dream
	$(PY) bench/look/looks.py

clean:
	rm -rf $(VENV) out demo.mp4 demo.png

# A wheel and an sdist in dist/, each tried in an environment of its own.
package: $(VENV)/.dev
	.ci/package $(PY) dist

table: $(VENV)/.dev
	$(PY) -m vj.apps.osc docs/osc.md

# What is drawn, said and read, a line each, to be compared with that of another commit on the same machine.
OUT ?= out/parity.txt
parity: $(VENV)/.dev
	$(PY) bench/parity.py --out $(OUT)

# Every folder of vj with its files and lines.
rooms:
	@find vj -name '*.py' -exec wc -l {} + | awk '$$2 != "total" { sub("/[^/]*$$", "", $$2); files[$$2]++; lines[$$2] += $$1 } \
		END { for (room in files) printf "%-32s %3d files %6d lines\n", room, files[room], lines[room] }' | sort
