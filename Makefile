# Short verbs; the same ones run in CI. `make help` lists them.

.PHONY: help setup build run screenshots test sim soak mutants why-matrix fuzz nightly \
  bench bench-profiles check format clean

help:           ## List the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

setup:          ## Install what is missing (apt; as root or with sudo)
	@tools/setup

build: setup    ## Build the release binary, build/release/tipoff
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release --target tipoff

run: build      ## Run the main job on a demo league: a whole game day, from history to predictions
	@build/release/tipoff demo

screenshots: build ## Take the pictures of docs/screenshots from a demo league (needs chromium)
	@node tests/browser/screenshots.mjs build/release/tipoff docs/screenshots

test:           ## Build with sanitizers and run every test
	@tools/setup test
	@tools/test

sim: build      ## Simulate 20,000 worlds with faults and check every promise; SEED=7 tells one of them
	@$(if $(SEED),build/release/tipoff simulate --seed $(SEED) --count 1 --story,tools/sim build/release/tipoff)

soak: build     ## Simulate for as long as asked: MINUTES=60, from a seed that nobody has seen
	@build/release/tipoff simulate --seed $$(date +%s)000000 --count 100000000 --minutes $(or $(MINUTES),60)

mutants: setup  ## Plant bugs, one after the other: the simulated world must catch each of them
	@tools/mutants

why-matrix: setup ## What `batch why` answers against the truth: 15 faults, SEEDS=20 of each
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release --target why_matrix
	@build/release/tests/why_matrix $(or $(SEEDS),20) $(FAULT) 2>/dev/null

fuzz:           ## Fuzz the parsers of all doors with clang, FUZZ_SECONDS=60 each
	@tools/setup fuzz
	@tools/fuzz

nightly:        ## What takes hours: ThreadSanitizer, all crash points, mutants, fuzzing, soak, clang
	@tools/setup nightly
	@tools/nightly $(STEPS)

bench: build    ## Measure this machine: the durable cycle (REQUESTS="117 450"), the service under load
	@for n in $(or $(REQUESTS),117 450 10000 100000); do \
	  build/release/tipoff bench --requests $$n 2> /dev/null || exit 1; echo; done
	@/usr/bin/python3 bench/load/service_load.py build/release/tipoff

bench-profiles: build ## One batch on each profile, side by side; Google's are their emulators
	@/usr/bin/python3 bench/load/profiles.py build/release/tipoff

check: setup    ## Style as a test: include direction, banned calls, line length, dead files
	@tools/check

format:         ## Format all sources
	@git ls-files '*.cpp' '*.h' | xargs clang-format -i

clean:          ## Remove what was built
	@rm -rf build
