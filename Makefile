# SPDX-License-Identifier: GPL-2.0
#
# ovslab: one graph. 'make help' lists the targets; V=1 shows the commands.

.DEFAULT_GOAL := all

B	?= build
PREFIX	?= /usr/local
DESTDIR	?=
CC	?= gcc
CLANG	?= clang
BPFTOOL	?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config
VERSION	:= 0.1.0

Q	:= $(if $(V),,@)
say	 = $(if $(V),@:,@printf '  %-8s %s\n' $(1) $(2))

WARN	:= -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wold-style-definition -Wpointer-arith -Wwrite-strings -Wformat=2 \
	   -Wformat-nonliteral -Wundef -Wvla -Wimplicit-fallthrough \
	   -Wmissing-declarations -Wredundant-decls -Wno-unused-parameter
CPPFLAGS += -D_GNU_SOURCE -DOVSLAB_VERSION='"$(VERSION)"' -Ilab -I. -I$(B)
CFLAGS	?= -O2 -g
CFLAGS	+= -std=gnu11 $(WARN) -fstack-protector-strong -MMD -MP

# ---- dependencies -----------------------------------------------------------
# Looked up at each 'make demo' and 'make check', which takes 40 ms, and installed
# if some are missing; DEPS=no for a system without apt and dnf. Variables are
# read before that, so these targets call make again for the work itself.

DEPS	?= install
deps	 = $(if $(filter no,$(DEPS)),,$(Q)host-tools/deps.sh $(DEPS) $(1))

.PHONY: deps
deps:		## install the packages to build, run and test (root)
	$(call deps,build run test)

PAGES	:= $(B)/ovslab.8 $(B)/ovslab-scenario.5

.PHONY: all
all: $(B)/ovslab $(B)/ovslab-guest $(PAGES) $(B)/ovslab.bash	## build everything

# ---- BPF --------------------------------------------------------------------

