#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What BPF programs return decides about a hit, for every kind of listener, and the
# book closes with what they dropped.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_bpf_verdict
"$TMP/kernel_bpf_verdict" || fail "kernel_bpf_verdict"
assert_book
