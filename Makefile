# SPDX-License-Identifier: Apache-2.0
#
# What people type; `make help` says what there is. Meson does the building.
BUILD ?= build
PREFIX ?=
DESTDIR ?=
ARGS ?=
FUZZ_BUILD ?= $(BUILD)-fuzz
FUZZ_SECONDS ?= 60

.DEFAULT_GOAL := all

.PHONY: all
all: deps ## build $(BUILD)/leat
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) $(if $(PREFIX),--prefix=$(PREFIX))
	ninja -C $(BUILD)

.PHONY: deps
deps: ## install the Debian packages that are missing (needs root or sudo if any is)
	@tools/install-deps

.PHONY: run
run: all ## run the demonstration; ARGS="--dir DIR" passes options
	$(BUILD)/leat demo $(ARGS)

.PHONY: test
test: all ## run every test; ARGS="--suite unit" or names choose some
	@tools/run-tests $(BUILD) $(ARGS)

.PHONY: bench
bench: all ## run the benchmarks; each prints a table
	meson test -C $(BUILD) --benchmark --verbose --timeout-multiplier 0 $(ARGS)

.PHONY: fuzz
fuzz: deps ## run each fuzzer for FUZZ_SECONDS (60)
	@test -f $(FUZZ_BUILD)/build.ninja || CC=clang meson setup $(FUZZ_BUILD) \
		-Dfuzz=enabled -Db_sanitize=address,undefined -Db_lundef=false
	ninja -C $(FUZZ_BUILD)
	@tools/fuzz $(FUZZ_BUILD) $(FUZZ_SECONDS) $(ARGS)

.PHONY: install
install: all ## install under PREFIX (/usr/local), honouring DESTDIR
	$(if $(PREFIX),meson configure $(BUILD) -Dprefix=$(PREFIX))
	DESTDIR=$(if $(DESTDIR),$(abspath $(DESTDIR))) meson install -C $(BUILD)
	$(if $(DESTDIR),,@test "$$(id -u)" -ne 0 || /sbin/ldconfig)

.PHONY: format
format: ## lay out the source with clang-format
	@tools/check-format --fix

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD) $(FUZZ_BUILD)

.PHONY: help
help: ## show this
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 20
	@echo "BUILD=DIR builds elsewhere than in \"build\"."
