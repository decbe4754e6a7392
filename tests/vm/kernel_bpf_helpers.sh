#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# BPF's helpers tell programs on a probe the truth: who, where, what is in memory,
# which cookie; and what programs send arrives, to the last record.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_bpf_helpers
"$TMP/kernel_bpf_helpers" || fail "kernel_bpf_helpers"
assert_book
