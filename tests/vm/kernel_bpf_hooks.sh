#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What programs see, and that none is passed by, whatever had the probe before.
. tests/vm/lib.sh
need_module
build kernel_bpf_hooks
"$TMP/kernel_bpf_hooks" || fail "kernel_bpf_hooks"
assert_book
