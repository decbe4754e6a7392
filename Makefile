# SPDX-License-Identifier: GPL-2.0-only
#
# Everything is made in build/. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
# Objects on the way to a test program are kept: the next make is faster.
.SECONDARY:
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := all

B := build
V ?= 0
Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-8s%s\n' $(1) '$(2)')

# ---- targets that need nothing installed ------------------------------------

.PHONY: help setup clean
help: ## this list
	@awk -F ':.*## ' '/^[a-z_-]+:.*## / { printf "  %-18s%s\n", $$1, $$2 }' Makefile
	@printf '\n  %-18s%s\n' 'V=1' 'show the commands' \
		'KPROBEX_CACHE=DIR' 'where kernels, libperf and npm packages are kept (~/.cache/kprobex)'

setup: ## install the Debian packages that are missing, fill the caches
	@tools/setup

clean: ## remove build/; the caches stay
	rm -rf $(B)

# All others begin on a machine that has the packages and libperf.
ifneq ($(filter-out help setup clean,$(or $(MAKECMDGOALS),all)),)
ifneq ($(shell tools/setup --check && echo there),there)
ifneq ($(shell tools/setup --packages >&2 && echo there),there)
$(error the set-up failed, see above)
endif
endif
LIBPERF := $(shell tools/libperf)
ifeq ($(LIBPERF),)
$(error libperf couldn't be made, see above)
endif
WEB := $(shell tools/web/modules)
ifeq ($(WEB),)
$(error what pages need couldn't be fetched, see above)
endif
endif

# ---- user space -------------------------------------------------------------

CC := gcc
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla \
	-Wno-missing-field-initializers -Wno-sign-compare
BASE_CFLAGS := -std=gnu11 -fPIC -fvisibility=hidden $(WARNINGS) -MMD -MP
# (their reports need lines only: -g1 is a fifth of the compiler's time less)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
LIBBPF_CFLAGS := $(shell pkg-config --cflags libbpf)
INCLUDES := $(addprefix -I,$(filter-out %/examples/,$(wildcard libcollect/*/))) \
	-I$(B)/proto -I$(B)/cmd -Ikernel/include $(LIBBPF_CFLAGS)
LIBS := $(LIBPERF)/libperf.a $(LIBPERF)/libapi.a \
	$(shell pkg-config --libs libbpf) -lelf -ltraceevent -lprotobuf-c -lzstd -lz -lm -lpthread
# Of the command: collect probe show's instructions, collect top's screen.
CMD_LIBS := -lcapstone -lncurses -ltinfo

# The only translation units that see libperf, whose include path replaces some
# of the system's headers.
LIBPERF_USERS := event/evslot record/ring
LIBPERF_CFLAGS := $(addprefix -isystem $(LIBPERF)/tools/,\
	lib/perf/include lib include arch/x86/include include/uapi)

LIB := $(patsubst libcollect/%.c,%,\
	$(filter-out libcollect/examples/%,$(wildcard libcollect/*/*.c)))
CMD := $(patsubst cmd/%.c,%,$(wildcard cmd/*.c))
PROTO := $(B)/proto/kprobex.pb-c

.PHONY: all collect
all: ## build everything (the default)
all: collect modules
collect: $(B)/collect $(B)/libcollect.a $(B)/libcollect.so

$(PROTO).c: proto/kprobex.proto
	$(call say,PROTO,$@)
	$(Q)mkdir -p $(@D)
	$(Q)protoc-c --proto_path=proto --c_out=$(@D) $<
$(PROTO).h: $(PROTO).c ;

# The names of system calls by number, as this architecture's header has them.
SYSCALLS := $(B)/cmd/syscall_names.h
$(SYSCALLS): Makefile
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)echo '#include <asm/unistd.h>' | $(CC) -E -dM - | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/[\2] = "\1",/p' > $@

# What collect html writes, but for the data: one file, and that as an object.
PAGE := $(B)/web/page.o
$(B)/web/page.html: tools/web/page tools/web/package-lock.json $(wildcard cmd/html/*)
	$(call say,PAGE,$@)
	$(Q)mkdir -p $(@D)
	$(Q)tools/web/page $(WEB) $@
$(PAGE): $(B)/web/page.html
	$(call say,LD,$@)
	$(Q)cd $(@D) && ld -r -b binary -z noexecstack -o $(@F) page.html
	$(Q)objcopy --rename-section .data=.rodata,alloc,load,readonly,data,contents $@

# flavour DIRECTORY CFLAGS: libcollect's and cmd's objects in that directory.
define flavour
$(1)/libcollect/%.o: libcollect/%.c Makefile | $(PROTO).h $(SYSCALLS)
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BASE_CFLAGS) $(2) $$(INCLUDES) \
		$$(if $$(filter $$*,$$(LIBPERF_USERS)),$$(LIBPERF_CFLAGS)) -c -o $$@ $$<

$(1)/cmd/%.o: cmd/%.c Makefile
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BASE_CFLAGS) $(2) -Icmd -Ilibcollect/include \
		-Ikernel/include -c -o $$@ $$<

# protoc-c's output is held to no warnings of ours.
$(1)/kprobex.pb-c.o: $(PROTO).c
	$$(call say,CC,$$@)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(BASE_CFLAGS) -w $(2) $$(INCLUDES) -c -o $$@ $$<

$(1)/libcollect.a: $(LIB:%=$(1)/libcollect/%.o) $(1)/kprobex.pb-c.o
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef
$(eval $(call flavour,$(B)/obj,$(CFLAGS)))
$(eval $(call flavour,$(B)/asan,-O1 -g1 $(SANITIZE)))
$(eval $(call flavour,$(B)/coverage,-O0 -g --coverage))

$(B)/libcollect.a: $(B)/obj/libcollect.a
	$(Q)cp $< $@

# The exports are those of the map, and those are what the header declares.
$(B)/libcollect.so: $(B)/obj/libcollect.a libcollect/libcollect.map tools/check-exports
	$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@.0 -Wl,-soname,libcollect.so.0 -Wl,--no-undefined \
		-Wl,--version-script=libcollect/libcollect.map \
		-Wl,--whole-archive $< -Wl,--no-whole-archive $(LIBS) $(LDFLAGS)
	$(Q)tools/check-exports $@.0 libcollect/include/collect.h
	$(Q)ln -sf libcollect.so.0 $@
	$(Q)touch -h $@

$(B)/collect: $(CMD:%=$(B)/obj/cmd/%.o) $(PAGE) $(B)/libcollect.a
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ $(LIBS) $(CMD_LIBS) $(LDFLAGS)

# ---- the module -------------------------------------------------------------

KERNELS := debian-6.1 debian-6.12
MODULE_SOURCES := $(shell find kernel -type f -name '*.[chS]' -o -name Kbuild)
RUNNING := $(shell uname -r)
RUNNING_KDIR := $(wildcard /lib/modules/$(RUNNING)/build)

.PHONY: modules module
modules: $(KERNELS:%=$(B)/kernel/%/kprobex.ko)
modules: $(if $(RUNNING_KDIR),$(B)/kernel/$(RUNNING)/kprobex.ko)

$(B)/kernel/%/kprobex.ko: $(MODULE_SOURCES) tools/build-module
	$(call say,MODULE,$@)
	$(Q)$(if $(filter $*,$(RUNNING)),,tools/kernels fetch $*)
	+$(Q)tools/build-module $(@D) \
		$(if $(filter $*,$(RUNNING)),$(RUNNING_KDIR),$$(tools/kernels path $* kdir))
	$(Q)touch -c $@

# The debug kernel's, with gcov's counters: make coverage.
$(B)/kernel/debug-gcov/kprobex.ko: $(MODULE_SOURCES) tools/build-module
	$(call say,MODULE,$@)
	$(Q)tools/kernels fetch debug
	+$(Q)tools/build-module $(@D) $$(tools/kernels path debug kdir) GCOV_PROFILE=y
	$(Q)touch -c $@

KDIR ?= $(RUNNING_KDIR)
module: ## build kprobex.ko for one kernel: make module KDIR=/usr/src/…
	$(if $(KDIR),,$(error the running kernel's headers aren't there: make module KDIR=DIR))
	+@release=$$($(MAKE) -s -C '$(KDIR)' kernelrelease); \
	tools/build-module "$(B)/kernel/$$release" '$(KDIR)'; \
	echo "$(B)/kernel/$$release/kprobex.ko"

# ---- tests ------------------------------------------------------------------

UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_HELPERS := $(patsubst tests/unit/%.c,$(B)/asan/tests/unit/%.o,\
	$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
KUNIT := $(patsubst kernel/tests/%.c,$(B)/tests/kunit/%,\
	$(filter-out %/main_kunit.c,$(wildcard kernel/tests/*_kunit.c)))
KUNIT_CORE := $(patsubst kernel/%.c,$(B)/tests/kunit/obj/%.o,$(wildcard kernel/core/*.c))
KUNIT_SHIM := $(patsubst tests/shim/%.c,$(B)/tests/kunit/obj/shim/%.o,$(wildcard tests/shim/*.c))
NATIVE := $(patsubst tests/native/%.c,$(B)/tests/native/%,$(wildcard tests/native/*.c))
NATIVE_LIBRARIES := $(patsubst tests/native/preload/%.c,$(B)/tests/native/%.so,\
	$(wildcard tests/native/preload/*.c))
BENCH_LOADS := $(B)/bench/storm $(B)/bench/pingpong
BENCH_TOOLS := $(addprefix $(B)/bench/,bench_encode bench_replay capture)
VM_HELPERS := $(patsubst tests/vm/%.c,$(B)/tests/vm/%,$(wildcard tests/vm/*.c))
BPF_OBJECTS := $(patsubst tests/bpf/%.bpf.c,$(B)/tests/bpf/%.bpf.o,$(wildcard tests/bpf/*.bpf.c))
UAPI := $(wildcard kernel/include/uapi/*.h)
VM_HELPERS32 := $(addprefix $(B)/tests/vm32/kernel_,ioctl raw attr owner random)

# A module with functions for the VM tests to probe.
VM_TARGETS := $(wildcard tests/vm/targets/*)
$(B)/targets/%/kpx_targets.ko: $(VM_TARGETS)
	$(call say,MODULE,$@)
	$(Q)tools/kernels fetch $*
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(VM_TARGETS:%=$(CURDIR)/%) $(@D)
	+$(Q)$(MAKE) -s -C "$$(tools/kernels path $* kdir)" M=$(CURDIR)/$(@D) modules \
		2> >(grep -v '^Skipping BTF generation' >&2)
	$(Q)touch -c $@

.PHONY: tests vm-helpers test check test-kunit run test-exports
tests: $(UNIT) $(KUNIT) $(NATIVE) $(NATIVE_LIBRARIES) $(BPF_OBJECTS) $(BENCH_LOADS) $(BENCH_TOOLS)

$(B)/asan/tests/unit/%.o: tests/unit/%.c Makefile | $(PROTO).h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) -O1 -g1 $(SANITIZE) $(INCLUDES) -Icmd -Itests/unit -c -o $@ $<

# What isn't cmd's main may be tested too.
$(B)/asan/libcmd.a: $(patsubst %,$(B)/asan/cmd/%.o,$(filter-out collect,$(CMD))) $(PAGE)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(B)/tests/unit/%: $(B)/asan/tests/unit/%.o $(UNIT_HELPERS) $(B)/asan/libcmd.a $(B)/asan/libcollect.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(LIBS) -lcmocka $(LDFLAGS)

# It opens this one.
$(B)/tests/unit/test_bpf $(B)/coverage/tests/unit/test_bpf: | $(B)/tests/bpf/collect_layouts.bpf.o

# The kernel's pure part and its suites, unmodified, in user space.
KUNIT_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g $(SANITIZE) -MMD -MP -Wall \
	-Itests/shim -Ikernel -Ikernel/include
$(B)/tests/kunit/obj/%.o: kernel/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KUNIT_CFLAGS) -c -o $@ $<
$(B)/tests/kunit/obj/shim/%.o: tests/shim/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KUNIT_CFLAGS) -c -o $@ $<
$(B)/tests/kunit/%: $(B)/tests/kunit/obj/tests/%.o $(KUNIT_CORE) $(KUNIT_SHIM)
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE) -o $@ $^

# The fuzz targets' corpora are replayed by a unit test, which has them all: each
# under the name of its file.
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(B)/tests/kunit/obj/fuzz/%.o: tests/fuzz/%.c Makefile
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KUNIT_CFLAGS) -DLLVMFuzzerTestOneInput=$* -c -o $@ $<
$(B)/asan/tests/fuzz/%.o: tests/fuzz/%.c Makefile | $(PROTO).h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) -O1 -g1 $(SANITIZE) $(INCLUDES) \
		-DLLVMFuzzerTestOneInput=$* -c -o $@ $<
$(B)/tests/unit/test_corpus: $(B)/asan/tests/unit/test_corpus.o \
		$(patsubst %,$(B)/asan/tests/fuzz/fuzz_%.o,$(filter-out definition,$(FUZZ))) \
		$(B)/tests/kunit/obj/fuzz/fuzz_definition.o $(KUNIT_CORE) $(B)/asan/libcollect.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(LIBS) -lcmocka $(LDFLAGS)

# The same, and the unit tests', compiled to count the lines that run.
COVERAGE := $(B)/coverage
COVERAGE_CFLAGS := -O0 -g --coverage -fno-inline
COVERAGE_KUNIT := $(KUNIT:$(B)/%=$(COVERAGE)/%)
# (the corpus' is a fuzz target's, and has no lines of its own to count)
COVERAGE_UNIT := $(patsubst $(B)/%,$(COVERAGE)/%,$(filter-out %/test_corpus,$(UNIT)))
$(COVERAGE)/tests/kunit/obj/%.o: kernel/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -O1 $(SANITIZE),$(KUNIT_CFLAGS)) $(COVERAGE_CFLAGS) -c -o $@ $<
$(COVERAGE)/tests/kunit/%: $(COVERAGE)/tests/kunit/obj/tests/%.o \
		$(KUNIT_CORE:$(B)/%=$(COVERAGE)/%) $(KUNIT_SHIM)
	$(call say,LD,$@)
	$(Q)$(CC) --coverage -o $@ $^
$(COVERAGE)/tests/unit/%.o: tests/unit/%.c Makefile | $(PROTO).h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) -O0 -g $(INCLUDES) -Icmd -Itests/unit -c -o $@ $<
$(COVERAGE)/tests/unit/%: $(COVERAGE)/tests/unit/%.o \
		$(UNIT_HELPERS:$(B)/asan/%=$(COVERAGE)/%) \
		$(patsubst %,$(COVERAGE)/cmd/%.o,$(filter-out collect,$(CMD))) $(PAGE) \
		$(COVERAGE)/libcollect.a
	$(call say,LD,$@)
	$(Q)$(CC) --coverage -o $@ $^ $(LIBS) -lcmocka $(LDFLAGS)

.PHONY: coverage coverage-core
coverage: ## lines that the tests run, by file; 90 % of kernel/core demanded
coverage: $(COVERAGE_KUNIT) $(COVERAGE_UNIT)
	@tools/coverage
coverage-core: $(COVERAGE_KUNIT)
	@tools/coverage --core

# Helpers of the native and VM tests: plain programs, without the library.
$(B)/tests/native/%: tests/native/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(CFLAGS) -Wall -Wextra -Ikernel/include -o $@ $< -lpthread

# Preloaded into collect and others.
$(B)/tests/native/%.so: tests/native/preload/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(CFLAGS) -Wall -Wextra -shared -fPIC -o $@ $< -ldl

# But for these.
$(addprefix $(B)/tests/native/,bpf_outputs consume): $(B)/tests/native/%: \
		tests/native/%.c $(B)/asan/libcollect.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g $(SANITIZE) -Wall -Wextra $(INCLUDES) \
		-o $@ $^ $(LIBS) $(LDFLAGS)

# BPF programs that the tests load.
$(B)/tests/bpf/%.bpf.o: tests/bpf/%.bpf.c $(wildcard tests/bpf/*.h)
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)clang -O2 -g -target bpf -Wall -Wextra -Wno-unused-parameter -I/usr/include/$(shell uname -m)-linux-gnu \
		-D__TARGET_ARCH_$(subst x86_64,x86,$(shell uname -m)) \
		$(LIBBPF_CFLAGS) -c -o $@ $<

VM_HELPER_CFLAGS := -std=gnu11 -O1 -Wall -Wextra -Ikernel/include/uapi
VM_HELPER_LIBS = $(if $(filter kernel_bpf_%,$*),-lbpf) -pthread
vm-helpers: $(B)/tests/native/numbered $(VM_HELPERS) $(VM_HELPERS32) $(BPF_OBJECTS)
.SECONDEXPANSION:
# NAME.c, and what is in a folder NAME beside it.
$(B)/tests/vm/%: tests/vm/%.c \
		$$(wildcard tests/vm/$$*/*.[ch] tests/vm/*.h) $(UAPI)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(VM_HELPER_CFLAGS) -o $@ $(filter %.c,$^) $(VM_HELPER_LIBS)
# 32-bit programs; linux/ and asm/ are there for the 64-bit ones only.
$(B)/tests/vm32/%: tests/vm/%.c \
		$$(wildcard tests/vm/$$*/*.[ch] tests/vm/*.h) $(UAPI)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -m32 $(VM_HELPER_CFLAGS) -idirafter /usr/include/x86_64-linux-gnu \
		-o $@ $(filter %.c,$^) -pthread

check: ## tests that need no VM, under a minute once built
check: collect tests
	@tools/test check

test: ## all tests: check, three kernels in VMs, the README's commands
test: all tests
	@tools/test all

test-exports: ## check's tests of exports and pages, with a million events each
test-exports: collect tests
	@KPX_MANY=1000000 KPX_TEST_TIMEOUT=1800 tools/test --only '@(export_*|perfdata|html)' native

test-kunit: ## the kernel's unit suites, in user space and in the debug kernel
test-kunit: $(KUNIT)
	@tools/test kunit kunit:debug

run: ## boot a VM, record a load with perf and collect, leave ./trace.pb
run: $(B)/collect
	@tools/run

# ---- fuzzing ----------------------------------------------------------------

# With clang's libFuzzer; what it finds, and the inputs that reach new code, are
# in build/fuzz/. `make fuzz-merge` takes the smallest set of those that reaches
# as much into the tree.
TARGET ?= reader
FUZZ_SECONDS ?= 300
FUZZ_ARGS ?=
# (clang's pointer-overflow has it in for NULL + 0, which C2y allows and gcc's, under
# which the corpora are replayed, lets pass)
FUZZ_CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize=pointer-overflow -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer -DKPX_FUZZING
FUZZ_CORPUS = tests/fuzz/corpus/$(TARGET)
FUZZ_BYTES_MAX := 4096
$(eval $(call flavour,$(B)/fuzz,$(FUZZ_CFLAGS)))
$(B)/fuzz/%: CC := clang
$(B)/fuzz/tests/fuzz/%.o: tests/fuzz/%.c Makefile | $(PROTO).h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BASE_CFLAGS) $(FUZZ_CFLAGS) $(INCLUDES) -c -o $@ $<
$(B)/fuzz/kunit/%.o: kernel/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(SANITIZE),$(KUNIT_CFLAGS)) $(FUZZ_CFLAGS) -c -o $@ $<
$(B)/fuzz/kunit/%.o: tests/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(SANITIZE),$(KUNIT_CFLAGS)) $(FUZZ_CFLAGS) -c -o $@ $<
$(B)/fuzz/fuzz_definition: $(B)/fuzz/kunit/fuzz/fuzz_definition.o \
		$(patsubst kernel/%.c,$(B)/fuzz/kunit/%.o,$(wildcard kernel/core/*.c))
	$(call say,LD,$@)
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^
$(B)/fuzz/fuzz_%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/fuzz/libcollect.a
	$(call say,LD,$@)
	$(Q)$(CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS) $(LDFLAGS)

.PHONY: fuzz fuzz-merge fuzzers
fuzzers: $(FUZZ:%=$(B)/fuzz/fuzz_%)
fuzz: ## fuzz TARGET=reader|rows|ring|bpfring|definition|elf|filter for FUZZ_SECONDS=300
fuzz: $(B)/fuzz/fuzz_$(TARGET)
	@mkdir -p $(B)/fuzz/corpus/$(TARGET)
	@nice -n 19 $< -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=4096 \
		-max_len=16384 -print_final_stats=1 -artifact_prefix=$(B)/fuzz/$(TARGET)- \
		$(FUZZ_ARGS) $(B)/fuzz/corpus/$(TARGET) $(FUZZ_CORPUS)

fuzz-merge: ## … and take the inputs that reach new code into the tree
fuzz-merge: $(B)/fuzz/fuzz_$(TARGET)
	@mkdir -p $(B)/fuzz/corpus/$(TARGET)
	@nice -n 19 $< -merge=1 -max_len=$(FUZZ_BYTES_MAX) -timeout=20 -rss_limit_mb=4096 \
		$(FUZZ_CORPUS) $(B)/fuzz/corpus/$(TARGET)

# ---- benchmarks -------------------------------------------------------------

.PHONY: bench bench-vm bench-kernel
$(BENCH_LOADS): $(B)/bench/%: tests/bench/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -o $@ $< -lpthread
$(BENCH_TOOLS): $(B)/bench/%: tests/bench/%.c \
		tests/bench/capture.h $(B)/libcollect.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(CFLAGS) $(INCLUDES) -o $@ $(filter-out %.h,$^) $(LIBS) $(LDFLAGS)

BENCH_ARGS ?=
bench: ## measure the collector against perf record (BENCH_ARGS=--help)
bench: $(B)/collect $(BENCH_LOADS)
	@/usr/bin/python3 -B tests/bench/collector $(BENCH_ARGS)
bench-vm: ## the same of kprobex probes in a VM, in instructions
bench-vm: $(B)/collect $(BENCH_LOADS) $(B)/kernel/debian-6.12/kprobex.ko
	@/usr/bin/python3 -B tests/bench/collector --only vm $(BENCH_ARGS)

# The module with the functions that are probed, and the program that does it.
BENCH_MODULE := $(notdir $(wildcard tests/bench/kernel/kpx_*.[ch])) Kbuild
BENCH_KERNEL := $(filter-out kpx_%,\
	$(notdir $(basename $(wildcard tests/bench/kernel/*.c))))
$(B)/bench/%/kpx_bench.ko: $(BENCH_MODULE:%=tests/bench/kernel/%)
	$(call say,MODULE,$@)
	$(Q)tools/kernels fetch $*
	$(Q)mkdir -p $(@D)
	$(Q)ln -sf $(BENCH_MODULE:%=$(CURDIR)/tests/bench/kernel/%) $(@D)
	+$(Q)$(MAKE) -s -C "$$(tools/kernels path $* kdir)" M=$(CURDIR)/$(@D) modules \
		2> >(grep -v '^Skipping BTF generation' >&2)
	$(Q)touch -c $@
$(B)/bench/obj/%.o: tests/bench/kernel/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O2 -MMD -MP -Wall -Wextra \
		-Ikernel/include/uapi -c -o $@ $<
$(B)/bench/kernel-bench: $(BENCH_KERNEL:%=$(B)/bench/obj/%.o)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^

BENCH_ON ?= debian-6.12
bench-kernel: ## measure a hit in a VM against the kernel's (BENCH_ARGS=--help)
bench-kernel: $(B)/bench/kernel-bench $(B)/bench/$(BENCH_ON)/kpx_bench.ko
bench-kernel: $(B)/kernel/$(BENCH_ON)/kprobex.ko
	@/usr/bin/python3 tests/bench/kernel.py --kernel $(BENCH_ON) $(BENCH_ARGS)

# ---- installing -------------------------------------------------------------

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/kprobex
UNITDIR ?= $(PREFIX)/lib/systemd/system
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
# These are where others look for them.
SYSCONFDIR := /etc/kprobex
SRCDIR := /usr/src
VERSION := $(shell sed -n 's/^.define KPC_VERSION "\(.*\)"/\1/p' libcollect/base/version.h)
PAGES := $(wildcard cmd/*.[1-8] libcollect/*.[1-8] proto/*.[1-8] kernel/*.[1-8])
fill_in = sed -e 's|@BINDIR@|$(BINDIR)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|'

.PHONY: install install-dkms uninstall deb test-packages
install: ## put collect, libcollect and the manual under PREFIX (DESTDIR=)
install: collect
	install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBDIR)/pkgconfig $(INCLUDEDIR) \
		$(DATADIR) $(UNITDIR) $(UDEVDIR) $(SYSUSERSDIR) $(BASHDIR) $(ZSHDIR) \
		$(FISHDIR) $(SYSCONFDIR))
	install $(B)/collect $(DESTDIR)$(BINDIR)/collect
	install -m 644 $(B)/libcollect.so.0 $(DESTDIR)$(LIBDIR)/libcollect.so.$(VERSION)
	ln -sf libcollect.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libcollect.so.0
	ln -sf libcollect.so.0 $(DESTDIR)$(LIBDIR)/libcollect.so
	install -m 644 libcollect/include/collect.h $(DESTDIR)$(INCLUDEDIR)/collect.h
	install -m 644 proto/kprobex.proto $(DESTDIR)$(DATADIR)/kprobex.proto
	$(fill_in) libcollect/libcollect.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/libcollect.pc
	for page in $(PAGES); do \
		install -D -m 644 "$$page" \
			"$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}"; \
	done
	install -m 644 cmd/completion/collect.bash $(DESTDIR)$(BASHDIR)/collect
	install -m 644 cmd/completion/_collect $(DESTDIR)$(ZSHDIR)/_collect
	install -m 644 cmd/completion/collect.fish $(DESTDIR)$(FISHDIR)/collect.fish
	$(fill_in) cmd/collect-flight.service.in > $(DESTDIR)$(UNITDIR)/collect-flight.service
	install -m 644 kernel/kprobex.rules $(DESTDIR)$(UDEVDIR)/60-kprobex.rules
	install -m 644 kernel/kprobex.sysusers $(DESTDIR)$(SYSUSERSDIR)/kprobex.conf
	[ -e $(DESTDIR)$(SYSCONFDIR)/flight.conf ] || \
		install -m 644 cmd/flight.conf $(DESTDIR)$(SYSCONFDIR)/flight.conf

# kbuild needs no set-up of ours, so dkms builds it for any kernel with headers.
DKMSDIR := $(SRCDIR)/kprobex-$(VERSION)
install-dkms: ## put the module's source into /usr/src, for dkms (DESTDIR=)
	install -d $(DESTDIR)$(DKMSDIR)
	for file in $(MODULE_SOURCES:kernel/%=%); do \
		install -D -m 644 "kernel/$$file" "$(DESTDIR)$(DKMSDIR)/$$file"; \
	done
	$(fill_in) kernel/dkms.conf.in > $(DESTDIR)$(DKMSDIR)/dkms.conf

# What install would put there, but for what is configured.
uninstall: ## remove what install and install-dkms put there
	rm -rf $(B)/uninstall
	$(MAKE) -s install install-dkms DESTDIR=$(CURDIR)/$(B)/uninstall
	cd $(B)/uninstall && find . ! -type d ! -path '.$(SYSCONFDIR)/*' -printf '%P\n' | \
		while read -r file; do rm -f "$(DESTDIR)/$$file"; done
	rm -rf $(B)/uninstall
	find $(DESTDIR)$(DATADIR) $(DESTDIR)$(DKMSDIR) -depth -type d \
		-exec rmdir --ignore-fail-on-non-empty {} + 2>/dev/null || true

deb: ## packages for Debian, in build/deb/
	@tools/setup --packaging
	@tools/deb

test-packages: ## install, use and purge them on a clean Debian, in two VMs
test-packages: deb collect
	@PATH=$(CURDIR)/$(B):$$PATH tests/packages/contents.sh $(B)/deb
	@tools/test-packages

# ---- style ------------------------------------------------------------------

C_FILES := $(shell find kernel libcollect cmd tests -type f -name '*.[ch]')

.PHONY: format format-check lint compile_commands
format-check: ## clang-format, changing nothing
	@clang-format --dry-run --Werror $(C_FILES)

format: ## clang-format, in place
	@clang-format -i $(C_FILES)

lint: ## W=1, sparse, cppcheck, shellcheck, mandoc
lint: $(PROTO).h
	@tools/lint

compile_commands: ## build/compile_commands.json, for editors
	@mkdir -p $(B)
	@bear --output $(B)/compile_commands.json -- \
		$(MAKE) -s B=$(B)/bear $(B)/bear/collect $(B)/bear/kernel/debian-6.1/kprobex.ko
	@sed -i 's|$(CURDIR)/$(B)/bear/kernel/debian-6.1/|$(CURDIR)/kernel/|g' \
		$(B)/compile_commands.json
	@rm -rf $(B)/bear/obj $(B)/bear/kernel

-include $(shell find $(B) -path $(B)/kernel -prune -o -type f -name '*.d' -print 2>/dev/null)
