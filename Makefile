# What people type. Each target installs what is missing, builds, and does it.
BUILD ?= build

.PHONY: all
all:
	tools/install-deps
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD)
	ninja -C $(BUILD)