BPF_SRC	 := $(wildcard bpf/*.bpf.c)
BPF_SKEL := $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.skel.h)
BPF_CFLAGS := -O2 -g -target bpf -mcpu=v3 -fno-builtin-log \
	      -Wall -Wextra -Werror -Wno-unused-parameter \
	      -I. -Ibpf -idirafter /usr/include/$(shell uname -m)-linux-gnu

$(B)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h bpf/kinds/*.h) | $(B)/bpf
	$(call say,BPF,$@)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@.tmp && mv $@.tmp $@

.SECONDARY: $(BPF_SRC:bpf/%.bpf.c=$(B)/bpf/%.bpf.o) $(BPF_SKEL)

# ---- the command ------------------------------------------------------------

LAB_LIBS := libbpf jansson popt libxxhash zlib yaml-0.1
# loaded when they are needed (lab/host/lazy.h): of them, only headers
LAZY_LIBS := libvirt libxml-2.0 libpcap
CPPFLAGS += $(shell $(PKG_CONFIG) --cflags $(LAB_LIBS) $(LAZY_LIBS) 2>/dev/null)
LAB_SRC	:= $(wildcard lab/*.c lab/core/*.c lab/host/*.c lab/run/*.c lab/report/*.c)
LAB_OBJ	:= $(LAB_SRC:%.c=$(B)/%.o)

$(B)/%.o: %.c | $(BPF_SKEL)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(B)/ovslab: $(LAB_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(shell $(PKG_CONFIG) --libs $(LAB_LIBS)) -lm -ldl

# programs of the user's own: in the command, in the guest's helper, in tests/bpf
USERPROG_SRC := $(patsubst %,lab/%.c,core/userprog core/verifier host/bpf_userobj host/bpf_userprog)

# ---- the guest helper: static, it runs in any guest -------------------------

GUEST_SRC := $(wildcard guest/*.c lab/core/mangle*.c) \
	     $(patsubst %,lab/core/%.c,err match match_fields match_text nearest number base64) \
	     $(patsubst %,lab/host/%.c,rtnl bpf_load bpf_tc bpf_xdp bpf_hook bpf_engine bpf_mangle bpf_upcall \
	       wait) $(USERPROG_SRC)
GUEST_OBJ := $(GUEST_SRC:%.c=$(B)/%.o)

$(B)/ovslab-guest: $(GUEST_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) -static $^ -o $@ -ljansson -lbpf -lelf -lz
	$(Q)strip $@

# ---- man pages and completion: from the tables, by the command itself --------

$(PAGES): $(B)/%: lab/man/%.in $(wildcard lab/man/*.yml) $(B)/ovslab
	$(call say,GEN,$@)
	$(Q)$(B)/ovslab expand $< >$@.tmp && mv $@.tmp $@

$(B)/ovslab.bash: lab/completion/ovslab.bash.in $(B)/ovslab
	$(call say,GEN,$@)
	$(Q)$(B)/ovslab expand $< >$@.tmp && mv $@.tmp $@

# ---- install ----------------------------------------------------------------
# The command finds its data relative to itself: ../share/ovslab, ../libexec/ovslab.

BASE	 = $(DESTDIR)$(PREFIX)
INSTALL	?= install

.PHONY: install
install: all	## install below PREFIX (/usr/local); DESTDIR is honoured
	$(call say,INSTALL,$(BASE))
	$(Q)$(INSTALL) -D -m 755 $(B)/ovslab $(BASE)/bin/ovslab
	$(Q)$(INSTALL) -D -m 755 $(B)/ovslab-guest $(BASE)/libexec/ovslab/ovslab-guest
	$(Q)$(INSTALL) -D -m 644 $(B)/ovslab.8 $(BASE)/share/man/man8/ovslab.8
	$(Q)$(INSTALL) -D -m 644 $(B)/ovslab-scenario.5 $(BASE)/share/man/man5/ovslab-scenario.5
	$(Q)$(INSTALL) -D -m 644 $(B)/ovslab.bash \
		$(BASE)/share/bash-completion/completions/ovslab
	$(Q)$(INSTALL) -D -m 755 -t $(BASE)/share/ovslab/guest $(wildcard guest/init guest/switch)
	$(Q)cp -R $(wildcard images lab/scenarios) $(BASE)/share/ovslab/
	$(Q)$(INSTALL) -D -m 644 docs/schemas/scenario.json $(BASE)/share/ovslab/schemas/scenario.json
	$(Q)$(INSTALL) -D -m 644 -t $(BASE)/share/ovslab/bpf bpf/pkt.h bpf/skb.h
	$(Q)$(INSTALL) -D -m 644 -t $(BASE)/share/ovslab/bpf/examples $(wildcard bpf/examples/*.c)
	$(Q)$(INSTALL) -D -m 644 -t $(BASE)/share/ovslab/docs docs/EBPF.md

.PHONY: uninstall
uninstall:	## remove what install put there
	$(call say,REMOVE,$(BASE))
	$(Q)rm -f $(BASE)/bin/ovslab $(BASE)/share/man/man8/ovslab.8 \
		$(BASE)/share/man/man5/ovslab-scenario.5 \
		$(BASE)/share/bash-completion/completions/ovslab
	$(Q)rm -rf $(BASE)/share/ovslab $(BASE)/libexec/ovslab

.PHONY: help
help:		## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## */\1\t/p' $(MAKEFILE_LIST) | sort | expand -t 16

$(B)/bpf:
	@mkdir -p $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- tests: unit ------------------------------------------------------------
# Everything but main.c and the commands, under ASan and UBSan, so that a unit
# test can use any of it. A failing test fails make, after all have run.

# gcc's value ranges are lost under sanitizers: these warnings are then false.
SAN_NOWARN := $(if $(findstring clang,$(CC)),,-Wno-format-truncation -Wno-restrict \
		-Wno-maybe-uninitialized)
SAN_CFLAGS := -O1 -g -std=gnu11 $(WARN) $(SAN_NOWARN) -fsanitize=address,undefined \
	      -fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
SAN_SRC	:= $(filter-out lab/main.c lab/cmd_%.c,$(LAB_SRC))
SAN_OBJ	:= $(SAN_SRC:%.c=$(B)/san/%.o)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/san/%)

