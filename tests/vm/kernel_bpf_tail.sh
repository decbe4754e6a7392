#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tail calls whose map is changed while hits go on: both programs' counts together
# are the hits, to the last one.
. tests/vm/lib.sh
. tests/vm/targets.sh
need_module
need_targets
build kernel_bpf_tail
"$TMP/kernel_bpf_tail" "${KPX_BPF_CHANGES-200}" || fail "kernel_bpf_tail"
assert_book