$(B)/san/%.o: %.c | $(BPF_SKEL)
	$(call say,CC-SAN,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(SAN_CFLAGS) -c $< -o $@

$(UNIT_BIN): %: %.o $(SAN_OBJ)
	$(call say,LD-SAN,$@)
	$(Q)$(CC) $(SAN_CFLAGS) $^ -o $@ $(shell $(PKG_CONFIG) --libs $(LAB_LIBS) cmocka) -lm -ldl

.SECONDARY: $(UNIT_SRC:%.c=$(B)/san/%.o)

.PHONY: check-unit
check-unit: all $(UNIT_BIN) $(FUZZ_REPLAY)	## test what needs nothing
	$(Q)tests/run -B $(B) unit

# ---- tests: fuzz ------------------------------------------------------------
# Each tests/fuzz/fuzz_X.c is a target, tests/fuzz/corpus/X what it begins with. Its
# corpus is replayed as unit test test_fuzz_X, for which no libFuzzer is needed.

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_REPLAY := $(FUZZ_NAMES:%=$(B)/san/tests/unit/test_fuzz_%)
FUZZ_BIN := $(FUZZ_NAMES:%=$(B)/fuzz/fuzz_%)
FUZZ_LAB := $(wildcard lab/core/*.c) $(patsubst %,lab/host/%.c,capfile input lazy wait) \
	    $(patsubst %,lab/report/%.c,json flow_json flow_text reorder_words run_events run_json \
	      trial_json upcalls_json)
FUZZ_CFLAGS := -O1 -g -std=gnu11 $(WARN) -fsanitize=fuzzer-no-link,address,undefined \
	       -fno-sanitize-recover=all -fno-omit-frame-pointer -MMD -MP
T	?= 60

$(FUZZ_REPLAY): $(B)/san/tests/unit/test_fuzz_%: $(B)/san/tests/fuzz/fuzz_%.o \
		$(B)/san/tests/fuzz/replay.o $(FUZZ_LAB:%.c=$(B)/san/%.o)
	$(call say,LD-SAN,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SAN_CFLAGS) $^ -o $@ $(shell $(PKG_CONFIG) --libs $(LAB_LIBS)) -lm -ldl

$(B)/fuzz/%.o: %.c
	$(call say,CC-FUZZ,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_CFLAGS) -c $< -o $@

$(FUZZ_BIN): $(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(FUZZ_LAB:%.c=$(B)/fuzz/%.o)
	$(call say,LD-FUZZ,$@)
	$(Q)$(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer $^ -o $@ \
		$(shell $(PKG_CONFIG) --libs $(LAB_LIBS)) -lm -ldl

.SECONDARY: $(FUZZ_NAMES:%=$(B)/san/tests/fuzz/fuzz_%.o) $(FUZZ_NAMES:%=$(B)/fuzz/tests/fuzz/fuzz_%.o)

.PHONY: fuzz
fuzz:		## fuzz each target for T seconds (60)
	$(call deps,build fuzz)
	$(AGAIN) $(FUZZ_BIN)
	$(Q)tests/fuzz/run -B $(B) -t $(T)

# ---- tests: bpf -------------------------------------------------------------
# As root: the programs on made-up frames, then on devices in namespaces.

BPF_TEST_SRC := $(wildcard tests/bpf/test_*.c)
BPF_TEST_BIN := $(BPF_TEST_SRC:%.c=$(B)/%)
BPF_TEST_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard lab/core/mangle*.c)) \
		$(patsubst %,$(B)/lab/core/%.o,err match match_fields match_text nearest number) \
		$(patsubst %,$(B)/lab/host/%.o,rtnl bpf_load bpf_tc bpf_xdp bpf_hook bpf_engine bpf_mangle \
		  bpf_probe bpf_lives clang datadir proc wait) \
		$(USERPROG_SRC:%.c=$(B)/%.o)

# the one that is about a lab's injections needs all but the commands
BPF_LAB_TEST := $(B)/tests/bpf/test_turns

$(filter-out $(BPF_LAB_TEST),$(BPF_TEST_BIN)): %: %.o $(BPF_TEST_OBJ)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(shell $(PKG_CONFIG) --libs libbpf jansson cmocka)

$(BPF_LAB_TEST): %: %.o $(SAN_SRC:%.c=$(B)/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(shell $(PKG_CONFIG) --libs $(LAB_LIBS) cmocka) -lm -ldl

.SECONDARY: $(BPF_TEST_SRC:%.c=$(B)/%.o)

.PHONY: check-bpf
check-bpf: all $(BPF_TEST_BIN)	## test the BPF programs in the kernel (root)
	$(Q)tests/run -B $(B) bpf

# ---- tests ------------------------------------------------------------------
# The tiers, and what else looks at the tree; tests/run says what a tier needs.
# After an installation make starts anew, with what pkg-config then knows.

JOBS	 = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
AGAIN	 = +$(Q)$(MAKE) --no-print-directory $(JOBS)

.PHONY: check check-ns check-e2e check-layers check-fresh tests-built
tests-built: all $(UNIT_BIN) $(FUZZ_REPLAY) $(BPF_TEST_BIN)

check:		## run every test tier that this machine can run
	$(call deps,build run test)
	$(AGAIN) tests-built
	$(Q)tests/run -B $(B)

check-ns: all	## test in namespaces (root)
	$(Q)tests/run -B $(B) ns

check-e2e: all	## test with real VMs (root)
	$(Q)tests/run -B $(B) e2e

check-layers:	## what may include and call what
	$(Q)tests/layers

check-fresh:	## make demo and make check in a fresh Debian 12 (root; 15 minutes)
	$(Q)tests/fresh-root

.PHONY: demo
demo:		## the whole story on this machine (root)
	$(call deps,build run)
	$(AGAIN) all
	$(Q)$(B)/ovslab demo

.PHONY: analyze bench
analyze: all	## static analysis: cppcheck, clang-tidy
	$(call deps,build analyze)
	$(Q)CPPFLAGS="$$(printf '%s' "$(subst ",\",$(CPPFLAGS))")" tests/analyze

# compiled as the command is, without sanitizers
BENCH_SRC := $(wildcard tests/bench/*.c)
BENCH_BIN := $(patsubst tests/bench/%.c,$(B)/bench/%,$(filter-out %.bpf.c,$(BENCH_SRC)))

$(B)/bench/%: tests/bench/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $< -o $@

$(B)/bench/probe-run: $(B)/tests/bench/probe-run.o $(BPF_TEST_OBJ)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(shell $(PKG_CONFIG) --libs libbpf jansson)

# BPF programs of the benchmarks
$(B)/bench/%.bpf.o: tests/bench/%.bpf.c
	$(call say,BPF,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(B)/bench/%.skel.h: $(B)/bench/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf >$@.tmp && mv $@.tmp $@

.SECONDARY: $(patsubst tests/bench/%.bpf.c,$(B)/bench/%.bpf.o,$(filter %.bpf.c,$(BENCH_SRC)))

$(B)/tests/bench/manglers.o: $(B)/bench/next_packet.skel.h $(B)/bench/plain_psh.skel.h

$(B)/bench/manglers: $(B)/tests/bench/manglers.o
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(shell $(PKG_CONFIG) --libs libbpf)

bench: all $(BENCH_BIN)	## benchmarks: ratios within one run (root)
	$(call deps,build run bench)
	$(Q)B=$(B) tests/bench/captures
	$(Q)$(B)/bench/manglers
	$(Q)B=$(B) tests/bench/mangled-live
	$(Q)B=$(B) tests/bench/probes
	$(Q)B=$(B) tests/bench/ratios
	$(Q)B=$(B) tests/bench/switch

.PHONY: clean
clean:		## remove what was built; the image cache stays
	rm -rf $(B)
